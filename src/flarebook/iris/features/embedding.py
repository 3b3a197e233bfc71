"""Two-dimensional views of the ten features: principal components and t-SNE, and how well they part two regions."""

from dataclasses import dataclass

import numpy as np
import openTSNE
import pandas as pd
from joblib import Parallel, delayed
from sklearn.decomposition import PCA
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from flarebook.compendium.errors import InputError
from flarebook.iris.features.distributions import sample_spectra, standardise_features
from flarebook.iris.mg2 import FEATURES

NEIGHBOURS = 15  # votes of a point's nearest neighbours that judge how well two classes part


@dataclass(frozen=True)
class Projection:
    """Spectra on the two leading principal components.

    points: (n_spectra, 2); components: (2, 10), unit vectors; variance: (10,), share of the total by component.
    """

    points: np.ndarray
    components: np.ndarray
    variance: np.ndarray

    @property
    def variance_two(self):
        """Share of the variance that the two axes of the figure hold."""
        return float(self.variance[:2].sum())


def project_features(features, towards):
    """Principal components of the correlation matrix of the features, and the spectra on the first two.

    features: (n_spectra, 10), any scale; towards: (n_spectra,) bool, the class that is turned to the right and up,
    since the sign of a component is arbitrary.  Returns a Projection.  Panos & Kleint 2020, section 3.1.
    """
    standard = standardise_features(features)
    pca = PCA().fit(standard)
    points, components = pca.transform(standard)[:, :2], pca.components_[:2]
    sign = np.where(points[towards].mean(axis=0) < 0, -1.0, 1.0)
    return Projection(points * sign, components * sign[:, None], pca.explained_variance_ratio_)


def gaussian_sketch(rng, n=400):
    """Points of a bivariate Gaussian with correlated coordinates, and its two principal axes.

    Returns points (n, 2) and components (2, 2), the axis of most variance first.  Panos & Kleint 2020, Figure 6.
    """
    points = rng.multivariate_normal([0, 0], [[3.0, 1.7], [1.7, 1.4]], n)
    return points, PCA().fit(points).components_


def project_pair(table, other, n_per_region, rng):
    """Draw equally many pre-flare and other spectra and project them together.

    Returns the drawn rows with columns x and y added, and the Projection.
    """
    drawn = sample_spectra(table, ("PF", other), n_per_region, rng)
    projection = project_features(drawn[list(FEATURES)], (drawn["region"] == "PF").to_numpy())
    return drawn.assign(x=projection.points[:, 0], y=projection.points[:, 1]), projection


def perplexity_ladder(perplexities, n_points):
    """The perplexities asked for, squeezed together when there are too few points for the largest.

    t-SNE looks at three times the perplexity in neighbours, so it has to stay below a third of the points.
    Returns rising integers.  Raises InputError when not even perplexity 2 fits.
    """
    wanted = np.sort(np.asarray(perplexities, dtype=float))
    limit = (n_points - 1) // 3
    if wanted[0] < 1 or limit < wanted[0]:
        raise InputError(
            f"Perplexity {wanted[0]:g} does not fit {n_points} spectra: choose 1 to a third of their number."
        )
    if wanted[-1] > limit:
        height = np.log(wanted / wanted[0]) / np.log(wanted[-1] / wanted[0])
        wanted = wanted[0] * (limit / wanted[0]) ** height
    return [int(round(value)) for value in wanted]


def tsne_map(features, perplexity, seed, start="pca"):
    """t-SNE map of spectra at one perplexity, started from the two leading principal components or at random.

    features: (n_spectra, 10), any scale; perplexity: below n_spectra / 3; start: "pca" or "random".  Returns
    (n_spectra, 2), no physical unit.  One thread, so that the same seed gives the same map however many maps are made
    side by side.
    van der Maaten & Hinton 2008; Panos & Kleint 2020, section 3.2 and appendix A.
    """
    model = openTSNE.TSNE(
        perplexity=perplexity, neighbors="exact", initialization=start, n_iter=500, random_state=seed, n_jobs=1
    )
    return np.asarray(model.fit(standardise_features(features)))


