"""Real maps as the same images and records that the simulated archive gives; truth columns are missing."""

import os
import warnings
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from flarebook.compendium.batch_report import skipping
from flarebook.compendium.data.reading import files_below
from flarebook.compendium.errors import InputError, MetadataWarning, plain
from flarebook.compendium.project import REHEARSAL
from flarebook.compendium.provenance import file_origin
from flarebook.stix.maps.client import HOST, map_fetcher, query_archive
from flarebook.stix.maps.file_names import parse_name, published_names
from flarebook.stix.maps.fits_map import NO_UNIT, read_map
from flarebook.stix.maps.preprocess import SIZE, flag, normalise
from flarebook.stix.maps.quantities import ASTRONOMICAL_UNIT
from flarebook.stix.simulation.artefacts import ARTEFACTS

RHESSI_FILE = files("flarebook.stix") / "data" / "hsi_image_20101016_191218.fits"
OTHER_PRODUCTS = ("_bp", "_em_", "_mem_", "_vff_", "_fwdfit", "_full_", "_clean_stx", "no_resid", "spec_fitting")
UNITS = {"map_x": "arcsec", "map_y": "arcsec", "distance": "AU"}  # of the columns, for astropy
UNKNOWN = {  # what only a simulation knows, or a flare list: column and the type its missing value has
    "peak_counts": "float64",
    "counts_per_detector": "float64",
    "background_per_detector": "float64",
    "attenuator": "boolean",
    "x": "float64",
    "y": "float64",
    "centre_error": "float64",
    "n_sources": "Int64",
    "kind": "string",
    "artefact": "string",
    "is_artefact": "boolean",
    **{f"artefact_{name}": "boolean" for name in ARTEFACTS},
}


class RealArchive(NamedTuple):
    """Images (n, 177, 177) uint8, their records (one row each), and what was left out: [(file, reason)]."""

    images: np.ndarray
    records: pd.DataFrame
    skipped: list


def real_archive(folder="", n_images=100, start="", end="", host=HOST):
    """Real images for `source="real"`: those of a folder, of a query, or the first of the published list.

    folder: of CLEAN maps; empty: the first n_images are fetched (mirror, cache, network) that the archive lists
    between the times start and end (ISO, UTC), or without these of the published names.  Returns a RealArchive; a
    file that cannot be had or read is listed, not fatal.
    Raises InputError when nothing is left.
    """
    if folder:
        return read_folder(folder)
    silent = []
    names = archive_names(n_images, start, end, host, silent)
    archive = read_files(names, locate=map_fetcher(host))
    return archive._replace(skipped=[*archive.skipped, *(("the query", reason) for reason in silent)])


def archive_names(n_images, start="", end="", host=HOST, skipped=None):
    """Names of the first CLEAN maps that the archive lists between two times, or of the published ones: list of str.

    n_images, start, end, host: as of `real_archive`; skipped: list that receives a sentence for each day that fails.
    Raises InputError when the archive lists none.
    """
    silent = [] if skipped is None else skipped
    names = query_archive(start, end, host=host, skipped=silent) if start else published_names()["filename"]
    names = list(islice(names, n_images))
    if start and not names:
        empty = f"the STIX data centre lists no CLEAN map from {start} to {end}, choose other times"
        raise InputError(silent[0] if silent else empty)
    return names


def read_folder(folder):
    """Images and records of the CLEAN maps in a folder and below: a RealArchive.

    Other products of the pipeline (back-projection, EM, fits) are passed over.  Bad files are listed.
    Raises InputError when the folder is missing, holds no FITS file, or no file can be read.
    """
    return read_files(find_maps(folder))


def find_maps(folder):
    """CLEAN maps in a folder and below, sorted: list of Path; InputError when there is none."""
    if not os.path.isdir(folder):
        raise InputError(f"there is no folder {folder}: give the one that holds the CLEAN maps")
    found = files_below(folder, (".fits", ".fits.gz"))
    maps = [path for path in found if not any(part in path.name for part in OTHER_PRODUCTS)]
    if not maps:
        raise InputError(
            f"{folder} holds no CLEAN map ({len(found)} other FITS files): fetch some with `flarebook stix fetch`"
        )
    return maps


