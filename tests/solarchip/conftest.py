"""Full-disk images as the JSOC writes them, of a Sun whose spots and plage lie at known places."""

from functools import cache
from io import BytesIO

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.limb import CORONA

SPOTS = ((0.45, 0.30, 900.0), (0.33, 0.28, -900.0), (-0.50, -0.35, 600.0))  # west, north in solar radii; gauss
WIDTH = 0.05  # solar radii


def sun_at(x, y, channel):
    """Value of a channel at places west and north of disk centre, in solar radii: G, or DN/s."""
    bumps = [(b, np.exp(-0.5 * ((x - west) ** 2 + (y - north) ** 2) / WIDTH**2)) for west, north, b in SPOTS]
    radius = np.hypot(x, y)
    if channel == "hmi":
        return np.where(radius < 1, sum(b * bump for b, bump in bumps), np.nan)
    limb = 1 - 0.5 * (1 - np.sqrt(np.clip(1 - radius**2, 0, 1)))
    plage = 1 + sum(abs(b) / 600 * bump for b, bump in bumps)
    if channel in CORONA:  # brightest above the limb, where the line of sight is longest
        return (
            100
            * plage
            * np.where(
                radius < 1.01, 1 / np.sqrt(1.06 - np.minimum(radius, 1) ** 2), 4 * np.exp(-(radius - 1.01) / 0.1)
            )
        )
    return np.where(radius < 1, 100 * limb * plage, 100 * np.exp(-(radius - 1) / 0.02) * 0.5)


def header_of(channel, day="2014-03-29", cdelt=20.0, roll=0.0, crpix=(62.0, 59.5), radius=961.0, exposure=2.0):
    """Header as the JSOC's, with the Sun's centre at crpix."""
    header = fits.Header({"TELESCOP": "SDO/HMI" if channel == "hmi" else "SDO/AIA", "DATE-OBS": f"{day}T00:00:08.50"})
    if channel == "hmi":
        header.update({"CONTENT": "MAGNETOGRAM", "BUNIT": "Gauss"})
    else:
        header.update({"WAVELNTH": int(channel), "EXPTIME": exposure, "BUNIT": "DN"})
    for axis, kind in ((1, "HPLN-TAN"), (2, "HPLT-TAN")):
        header.update({f"CTYPE{axis}": kind, f"CUNIT{axis}": "arcsec", f"CRVAL{axis}": 0.0})
        header.update({f"CDELT{axis}": cdelt, f"CRPIX{axis}": crpix[axis - 1]})
    header.update({"CROTA2": roll, "RSUN_OBS": radius})
    return header


def picture(header, channel, size=120):
    """Image (size, size) float32 that a telescope with this header would have seen, in counts or G."""
    rows, columns = np.indices((size, size))
    west, north = WCS(header, naxis=2).all_pix2world(columns, rows, 0)
    radius = header["RSUN_OBS"] / 3600
    seen = sun_at(((west + 180) % 360 - 180) / radius, north / radius, channel)
    return (seen * header.get("EXPTIME", 1.0)).astype(np.float32)


@pytest.fixture
def sun():
    """Function of (west, north, channel): what stands there on the Sun of these tests."""
    return sun_at


@cache
def file_of(channel, **geometry):
    """Bytes of the FITS file of a channel; drawn once, since many tests write the same."""
    header, stream = header_of(channel, **geometry), BytesIO()
    image = fits.ImageHDU(picture(header, channel), header)
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(stream)
    return stream.getvalue()


@pytest.fixture
def write_sun():
    """Function (path, channel, header changes, data, **geometry) that writes one FITS image and returns its path."""

    def write(path, channel="171", changes=(), data=None, **geometry):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file_of(channel, **geometry))
        if changes or data is not None:
            with fits.open(path, mode="update") as hdus:
                hdus[1].data = hdus[1].data if data is None else data
                for key, value in dict(changes).items():
                    hdus[1].header.remove(key) if value is None else hdus[1].header.set(key, value)
        return path

    return write


@pytest.fixture
def write_day(write_sun):
    """Function (folder, day, channels) that writes the images of one day under the JSOC's names, HMI upside down."""
    from flarebook.solarchip.images.jsoc import jsoc_file_name

    def write(folder, day="2014-03-29", channels=CHANNELS):
        for channel in channels:
            roll = 180.0 if channel == "hmi" else 0.0
            write_sun(folder / jsoc_file_name(day, channel), channel, day=day, roll=roll)
        return folder

    return write


@pytest.fixture(scope="module")
def one_thread():
    """One thread, so that sums are done in one order; small tensors gain nothing by more."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