def tsne_maps(draws, perplexities, seed, n_workers=2):
    """t-SNE maps of several sets of spectra at several perplexities, made side by side by n_workers processes.

    draws: {name: DataFrame with the ten features}; perplexities: wanted for every set (see perplexity_ladder).
    Returns {name: {perplexity: (n_spectra, 2)}}.
    """
    tasks = [(name, p) for name, drawn in draws.items() for p in perplexity_ladder(perplexities, len(drawn))]
    tasks.sort(key=lambda task: -task[1])  # the longest first, so that no worker is left with one at the end
    work = (delayed(tsne_map)(draws[name][list(FEATURES)].to_numpy(), p, seed) for name, p in tasks)
    maps = dict(zip(tasks, Parallel(n_jobs=n_workers)(work), strict=True))
    return {name: {p: maps[name, p] for own, p in sorted(tasks) if own == name} for name in draws}


def map_table(draws, maps):
    """All maps in one table: columns name, perplexity, region, x, y."""
    parts = [
        pd.DataFrame({"name": name, "perplexity": p, "region": draws[name]["region"], "x": xy[:, 0], "y": xy[:, 1]})
        for name, own in maps.items()
        for p, xy in own.items()
    ]
    return pd.concat(parts, ignore_index=True)


def separability(points, is_positive, observations=None):
    """Share of points whose nearest neighbours vote for their own class: .5 when mixed, 1 when parted.

    points: (n, 2) or (n, n_features); is_positive: (n,) bool, classes of equal size; observations: (n,), where given
    only points of other observations vote, so that what is peculiar to one observation does not count as separation.
    """
    if observations is None:
        near = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(points).kneighbors(return_distance=False)
        return float(np.mean((np.asarray(is_positive)[near].mean(axis=1) > 0.5) == is_positive))
    folds = GroupKFold(min(10, len(np.unique(observations))))
    model = KNeighborsClassifier(NEIGHBOURS)
    predicted = cross_val_predict(model, points, is_positive, groups=observations, cv=folds)
    return float(np.mean(predicted == is_positive))


def separability_table(drawn, maps, other):
    """Separability of each map of one pair of regions, and of the ten features themselves (perplexity 0).

    Returns columns pair, perplexity, knn, knn_across_observations.
    """
    is_positive = (drawn["region"] == "PF").to_numpy()
    observations = drawn["observation"].astype(str).to_numpy()
    spaces = {0: standardise_features(drawn[list(FEATURES)]), **maps}
    table = pd.DataFrame({"pair": f"PF and {other}", "perplexity": list(spaces)})
    alone = [separability(points, is_positive) for points in spaces.values()]
    across = [separability(points, is_positive, observations) for points in spaces.values()]
    return table.assign(knn=alone, knn_across_observations=across)


def feature_directions(drawn, points, is_positive):
    """Angle on a map between the direction in which a feature rises and the direction in which the class changes.

    drawn: table with the ten features; points: (n, 2); is_positive: (n,) bool.  Returns feature, angle (degrees,
    0 to 180: 0 with the class, 180 against it, 90 across it) and explained (share of the feature's variance that the
    straight-line fit explains).  After Panos & Kleint 2020, section 6.2, who compare symmetries by eye.
    """
    centred = points - points.mean(axis=0)
    values = np.column_stack([is_positive, drawn[list(FEATURES)]]).astype(float)
    values -= values.mean(axis=0)
    slope, *_ = np.linalg.lstsq(centred, values, rcond=None)
    explained = 1 - ((values - centred @ slope) ** 2).sum(axis=0) / (values**2).sum(axis=0)
    direction = slope / np.linalg.norm(slope, axis=0)  # along which the class, then each feature, rises fastest
    angle = np.degrees(np.arccos(np.clip(direction[:, 0] @ direction[:, 1:], -1, 1)))
    table = pd.DataFrame({"feature": FEATURES, "angle": angle, "explained": explained[1:]})
    return table.sort_values("angle", ignore_index=True)
