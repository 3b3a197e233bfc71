"""FITS files of translated images: coordinates, units, and the plain word that nobody observed them."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.images.prepare import PreparedImage
from flarebook.solarchip.images.read import read_image
from flarebook.solarchip.images.write import write_translation

RADIUS = 975.0  # arcsec
TIME = pd.Timestamp("2014-03-01T00:01:25")


def prepared(grid):
    """A magnetogram on the standard grid."""
    return PreparedImage("hmi.fits", "hmi.fits", "hmi", TIME, grid, RADIUS, -7.2)


@pytest.fixture
def hdus(tmp_path):
    """A written translation of 64 x 64 pixels, opened."""
    disk = Disk(64)
    source, members = 100.0 * disk.x, np.stack([disk.radius, disk.radius + 2])
    path = tmp_path / "made.fits"
    about = {"AUTOENC": ("cnn-mini", "autoencoder")}
    write_translation(path, members, "171", [prepared(source)], about)
    with fits.open(path, checksum=True) as opened:
        yield opened


def test_every_image_has_the_sun_in_its_middle_and_its_limb_at_the_radius(hdus):
    disk = Disk(64)
    for hdu in hdus:
        world = WCS(hdu.header)
        x, y = np.array(world.wcs_pix2world(*np.meshgrid(np.arange(64), np.arange(64)), 0)) * 3600
        x = (x + 648_000) % 1_296_000 - 648_000  # astropy counts longitudes from 0 to 360 degrees
        np.testing.assert_allclose(x / RADIUS, disk.x, atol=2e-3)
        np.testing.assert_allclose(y / RADIUS, disk.y, atol=2e-3)


def test_header_says_what_it_is(hdus):
    header = hdus[0].header
    assert header["OBSERVED"] is False
    assert header["SIMULATD"] is True
    assert (header["BUNIT"], header["WAVELNTH"], header["WAVEUNIT"]) == ("DN/s", 171.0, "angstrom")
    assert (header["TRANSFRM"], header["DATE-OBS"], header["HGLT_OBS"]) == ("hmi", "2014-03-01T00:01:25.000", -7.2)
    assert header["AUTOENC"] == "cnn-mini"
    assert "no observation" in str(header["COMMENT"])
    assert header["DSUN_OBS"] == pytest.approx(1.472e11, rel=1e-3)  # a Sun of 975 arcsec is nearer than 1 AU


def test_spread_and_source_stand_beside_the_image(hdus):
    assert [hdu.name for hdu in hdus] == ["PRIMARY", "SPREAD", "SOURCE"]
    np.testing.assert_allclose(hdus["SPREAD"].data, np.sqrt(2), rtol=1e-6)
    assert hdus["SPREAD"].header["NMEMBERS"] == 2
    assert hdus["SOURCE"].header["BUNIT"] == "Gauss"
    assert "OBSERVED" not in hdus["SOURCE"].header
    np.testing.assert_allclose(hdus["SOURCE"].data, 100 * Disk(64).x, rtol=1e-6)


@pytest.mark.parametrize("count", [2, 3])
def test_header_tells_how_many_images_were_drawn(tmp_path, count):
    members = np.random.default_rng(1).random((count, 8, 8))
    path = write_translation(tmp_path / "made.fits", members, "171", [prepared(members[0])])
    assert [fits.getval(path, "NMEMBERS", part) for part in (0, "SPREAD")] == [count, count]


def test_file_meets_the_fits_standard(hdus):
    hdus.verify("exception")


def test_a_translation_is_not_taken_for_an_observation(hdus):
    with pytest.raises(InputError, match="no image of HMI or of AIA"):
        read_image(hdus.filename())
