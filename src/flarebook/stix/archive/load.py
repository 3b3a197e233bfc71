"""The images and records that every later step reads: simulated with the real ones at their end, or real alone."""

from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.stix.archive.real_maps import read_labelled_folder, real_archive, record_of, table_of
from flarebook.stix.imaging.pipeline import image_flare
from flarebook.stix.maps import samples
from flarebook.stix.maps.fits_map import ArchiveMap
from flarebook.stix.maps.preprocess import normalise
from flarebook.stix.maps.quantities import ASTRONOMICAL_UNIT, COUNT_FLUX
from flarebook.stix.simulation.records import records_of, write_event
from flarebook.stix.simulation.simulate import prepare_expert_set, simulate_archive, simulate_image

SOURCES = ("simulated", "real")


def load_archive(source, chosen, seed, processes=None, folder="", n_real=100, start="", end=""):
    """Images and records of the archive.

    source: "simulated" (of the prepared events `chosen`, the real images last) or "real" (of `real_archive`:
    a folder, or n_real fetched; the real flare last).  Returns images (n, 177, 177) uint8, records, one row
    each, and what could not be read: [(file, reason)].  Raises InputError for another source.
    """
    if source not in SOURCES:
        raise InputError(f"source {source!r} is none: choose one of {', '.join(SOURCES)}")
    skipped = []
    if source == "simulated":
        images, truth = simulate_archive(chosen, seed, processes)
        records = records_of(chosen, truth)
    else:
        images, records, skipped = real_archive(folder, n_real, start, end)
    added, added_records = real_examples()
    first = 0 if source == "simulated" else len(added) - 1  # a real archive has its own maps; the real flare ends it
    return *append_rows(images, records, added[first:], added_records.iloc[first:]), skipped


def load_labelled(events, seed, folder=""):
    """Images and records of the small labelled set: of a folder <number of sources>/*.fits, else simulated."""
    if folder:
        read = read_labelled_folder(folder)
        return read.images, read.records
    chosen = prepare_expert_set(events, np.random.default_rng(seed))
    images, truth = simulate_archive(chosen, seed, processes=1)
    return images, records_of(chosen, truth)


def write_samples(folder, chosen, seed, number):
    """Write the first images of the archive, simulated again, as the pipeline's FITS files: list of paths."""
    rows = chosen.head(number).to_dict("records")
    return [write_event(folder, row, simulate_image(row, (seed, place)), place) for place, row in enumerate(rows)]


def real_examples():
    """Images and records of the real maps, the flare of 2020-06-07 last; what only a simulation knows is missing.

    Returns images (n, 177, 177) uint8 and their records; n is 2 where a copy of the archive's file is at hand, else 1.
    """
    maps = [archive_map for archive_map in (samples.real_archive_map(), real_flare()) if archive_map is not None]
    records = [record_of(archive_map) | {"exposure": archive_map.exposure} for archive_map in maps]
    start = pd.Timestamp(samples.REAL_FLARE.start)
    records[-1] |= {"image_id": "1178428688", "flare_id": f"{start:%y%m%d%H%M}", "band": "4-10"}
    return np.stack([normalise(archive_map.data, archive_map.pixel) for archive_map in maps]), table_of(records)


def real_flare():
    """Map of the real flare of 2020-06-07, as the pipeline would have made it: an ArchiveMap.

    Its visibilities are in counts, not photons, cm-2 s-1 keV-1; so is its peak flux.  Its band is 6-10 keV, shown
    among the images of 4-10 keV.
    """
    flare, visibilities = samples.REAL_FLARE, samples.real_visibilities()
    hdus = image_flare(visibilities, flare.solar_radius, centre=visibilities.centre).archive_hdus()
    exposure = (pd.Timestamp(flare.end) - pd.Timestamp(flare.start)).total_seconds()
    header = {"DSUN_OBS": flare.distance * ASTRONOMICAL_UNIT}
    observed = {"centre": flare.centre, "energy": flare.energy, "start": flare.start, "exposure": exposure}
    observed |= {"roll": 0.0, "unit": COUNT_FLUX}
    return ArchiveMap(hdus["clean"], 1.0, **observed, header=header, hdus=hdus, path=Path(samples.FILE))


def append_rows(images, records, more_images, more_records):
    """Images and records with more rows at their end; truth becomes missing there, not false."""
    joined = pd.concat([nullable(records), nullable(more_records)], ignore_index=True)
    return np.concatenate([images, more_images]), joined[[*records.columns]]


def nullable(records):
    """Records whose true-or-false columns can be missing."""
    plain = [name for name in records if records[name].dtype == bool]
    return records.astype(dict.fromkeys(plain, "boolean"))
