"""From a map to what an encoder sees: crop by arcseconds, flag what holds no image, scale to eight bits."""

from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import make_interp_spline

from flarebook.compendium.errors import InputError
from flarebook.stix.maps.fits_map import ArchiveMap, read_map

if TYPE_CHECKING:
    import sunpy.map

HALF_WIDTH = 88.5  # arcsec; the authors' [40:217] of a map of 257 pixels of 1 arcsec
SIZE = 177  # pixels of 1 arcsec after the crop
FLOOR = np.float32(-1 + 1e-5)  # below this log(1 + x) has no value
TINY = np.float32(1e-15)  # the authors' guard against a constant map


def crop(images, pixel=1.0, half_width=HALF_WIDTH):
    """Central field of maps, on pixels of 1 arcsec.

    images: (h, w) or (n, h, w), surface brightness; pixel: arcsec.  Returns (177, 177) or (n, 177, 177).
    Maps of 1 arcsec and an odd size are cut, as the authors do; all others are interpolated by cubic splines, which
    a beam of 20 arcsec allows.  Raises InputError when a map is smaller than the field.
    """
    images = np.asarray(images)
    size = round(2 * half_width)
    spare = [n - size for n in images.shape[-2:]]
    if abs(pixel - 1) < 1e-6 and all(extra >= 0 and extra % 2 == 0 for extra in spare):
        top, left = (extra // 2 for extra in spare)
        return images[..., top : top + size, left : left + size]
    rows, columns = (_resampling(n, pixel, size) for n in images.shape[-2:])
    return (rows @ images @ columns.T).astype(images.dtype)


def _resampling(n, pixel, size):
    """Matrix (size, n) that interpolates n pixels of `pixel` arcsec on `size` pixels of 1 arcsec, same centre."""
    at = (np.arange(n) - (n - 1) / 2) * pixel
    wanted = np.arange(size) - (size - 1) / 2
    if at[-1] < wanted[-1]:
        raise InputError(
            f"a map of {n} pixels of {pixel:g} arcsec is smaller than the field of {size} arcsec that is cut out: "
            "use maps of 257 pixels of 1 arcsec or 128 of 2 arcsec"
        )
    return make_interp_spline(at, np.eye(n), k=3)(wanted)


def flag(images):
    """What keeps maps from being images: "" for none, "blank", "constant" or "not a number".

    images: (h, w) or (n, h, w).  Returns a str, or (n,) of str.  Blank: zero everywhere; not a number: anywhere.
    """
    images = np.asarray(images)
    low, high = images.min(axis=(-2, -1)), images.max(axis=(-2, -1))
    bad = ~(np.isfinite(low) & np.isfinite(high))  # minimum and maximum pass on every NaN and infinity
    flags = np.select([bad, (low == 0) & (high == 0), low == high], ["not a number", "blank", "constant"], "")
    return str(flags) if images.ndim == 2 else flags


def normalise(
    images: "np.ndarray | ArchiveMap | sunpy.map.GenericMap", pixel: float = 1.0, scaling: str = "authors"
) -> np.ndarray:
    """Convert maps to the eight-bit images that an encoder receives, each stretched over 0 to 255.

    Parameters
    ----------
    images : ndarray of shape (h, w) or (n, h, w), or ArchiveMap, or sunpy.map.GenericMap
        Maps, photons cm-2 arcsec-2 s-1 keV-1.  A map of `read_map` or sunpy brings its own pixel size.
    pixel : float
        Pixel size of an array, arcsec.
    scaling : {"authors", "linear"}
        log(1 + x) in single precision, whatever the flux, or linear.

    Returns
    -------
    ndarray of shape (177, 177) or (n, 177, 177), uint8
        Central field in pixels of 1 arcsec; maps that are blank, constant or not finite become black.

    Raises
    ------
    InputError
        For another scaling, a map smaller than the field, or a sunpy map that `read_map` refuses.

    References
    ----------
    Drozdova et al. 2024, published code: crop, clip, log, minimum to maximum, eight bits.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook import stix
    >>> image = stix.normalise(np.random.default_rng(1).random((257, 257)))
    >>> image.shape, int(image.min()), int(image.max())
    ((177, 177), 0, 255)
    """
    if scaling not in ("authors", "linear"):
        raise InputError(f'there is no scaling {scaling!r}: use "authors" or "linear"')
    images = read_map(images) if hasattr(images, "fits_header") else images
    images, pixel = (images.data, images.pixel) if isinstance(images, ArchiveMap) else (images, pixel)
    fields = crop(np.asarray(images, np.float32), pixel)
    fields = np.where(_empty(fields), np.float32(0), fields)
    if scaling == "authors":
        fields = np.log(np.float32(1) + np.maximum(fields, FLOOR))
    low, high = fields.min((-2, -1), keepdims=True), fields.max((-2, -1), keepdims=True)
    return ((fields - low) / (high - low + TINY) * np.float32(255)).astype(np.uint8)


def _empty(fields):
    """Whether each map has a flag, shaped to broadcast against the maps."""
    return np.asarray(np.asarray(flag(fields)) != "")[..., None, None]
