"""The images and records that every later step reads: simulated with the real ones at their end, or real alone."""

import numpy as np

from flarebook.compendium.data.download import locate
from flarebook.compendium.data.manifest import dataset
from flarebook.compendium.errors import InputError
from flarebook.stix.archive.real_examples import append_rows, real_rows
from flarebook.stix.archive.real_maps import read_labelled_folder, real_archive
from flarebook.stix.maps.file_names import published_names
from flarebook.stix.simulation.flare_statistics import read_flare_list
from flarebook.stix.simulation.records import records_of, write_event
from flarebook.stix.simulation.simulate import prepare_expert_set, simulate_archive

SOURCES = ("simulated", "real")


def load_archive(source, chosen, seed, processes=None, folder="", n_real=100):
    """Images and records of the archive.

    source: "simulated" (of the prepared events `chosen`, the real images last) or "real" (a folder of CLEAN maps, or
    n_real of the published names fetched; the real flare last).  Returns images (n, 177, 177) uint8, records, one row
    each, and what could not be read: [(file, reason)].  Raises InputError for another source.
    """
    if source not in SOURCES:
        raise InputError(f"source {source!r} is none: choose one of {', '.join(SOURCES)}")
    left_out = []
    if source == "simulated":
        images, truth = simulate_archive(chosen, seed, processes)
        records = records_of(chosen, truth)
    else:
        images, records, left_out = real_archive(folder, n_real)
    added, added_records = real_rows()
    first = 0 if source == "simulated" else len(added) - 1  # a real archive has its own maps; the real flare ends it
    return *append_rows(images, records, added[first:], added_records.iloc[first:]), left_out


def load_labelled(events, seed, folder=""):
    """Images and records of the small labelled set: of a folder <number of sources>/*.fits, else simulated."""
    if folder:
        read = read_labelled_folder(folder)
        return read.images, read.records
    chosen = prepare_expert_set(events, np.random.default_rng(seed))
    images, truth = simulate_archive(chosen, seed, processes=1)
    return images, records_of(chosen, truth)


def real_lists():
    """The real flare list and the published names where copies of both are at hand, else (None, None)."""
    paths = [locate(dataset(name).files[0])[1] for name in ("stix-flare-list", "stix-kept-filenames")]
    return (read_flare_list(paths[0]), published_names()) if all(paths) else (None, None)


def write_samples(folder, chosen, simulate, seed, number):
    """Write the first images of the archive as the pipeline's FITS files: list of paths.

    simulate: `archive_simulation.simulate_image`, which makes the same image again from its place.
    """
    rows = chosen.head(number).to_dict("records")
    return [write_event(folder, row, simulate(row, (seed, place)), place) for place, row in enumerate(rows)]