def read_files(files, progress=iter, locate=Path):
    """Images and records of archive files, one after the other: a RealArchive.

    files: names or paths, or sunpy maps; progress: called with an iterable, gives it back; locate: gives the path of a
    name.
    Raises InputError when no file can be read.
    """
    images, records, skipped = [], [], []
    for file in progress(list(files)):
        reasons = []
        with skipping(reasons):
            archive_map = read_map(locate(file) if isinstance(file, str | Path) else file)
            image, record = normalise(archive_map), record_of(archive_map)
            images.append(image)
            records.append(record)
        name = str(file) if isinstance(file, str | Path) else file.name
        skipped += [(name, reason) for reason in reasons]
    if not images:
        first = f"; first: {skipped[0][1]}" if skipped else ""
        raise InputError(f"none of the {len(skipped)} files can be used{first}")
    return RealArchive(np.stack(images).reshape(-1, SIZE, SIZE), table_of(records), skipped)


def record_of(archive_map):
    """Record of one map as a dict: what name, header and pixels tell.

    archive_map: ArchiveMap.  map_x, map_y: arcsec, helioprojective; distance: AU; peak_flux and residual_rms in `unit`,
    which is the map's, residual_rms NaN when the file has no residual.
    """
    data, residual = archive_map.data, archive_map.hdus.get("residual")
    parsed = _parse_or_header(archive_map)
    finite = data[np.isfinite(data)]
    return {
        "image_id": parsed["uid"],
        "flare_id": parsed["flare_id"],
        "band": parsed["band"],
        "start": archive_map.start or parsed["start"],
        "origin": _origin_of(archive_map),
        "distance": float(archive_map.header.get("DSUN_OBS", np.nan)) / ASTRONOMICAL_UNIT,
        "map_x": archive_map.centre[0],
        "map_y": archive_map.centre[1],
        "peak_flux": float(finite.max()) if finite.size else np.nan,
        "residual_rms": np.nan if residual is None else float(np.sqrt(np.mean(np.square(residual, dtype=float)))),
        "unit": archive_map.unit_text,
        "flag": flag(data),
        "name": plain(archive_map.path.name),
    }


def _origin_of(archive_map):
    """Origin of a map: "real", or for one that says that it is simulated "rehearsal" in a rehearsal."""
    if archive_map.simulated and not os.environ.get(REHEARSAL):
        return "simulated"
    return file_origin(archive_map.simulated, archive_map.path.name)


def _parse_or_header(archive_map):
    """uid, flare_id, band and start from the name; a name of the user's own gives only the header's band."""
    try:
        return parse_name(archive_map.path.name)
    except InputError:
        band = "{:g}-{:g}".format(*archive_map.energy)
        return {"uid": "", "flare_id": "", "band": "" if "nan" in band else band, "start": ""}


def table_of(records):
    """Records as a table with every column of the simulated archive; truth is missing; units in `attrs["units"]`."""
    known, unknown = pd.DataFrame(records), pd.DataFrame(index=range(len(records)), columns=list(UNKNOWN))
    table = known.join(unknown.astype(UNKNOWN))
    table.attrs["units"] = dict(UNITS)
    stated = set(known.get("unit", ()))
    if len(stated) == 1 and NO_UNIT not in stated:  # where they are mixed, the column `unit` has each row's
        table.attrs["units"] |= dict.fromkeys(("peak_flux", "residual_rms"), stated.pop())
    return table


def read_labelled_folder(folder):
    """Images and records of maps that experts sorted by their number of sources: a RealArchive.

    folder: with one folder per number, <n_sources>/*.fits; of these the CLEAN maps with residuals ("clean" in the
    name, not "no_resid"), as the authors took them.  n_sources is filled in; all else as `read_folder`.
    Raises InputError when there is no such folder or no map in it.
    """
    files = [path for path in find_maps(folder) if path.parent.name.isdigit() and "clean" in path.name]
    if not files:
        raise InputError(f"{folder} has no folders 1, 2, 3 ... with CLEAN maps: sort the maps by number of sources")
    read = read_files(files)
    left = {file for file, _ in read.skipped}
    counts = [int(path.parent.name) for path in files if str(path) not in left]
    return read._replace(records=read.records.assign(n_sources=pd.array(counts, dtype="Int64")))


def real_rhessi_map():
    """REAL: RHESSI's CLEAN map of a flare on 2010-10-16, 12 to 25 keV, that ships with the package: an ArchiveMap.

    What its reading had to establish is told by `read_map`, not here.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MetadataWarning)
        return read_map(RHESSI_FILE)
