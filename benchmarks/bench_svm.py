"""The support vector machine of scikit-learn-intelex against scikit-learn's: fit and scores of one split."""

import numpy as np
from sklearn.svm import SVC

from benchmarks.measure import compare

N_TRAIN, N_TEST = 10_000, 12_000  # spectra


def run():
    """Benchmark record of one fit with the scoring of its test spectra; none where the extension does not import."""
    from flarebook.iris.classifiers import svm

    if svm.BACKEND != "scikit-learn-intelex":
        return
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, N_TRAIN + N_TEST)
    features = (rng.normal(size=(len(label), 10)) + 0.4 * label[:, None]).astype(np.float32)

    def fit_and_score(machine):
        fitted = svm.train_svm(features[:N_TRAIN], label[:N_TRAIN], machine=machine)
        return fitted.decision_function(features[N_TRAIN:])

    ours, theirs = (lambda: fit_and_score(svm.SVC)), (lambda: fit_and_score(SVC))
    yield compare("iris.svm.vs_scikit_learn", "scikit-learn's SVC", ours, theirs, goal=2.0, repeats=3)
