"""How features lie in space: alike in pairs, spread over all dates, and in how many directions.

Alignment and uniformity fall short when channels do not meet; spread and rank vanish when features collapse.
"""

import numpy as np
from scipy.spatial.distance import pdist


def alignment(first, second):
    """Mean squared distance of the two features of a date: 0 the same, 2 as unrelated ones, 4 opposite.

    first, second: (n, p) unit vectors of two channels.  Wang & Isola 2020, section 4.1, exponent 2.
    """
    return float(((np.asarray(first, float) - second) ** 2).sum(axis=1).mean())


def uniformity(features, t=2.0):
    """Logarithm of the mean Gaussian potential of all pairs: 0 when all are alike, the more negative the more even.

    features: (n, p) unit vectors, n of 2 or more.  Wang & Isola 2020, section 4.1.2, equation 4, t = 2.
    """
    return float(np.log(np.exp(-t * pdist(np.asarray(features, float), "sqeuclidean")).mean()))


def modality_gap(first, second):
    """Distance between the mean features of two channels.

    first, second: (n, p) unit vectors.  Liang et al. 2022, section 2: above 0, a channel can be told by its features.
    """
    return float(np.linalg.norm(np.mean(first, axis=0, dtype=float) - np.mean(second, axis=0, dtype=float)))


def spread(features):
    """Standard deviation of the features after scaling each to unit length, times the root of their number.

    features: (n, d).  1 when they point in all directions alike, 0 when all images have the same (Chen & He 2021).
    """
    features = np.asarray(features, np.float64)
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return float((features / np.maximum(lengths, 1e-12)).std(axis=0).mean() * np.sqrt(features.shape[1]))


def effective_rank(features):
    """How many directions the features use, 1 to d: exponential of the entropy of the singular values' shares.

    features: (n, d); their mean is taken out first.  RankMe, Garrido et al. 2023, equation 1, there without centring.
    """
    features = np.asarray(features, np.float64)
    values = np.linalg.svd(features - features.mean(axis=0), compute_uv=False)
    if values.sum() < 1e-12:
        return 1.0
    shares = values / values.sum()
    shares = shares[shares > 0]
    return float(np.exp(-(shares * np.log(shares)).sum()))
