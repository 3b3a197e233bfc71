"""Model D: one RBF support vector machine per split, scored by its decision function."""

import warnings

import numpy as np
from scipy.special import expit

from flarebook.iris.classifiers.splits import TEST, TRAIN, standardisation

try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sklearnex.svm import SVC
    BACKEND = "scikit-learn-intelex"
except ImportError:  # machines without x86-64, or an environment without the extension
    from sklearn.svm import SVC

    BACKEND = "scikit-learn"


def train_svm(features, label, cost=1.0, gamma="scale", machine=SVC):
    """Fit an RBF support vector machine to standardised features.

    features: (n, n_features); label: (n,).  The classes weigh the same.  The paper gives neither cost nor gamma: these
    are scikit-learn's defaults.
    """
    return machine(kernel="rbf", C=cost, gamma=gamma, class_weight="balanced").fit(features, label)


def as_score(decision):
    """Signed distance from the decision boundary mapped to [0, 1] by a logistic: 0.5 on the boundary.

    It orders spectra as the distance does and is not a calibrated probability.
    """
    return expit(np.asarray(decision, float))


def sample_training_rows(rows, label, size, rng):
    """At most `size` of the rows, half of each class, without replacement."""
    classes = [rows[label[rows] == value] for value in (0, 1)]
    return np.concatenate([rng.choice(one, min(size // 2, len(one)), replace=False) for one in classes])


def svm_scores(spectra, splits, rng, n_train=3000, cost=1.0, progress=iter):
    """Scores of each split's test spectra by its own machine, list of (n_test,) arrays.

    n_train: training spectra drawn per split.  The kernel matrix of all of them does not scale (memory with their
    square, time between square and cube), so model D learns from a sample, as every SVM on 9 million spectra must.
    """
    mean, scale = standardisation(splits, spectra)
    scores = []
    for i in progress(range(len(splits))):
        standard = (spectra.features - mean[i]) / scale[i]
        rows = sample_training_rows(splits.rows(i, TRAIN, spectra), spectra.label, n_train, rng)
        machine = train_svm(standard[rows], spectra.label[rows], cost)
        scores.append(as_score(machine.decision_function(standard[splits.rows(i, TEST, spectra)])))
    return scores
