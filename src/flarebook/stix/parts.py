"""The real maps of study 2 in parts: a batch of the archive's CLEAN maps each, fetched and read by one job.

A part is a folder: images.npy, (n, 177, 177) uint8, and records.parquet.  Notebook 2 gathers them; a job that is killed
costs its batch.
"""

import hashlib

import numpy as np
import pandas as pd

from flarebook.compendium.batch_report import skipping
from flarebook.compendium.errors import InputError
from flarebook.compendium.mapped_arrays import growing_array, open_arrays
from flarebook.compendium.provenance import mix_origins
from flarebook.compendium.validation import check_known
from flarebook.compendium.workflow.parts import gathered_parts
from flarebook.stix.archive.load import nullable, real_examples
from flarebook.stix.archive.real_maps import archive_names, read_files
from flarebook.stix.maps.client import map_fetcher
from flarebook.stix.maps.preprocess import SIZE

SUFFIX = ".zarr"  # of parts that are folders
ARCHIVE = "stix/2-archive"
SETTINGS = {ARCHIVE: ("source", "folder", "n_real", "start", "end")}
NOTEBOOKS = tuple(SETTINGS)
IMAGES, RECORDS = "images.npy", "records.parquet"
BATCH = 100  # maps of a part


def has_parts(source, folder):
    """Whether the maps of a source are read in parts: those that are fetched, not a folder of files."""
    return source == "real" and not folder


def part_settings(notebook, values):
    """Parameters of the parts of a notebook.

    values: {name: value} of all its parameters.  Raises InputError for a notebook or a source without parts.
    """
    check_known(notebook, SETTINGS, "there are no parts of", f"known are {', '.join(SETTINGS)}")
    if not has_parts(values["source"], values["folder"]):
        raise InputError(
            f"{notebook} of source {values['source']!r} and folder {values['folder']!r} has no parts: a batch of maps "
            'a part is read with source "real" and no folder'
        )
    return {"notebook": notebook, **{name: values[name] for name in SETTINGS[notebook]}}


def part_names(parameters):
    """Names of the parts, "000-1f3a5c7e": number of the batch, and a hash of what it holds.

    parameters: of `part_settings`.  When the archive's list of maps has changed, so have the names.
    """
    return list(_batches(parameters))


def make_part(name, parameters, store):
    """Make the part of one batch and write it to a store; returns why the batch is skipped, "" otherwise.

    name: one of `part_names`; store: PartStore of the parameters, its suffix SUFFIX.  A map that cannot be had or read
    is noted; a batch without any gives a part without images, whose record says why.
    Raises InputError for another name.
    """
    names, skipped, found = _batch(name, parameters), [], None
    with skipping(skipped):
        found = read_files(names, locate=map_fetcher())
    images = np.empty((0, SIZE, SIZE), np.uint8) if found is None else found.images
    origin = "" if found is None else mix_origins(*found.records["origin"].unique())
    notes = [] if found is None else [list(pair) for pair in found.skipped]
    about = {"origin": origin, "rows": len(images), "skipped": skipped[0] if skipped else "", "notes": notes}
    with store.write_folder(name, **about) as folder:
        np.save(folder / IMAGES, images)
        if found is not None:
            found.records.to_parquet(folder / RECORDS)
    return about["skipped"]


def gather_archive(run, path):
    """Gather the batches of a run, the real flare last: (images, records, skipped) as of `load_archive`.

    run: of the notebook; path: npz that receives the images, a batch at a time, and from which they are read where they
    lie.  Raises InputError when no map is left.
    """
    parameters, silent = part_settings(f"{run.study}/{run.step}", run.parameters), []
    batches = _batches(parameters, silent)
    with gathered_parts(run, parameters, list(batches), make_part, "synchronous", SUFFIX) as store:
        about = {name: store.check(name) for name in batches}
        read, empty = ([name for name in batches if bool(about[name]["rows"]) == full] for full in (True, False))
        if not read:
            raise InputError(about[empty[0]]["skipped"])
        images, records = real_examples()
        tables = [pd.read_parquet(store.path(name) / RECORDS) for name in read]
        number = sum(map(len, tables)) + 1
        with growing_array(path, "images", (number, SIZE, SIZE), np.uint8) as keep:
            for name in read:
                keep(np.load(store.path(name) / IMAGES, mmap_mode="r"))
            keep(images[-1:])
    joined = pd.concat([*map(nullable, tables), nullable(records.tail(1))], ignore_index=True)[[*tables[0].columns]]
    skipped = [tuple(note) for name in read for note in about[name]["notes"]]
    skipped += [(f"batch {name}", about[name]["skipped"]) for name in empty]
    return open_arrays(path)["images"], joined, [*skipped, *(("the query", reason) for reason in silent)]


def _batches(parameters, skipped=None):
    """Names of the maps of each part: {name of the part: [name]}; skipped: receives the query's failures."""
    names = archive_names(parameters["n_real"], parameters["start"], parameters["end"], skipped=skipped)
    batches = [names[first : first + BATCH] for first in range(0, len(names), BATCH)]
    return {_name(number, batch): batch for number, batch in enumerate(batches)}


def _batch(name, parameters):
    """Names of the maps of one part, for which the archive's list is read no further; InputError for no such part."""
    number = name.partition("-")[0]
    first = BATCH * int(number) if number.isdecimal() else parameters["n_real"]
    last = min(first + BATCH, parameters["n_real"])
    batch = archive_names(last, parameters["start"], parameters["end"])[first:]
    if not batch or _name(first // BATCH, batch) != name:
        raise InputError(f"there is no part {name!r}, or the archive's list has changed: see `flarebook parts list`")
    return batch


def _name(number, batch):
    """Name of a part, from its number and the names of its maps."""
    digest = hashlib.sha256("\n".join(batch).encode()).hexdigest()
    return f"{number:03d}-{digest[:8]}"
