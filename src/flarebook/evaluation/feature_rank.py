"""Whether an encoder still tells images apart: two numbers that fall to nothing when its features collapse."""

import numpy as np


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
