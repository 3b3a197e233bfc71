"""A raster in memory, exposure by exposure, and what marks a spectrum as unusable.

The pipeline marks pixels that saturate the detector or its converter as Inf (IRIS Technical Note 26, A User's Guide to
IRIS Data Retrieval, Reduction & Analysis, section "Flagging of saturated data").  Level-2 files of 16-bit integers have
no Inf: their largest number stands for it, 16183.75 DN (BZERO 7992 + BSCALE .25 x 32767, as in the archive's files).
No document found gives that number, and the real samples here hold no saturated pixel.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import astropy.units as u
import numpy as np
from astropy.time import Time

from flarebook.compendium.errors import InputError

if TYPE_CHECKING:
    import ndcube

FLAGS = ("", "missing values", "no exposure time", "no time", "saturated", "cosmic ray", "masked")  # of a spectrum
SATURATED = 16183.0  # DN, below the largest number that level 2 can store, see above
FINEST = 0.06  # Angstrom a pixel, twofold summed: on coarser ones a line is as narrow as a cosmic-ray hit
SPIKE = 5.0  # times the values two pixels away
GAIN, READ_NOISE = 18.0, 1.5  # electrons per DN and DN of the near-ultraviolet camera (De Pontieu et al. 2014)
SIGNIFICANCE = 8.0  # standard deviations


@dataclass(frozen=True, eq=False)
class Raster:
    """Hold one spectral window of a raster, exposure by exposure.

    Attributes
    ----------
    spectra : ndarray, shape (n_exposures, n_slit, n_wavelengths)
        Counts in DN, float32; missing values are NaN.
    wavelength : ndarray, shape (n_wavelengths,)
        Vacuum wavelengths in Angstrom.
    time : ndarray, shape (n_exposures,)
        Seconds after `start`.
    exposure_time : ndarray, shape (n_exposures,)
        Exposure times in seconds.
    start : Time
        Start of the observation, UTC.
    x, y : ndarray, shape (n_exposures,)
        Pointing of the slit centre in arcsec.
    quality : ndarray of bool, shape (n_exposures, n_slit)
        True where a spectrum is complete, was exposed, is not saturated and shows no cosmic-ray hit.
    header : dict
        Primary header without comments.
    path : Path, optional
        File that was read.
    slit_offset : ndarray, shape (n_slit,), optional
        Distance from the slit centre in arcsec.
    slit_direction : tuple of float
        Unit vector along the slit towards solar west and north; (0, 1) where the slit lies along solar north.
    observer_velocity : ndarray, shape (n_exposures,), optional
        Velocity of the spacecraft in m/s, already removed from the wavelengths in level 2.
    orbital_phase : ndarray, shape (n_exposures,), optional
        Phase of the orbit, 0 to 1.
    notes : tuple of str
        Contradictions and faults that the reader found in the file.

    Examples
    --------
    >>> from flarebook import iris
    >>> raster = iris.real_raster()
    >>> spectra, exposure_time = raster.flat()
    >>> len(spectra) == len(exposure_time) == 3 * 1094
    True
    """

    spectra: np.ndarray
    wavelength: np.ndarray
    time: np.ndarray
    exposure_time: np.ndarray
    start: Time
    x: np.ndarray
    y: np.ndarray
    quality: np.ndarray
    header: dict = field(default_factory=dict)
    path: Path | None = None
    slit_offset: np.ndarray | None = None
    observer_velocity: np.ndarray | None = None
    orbital_phase: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    slit_direction: tuple[float, float] = (0.0, 1.0)

    def flat(self):
        """Spectra (n_exposures * n_slit, n_wavelengths) and the exposure time of each, ready for `extract_features`."""
        spectra = self.spectra.reshape(-1, len(self.wavelength))
        return spectra, np.repeat(self.exposure_time, self.spectra.shape[1])

    def to_ndcube(self) -> "ndcube.NDCube":
        """The raster as an ndcube.NDCube in DN: time, distance along the slit and wavelength as world coordinates.

        Pointing and exposure time are extra coordinates of the exposures, distances towards west and north of the slit
        (slit_x, slit_y) of its pixels; masked: where quality is False or a value is
        missing.  `read_raster` takes the cube back.  Raises InputError when ndcube is not installed, an exposure has
        no time, or the slit no offsets.
        """
        try:
            from ndcube import NDCube
            from ndcube.extra_coords import QuantityTableCoordinate, TimeTableCoordinate
        except ImportError as error:
            raise InputError("ndcube is not installed: pip install ndcube, or the extra `peers`") from error
        if not np.isfinite(self.time).all():
            raise InputError(f"{self.path} has exposures without a time, for which a cube has no coordinate: cut them")
        wavelength = QuantityTableCoordinate(self.wavelength * u.AA, names="wavelength", physical_types="em.wl")
        if self.slit_offset is None:
            raise InputError(f"{self.path} has no slit_offset, for which a cube has no coordinate: give it in arcsec")
        slit = QuantityTableCoordinate(
            self.slit_offset * u.arcsec, names="slit", physical_types="custom:pos.slit.offset"
        )
        times = TimeTableCoordinate(self.start + self.time * u.s, names="time", physical_types="time")
        mask = ~self.quality[..., None] | np.isnan(self.spectra)
        cube = NDCube(self.spectra, (wavelength & slit & times).wcs, mask=mask, unit=u.DN, meta=dict(self.header))
        for name, unit in (("x", u.arcsec), ("y", u.arcsec), ("exposure_time", u.s)):
            cube.extra_coords.add(name, 0, QuantityTableCoordinate(getattr(self, name) * unit, names=name))
        for name, part in zip(("slit_x", "slit_y"), self.slit_direction, strict=True):
            cube.extra_coords.add(name, 1, QuantityTableCoordinate(part * self.slit_offset * u.arcsec, names=name))
        return cube


class Exposure(NamedTuple):
    """One exposure: spectra (n_slit, n_wavelengths) DN, flag (n_slit,) of FLAGS, number of its file, rest as Raster.

    simulated: whether the file says that it holds no observation (SIMULATD); start: of the observation, by the header.
    """

    spectra: np.ndarray
    wavelength: np.ndarray
    time: float
    exposure_time: float
    x: float
    y: float
    flag: np.ndarray
    file: int = 0
    simulated: bool = False
    start: Time | None = None

    @property
    def quality(self):
        """True where a spectrum can be used, (n_slit,)."""
        return self.flag == 0


def flag_spectra(spectra, needed, exposure_time, time, sampling):
    """Number in FLAGS of what makes each spectrum unusable, 0 for none: (n_slit,) uint8.

    spectra: (n_slit, n_wavelengths) DN, missing NaN; needed: mask of the wavelengths that count; sampling: Angstrom.
    """
    inside = spectra[:, needed]
    flag = np.zeros(len(spectra), np.uint8)
    if sampling <= FINEST:
        flag[hit_by_cosmic_rays(inside)] = FLAGS.index("cosmic ray")
    with np.errstate(invalid="ignore"):
        flag[(inside >= SATURATED).any(axis=1)] = FLAGS.index("saturated")
    flag[np.isnan(inside).any(axis=1)] = FLAGS.index("missing values")
    if not np.isfinite(time):
        flag[:] = FLAGS.index("no time")
    if not exposure_time > 0:
        flag[:] = FLAGS.index("no exposure time")
    return flag


def hit_by_cosmic_rays(spectra):
    """Whether each spectrum along the slit holds a spike that is narrower than the telescope can draw: (n_slit,) bool.

    spectra: (n_slit, n_wavelengths) DN.  A spike exceeds the values two pixels away, along the slit and in wavelength,
    by SPIKE times and by SIGNIFICANCE standard deviations; the instrument's own width is two pixels.  Hits on the two
    outermost pixels, on bright lines or wider than three pixels are not found.
    """
    hit = np.zeros(len(spectra), bool)
    if min(spectra.shape) < 5:
        return hit
    middle = spectra[2:-2, 2:-2]
    with np.errstate(invalid="ignore"):
        near = np.maximum(np.maximum(spectra[:-4, 2:-2], spectra[4:, 2:-2]), spectra[2:-2, :-4])
        near = np.maximum(np.maximum(near, spectra[2:-2, 4:]), 0)
        noise = np.sqrt(near / GAIN + READ_NOISE**2)
        hit[2:-2] = ((middle > SPIKE * near) & (middle - near > SIGNIFICANCE * noise)).any(axis=1)
    return hit
