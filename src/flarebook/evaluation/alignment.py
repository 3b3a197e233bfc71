"""How the features of both instruments lie on the unit sphere: close in pairs, and spread over all dates."""

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
