"""Rare images: Isolation Forest as published, simpler measures of distance, and their scores against the truth."""

import numpy as np
import pandas as pd
from scipy.stats import hypergeom, rankdata
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_curve
from sklearn.neighbors import NearestNeighbors

from flarebook.compendium.errors import InputError
from flarebook.evaluation.classification import share_below
from flarebook.stix.clustering.clusters import PCA_VARIANCE
from flarebook.stix.simulation.artefacts import display_name

N_TREES = 900  # this and the next: the authors' code
PUBLISHED_SEED = 42
N_NEIGHBOURS = 10
BRIGHT = 0.05  # share of the good images that counts as bright
CAUSES = {  # where an artefact arises: its main reasons in the simulation
    "no source in the map": ("blank", "wrong_centre"),
    "too few counts": ("low_counts",),
    "calibration": ("phase_error", "amplitude_error", "attenuator", "dead_sub_collimators", "background"),
    "confused scene": ("very_extended", "two_flares"),
}


def isolation_forest(reference, seed=PUBLISHED_SEED, n_trees=N_TREES):
    """Isolation Forest with the published settings, fitted to reference images.

    reference: (n, n_features).  Returns the forest; decision_function below 0 is an anomaly, which with the automatic
    contamination means a score above one half.  Liu, Ting & Zhou 2008; Drozdova et al. 2024, published code.
    """
    if len(reference) < 2:
        raise InputError(f"an Isolation Forest needs reference images, not {len(reference)}: give two or more")
    return IsolationForest(n_estimators=n_trees, contamination="auto", random_state=seed).fit(reference)


def forest_scores(
    reference: np.ndarray, images: np.ndarray, seed: int = PUBLISHED_SEED, n_trees: int = N_TREES
) -> np.ndarray:
    """Compute anomaly scores by an Isolation Forest with the published settings.

    Parameters
    ----------
    reference : ndarray of shape (n, n_features)
        Features of the images that the forest is fitted to.
    images : ndarray of shape (n_images, n_features)
        Features of the images to score.
    seed : int
        Random seed of the forest.
    n_trees : int
        Number of trees.

    Returns
    -------
    ndarray of shape (n_images,)
        Negative of scikit-learn's decision function: above 0 is flagged as an anomaly.

    Raises
    ------
    InputError
        For fewer than two reference images.

    References
    ----------
    Liu, Ting & Zhou 2008; Drozdova et al. 2024, published code.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook import stix
    >>> usual = np.random.default_rng(1).normal(size=(100, 2))
    >>> print(stix.forest_scores(usual, np.array([[0.0, 0.0], [9.0, 9.0]]), n_trees=50) > 0)
    [False  True]
    """
    return -isolation_forest(reference, seed, n_trees).decision_function(images)


def centre_distance(reference, images):
    """Distance to the mean of the reference images in their principal components, each in its standard deviation.

    Returns (n_images,).  The components that explain PCA_VARIANCE of the variance.
    """
    components = PCA(PCA_VARIANCE, svd_solver="full", whiten=True).fit(reference)
    return np.linalg.norm(components.transform(images), axis=1)


def neighbour_distance(reference, images, n_neighbours=N_NEIGHBOURS):
    """Mean distance to the nearest reference images, an image among them not counting as its own neighbour.

    reference: (n, n_features); images: (n_images, n_features).  Returns (n_images,).
    """
    reference, images = (np.ascontiguousarray(features, np.float32) for features in (reference, images))
    n_neighbours = min(n_neighbours, len(reference) - 1)
    distance, _ = NearestNeighbors(n_neighbors=n_neighbours + 1).fit(reference).kneighbors(images)
    known = {row.tobytes() for row in reference}
    among = np.array([row.tobytes() in known for row in images])
    return np.where(among, distance[:, 1:].mean(axis=1), distance[:, :-1].mean(axis=1))


DETECTORS = {
    "Isolation Forest": forest_scores,
    "distance to the mean": centre_distance,
    "distance to neighbours": neighbour_distance,
}


