"""Groups of images: principal components of an encoder's features, then k-means."""

import warnings

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning

from flarebook.compendium.errors import InputError

N_CLUSTERS = 30  # poster, section Filtering
PCA_VARIANCE = 0.95  # the value in the authors' code, where the step itself is commented out


def cluster(
    features: np.ndarray, k: int = N_CLUSTERS, seed: int = 1, pca_variance: float | None = PCA_VARIANCE
) -> np.ndarray:
    """Cluster images by principal components and k-means.

    Parameters
    ----------
    features : ndarray of shape (n_images, n_features)
        Features of an encoder.
    k : int
        Number of clusters.
    seed : int
        Random seed of k-means.
    pca_variance : float or None
        Fraction of the variance that the kept components explain; None uses no components, as the authors' code.

    Returns
    -------
    ndarray of shape (n_images,), int
        Cluster number of each image, 0 to k - 1.

    Raises
    ------
    InputError
        For fewer images, or fewer different ones, than clusters, and for features that are NaN or infinite.

    References
    ----------
    Drozdova et al. 2024, poster, section Filtering.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook import stix
    >>> two = np.repeat([[0.0, 0.0], [9.0, 9.0]], 5, axis=0) + np.random.default_rng(1).normal(size=(10, 2))
    >>> labels = stix.cluster(two, k=2)
    >>> len(set(labels[:5])), len(set(labels))
    (1, 2)
    """
    check_features(features, k)
    return k_means(principal_components(features, pca_variance), k, seed)


def check_features(features, k):
    """Refuse what cannot be clustered.

    Raises InputError for one image only, fewer images than clusters, fewer than one cluster, or features that are
    not finite.
    """
    n_images = len(features)
    if k < 1:
        raise InputError(f"{k} clusters were asked for: set k to 1 or more")
    if n_images == 1 and k > 1:
        raise InputError(f"one image only cannot be divided into {k} clusters: cluster at least {k} images")
    if n_images < k:
        raise InputError(f"{n_images} images are fewer than {k} clusters: take more images, or a smaller k")
    broken = np.flatnonzero(~np.isfinite(features).all(axis=1))
    if len(broken):
        raise InputError(
            f"the features of {len(broken)} of {n_images} images are not finite, first in row {broken[0]}: "
            "leave these images out, or encode them anew"
        )


def principal_components(features: np.ndarray, pca_variance: float | None = PCA_VARIANCE) -> np.ndarray:
    """Compute the scores on the leading principal components.

    Parameters
    ----------
    features : ndarray of shape (n_images, n_features)
        Features of an encoder.
    pca_variance : float or None
        Fraction of the variance to keep, between 0 and 1; None returns the features unchanged.

    Returns
    -------
    ndarray of shape (n_images, n_components)
        Scores of each image.

    Raises
    ------
    InputError
        For a fraction outside that range.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook import stix
    >>> features = np.outer(np.arange(10.0), [1.0, 2.0, 3.0])
    >>> stix.principal_components(features).shape
    (10, 1)
    """
    if pca_variance is None:
        return np.asarray(features)
    if not 0 < pca_variance < 1:
        raise InputError(f"pca_variance is {pca_variance}: give a share between 0 and 1, such as 0.95, or none at all")
    features = np.asarray(features, dtype=np.float64)
    if not features.std(axis=0).any():  # identical images have no components; k-means tells what is wrong
        return features
    return PCA(pca_variance, svd_solver="full").fit_transform(features)


def k_means(scores, k=N_CLUSTERS, seed=1):
    """Cluster number of each image by one run of k-means from a seeded start (k-means++), as scikit-learn's default.

    scores: (n_images, n_components).  Returns (n_images,) int.
    Raises InputError when fewer than k images differ.
    """
    check_features(scores, k)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            return KMeans(k, n_init=1, random_state=seed).fit_predict(scores)
        except ConvergenceWarning:
            raise InputError(
                f"fewer than {k} of the {len(scores)} images differ, so that {k} clusters would stay empty in part: "
                "take other images, or a smaller k"
            ) from None


def exemplars(scores, labels, n_each):
    """Images nearest to the mean of their cluster: {cluster: rows of the table, nearest first}.

    scores: (n_images, n_components); labels: (n_images,).  A small cluster gives all its images.
    """
    found = {}
    for number in np.unique(labels):
        members = np.flatnonzero(labels == number)
        distance = np.linalg.norm(scores[members] - scores[members].mean(axis=0), axis=1)
        found[int(number)] = members[np.argsort(distance, kind="stable")[:n_each]]
    return found


def spread_samples(scores, labels, n_each):
    """Images that show the breadth of their cluster, from its middle to its edge: {cluster: rows of the table}.

    The members in order of distance to the cluster's mean, n_each of them at equal steps; the first is the nearest.
    """
    every = exemplars(scores, labels, len(labels))
    return {number: members[_equal_steps(len(members), n_each)] for number, members in every.items()}


def members_table(samples, image_ids):
    """Samples of clusters as a table: cluster, image_id.

    samples: {cluster: rows}, as of `exemplars` and `spread_samples`; image_ids: (n_images,).
    """
    rows = [(number, image_ids[image]) for number, images in samples.items() for image in images]
    return pd.DataFrame(rows, columns=["cluster", "image_id"])


def _equal_steps(n, n_each):
    """At most n_each different places from 0 to n - 1."""
    return np.unique(np.linspace(0, n - 1, min(n, n_each)).round().astype(int))
