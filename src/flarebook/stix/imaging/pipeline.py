"""The data centre's pipeline: find the flare on the full disk with the coarse grids, then map its surroundings."""

from typing import NamedTuple

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.stix.imaging.back_projection import back_project, point_spread_function
from flarebook.stix.imaging.clean import CleanMap, beam_area, clean
from flarebook.stix.imaging.source_model import pixel_axis
from flarebook.stix.imaging.visibilities import COARSE, FINEST, IMAGING, SUB_COLLIMATORS, Visibilities

FIELD = 2.6  # width of the full-disk image, solar radii


class PipelineMap(NamedTuple):
    """What the pipeline makes of one flare: centre (x, y) arcsec, instrument's axes; images (size, size).

    visibilities: of levels 3 to 10, phase centre = centre; back_projection: flux; clean: CleanMap; pixel, beam_fwhm:
    arcsec.
    """

    centre: tuple
    visibilities: Visibilities
    back_projection: np.ndarray
    clean: CleanMap
    pixel: float
    beam_fwhm: float = 20.0

    def archive_hdus(self):
        """The five images of the archive's CLEAN file by name, in its axes, all in flux per arcsec2."""
        made = self.clean
        images = {"clean": made.image, "back_projection": self.back_projection / beam_area(self.beam_fwhm)}
        images |= {"residual": made.residual, "components": made.components / self.pixel**2}
        images |= {"convolved": made.convolved}
        return {name: to_archive_axes(image) for name, image in images.items()}


def full_disk(visibilities, solar_radius, size=512):
    """Back-projection of the whole disk from the coarse sub-collimators, levels 7 to 10.

    solar_radius: arcsec.  Returns (size, size) around the optical axis and its pixel, arcsec.
    """
    if not solar_radius > 0:
        raise InputError(f"A solar radius of {solar_radius} arcsec cannot be: it lies between 900 and 3,400 for STIX")
    pixel = FIELD * solar_radius / size
    coarse = visibilities.select(visibilities.level >= COARSE).shifted_to((0.0, 0.0))
    return back_project(coarse, size, pixel), pixel


def locate(visibilities, solar_radius, size=512):
    """Where the flare is, by the highest peak of the full-disk back-projection: (x, y) arcsec, instrument's axes."""
    image, pixel = full_disk(visibilities, solar_radius, size)
    row, column = np.unravel_index(image.argmax(), image.shape)
    axis = pixel_axis(size, pixel)
    return float(axis[column]), float(axis[row])


def image_flare(
    visibilities: Visibilities,
    solar_radius: float,
    size: int = 257,
    pixel: float = 1.0,
    centre: tuple | None = None,
    beam_fwhm: float = 20.0,
) -> PipelineMap:
    """Locate a flare and map it as the data centre does: natural weights, levels 3 to 10, CLEAN.

    Parameters
    ----------
    visibilities : Visibilities
        Measured by the sub-collimators of levels 3 to 10.
    solar_radius : float
        Radius of the Sun as seen from the spacecraft, arcsec.
    size : int
        Pixels on a side of the map.
    pixel : float
        Pixel size, arcsec.
    centre : tuple of float or None
        Map centre (x, y), arcsec, instrument's axes; None locates the flare on the full disk.
    beam_fwhm : float
        Full width at half maximum of the CLEAN beam, arcsec.

    Returns
    -------
    PipelineMap
        The centre, visibilities, back-projection and CLEAN map.

    Raises
    ------
    InputError
        When no sub-collimator of levels 3 to 10 is left, or the solar radius is not positive.

    Examples
    --------
    >>> from flarebook import stix
    >>> seen = stix.real_visibilities()
    >>> made = stix.image_flare(seen, solar_radius=1824.0, size=65, pixel=2.0, centre=seen.centre)
    >>> made.clean.image.shape
    (65, 65)
    """
    centre = locate(visibilities, solar_radius) if centre is None else tuple(map(float, centre))
    fine = visibilities.select(visibilities.level >= FINEST).shifted_to(centre)
    dirty = back_project(fine, size, pixel)
    psf = point_spread_function(fine.u, fine.v, size, pixel)
    return PipelineMap(centre, fine, dirty, clean(dirty, psf, pixel, beam_fwhm=beam_fwhm), pixel, beam_fwhm)


def to_archive_axes(image):
    """An image of the instrument's axes, turned by 90 degrees to the archive's: x west, y north at roll 0.

    image: (h, w), row 0 at the lowest y, before and after.
    """
    return np.rot90(image, -1)


def to_solar(x, y):
    """Solar (west, north) of a point in the instrument's axes, arcsec, at roll 0."""
    return -y, x


def to_instrument(x, y):
    """Point in the instrument's axes of solar (west, north), arcsec, at roll 0."""
    return y, -x


def clean_archive(archive_map):
    """Our CLEAN of an archive file's back-projection, for comparison with the file's own: a CleanMap, archive's axes.

    archive_map: ArchiveMap of a CLEAN file, in which the 24 sub-collimators of levels 3 to 10 took part.
    Raises InputError when the file holds no back-projection.
    """
    if "back_projection" not in archive_map.hdus:
        raise InputError(f"{archive_map.path} holds no back-projection: give a CLEAN file of the archive")
    dirty = np.asarray(archive_map.hdus["back_projection"], float) * beam_area()
    u, v = SUB_COLLIMATORS.u[IMAGING], SUB_COLLIMATORS.v[IMAGING]
    beam = point_spread_function(u, v, len(dirty), archive_map.pixel)
    return clean(dirty, to_archive_axes(beam), archive_map.pixel)
