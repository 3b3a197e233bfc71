"""Pre-flare probability of each slit pixel and exposure of a raster, from the trained ensemble, without TensorFlow."""

import hashlib
import json
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas
import pandas as pd
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import in_project, shown
from flarebook.compendium.provenance import code_state
from flarebook.iris.classifiers.inference import ensemble_scores, n_members
from flarebook.iris.features.extract import extract
from flarebook.iris.mg2 import FEATURES
from flarebook.iris.rasters.read import iter_exposures, read_raster

SHIPPED = files("flarebook.iris") / "data" / "preflare_ensemble.safetensors"


SHIPPED_MEMBERS = 50  # of the run's 100 splits: keeps the file below 300 kB, and the mean changes little


COARSEST = 0.12  # Angstrom per spectral pixel; k2v and k2r, about .3 apart, merge on a coarser axis


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


def load_ensemble(path=SHIPPED):
    """Read the weights file of an ensemble, the shipped one by default.

    Returns an Ensemble.  Raises InputError when the file is absent, damaged or made for other features.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no weights file {path}; write one with `flarebook iris export-ensemble`.")
    try:
        with safe_open(path, framework="numpy") as file:
            about, weights = file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path} is no readable weights file ({error}); restore it or export it again.") from error
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


def score_spectra(spectra, wavelength, exposure_time, ensemble):
    """Mean and spread over members of the pre-flare probability of each spectrum.

    spectra: (n, n_wavelengths) DN; wavelength: Angstrom; exposure_time: s.  Returns score, spread: (n,) float32, NaN
    where the spectrum cannot be measured.
    """
    features, good = extract(spectra, wavelength, exposure_time, window=ensemble.window)
    members = ensemble_scores(ensemble.weights, features)
    return np.where(good, members.mean(axis=0), np.nan), np.where(good, members.std(axis=0), np.nan)


def score_file(path, ensemble, progress=iter):
    """Score a level-2 file (.fits, .fits.gz, .tar.gz) exposure by exposure, so that memory stays flat.

    Returns a DataFrame exposure, slit, time (s after the start), x (arcsec), score, spread; NaN where unusable.
    Raises InputError when the file has no Mg II window, is too coarse, or holds no usable spectrum.
    """
    parts = []
    for number, exposure in enumerate(progress(iter_exposures(path))):
        refuse_coarse(exposure.wavelength, path)
        score, spread = score_exposure(exposure, ensemble)
        columns = {"slit": np.arange(len(score)), "time": exposure.time, "x": exposure.x}
        parts.append(pd.DataFrame({"exposure": number, **columns, "score": score, "spread": spread}))
    table = pd.concat(parts, ignore_index=True)
    if not table["score"].notna().any():
        raise InputError(f"{path} holds no usable spectrum: all exposures are missing or have no exposure time.")
    return table


def score_exposure(exposure, ensemble):
    """Scores and spreads along the slit of one exposure, (n_slit,) each."""
    if exposure.exposure_time <= 0:
        return np.full((2, len(exposure.spectra)), np.nan, np.float32)
    return score_spectra(exposure.spectra, exposure.wavelength, exposure.exposure_time, ensemble)


def refuse_coarse(wavelength, path):
    """Raise InputError when the spectral sampling cannot resolve the k2 peaks."""
    sampling = float(np.median(np.diff(wavelength)))
    if sampling > COARSEST:
        raise InputError(
            f"{path} samples the Mg II window every {sampling:.3f} A, too coarse for the k2 peaks (at most "
            f"{COARSEST} A): give the full-resolution level-2 raster."
        )


def summarise(table, threshold=0.5):
    """What a score table says in a few numbers: {name: value}."""
    score = table["score"].dropna()
    return {
        "spectra": len(score),
        "unusable": int(table["score"].isna().sum()),
        "mean": float(score.mean()),
        "spread": float(table["spread"].mean()),
        "share_preflare": float((score >= threshold).mean()),
    }


def familiar_share(path, known, window, tail=0.001):
    """Share of a raster's usable spectra whose features lie within those of the training spectra.

    known: Spectra that the networks learned from; tail: share left out at either end of each feature.
    Returns a Series by feature, and "all" for spectra that are familiar in every feature.
    """
    raster = read_raster(path)
    spectra, exposure_time = raster.flat()
    features, good = extract(spectra, raster.wavelength, exposure_time, window=window)
    low, high = np.quantile(known.features, [tail, 1 - tail], axis=0)
    inside = ((features >= low) & (features <= high))[good]
    return pd.Series([*inside.mean(axis=0), inside.all(axis=1).mean()], index=[*known.columns, "all"])


def provenance(path, ensemble):
    """Where a score comes from: input, weights with their sha256, versions and what the networks were trained on."""
    record = {"input": Path(path).name, "flarebook": version("flarebook")}
    return record | {"weights": ensemble.path.name, "weights_sha256": ensemble.sha256, "trained": ensemble.about}


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
    settings = pandas.read_parquet(folder / "ensemble.parquet").iloc[0].astype(str).to_dict()
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
