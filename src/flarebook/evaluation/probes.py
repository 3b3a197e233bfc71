"""Probes of frozen features: nearest neighbours, a linear model, and a linear head whose penalty is chosen."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from flarebook.evaluation.classification import check_classes

N_NEIGHBOURS = 10
INVERSE_PENALTY = 0.1  # of the linear model: standardised features, a few hundred of them, a few thousand images
INVERSE_PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # among which that of the linear head is chosen
FOLDS = 5


def neighbours(train, label, test, n_neighbours=N_NEIGHBOURS):
    """Class probabilities of test images from their nearest training images, each class weighing the same.

    train, test: (n, n_features) standardised.  Returns (n_test, n_classes).
    """
    model = KNeighborsClassifier(min(n_neighbours, len(train))).fit(train, label)
    votes = model.predict_proba(test) / np.bincount(label)  # a rare class would never win the plain vote
    return votes / votes.sum(axis=1, keepdims=True)


def linear(train, label, test):
    """Class probabilities of test images from a logistic regression with balanced classes: (n_test, n_classes)."""
    model = LogisticRegression(C=INVERSE_PENALTY, class_weight="balanced", max_iter=300)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):  # 300 steps are enough for a score
        return model.fit(train, label).predict_proba(test)


def scores(probability, label):
    """Balanced accuracy; of two classes also the area under the ROC curve and the average precision of class 1.

    probability: (n, n_classes); label: (n,).
    """
    values = {"balanced_accuracy": balanced_accuracy_score(label, probability.argmax(axis=1))}
    if probability.shape[1] == 2:
        values["auc"] = roc_auc_score(label, probability[:, 1])
        values["average_precision"] = average_precision_score(label, probability[:, 1])
    return values


def linear_head(features, label, known, train, validation=None, inverse_penalties=INVERSE_PENALTIES):
    """Forecast the probability of a flare of every day by a logistic regression on the known days: (n,).

    features: (n, d); label: (n,) of 0 and 1; known, train, validation: positions of the days with labels, of all
    training days, which standardise the features, and of those on which the penalty with the smallest log loss is
    chosen.  Without validation days it is chosen by cross-validation among the known days, so that no other label is
    seen; with a single known day of a class nothing can be held out, and the middle penalty is taken.  Classes are not
    weighted, so that the probabilities are calibrated.  Raises InputError when the known days are of one class.
    """
    check_classes(label[known], "the days with labels")
    values = StandardScaler().fit(features[train]).transform(features)
    model = LogisticRegression(C=inverse_penalties[len(inverse_penalties) // 2], max_iter=300)
    n_folds = min(FOLDS, int(np.bincount(label[known].astype(int)).min()))
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):  # 300 steps suffice for a forecast
        if validation is not None:
            folds = [(np.arange(len(known)), len(known) + np.arange(len(validation)))]
            model.set_params(C=_best_penalty(model, values, label, np.r_[known, validation], folds, inverse_penalties))
        elif n_folds > 1:
            folds = StratifiedKFold(n_folds)
            model.set_params(C=_best_penalty(model, values, label, known, folds, inverse_penalties))
        return model.fit(values[known], label[known]).predict_proba(values)[:, 1]


def _best_penalty(model, values, label, rows, folds, inverse_penalties):
    """Inverse penalty with the smallest log loss on the held-out days of the folds, which count positions in rows.

    GridSearchCV fits each penalty from the start; LogisticRegressionCV goes on from the penalty before.
    """
    search = GridSearchCV(model, {"C": list(inverse_penalties)}, scoring="neg_log_loss", cv=folds, refit=False)
    return search.fit(values[rows], label[rows]).best_params_["C"]
