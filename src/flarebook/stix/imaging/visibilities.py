"""The 30 imaging sub-collimators of STIX and the visibilities that they measure: points of a Fourier transform."""

from dataclasses import dataclass, replace
from importlib.resources import files

import numpy as np
from astropy.table import Table

from flarebook.compendium.errors import InputError

FOLDER = files("flarebook.stix") / "data"


class Points:
    """Points of the (u, v) plane that sub-collimators measure: label (n,) such as "3a"; u, v (n,) 1/arcsec."""

    @property
    def level(self):
        """Level of each sub-collimator, 1 (finest) to 10 (coarsest)."""
        return np.array([int(name[:-1]) for name in self.label])

    @property
    def resolution(self):
        """Angular resolution 1 / (2 |uv|) of each, (n,) arcsec."""
        return 0.5 / np.hypot(self.u, self.v)


@dataclass(frozen=True, eq=False)
class SubCollimators(Points):
    """label (n,) such as "3a"; u, v (n,) 1/arcsec, in the instrument's axes."""

    label: np.ndarray
    u: np.ndarray
    v: np.ndarray


def read_sub_collimators(path=FOLDER / "sub_collimators.ecsv"):
    """The (u, v) points from the shipped table, which stixpy computes from the grids' pitches and orientations."""
    table = Table.read(path, format="ascii.ecsv")
    return SubCollimators(*(np.array(table[name], kind) for name, kind in (("label", str), ("u", float), ("v", float))))


SUB_COLLIMATORS = read_sub_collimators()
FINEST, COARSE = 3, 7  # levels from which the pipeline makes images (1 and 2 are not calibrated), and finds the flare
IMAGING = SUB_COLLIMATORS.level >= FINEST  # 24 sub-collimators


@dataclass(frozen=True, eq=False)
class Visibilities(Points):
    """Hold visibilities V = sum over the sky of I exp(2 pi i (x u + y v)), x and y from the phase centre.

    Parameters
    ----------
    u, v : ndarray of shape (n,)
        Points of the (u, v) plane, 1/arcsec.
    value : ndarray of shape (n,), complex
        Visibilities, photons cm-2 s-1 keV-1.
    error : ndarray of shape (n,)
        Standard error of the real and of the imaginary part, same unit.
    label : ndarray of shape (n,), str
        Names of the sub-collimators.
    centre : tuple of float
        Phase centre (x, y), arcsec, instrument's axes.

    Raises
    ------
    InputError
        For lengths that differ, no visibility at all, and values that are NaN or infinite.

    Examples
    --------
    >>> from flarebook import stix
    >>> seen = stix.real_visibilities()
    >>> len(seen.select(seen.resolution > 60))
    12
    """

    u: np.ndarray
    v: np.ndarray
    value: np.ndarray
    error: np.ndarray
    label: np.ndarray
    centre: tuple = (0.0, 0.0)

    def __post_init__(self):
        columns = {name: np.asarray(getattr(self, name)) for name in ("u", "v", "value", "error", "label")}
        lengths = {name: column.shape for name, column in columns.items()}
        if len(set(lengths.values())) > 1 or columns["u"].ndim != 1:
            shapes = ", ".join(f"{name} {shape}" for name, shape in lengths.items())
            raise InputError(f"The columns of the visibilities differ in length ({shapes}): give one value for each")
        if not columns["u"].size:
            raise InputError("There is no visibility left to make an image from: keep at least one sub-collimator")
        for name in ("u", "v", "value", "error"):
            broken = ~np.isfinite(columns[name])
            if broken.any():
                labels = ", ".join(map(str, columns["label"][broken]))
                raise InputError(
                    f"The {name} of sub-collimator {labels} is NaN or infinite: leave it out with "
                    "visibilities.select(mask) or calibrate it anew"
                )

    def __len__(self):
        return len(self.u)

    @property
    def amplitude(self):
        """Amplitudes (n,)."""
        return np.abs(self.value)

    @property
    def phase(self):
        """Phases (n,), degrees, -180 to 180."""
        return np.degrees(np.angle(self.value))

    def shifted_to(self, centre):
        """The same visibilities with another phase centre: (x, y) arcsec."""
        dx, dy = centre[0] - self.centre[0], centre[1] - self.centre[1]
        turn = np.exp(-2j * np.pi * (dx * self.u + dy * self.v))
        return replace(self, value=self.value * turn, centre=(float(centre[0]), float(centre[1])))

    def select(self, mask):
        """The visibilities where mask (n,) is true."""
        columns = ("u", "v", "value", "error", "label")
        return replace(self, **{name: getattr(self, name)[mask] for name in columns})

    def in_solar_axes(self):
        """The same visibilities as an instrument turned by 90 degrees would measure them: x west, y north at roll 0.

        The instrument's x points to solar north and its y to the east; see `pipeline.to_archive_axes`.
        """
        x, y = self.centre
        return replace(self, u=-self.v, v=self.u, centre=(-y, x))