def anomaly_targets(records, fewest=5):
    """What could be meant by an anomaly, as {name: (n_images,) of 0, 1 and missing}.

    "artefact": any; "several sources" and each kind: among images without artefact; each artefact: against images
    without any.  Truths with fewer than `fewest` images are left out; nothing is left when the truth is missing.
    """
    known = records["is_artefact"].notna().to_numpy()
    if not known.any():
        return {}
    bad = records["is_artefact"].fillna(False).to_numpy(dtype=bool)
    good, sources = known & ~bad, records["n_sources"].fillna(0).to_numpy(dtype=int)
    found = {"artefact": _target(known, bad), "several sources": _target(good, sources > 1)}
    found["three sources or more"] = _target(good, sources > 2)
    for kind in sorted(set(records["kind"].dropna()) - {"compact", "several sources", "nothing in the field"}):
        found[kind] = _target(good, (records["kind"] == kind).fillna(False).to_numpy(dtype=bool))
    for reason in sorted(set(records["artefact"].dropna()) - {"none"}):
        own = known & bad & (records["artefact"] == reason).fillna(False).to_numpy(dtype=bool)
        found[f"artefact: {display_name(reason)}"] = _target(good | own, own)
    return {name: value for name, value in found.items() if min(np.nansum(value), np.nansum(1 - value)) >= fewest}


def cause_targets(records, fewest=5):
    """Anomalies sorted by cause, as {cause: (n_images,) of 0, 1 and missing}, against the images without artefact.

    Artefacts by where they arise (CAUSES); among images without artefact, those with two sources, with three or more,
    and the BRIGHT share with the most counts.  The normal images are always those without artefact, with one source
    and not bright.  Causes with fewer than `fewest` images are left out; nothing is left when the truth is missing.
    """
    known = records["is_artefact"].notna().to_numpy()
    bad = records["is_artefact"].fillna(True).to_numpy(dtype=bool)
    good, sources = known & ~bad, records["n_sources"].fillna(0).to_numpy(dtype=int)
    if good.sum() < fewest:
        return {}
    counts = records["peak_counts"].to_numpy(float)
    bright = good & (counts > np.nanquantile(counts[good], 1 - BRIGHT))
    normal = good & ~bright & (sources <= 1)
    reason = records["artefact"].fillna("").to_numpy(str)
    rare = {f"artefact: {cause}": known & bad & np.isin(reason, reasons) for cause, reasons in CAUSES.items()}
    rare |= {"two sources": good & (sources == 2), "three sources or more": good & (sources > 2), "bright": bright}
    return {cause: _target(normal | own, own) for cause, own in rare.items() if own.sum() >= fewest}


CAUSE_COLUMNS = ["cause", "n", "prevalence", "detector", "reference", "average_precision", "ap_sd", "auc", "sd"]


def cause_table(targets, scores, rng, n_draws=100):
    """Average precision and ROC area of each score for each cause, as benchmarks of outlier detection give them.

    targets: of `cause_targets`; scores: {(detector, reference): (n_seeds, n_images)}.  Returns a DataFrame: cause, n
    (rare images), prevalence (the average precision of a guess), detector, reference, average_precision, ap_sd, auc,
    sd; the deviations hold images drawn anew and one seed drawn for each.  Han et al. 2022.
    """
    rows = []
    for cause, target in targets.items():
        known = ~np.isnan(target)
        rare = target[known].astype(int)
        for (detector, reference), every in scores.items():
            own = every[:, known]
            precision = [average_precision_score(rare, score) for score in own]
            area, error = np.array([area_under_roc(rare, score) for score in own]).T
            draws = _drawn_precision(rare, own, rng, n_draws)
            found = {"average_precision": np.mean(precision), "ap_sd": np.std(draws)}
            found |= {"auc": area.mean(), "sd": np.sqrt(np.mean(error**2) + area.var())}
            about = {"cause": cause, "n": int(rare.sum()), "prevalence": rare.mean()}
            rows.append({**about, "detector": detector, "reference": reference, **found})
    return pd.DataFrame(rows, columns=CAUSE_COLUMNS)


def _drawn_precision(rare, scores, rng, n_draws):
    """Average precision of images drawn with replacement, rare and normal ones apart, each time of one seed."""
    groups, draws = [np.flatnonzero(rare == value) for value in (0, 1)], []
    for _ in range(n_draws):
        rows = np.concatenate([rng.choice(group, len(group)) for group in groups])
        draws.append(average_precision_score(rare[rows], scores[rng.integers(len(scores))][rows]))
    return draws


