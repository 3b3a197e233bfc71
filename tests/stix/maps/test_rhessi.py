"""A real RHESSI map has the unit, place, time and band of its tables, and is refused where they are contradicted."""

import re

import numpy as np
import pytest
from astropy import units
from astropy.io import fits

from flarebook.compendium.data.download import in_mirror
from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.stix.archive.real_maps import RHESSI_FILE, read_files, real_rhessi_map
from flarebook.stix.maps.fits_map import read_map
from flarebook.stix.maps.preprocess import normalise
from flarebook.stix.maps.quantities import PHOTON_FLUX


@pytest.fixture
def copied(tmp_path):
    """A copy of the shipped file that may be changed."""
    path = tmp_path / RHESSI_FILE.name
    path.write_bytes(RHESSI_FILE.read_bytes())
    return path


def test_the_shipped_map_is_read_in_the_archive_s_terms():
    with pytest.warns(MetadataWarning, match="divided by the 13 keV of its band"):
        rhessi = read_map(RHESSI_FILE)
    assert rhessi.unit == PHOTON_FLUX and not rhessi.simulated
    assert rhessi.energy == (12, 25) and rhessi.start == "2010-10-16T19:12:18" and rhessi.exposure == 4
    assert rhessi.centre == pytest.approx((394.9, -397.8), abs=0.1) and rhessi.roll == 0
    raw = fits.getdata(RHESSI_FILE)
    assert rhessi.data.max() == pytest.approx(raw.max() / 13, rel=1e-6)


def test_its_peak_lies_where_sunpy_puts_it():
    sunpy_map = pytest.importorskip("sunpy.map")
    rhessi = real_rhessi_map()
    place = np.unravel_index(rhessi.data.argmax(), rhessi.data.shape)
    theirs = sunpy_map.Map(RHESSI_FILE).pixel_to_world(*place[::-1] * units.pix)
    ours = [axis[place] for axis in rhessi.coordinates()]
    assert ours == pytest.approx([theirs.Tx.value, theirs.Ty.value], abs=0.1)


def test_it_becomes_an_image_like_those_of_stix():
    image = normalise(real_rhessi_map())
    assert image.shape == (177, 177) and (image.min(), image.max()) == (0, 255)
    records = read_files([RHESSI_FILE]).records
    assert records["band"].tolist() == ["12-25"] and records["origin"].tolist() == ["real"]


@pytest.mark.parametrize(
    ("cards", "words"),
    [
        ({"XCEN": 0.0}, "is 394.9 arcsec by its pixels, 0.0 by XCEN"),
        ({"CTYPE1": "deg"}, "CTYPE1 .* is 'deg', RHESSI's is 'arcsec'"),
        ({"CROTA": 12.0}, "is turned by CROTA = 12.0"),
        ({"DATE_OBS": "2010-10-16T20:12:18"}, "DATE_OBS .* but the map was made from 2010-10-16 19:12:18"),
        *[
            ({"DATE_OBS": text}, f"DATE_OBS of .* is {re.escape(repr(text))}, but the map was made from .*: correct it")
            for text in ("soon", "NaN", "1e999", "2010-13-45T99:99:99", "")
        ],
        ({"XCEN": 1e300}, "XCEN of .* is 1e.300, not -100000 to 100000: correct the header"),
        ({"CRPIX1": -1e300}, "CRPIX1 of .* is -1e.300, not -100000 to 100000"),
        ({"CDELT1": "NaN"}, "CDELT1 of .* is 'NaN', not -100000 to 100000"),
        ({"ENERGY_L": 1e300}, "ENERGY_L of .* is 1e.300, not 1 to 20000"),
        ({"ENERGY_H": 50.0}, "states .12.0, 50.0. keV .* but used .12.0, 25.0."),
        ({"CDELT1": 8.0, "CDELT2": 8.0, "XCEN": 789.82, "YCEN": -795.66}, "pixels of 8 x 8 arcsec"),
    ],
)
def test_a_header_that_its_tables_contradict_is_refused(copied, cards, words):
    with fits.open(copied, mode="update") as hdus:
        hdus[0].header.update(cards)
    with pytest.raises(InputError, match=words):
        read_map(copied)


@pytest.mark.parametrize(
    ("table", "column", "value", "words"),
    [
        ("INFO PARAMETERS", "IMAGE_UNITS", "counts", "not photons or"),
        ("CONTROL PARAMETERS", "ASPECT_SIM", 1, "pointing .* was not measured"),
    ],
)
def test_a_map_in_another_unit_or_without_pointing_is_refused(copied, table, column, value, words):
    with fits.open(copied, mode="update") as hdus:
        hdus[table].data[column][0] = value
    with pytest.raises(InputError, match=words):
        read_map(copied)


@pytest.mark.parametrize("seconds", [(1e300, 1e300), (np.nan, np.nan), (0, 4), (1.00325954e9, np.inf), (9e9, 9.1e9)])
def test_a_time_that_is_none_of_rhessi_s_is_refused(copied, seconds):
    with fits.open(copied, mode="update") as hdus:
        hdus["INFO PARAMETERS"].data["ABSOLUTE_TIME_RANGE"][0] = seconds
    with pytest.raises(InputError, match="ABSOLUTE_TIME_RANGE of .* is .* s since 1979, no interval of RHESSI's years"):
        read_map(copied)


def test_a_band_of_no_width_is_refused(copied):
    with fits.open(copied, mode="update") as hdus:
        hdus[0].header["ENERGY_H"] = 12.0
        hdus["INFO PARAMETERS"].data["IM_EBAND_USED"][0] = (12, 12)
    with pytest.raises(InputError, match="states .12.0, 12.0. keV"):
        read_map(copied)


def test_without_its_tables_nothing_is_established(copied):
    image = fits.open(copied)[0]
    image.writeto(copied.with_name("alone.fits"))
    with pytest.raises(InputError, match="has no table 'CONTROL PARAMETERS'"):
        read_map(copied.with_name("alone.fits"))


def test_a_simulated_map_says_so(copied):
    with fits.open(copied, mode="update") as hdus:
        hdus["INFO PARAMETERS"].data["SIMULATED_DATA"][0] = 1
    assert read_map(copied).simulated


def test_the_m_flare_s_map_is_read_but_too_small_for_the_encoders_field():
    path = in_mirror("hsi_image_20110607_063300.fits")
    if path is None:
        pytest.skip("needs FLAREBOOK_MIRROR with sunpy's sample map")
    rhessi = read_map(path)
    assert rhessi.energy == (25, 50) and rhessi.pixel == 2
    with pytest.raises(InputError, match="smaller than the field of 177 arcsec"):
        normalise(rhessi)


@pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
def test_a_time_that_states_utc_is_read(copied):
    fits.setval(copied, "DATE_OBS", value="2010-10-16T19:12:18Z")
    assert read_map(copied).start == "2010-10-16T19:12:18"


def test_a_table_without_its_row_is_told(copied):
    with fits.open(copied, memmap=False) as hdus:
        table = hdus["INFO PARAMETERS"]
        hdus[hdus.index_of("INFO PARAMETERS")] = fits.BinTableHDU(table.data[:0], name="INFO PARAMETERS")
        hdus.writeto(copied, overwrite=True)
    with pytest.raises(InputError, match="has no table 'INFO PARAMETERS': give the whole file"):
        read_map(copied)
