"""Probes of frozen features: nearest neighbours and a linear model."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, balanced_accuracy_score, roc_auc_score
from sklearn.neighbors import KNeighborsClassifier

N_NEIGHBOURS = 10


INVERSE_PENALTY = 0.1  # of the linear model: standardised features, a few hundred of them, a few thousand images


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
    with warnings.catch_warnings():  # 300 steps are enough for a score
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(train, label).predict_proba(test)


def scores(probability, label):
    """Balanced accuracy; of two classes also the area under the ROC curve and the average precision of class 1.

    probability: (n, n_classes); label: (n,).
    """
    found = {"balanced_accuracy": balanced_accuracy_score(label, probability.argmax(axis=1))}
    if probability.shape[1] == 2:
        found["auc"] = roc_auc_score(label, probability[:, 1])
        found["average_precision"] = average_precision_score(label, probability[:, 1])
    return found
