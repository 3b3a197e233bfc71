"""The trained networks in plain numpy: scores without loading TensorFlow."""

import numpy as np
from scipy.special import expit

from flarebook.compendium.errors import InputError

CHUNK = 8192  # spectra per block, so that the hidden layers stay in the cache


def layer_names(weights):
    """Names of the dense layers in order, for example ("dense_0", "dense_1", "dense_2")."""
    return sorted({name.split("/")[0] for name in weights if name.startswith("dense_")})


def member(weights, index):
    """Weights of one member: {name: array without the members' axis}."""
    return {name: value[index] for name, value in weights.items()}


def n_members(weights):
    """Number of members of an ensemble."""
    return len(weights["mean"])


def member_logit(weights, features):
    """Logit of one member's network for each spectrum.

    weights: of one member, mean and scale (n_features,), dense_i/kernel (n_in, n_out), dense_i/bias (n_out,).
    features: (n, n_features), not standardised.  Returns (n,) float32.
    """
    names = layer_names(weights)
    hidden = (features - weights["mean"]) / weights["scale"]
    for name in names:
        hidden = hidden @ weights[f"{name}/kernel"] + weights[f"{name}/bias"]
        if name != names[-1]:
            np.maximum(hidden, 0, out=hidden)
    return hidden[:, 0]


def ensemble_scores(weights, features):
    """Pre-flare probability of each spectrum by each member.

    weights: {name: (n_members, ...)}; features: (n, n_features).  Returns (n_members, n) float32.
    Raises InputError when the features do not fit the weights.
    """
    features = np.asarray(features, np.float32)
    if features.ndim != 2 or features.shape[1] != weights["mean"].shape[1]:
        raise InputError(
            f"The networks expect {weights['mean'].shape[1]} features per spectrum, but the table has shape "
            f"{features.shape}: pass the features in the order in which the networks were trained."
        )
    scores = np.empty((n_members(weights), len(features)), np.float32)
    members = [member(weights, i) for i in range(n_members(weights))]
    for start in range(0, len(features), CHUNK):
        part = slice(start, start + CHUNK)
        for i, one in enumerate(members):
            scores[i, part] = expit(member_logit(one, features[part]))
    return scores
