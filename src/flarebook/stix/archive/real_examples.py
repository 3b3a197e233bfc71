"""The real images that close the simulated archive: the archive's own map, if a copy is at hand, and the real flare."""

import numpy as np
import pandas as pd

from flarebook.stix.archive.real_maps import record_of, table_of
from flarebook.stix.imaging.pipeline import image_flare
from flarebook.stix.maps import samples
from flarebook.stix.maps.preprocess import flag, normalise


def real_rows():
    """Images and records of the real maps, the flare of 2020-06-07 last; what only a simulation knows is missing.

    Returns images (n, 177, 177) uint8 and their records; n is 2 where a copy of the archive's file is at hand, else 1.
    """
    image, record = real_flare()
    images, records = [image], [record]
    if (archive_map := samples.real_archive_map()) is not None:
        images.insert(0, normalise(archive_map.data, archive_map.pixel))
        records.insert(0, record_of(archive_map) | {"exposure": archive_map.exposure})
    return np.stack(images), table_of(records)


def real_flare():
    """Image (177, 177) uint8 and record of the real flare of 2020-06-07, as the pipeline would have made it.

    Its visibilities are in counts, not photons, cm-2 s-1 keV-1; so is its peak flux.  Its band is 6-10 keV, shown
    among the images of 4-10 keV.
    """
    flare = samples.REAL_FLARE
    visibilities = samples.real_visibilities()
    made = image_flare(visibilities, flare.solar_radius, centre=visibilities.centre)
    clean = made.archive_hdus()["clean"]
    start, end = pd.Timestamp(flare.start), pd.Timestamp(flare.end)
    return normalise(clean), {
        "image_id": "1178428688",
        "flare_id": f"{start:%y%m%d%H%M}",
        "band": "4-10",
        "start": flare.start,
        "origin": "real",
        "distance": flare.distance,
        "map_x": flare.centre[0],
        "map_y": flare.centre[1],
        "peak_flux": float(clean.max()),
        "residual_rms": float(np.sqrt(np.mean(made.clean.residual**2))),
        "flag": flag(clean),
        "exposure": (end - start).total_seconds(),
        "name": samples.FILE,
    }


def append_rows(images, records, more_images, more_records):
    """Images and records with more rows at their end; truth becomes missing there, not false."""
    joined = pd.concat([nullable(records), nullable(more_records)], ignore_index=True)
    return np.concatenate([images, more_images]), joined[[*records.columns]]


def nullable(records):
    """Records whose true-or-false columns can be missing."""
    plain = [name for name in records if records[name].dtype == bool]
    return records.astype(dict.fromkeys(plain, "boolean"))
