"""Trained networks without TensorFlow: their weights files, and their scores in plain numpy."""

import json
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file
from scipy.special import expit

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.data.reading import reading
from flarebook.compendium.errors import InputError
from flarebook.compendium.provenance import sha256
from flarebook.iris.features.extract import window_edges
from flarebook.iris.mg2 import FEATURES

SHIPPED = files("flarebook.iris") / "data" / "preflare_ensemble.safetensors"
SHIPPED_MEMBERS = 50  # of the run's 100 splits: keeps the file below 300 kB, and the mean changes little
CHUNK = 512  # spectra per block, so that the hidden layers of all members stay in the cache


def n_members(weights):
    """Number of members of an ensemble."""
    return len(weights["mean"])


def one_member(weights, index):
    """Weights of one member, still with the members' axis: {name: (1, ...)}."""
    return {name: value[index : index + 1] for name, value in weights.items()}


def ensemble_scores(weights: dict[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Compute the pre-flare probability of each spectrum by each member.

    Parameters
    ----------
    weights : dict of ndarray
        Arrays of all members, each (n_members, ...): mean, scale, dense_0/kernel, dense_0/bias, ...
    features : ndarray, shape (n, n_features)
        Features, not standardised.

    Returns
    -------
    ndarray, shape (n_members, n)
        Probabilities, float32.

    Raises
    ------
    InputError
        When the features do not fit the weights.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook import iris
    >>> ensemble = iris.load_ensemble()
    >>> iris.ensemble_scores(ensemble.weights, np.zeros((3, 10))).shape
    (50, 3)
    """
    features = np.asarray(features, np.float32)
    if features.ndim != 2 or features.shape[1] != weights["mean"].shape[1]:
        raise InputError(
            f"The networks expect {weights['mean'].shape[1]} features per spectrum, but the table has shape "
            f"{features.shape}: pass the features in the order in which the networks were trained."
        )
    names = sorted({name.split("/")[0] for name in weights if name.startswith("dense_")})
    scores = np.empty((n_members(weights), len(features)), np.float32)
    for start in range(0, len(features), CHUNK):
        part = slice(start, start + CHUNK)
        hidden = (features[part] - weights["mean"][:, None]) / weights["scale"][:, None]
        for name in names:
            hidden = hidden @ weights[f"{name}/kernel"] + weights[f"{name}/bias"][:, None]
            if name != names[-1]:
                np.maximum(hidden, 0, out=hidden)
        scores[:, part] = expit(hidden[..., 0])
    return scores


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Networks of one architecture trained on different splits.

    weights: {name: (n_members, ...)}; about: what they were trained on, text; sha256 of the file; path.
    """

    weights: dict
    about: dict
    sha256: str
    path: Path

    @property
    def window(self):
        """Width of the k and h integration windows with which the training features were measured, Angstrom."""
        return float(self.about["window"])


def load_ensemble(path: str | Path = SHIPPED) -> Ensemble:
    """Load the weights file of an ensemble, the shipped one by default.

    Parameters
    ----------
    path : str or Path
        Weights file in safetensors format.

    Returns
    -------
    Ensemble
        Weights, what they were trained on, and the sha256 of the file.

    Raises
    ------
    InputError
        When the file is absent, damaged or made for other features.

    Examples
    --------
    >>> from flarebook import iris
    >>> iris.load_ensemble().about["origin"]
    'simulated'
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no weights file {path}; notebook iris/9-real-time-score writes one.")
    with reading(path, "a weights file of notebook iris/9-real-time-score"):
        with safe_open(path, framework="numpy") as file:
            about, weights = file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}
        if tuple(json.loads(about.get("features", "[]"))) != FEATURES or "mean" not in weights:
            raise InputError(f"{path} was not made for the ten features of this version; export it again.")
        if integers := [name for name, value in weights.items() if value.dtype.kind != "f"]:
            raise InputError(f"{path} holds weights of whole numbers ({integers[0]}); export it again.")
        ensemble = Ensemble(weights, about, sha256(path), path)
        window_edges(ensemble.window)
        if not np.isfinite(ensemble_scores(weights, np.zeros((1, len(FEATURES))))).all():
            raise InputError(f"{path} holds weights that are NaN or infinite; export it again.")
    return ensemble


def export_ensemble(weights, path, about, most_members=SHIPPED_MEMBERS):
    """Write the first members of a trained ensemble as float32, with a text of what they are; returns the path.

    weights: {name: (n_members, ...)}; about: {name: text}, to hold "window".
    """
    kept = {name: np.ascontiguousarray(value[:most_members], np.float32) for name, value in weights.items()}
    about = {"features": json.dumps(FEATURES), "flarebook": version("flarebook"), **about}
    about["members"] = str(n_members(kept))
    with atomic_write(path) as partial:
        save_file(kept, partial, metadata={name: str(text) for name, text in about.items()})
    return Path(path)
