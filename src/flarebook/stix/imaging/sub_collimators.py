"""The 30 imaging sub-collimators of STIX: each measures one visibility, at one point of the (u, v) plane."""

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

import numpy as np
from astropy.table import Table

FOLDER = files("flarebook.stix") / "data"


@dataclass(frozen=True, eq=False)
class SubCollimators:
    """label (n,) such as "3a"; level (n,) 1 (finest) to 10 (coarsest); u, v (n,) 1/arcsec, in the instrument's axes."""

    label: np.ndarray
    level: np.ndarray
    u: np.ndarray
    v: np.ndarray

    @cached_property
    def resolution(self):
        """Angular resolution 1 / (2 |uv|) of each sub-collimator, (n,) arcsec."""
        return 0.5 / np.hypot(self.u, self.v)


def read_sub_collimators(path=FOLDER / "sub_collimators.ecsv"):
    """The (u, v) points from the shipped table, which stixpy computes from the grids' pitches and orientations."""
    table = Table.read(path, format="ascii.ecsv")
    label = np.array(table["label"], dtype=str)
    level = np.array([int(name[:-1]) for name in label])
    return SubCollimators(label, level, np.array(table["u"], float), np.array(table["v"], float))


SUB_COLLIMATORS = read_sub_collimators()
IMAGING = SUB_COLLIMATORS.level >= 3  # the 24 that the pipeline makes images from; levels 1 and 2 are not calibrated
COARSE = SUB_COLLIMATORS.level >= 7  # the 12 that find the flare on the full disk
