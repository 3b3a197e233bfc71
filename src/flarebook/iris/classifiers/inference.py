"""Trained networks without TensorFlow: their weights files, and their scores in plain numpy."""

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file
from scipy.special import expit

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import in_project, shown
from flarebook.compendium.provenance import code_state
from flarebook.iris.mg2 import FEATURES

CHUNK = 8192  # spectra per block, so that the hidden layers stay in the cache


def layer_names(weights):
    """Names of the dense layers in order, for example ("dense_0", "dense_1", "dense_2")."""
    return sorted({name.split("/")[0] for name in weights if name.startswith("dense_")})


def member_weights(weights, index):
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
    scores = np.empty((n_members(weights), len(features)), np.float32)
    members = [member_weights(weights, i) for i in range(n_members(weights))]
    for start in range(0, len(features), CHUNK):
        part = slice(start, start + CHUNK)
        for i, one in enumerate(members):
            scores[i, part] = expit(member_logit(one, features[part]))
    return scores


SHIPPED = files("flarebook.iris") / "data" / "preflare_ensemble.safetensors"


SHIPPED_MEMBERS = 50  # of the run's 100 splits: keeps the file below 300 kB, and the mean changes little


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
        raise InputError(f"There is no weights file {path}; write one with `flarebook iris export-ensemble`.")
    try:
        with safe_open(path, framework="numpy") as file:
            about, weights = file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is not a readable weights file ({error}); restore it or export it again.") from error
    if tuple(json.loads(about.get("features", "[]"))) != FEATURES or "mean" not in weights:
        raise InputError(f"{path} was not made for the ten features of this version; export it again.")
    return Ensemble(weights, about, hashlib.sha256(path.read_bytes()).hexdigest(), path)


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


STEP = Path("results") / "iris" / "6-classifiers"


NAMES = ("tss", "precision", "recall", "f1", "accuracy", "auc")


def export_run(run, path, model="B", selection="validation"):
    """Write a run's ensemble as a weights file; returns the path.

    run: folder of the run.  Raises InputError when the run has not trained the model yet.
    """
    folder = in_project(run) / STEP
    weights = folder / f"model-{model.lower()}-{selection}.safetensors"
    if not weights.is_file():
        raise InputError(f"{shown(folder)} holds no {weights.name}: run `flarebook run iris/6-classifiers` first.")
    about = about_run(folder, model, selection)
    written = export_ensemble(load_file(weights), path, about)
    with atomic_write(written.with_name("MODEL_CARD.md")) as card:
        card.write_text(model_card(written), encoding="utf-8")
    return written


def about_run(folder, model, selection):
    """What the networks are and how they score, as text: {name: text}."""
    settings = pd.read_parquet(folder / "ensemble.parquet").iloc[0].astype(str).to_dict()
    metrics = {m["name"]: m for m in json.loads((folder / "metrics.json").read_text(encoding="utf-8"))}
    scores = {name: round(metrics[f"iris.honest.{model}.{name}"]["value"], 3) for name in NAMES}
    origin = metrics[f"iris.honest.{model}.tss"]["origin"]
    about = {"origin": origin, "model": model, "selection": selection, "scores": json.dumps(scores)}
    return about | settings | {"commit": code_state()["commit"] or "unknown"}


def model_card(path):
    """Text of the model card of a weights file, its numbers taken from the file."""
    ensemble = load_ensemble(path)
    scores = "\n".join(f"| {name} | {value:.3f} |" for name, value in json.loads(ensemble.about["scores"]).items())
    template = files("flarebook.iris") / "data" / "model_card_template.md"
    values = {**ensemble.about, "scores": scores, "file": path.name, "sha256": ensemble.sha256}
    return template.read_text(encoding="utf-8").format(**values)
