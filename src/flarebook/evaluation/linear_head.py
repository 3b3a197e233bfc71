"""A linear head on features that stay as they are: logistic regression, its penalty chosen on other days."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler

from flarebook.evaluation.classification import check_classes

INVERSE_PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
FOLDS = 5


def linear_head(features, label, known, train, validation, inverse_penalties=INVERSE_PENALTIES):
    """Probability of a flare for every day from a logistic regression that learns from the known days.

    features: (n, d); label: (n,) of 0 and 1; known, train, validation: positions of the days with labels, of all
    training days, which standardise the features, and of those on which the penalty with the smallest log loss is
    chosen.  Classes are not weighted, so that the probabilities mean what they say.  Returns (n,).
    Raises InputError when the known days are of one class.
    """
    check_classes(label[known], "the days with labels")
    values = StandardScaler().fit(features[train]).transform(features)
    forecasts = [_logistic(values, label, known, penalty) for penalty in inverse_penalties]
    losses = [log_loss(label[validation], forecast[validation], labels=[0, 1]) for forecast in forecasts]
    return forecasts[int(np.argmin(losses))]


def linear_head_alone(features, label, known, train, inverse_penalties=INVERSE_PENALTIES):
    """As `linear_head`, but its penalty is chosen by cross-validation among the known days: no other label is seen.

    With a single known day of a class nothing can be left out, and the middle penalty is taken.
    """
    check_classes(label[known], "the days with labels")
    values = StandardScaler().fit(features[train]).transform(features)
    n_folds = min(FOLDS, int(np.bincount(label[known].astype(int)).min()))
    if n_folds < 2:
        return _logistic(values, label, known, inverse_penalties[len(inverse_penalties) // 2])
    folds = list(StratifiedKFold(n_folds).split(known, label[known]))
    losses = [np.mean([_left_out(values, label, known, fold, c) for fold in folds]) for c in inverse_penalties]
    return _logistic(values, label, known, inverse_penalties[int(np.argmin(losses))])


def _left_out(values, label, known, fold, inverse_penalty):
    """Log loss on the days of a fold that a regression has not seen; fold: (taught, asked) positions in known."""
    taught, asked = known[fold[0]], known[fold[1]]
    return log_loss(label[asked], _logistic(values, label, taught, inverse_penalty)[asked], labels=[0, 1])


def _logistic(values, label, known, inverse_penalty):
    """Probabilities of one penalty, (n,)."""
    model = LogisticRegression(C=inverse_penalty, max_iter=300)
    with warnings.catch_warnings():  # 300 steps are enough for a forecast
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(values[known], label[known]).predict_proba(values)[:, 1]
