"""Pre-flare probability of each slit pixel and exposure of a raster, from the trained ensemble, without TensorFlow."""

import json
from collections.abc import Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet

from flarebook.compendium.appearance.style import WIDE
from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError, plain
from flarebook.compendium.provenance import to_json
from flarebook.iris.classifiers.inference import Ensemble, ensemble_scores
from flarebook.iris.features.extract import extract_features
from flarebook.iris.rasters.cubes import name_of
from flarebook.iris.rasters.raster import FLAGS
from flarebook.iris.rasters.read import iter_exposures, read_raster

if TYPE_CHECKING:
    import ndcube

COARSEST = 0.12  # Angstrom per spectral pixel; k2v and k2r, about .3 apart, merge on a coarser axis
TAIL = 0.001


def score_spectra(
    spectra: np.ndarray, wavelength: np.ndarray, exposure_time: float | np.ndarray, ensemble: Ensemble
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the mean and the spread over networks of the pre-flare probability of each spectrum.

    Parameters
    ----------
    spectra : ndarray, shape (n_spectra, n_wavelengths)
        Counts in DN; missing values are NaN or -200.
    wavelength : ndarray, shape (n_wavelengths,)
        Ascending vacuum wavelengths in Angstrom.
    exposure_time : float or ndarray, shape (n_spectra,)
        Exposure time in seconds.
    ensemble : Ensemble
        Of `load_ensemble`.

    Returns
    -------
    score, spread : ndarray, shape (n_spectra,)
        Mean and standard deviation over networks, float32; NaN where a spectrum cannot be measured.

    Raises
    ------
    InputError
        When the shapes do not fit or the wavelengths do not cover the grid.

    Examples
    --------
    >>> from flarebook import iris
    >>> library = iris.load_library()
    >>> score, spread = iris.score_spectra(1e10 * library.profiles[:4], library.wavelength, 4.0, iris.load_ensemble())
    >>> bool(((0 <= score) & (score <= 1)).all())
    True
    """
    features, good = extract_features(spectra, wavelength, exposure_time, window=ensemble.window)
    members = ensemble_scores(ensemble.weights, features)
    return np.where(good, members.mean(axis=0), np.nan), np.where(good, members.std(axis=0), np.nan)


def score_file(
    path: "str | Path | ndcube.NDCube",
    ensemble: Ensemble,
    progress: Callable[[Iterable], Iterable] = iter,
    skipped: list[str] | None = None,
) -> pd.DataFrame:
    """Score a level-2 file exposure by exposure, so that memory stays flat; an archive's files in order of time.

    Parameters
    ----------
    path : str, Path or ndcube.NDCube
        File `.fits`, `.fits.gz` or `.tar.gz`, or a cube of ndcube, sunraster or irispy-lmsal, see `read_raster`.
    ensemble : Ensemble
        Of `load_ensemble`.
    progress : callable
        Wraps the exposures, for example in a progress bar.
    skipped : list of str, optional
        Extended by one sentence for each member of an archive that cannot be read; by default each is a
        MetadataWarning.

    Returns
    -------
    DataFrame
        exposure, slit, time (s after the start), x (arcsec), score, spread and flag: what makes a spectrum unusable, ""
        for nothing.  Score and spread are NaN where a spectrum is flagged or cannot be measured.  The units are in
        `attrs["units"]`, the start (UTC, ISO 8601) in `attrs["start"]`; `attrs["simulated"]` is whether a file says
        that it holds no observation.

    Raises
    ------
    InputError
        When the file has no Mg II window, is too coarse, or holds no usable spectrum.

    Examples
    --------
    >>> from flarebook import iris
    >>> from flarebook.iris.rasters.samples import sample_path
    >>> table = iris.score_file(sample_path("iris_20140329_mg2_raster.fits"), iris.load_ensemble())
    >>> table["exposure"].nunique(), len(table)
    (3, 3282)
    """
    files, starts, simulated = {}, [], False
    for exposure in progress(iter_exposures(path, skipped=skipped)):
        refuse_coarse(exposure.wavelength, name_of(path))
        score, spread = score_exposure(exposure, ensemble)
        columns = {"slit": np.arange(len(score)), "time": exposure.time, "x": exposure.x, "score": score}
        rows = pd.DataFrame(columns | {"spread": spread, "flag": np.array(FLAGS)[exposure.flag]})
        files.setdefault(exposure.file, []).append(rows)
        starts.append(exposure.start)
        simulated |= exposure.simulated
    in_time = sorted(files.values(), key=lambda tables: np.nanmin([table["time"][0] for table in tables]))
    table = pd.concat(dict(enumerate(sum(in_time, []))), names=["exposure", "row"])
    table = table.reset_index("exposure").reset_index(drop=True)
    if not table["score"].notna().any():
        raise InputError(
            f"{name_of(path)} holds no usable spectrum: no exposure has data and an exposure time; give another raster."
        )
    table.attrs["units"] = {"time": "s", "x": "arcsec", "score": "", "spread": ""}
    table.attrs |= {"start": starts[0].isot, "simulated": simulated}
    return table


def score_exposure(exposure, ensemble):
    """Scores and spreads along the slit of one exposure, (n_slit,) each; NaN where a spectrum is flagged."""
    if not exposure.quality.any():
        return np.full((2, len(exposure.spectra)), np.nan, np.float32)
    scores = score_spectra(exposure.spectra, exposure.wavelength, exposure.exposure_time, ensemble)
    return np.where(exposure.quality, scores, np.float32(np.nan))


def refuse_coarse(wavelength, path):
    """Raise InputError when the spectral sampling cannot resolve the k2 peaks."""
    sampling = float(np.median(np.diff(wavelength)))
    if sampling > COARSEST:
        raise InputError(
            f"{path} samples the Mg II window every {sampling:.3f} A, too coarse for the k2 peaks (at most "
            f"{COARSEST} A): give the full-resolution level-2 raster."
        )


def summarise_scores(table, threshold=0.5):
    """What a score table says in a few numbers: {name: value}."""
    score = table["score"].dropna()
    return {
        "spectra": len(score),
        "unusable": int(table["score"].isna().sum()),
        "saturated": int((table["flag"] == "saturated").sum()),
        "cosmic_ray": int((table["flag"] == "cosmic ray").sum()),
        "mean": float(score.mean()),
        "spread": float(table["spread"].mean()),
        "share_preflare": float((score >= threshold).mean()),
    }


def describe_scores(name, table):
    """Sentence on the scores of a raster, after its name: str."""
    numbers = summarise_scores(table)
    flagged = {"saturated": numbers["saturated"], "hit by cosmic rays": numbers["cosmic_ray"]}
    flagged = ", ".join(f"{number} {what}" for what, number in flagged.items() if number)
    return (
        f"{name}: mean score {numbers['mean']:.2f} (spread over networks {numbers['spread']:.2f}), "
        f"{100 * numbers['share_preflare']:.0f} % of {numbers['spectra']} spectra at .5 or above, "
        f"{numbers['unusable']} unusable{f' ({flagged})' if flagged else ''}"
    )


def familiar_share(path, known, window):
    """Share of a raster's usable spectra whose features lie within those of the training spectra.

    known: Spectra that the networks learned from, whose feature ranges leave out the share TAIL at either end.
    Returns a Series by feature, and "all" for spectra that are familiar in every feature.
    """
    raster = read_raster(path)
    spectra, exposure_time = raster.flat()
    features, good = extract_features(spectra, raster.wavelength, exposure_time, window=window)
    low, high = np.quantile(known.features, [TAIL, 1 - TAIL], axis=0)
    inside = ((features >= low) & (features <= high))[good & raster.quality.ravel()]
    return pd.Series([*inside.mean(axis=0), inside.all(axis=1).mean()], index=[*known.columns, "all"])


def score_provenance(path, ensemble):
    """Where a score comes from: input, weights with their sha256, versions and what the networks were trained on."""
    record = {"input": plain(Path(path).name), "flarebook": version("flarebook")}
    return record | {"weights": ensemble.path.name, "weights_sha256": ensemble.sha256, "trained": ensemble.about}


def write_scores(folder, name, table, record):
    """Write table, map and record into a folder; returns their paths.

    record: of `score_provenance`; it also travels inside the Parquet file, under the key "flarebook".
    """
    folder, record = Path(folder), {**record, "summary": summarise_scores(table)}
    paths = [folder / f"{name}_score{end}" for end in (".parquet", ".csv", ".png", ".json")]
    with atomic_write(paths[0]) as path:
        write_parquet(path, table, record)
    with atomic_write(paths[1]) as path:
        table.to_csv(path, index=False, float_format="%.5g")
    with atomic_write(paths[2]) as path:
        plot_score_map(table, name, record).savefig(path, dpi=150, bbox_inches="tight")
    with atomic_write(paths[3]) as path:
        path.write_text(to_json(record), encoding="utf-8")
    return paths


def write_parquet(path, table, record):
    """Table with its record in the file's metadata."""
    arrow = pyarrow.Table.from_pandas(table, preserve_index=False)
    metadata = {**(arrow.schema.metadata or {}), b"flarebook": json.dumps(record).encode()}
    pyarrow.parquet.write_table(arrow.replace_schema_metadata(metadata), path)


def show_column(axes, table, column, **colours):
    """Show a column of a score table, slit pixel against exposure, grey where unusable; returns the image."""
    image = table.pivot(index="slit", columns="exposure", values=column)
    axes.set_facecolor("0.8")
    return axes.pcolormesh(image.columns, image.index, image, shading="nearest", vmin=0.0, rasterized=True, **colours)


def plot_score_map(table, title, record):
    """Figure with the mean score and its spread over members along the slit and exposures; grey where unusable."""
    from matplotlib.figure import Figure  # half a second to import, and not needed to refuse a file

    figure = Figure(figsize=(WIDE, 5.43), layout="constrained")
    columns = (("score", "pre-flare score", "RdBu_r", 1.0), ("spread", "spread over members", "viridis", None))
    for axes, (column, label, colours, top) in zip(figure.subplots(1, 2, sharey=True), columns, strict=True):
        shown = show_column(axes, table, column, vmax=top, cmap=colours)
        figure.colorbar(shown, ax=axes, label=label, location="top", shrink=0.85)
        axes.set(xlabel="exposure", ylabel="slit pixel" if column == "score" else "")
        axes.xaxis.get_major_locator().set_params(integer=True)
    figure.suptitle(
        f"{title}\nnetworks trained on {record['trained'].get('origin', 'unknown')} spectra", fontsize="small"
    )
    return figure
