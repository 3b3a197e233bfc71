"""SHARP patches of HMI, whose headers carry HMI's own R, beside the inversion-line flux at two scales."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.data.download import in_mirror
from flarebook.compendium.data.header_values import number
from flarebook.compendium.data.manifest import dataset
from flarebook.compendium.data.reading import open_fits, reading
from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets.load import FOLDER
from flarebook.solarchip.sun.magnetic_indices import r_value

PATCHES = "sdo-hmi-sharp-r"  # of the data manifest
R_TABLE = Path(FOLDER) / "sharp_r_values.csv"
RADIUS = 6.96e10  # cm, RSUN_REF of the patches
FINE = 4  # pixels of .03 degrees averaged: 1.46 Mm, that of MDI, in which R is defined
COARSE = 33  # pixels averaged: 12 Mm, that of the networks' images


def read_sharp_patch(path):
    """Line-of-sight field of a SHARP patch in cylindrical equal-area projection, with what its header says.

    Returns the field, (h, w) in G, and {harp, time, r_value, pixel}: HARPNUM, T_REC, R_VALUE (log10 of gauss times MDI
    pixels) and the width of a pixel in cm.  Raises InputError for a file that is no such patch or carries no R_VALUE.
    """
    with warnings.catch_warnings(), reading(path, "a SHARP patch of HMI"), open_fits(path) as hdus:
        warnings.simplefilter("ignore")  # cards of the JSOC that break the standard
        hdus[-1].verify("silentfix")
        header, data = hdus[-1].header, np.asarray(hdus[-1].data, float)
        if not str(header.get("CTYPE1", "")).endswith("CEA") or header.get("CUNIT1") != "degree":
            raise InputError(
                f"{path} is no map in equal-area projection (CTYPE1 {header.get('CTYPE1')!r}): take a SHARP"
            )
        step, own = (number(header, key, Path(path).name) for key in ("CDELT1", "R_VALUE"))
        facts = {"harp": int(header["HARPNUM"]), "time": header["T_REC"], "r_value": own}
        return data, facts | {"pixel": np.deg2rad(step) * RADIUS}


def flux_at_scale(field, pixel, block):
    """log10 of the inversion-line flux of a field averaged over square blocks of pixels, 0 where there is none.

    field: (h, w) G; pixel: width in cm; block: pixels along a side of the blocks.
    """
    rows, columns = (length // block for length in field.shape)
    kept = np.nan_to_num(field[: rows * block, : columns * block])
    means = kept.reshape(rows, block, columns, block).mean((1, 3))
    return float(np.log10(max(r_value(means, pixel * block), 1.0)))


def r_value_table(paths):
    """HMI's own R of each patch beside the inversion-line flux at 1.46 and 12 Mm: one row per patch.

    Columns harp, time, hmi (R_VALUE), fine, coarse (log10 of gauss times MDI pixels).
    """
    rows = []
    for path in paths:
        field, facts = read_sharp_patch(path)
        scales = {name: flux_at_scale(field, facts["pixel"], n) for name, n in (("fine", FINE), ("coarse", COARSE))}
        rows.append({"harp": facts["harp"], "time": facts["time"], "hmi": facts["r_value"]} | scales)
    return pd.DataFrame(rows)


def load_r_values():
    """Table of `r_value_table`, and whether it was recomputed: from the mirror's patches, else the shipped one."""
    paths = [in_mirror(file.name) for file in dataset(PATCHES).files]
    if all(paths):
        return r_value_table(paths), True
    return pd.read_csv(R_TABLE).drop(columns="sha256"), False
