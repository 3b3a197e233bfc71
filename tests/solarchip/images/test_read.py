"""What a header tells is read; what it leaves out or contradicts is said in one sentence."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from flarebook.compendium.data.header_values import parse_time
from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.read import read_image


def test_pointing_exposure_and_time_are_those_of_the_header(tmp_path, write_sun):
    image = read_image(write_sun(tmp_path / "a.fits", "193", roll=37.0, cdelt=19.0))
    assert image.channel == "193" and image.exposure == 2.0 and image.solar_radius == 961.0
    assert image.pixel == pytest.approx(19.0) and image.roll == pytest.approx(37.0)
    assert image.centre == pytest.approx((61.0, 58.5), abs=1e-6)  # FITS counts pixels from 1
    assert image.time == pd.Timestamp("2014-03-29T00:00:08.500")


def test_a_magnetogram_needs_no_exposure_and_keeps_its_missing_sky(tmp_path, write_sun):
    image = read_image(write_sun(tmp_path / "m.fits", "hmi", roll=180.0))
    assert image.channel == "hmi" and image.exposure == 1.0 and abs(image.roll) == pytest.approx(180)
    assert np.isnan(image.data[0, 0]) and np.isfinite(image.data[60, 60])


def test_coordinates_off_the_reference_pixel_and_a_matrix_instead_of_a_roll_give_the_same_centre(tmp_path, write_sun):
    turned = np.deg2rad(20.0)
    matrix = {"PC1_1": np.cos(turned), "PC1_2": -np.sin(turned), "PC2_1": np.sin(turned), "PC2_2": np.cos(turned)}
    path = write_sun(tmp_path / "a.fits", changes={"CROTA2": None, **matrix, "CRVAL1": 60.0, "CRVAL2": -24.0})
    image = read_image(path)
    assert image.roll == pytest.approx(20)
    away = np.array([[np.cos(turned), np.sin(turned)], [-np.sin(turned), np.cos(turned)]]) @ (-60 / 20, 24 / 20)
    assert np.subtract(image.centre, (61.0, 58.5)) == pytest.approx(away, abs=1e-3)


def test_tai_is_half_a_minute_ahead_of_utc():
    assert parse_time("2014.03.01_00:00:00_TAI") == pd.Timestamp("2014-02-28T23:59:25")
    assert parse_time("2011-02-15T00:00:01.34Z") == pd.Timestamp("2011-02-15T00:00:01.340")


def test_radius_follows_from_the_distance_when_it_is_not_told(tmp_path, write_sun):
    changes = {"RSUN_OBS": None, "DSUN_OBS": 147.1e9}
    assert read_image(write_sun(tmp_path / "a.fits", changes=changes)).solar_radius == pytest.approx(975.9, abs=0.1)


WRONG = {
    "tells no roll": {"CROTA2": None},
    "two rolls, CROTA2 5.00": {"CROTA2": 5.0, "PC1_1": 1.0, "PC1_2": 0.0, "PC2_1": 0.0, "PC2_2": 1.0},
    "plate scale of bad.fits is 20 by 40": {"CDELT2": 40.0},
    "mirrors the Sun": {"CDELT1": -20.0},
    "radius at None arcsec": {"RSUN_OBS": None},
    "radius at 480.5 arcsec": {"RSUN_OBS": 480.5},
    "EXPTIME of .* is 0": {"EXPTIME": 0.0},
    "no value of EXPTIME": {"EXPTIME": None},
    "AIA's ten channels": {"WAVELNTH": 195},
    "of HMI, but no line-of-sight magnetogram": {"TELESCOP": "SDO/HMI"},
    "tells no time": {"DATE-OBS": None},
    "is 'soon', which is no time": {"DATE-OBS": "soon"},
}


@pytest.mark.parametrize("sentence", WRONG)
def test_a_header_that_is_wrong_is_named_with_what_to_correct(tmp_path, write_sun, sentence):
    path = write_sun(tmp_path / "bad.fits", "171", WRONG[sentence])
    with pytest.raises(InputError, match=sentence) as caught:
        read_image(path)
    assert "bad.fits" in str(caught.value) and "\n" not in str(caught.value)


def test_files_that_are_no_image(tmp_path, write_sun):
    with pytest.raises(InputError, match="No such file"):
        read_image(tmp_path / "absent.fits")
    (tmp_path / "page.fits").write_text("<html>404</html>")
    with pytest.raises(InputError, match="page.fits is broken or not a FITS image"):
        read_image(tmp_path / "page.fits")
    whole = write_sun(tmp_path / "cut.fits").read_bytes()
    (tmp_path / "cut.fits").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="cut.fits is broken"):
        read_image(tmp_path / "cut.fits")
    fits.PrimaryHDU().writeto(tmp_path / "empty.fits")
    with pytest.raises(InputError, match="no image of two axes"):
        read_image(tmp_path / "empty.fits")
