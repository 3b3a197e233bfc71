"""How well images with several sources are found: precision, recall, and how sure the numbers are."""

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from flarebook.evaluation.bootstrap import percentile_interval, resample_rows
from flarebook.evaluation.classification import confusion, count_scores
from flarebook.stix.multiple_sources.protocols import logistic_regression

ELIGIBLE = 0.99  # training accuracy above which the authors' code keeps a checkpoint


def call_scores(multiple, called):
    """What yes-or-no calls are worth: {n_called, accuracy, precision, recall, f1, balanced}.

    multiple, called: (n_images,) of 0 and 1.  precision is not-a-number when nothing is called.
    """
    found = count_scores(**confusion(multiple, called), undefined=np.nan)
    kept = {name: float(found[name]) for name in ("accuracy", "precision", "recall", "f1")}
    return {"n_called": int(np.sum(called)), **kept, "balanced": float((found["tss"] + 1) / 2)}


def protocol_table(multiple, scores):
    """What each method seems to be worth under each protocol, mean and spread over repetitions.

    multiple: (n_images,); scores: {(method, protocol): (n_images,) or (n_repeats, n_images)}, .5 or more is a call.
    Returns a DataFrame: method, protocol, accuracy, accuracy_sd, balanced, ..., average_precision, ..., n.
    """
    rows = []
    for (method, protocol), every in scores.items():
        every = np.atleast_2d(every)
        found = [
            call_scores(multiple, score >= 0.5) | {"average_precision": average_precision_score(multiple, score)}
            for score in every
        ]
        values = pd.DataFrame(found)[["accuracy", "balanced", "precision", "recall", "average_precision"]]
        spread = values.std().fillna(0.0).add_suffix("_sd")
        rows.append({"method": method, "protocol": protocol, **values.mean(), **spread, "n": len(every)})
    return pd.DataFrame(rows)


def checkpoint_table(checks, probabilities, kept, asked, multiple):
    """What each checkpoint of the watched networks calls multiple among the kept images, and what that is worth.

    checks: of `source_network.watch_training`; probabilities: (n_checks, n_images); kept: (n_images,) bool; asked: rows
    with a truth, multiple: (n_asked,).  Adds n_called, called_share, precision, recall (missing without truth) and
    eligible: whether the authors' code would have offered it for the choice by eye.
    """
    called = probabilities > 0.5
    found = [call_scores(multiple, own[asked]) if len(asked) else {} for own in called]
    table = checks.assign(n_called=called[:, kept].sum(axis=1), called_share=called[:, kept].mean(axis=1))
    table["eligible"] = table["training_accuracy"] > ELIGIBLE
    return table.assign(**{name: [own.get(name, np.nan) for own in found] for name in ("precision", "recall")})


def curves(multiple, scores):
    """Precision-recall curves in one table: method, threshold, precision, recall.

    scores: {method: (n_images,)}.
    """
    tables = []
    for method, score in scores.items():
        precision, recall, threshold = precision_recall_curve(multiple, score)
        columns = {"threshold": [*threshold, np.nan], "precision": precision, "recall": recall}
        tables.append(pd.DataFrame({"method": method, **columns}))
    return pd.concat(tables, ignore_index=True)


def confidence(multiple, scores, rng, n_draws=300):
    """Average precision of each method with its 68 % interval, from images drawn with replacement, the same for all.

    scores: {method: (n_images,) or (n_sets, n_images)}; of several training sets one is drawn each time, so that the
    interval holds their luck too.  Returns a DataFrame: method, average_precision, sd, low, high, auc, n_sets.
    """
    scores = {method: np.atleast_2d(score) for method, score in scores.items()}
    draws = {method: [] for method in scores}
    multiple = np.asarray(multiple).astype(int)
    for rows in resample_rows(len(multiple), n_draws, rng):
        for method, score in scores.items():
            draws[method].append(average_precision_score(multiple[rows], score[rng.integers(len(score))][rows]))
    return pd.DataFrame([_summary(method, multiple, scores[method], draws[method]) for method in scores])


def _summary(method, multiple, score, draws):
    """Row of one method: mean over its training sets, spread over the draws."""
    low, high = percentile_interval(draws)
    return {
        "method": method,
        "average_precision": float(np.mean([average_precision_score(multiple, own) for own in score])),
        "sd": float(np.std(draws)),
        "low": float(low),
        "high": float(high),
        "auc": float(np.mean([roc_auc_score(multiple, own) for own in score])),
        "n_sets": len(score),
    }


def compare_labels(multiple, from_expert, from_archive, rng):
    """Confidence of all methods, each from expert and from archive labels below one another: adds the column labels.

    from_expert, from_archive: {method: scores}, as `confidence` takes them; a method that is only in the first orders
    the images without labels.  Returns a DataFrame.
    """
    expert, archive = (confidence(multiple, scores, rng) for scores in (from_expert, from_archive))
    expert["labels"] = np.where(expert["method"].isin(archive["method"]), "expert", "no")
    both = pd.concat([expert, archive.assign(labels="archive")])
    order = both["method"].map({name: place for place, name in enumerate(from_expert)})
    return both.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def learning_curve(multiple, scores):
    """Average precision against the number of labels: n_labels, draw, average_precision, auc.

    scores: {n_labels: (n_draws, n_test)}, of `multiple_sources.random_sets`; multiple: (n_test,).
    """
    rows = [
        (size, draw, average_precision_score(multiple, score), roc_auc_score(multiple, score))
        for size, sets in scores.items()
        for draw, score in enumerate(sets)
    ]
    return pd.DataFrame(rows, columns=["n_labels", "draw", "average_precision", "auc"])


def domain_shift(expert, archive, rng, n_folds=5):
    """How surely a linear model tells expert reconstructions from archive images of the same kind.

    expert, archive: (n, n_features), (m, n_features) of images with one source and no artefact, of which as many of
    either are drawn.  Returns the cross-validated area under the ROC curve: .5 no difference, 1 two worlds.
    """
    number = min(len(expert), len(archive))
    features = np.concatenate([side[rng.choice(len(side), number, replace=False)] for side in (expert, archive)])
    label, score = np.repeat([0, 1], number), np.empty(2 * number)
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=int(rng.integers(2**31)))
    for train, test in folds.split(features, label):
        score[test] = logistic_regression(features[train], label[train], features[test])
    return float(roc_auc_score(label, score))


def agreement(shares):
    """Rank correlation over clusters of the share called multiple and the true share.

    shares: of `multiple_sources.share_per_cluster`.
    """
    known = shares.dropna(subset="truth")
    if len(known) < 3 or known["called"].nunique() < 2 or known["truth"].nunique() < 2:
        return np.nan
    return float(spearmanr(known["called"], known["truth"]).statistic)