def _target(asked, rare):
    """1 where rare, 0 where not, missing where it is not asked for."""
    return np.where(asked, rare.astype(float), np.nan)


def roc_curves(target, scores, points=200):
    """ROC curves of all detectors for one target, at even rates: detector, reference, false_alarm_rate, hit_rate.

    scores: {(detector, reference): (n_seeds, n_images)}; the mean over the seeds is judged.
    """
    known, grid, tables = ~np.isnan(target), np.linspace(0, 1, points), []
    for (detector, reference), every in scores.items():
        alarms, hits, _ = roc_curve(target[known], every.mean(axis=0)[known])
        columns = {"false_alarm_rate": grid, "hit_rate": np.interp(grid, alarms, hits)}
        tables.append(pd.DataFrame({"detector": detector, "reference": reference, **columns}))
    return pd.concat(tables, ignore_index=True)


def area_under_roc(target, score):
    """Area under the ROC curve and its standard error over images drawn anew.

    target: (n,) of 0 and 1; score: (n,).  DeLong, DeLong & Clarke-Pearson 1988: the area is the mean over rare images
    of the share of ordinary ones below them, and the other way round; the two means' variances add.
    """
    rare, plain = score[target == 1], score[target == 0]
    below, above = share_below(rare, plain), 1 - share_below(plain, rare)
    variance = below.var(ddof=1) / len(rare) + above.var(ddof=1) / len(plain)
    return float(below.mean()), float(np.sqrt(variance))


def area_table(targets, scores):
    """Area under the ROC curve of each score for each target, mean over the seeds, with its standard deviation.

    targets: of `anomaly_targets`; scores: {(detector, reference): (n_seeds, n_images)}.  The deviation is that of the
    images and that of the seeds together.  Returns a DataFrame: target, n, detector, reference, auc, sd.
    """
    rows = []
    for name, target in targets.items():
        known = ~np.isnan(target)
        for (detector, reference), every in scores.items():
            area, error = np.array([area_under_roc(target[known], score[known]) for score in every]).T
            sd = np.sqrt(np.mean(error**2) + area.var())
            rows.append((name, int(target[known].sum()), detector, reference, area.mean(), sd))
    return pd.DataFrame(rows, columns=["target", "n", "detector", "reference", "auc", "sd"])


def group_of_anomalies(score, n_sources):
    """The poster's group: labelled images that are flagged, and how likely chance would put all multiple ones there.

    score: (n,) of labelled images, above 0 flagged; n_sources: (n,).  Returns {flagged, flagged_single,
    flagged_multiple, multiple, chance: probability that a random group of this size holds as many multiple ones}.
    """
    flagged, multiple = np.asarray(score) > 0, np.asarray(n_sources) > 1
    hits = int((flagged & multiple).sum())
    return {
        "flagged": int(flagged.sum()),
        "flagged_single": int((flagged & ~multiple).sum()),
        "flagged_multiple": hits,
        "multiple": int(multiple.sum()),
        "chance": float(hypergeom.sf(hits - 1, len(multiple), multiple.sum(), flagged.sum())),
    }


def frames(records):
    """What a frame should say of each image: "real", "artefact", "several sources" or nothing, (n,) of text."""
    bad = records["is_artefact"].fillna(False).to_numpy(dtype=bool)
    several = (records["n_sources"].fillna(0) > 1).to_numpy(dtype=bool)
    return np.select([records["origin"] == "real", bad, several], ["real", "artefact", "several sources"], "")


def most_anomalous(score, among, number):
    """Rows of the images with the highest scores, in order; among: (n,) bool, the images that count."""
    rows = np.flatnonzero(among)
    return rows[np.argsort(-np.asarray(score)[rows], kind="stable")[:number]]


def rank_of(score, rows):
    """Rank of some images among all, 1 the most anomalous, and the share of images that are more anomalous."""
    rank = rankdata(-np.asarray(score), "ordinal")[rows]
    return pd.DataFrame({"row": rows, "rank": rank, "share_above": (rank - 1) / len(score)})
