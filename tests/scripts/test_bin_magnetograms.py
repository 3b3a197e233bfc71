"""The binned magnetogram shows the same Sun at the same place, in HMI's own step."""

import numpy as np
import pytest
from astropy.io import fits

from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.prepare import prepare_image
from flarebook.solarchip.images.read import read_image
from scripts.solarchip.bin_magnetograms import MISSING, STEP, bin_magnetogram, write_magnetogram

HEADER = {
    "TELESCOP": "SDO/HMI", "CONTENT": "MAGNETOGRAM", "BUNIT": "Gauss", "DATE-OBS": "2014-03-29T00:00:08.50",
    "CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "CUNIT1": "arcsec", "CUNIT2": "arcsec", "CRVAL1": 0.0, "CRVAL2": 0.0,
    "CDELT1": 20.0, "CDELT2": 20.0, "CRPIX1": 62.0, "CRPIX2": 59.5, "CROTA2": 180.0, "RSUN_OBS": 961.0,
}  # fmt: skip
SPOTS = ((20, -10, 900.0), (14, -11, -900.0), (-22, 15, 600.0))  # pixels from disk centre, G


@pytest.fixture
def record(tmp_path):
    """Function (step) that writes a magnetogram as integers of that step, compressed, as the JSOC does."""

    def write(step=STEP):
        rows, columns = np.indices((120, 120))
        x, y = columns + 1 - HEADER["CRPIX1"], rows + 1 - HEADER["CRPIX2"]
        data = sum(b * np.exp(-((x - i) ** 2 + (y - j) ** 2) / 18) for i, j, b in SPOTS)
        data += np.random.default_rng(1).normal(0, 5, data.shape)
        data, header = np.where(np.hypot(x, y) < 961 / 20, data, np.nan), fits.Header(HEADER)
        values = np.where(np.isfinite(data), np.rint(data / step), MISSING).astype(np.int16)
        hdu = fits.CompImageHDU(values, header, compression_type="RICE_1")
        hdu.header.update({"BSCALE": step, "BZERO": 0.0, "BLANK": MISSING, "T_REC": "2014.03.29_00:00:00_TAI"})
        hdu.header["DRMS_ID"] = "hmi.M_720s:1:magnetogram"
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(tmp_path / "record.fits")
        return tmp_path / "record.fits"

    return write


def test_binning_moves_nothing(tmp_path, record):
    path = record()
    hdu = bin_magnetogram(path, 60)
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(tmp_path / "binned.fits")
    fine, coarse = read_image(path), read_image(tmp_path / "binned.fits")
    assert coarse.data.shape == (60, 60) and coarse.pixel == pytest.approx(2 * fine.pixel)
    assert coarse.roll == fine.roll and coarse.time == fine.time
    wanted, found = (prepare_image(image, 64) for image in (fine, coarse))
    assert np.corrcoef(wanted.ravel(), found.ravel())[0, 1] > 0.99
    for axis in (0, 1):
        rows = np.indices(wanted.shape)[axis]
        centres = [(rows * np.abs(image)).sum() / np.abs(image).sum() for image in (wanted, found)]
        assert centres[0] == pytest.approx(centres[1], abs=0.1)


def test_the_values_are_means_in_steps_of_a_tenth_of_a_gauss(record):
    path = record()
    hdu, data = bin_magnetogram(path, 60), fits.getdata(path, 1)
    assert hdu.header["DRMS_ID"] == "hmi.M_720s:1:magnetogram" and "sha256" in str(hdu.header["HISTORY"])
    fine = np.nanmean(data[40:42, 50:52])
    assert hdu.data[20, 25] * STEP == pytest.approx(fine, abs=STEP)


def test_a_record_in_another_step_is_refused_since_its_quiet_sun_may_be_gone(record):
    with pytest.raises(InputError, match="in steps of 16.0 G: give the JSOC's file"):
        bin_magnetogram(record(16.0), 60)


def test_the_name_tells_the_day(tmp_path, record):
    path = write_magnetogram(record(), tmp_path, 60)
    assert path.name == "hmi_m_720s_20140329.fits"
