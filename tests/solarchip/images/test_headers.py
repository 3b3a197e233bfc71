"""However a header spells unit, roll, time and extension, the same Sun comes back; what it leaves open is refused."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flarebook.compendium.data.header_values import parse_time
from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.solarchip.images.prepare import prepare_image
from flarebook.solarchip.images.read import read_image

PER_SECOND = ["DN / s", "ct / s", "DN s-1", "ct s-1", "DN / (pix s)", "DN pix-1 s-1", "DN/pix/s", "counts/s", "DN/sec"]
PER_SECOND += ["adu/s", "DN s^-1", "dn/pixel/sec"]
FIELDS = {"G": 1.0, "Gauss": 1.0, "Mx/cm^2": 1.0, "T": 1e-4, "Tesla": 1e-4, "mT": 0.1, "kG": 1e-3}
TIMES = {  # cards: UTC
    (("DATE-OBS", "2014-03-29T00:00:35.000"), ("TIMESYS", "TAI")): "2014-03-29T00:00:00",
    (("T_OBS", "2014.03.29_00:00:35.000_TAI"),): "2014-03-29T00:00:00",
    (("T_OBS", "2014.03.29_00:00:35.000"), ("TIMESYS", "TAI")): "2014-03-29T00:00:00",
    (("DATE-OBS", "2014-03-29T00:00:35_TAI"),): "2014-03-29T00:00:00",
    (("DATE-OBS", "2014-03-29T00:00:35"), ("T_OBS", "2014.03.29_00:06:10_TAI")): "2014-03-29T00:05:35",
    (("DATE-OBS", "-4712-01-01T11:58:55.816"), ("T_OBS", "2014-03-29T00:00:08Z")): "2014-03-29T00:00:08",
    (("DATE-OBS", "2012-06-30T23:59:60.62"),): "2012-07-01T00:00:00.620",
    (("DATE-OBS", "29/03/14"), ("TIME-OBS", "00:00:08")): "2014-03-29T00:00:08",
    (("DATE-OBS", "2014-03-29"), ("TIME-OBS", "17:48:00")): "2014-03-29T17:48:00",
    (("DATE_OBS", "2014-03-29T17:48:00"),): "2014-03-29T17:48:00",
    (("DATE-OBS", "2014-03-29T17:48:00+02:00"),): "2014-03-29T15:48:00",
}
AHEAD = {"UTC": 0.0, "TAI": 35.0, "TT": 67.184}  # s, on the day of these tests
TOLD = [
    ("171", {"BUNIT": "log10(DN)"}, "BUNIT of bad.fits is 'log10"),
    ("171", {"BUNIT": "1 / s"}, "BUNIT of bad.fits is '1 / s', neither DN nor DN/s"),
    ("171", {"BUNIT": "DN2 / s"}, "neither DN nor DN/s"),
    ("171", {"BUNIT": "W / m2"}, "neither DN nor DN/s"),
    ("hmi", {"BUNIT": None}, "no unit of the field"),
    ("hmi", {"BUNIT": "km / s"}, "BUNIT of bad.fits is 'km / s', no unit of a field"),
    ("hmi", {"CONTENT": "HMI observable", "DRMS_ID": "hmi.B_720s:1452699:field"}, "no line-of-sight magnetogram"),
    ("hmi", {"CONTENT": "DOPPLERGRAM"}, "no line-of-sight magnetogram"),
    ("hmi", {"TELESCOP": "SOHO", "INSTRUME": "MDI"}, "take AIA's level 1 or 1.5, or the magnetogram of hmi.M_720s"),
    ("hmi", {"TELESCOP": "NSO-GONG", "CONTENT": None}, "TELESCOP 'NSO-GONG', WAVELNTH None): take AIA's"),
    ("hmi", {"CROTA2": "nan"}, "tells no roll"),
    ("hmi", {"CROTA2": fits.card.Undefined()}, "tells no roll"),
    ("171", {"CTYPE1": "CRLN-CEA"}, "CTYPE1 of bad.fits is 'CRLN-CEA', no helioprojective axis"),
    ("171", {"CTYPE1": "SXLN-TAN"}, "no helioprojective axis"),
    ("171", {"CTYPE2": None}, "CTYPE2 of bad.fits is ''"),
    ("171", {"CUNIT1": None}, "sunpy refuses the header of bad.fits"),
    ("171", {"QUALITY": 1 << 17}, "QUALITY 0x20000: Image Stabilization System"),
    ("171", {"QUALITY": "bad"}, "is no number"),
    ("hmi", {"QUALITY": -2147483648}, "marked as unusable"),
    ("hmi", {"QUALITY": 0x20000}, "marked as unusable"),
    ("171", {"ACS_ECLP": "YES"}, "in eclipse"),
    ("1600", {"IMG_TYPE": "LED"}, "calibration frame"),
    ("171", {"MISSVALS": 600, "DATAVALS": 9400}, "6% of the values of bad.fits are lost"),
    ("171", {"DATE-OBS": "03/04/14"}, "may be two days"),
    ("171", {"DATE-OBS": "2161-01-01T00:00:00"}, "when SDO did not observe"),
    ("171", {"DATE-OBS": "1998-01-01T00:00:00"}, "when SDO did not observe"),
    ("171", {"EXPTIME": "abc"}, "EXPTIME of bad.fits is 'abc', which is no number"),
    ("171", {"CRPIX1": "abc"}, "CRPIX1 of bad.fits is 'abc', which is no number"),
    ("171", {"CRVAL1": None}, "no value of CRVAL1"),
    ("171", {"CRPIX2": fits.card.Undefined()}, "no value of CRPIX2"),
    ("171", {"CDELT1": 0}, "CDELT1 of bad.fits is 0"),
    ("171", {"CRVAL2": 1e30}, "sunpy refuses the header of bad.fits"),
    ("171", {"T_OBS": "2011-02-15T00:00:00"}, "has two times, T_OBS 2011-02-15 00:00:00, DATE-OBS"),
    ("171", {"RSUN_OBS": 930.0, "DSUN_OBS": 1.4775e11}, "two radii of the Sun, 930.0 arcsec by RSUN_OBS and 971.6 by"),
    ("171", {"MISSVALS": "many"}, "MISSVALS of bad.fits is 'many', which is no number"),
    ("hmi", {"RSUN_OBS": True}, "RSUN_OBS of bad.fits is True"),
]


@pytest.mark.parametrize("channel, value", [("171", 1e38), ("hmi", 1e38), ("hmi", 3e4), ("171", -1e5), ("171", None)])
def test_values_that_no_instrument_measures_are_refused(tmp_path, write_sun, channel, value):
    data, header = fits.getdata(write_sun(tmp_path / "bad.fits", channel), header=True)
    data = data.astype(np.float32)
    data[60:64, 60:64] = np.nan if value is None else value
    data[:] = np.nan if value is None else data
    fits.writeto(tmp_path / "bad.fits", data, header, overwrite=True)
    with pytest.raises(InputError, match=r"the values of bad\.fits reach from"):
        read_image(tmp_path / "bad.fits")


@pytest.mark.parametrize("unit", PER_SECOND)
def test_counts_a_second_are_not_divided_by_the_exposure_again(tmp_path, write_sun, unit):
    raw = read_image(write_sun(tmp_path / "raw.fits"))
    path = write_sun(tmp_path / "divided.fits", changes={"BUNIT": unit}, data=raw.data / raw.exposure)
    np.testing.assert_allclose(prepare_image(read_image(path), 64), prepare_image(raw, 64), rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("unit", FIELDS)
def test_a_field_is_converted_to_gauss(tmp_path, write_sun, unit):
    plain = read_image(write_sun(tmp_path / "plain.fits", "hmi"))
    path = write_sun(tmp_path / "other.fits", "hmi", {"BUNIT": unit}, data=plain.data * np.float32(FIELDS[unit]))
    np.testing.assert_allclose(prepare_image(read_image(path), 64), prepare_image(plain, 64), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("cards", TIMES, ids=lambda cards: " ".join(value for _, value in cards))
def test_time_is_utc_whatever_keyword_and_scale_tell_it(tmp_path, write_sun, cards):
    path = write_sun(tmp_path / "time.fits", changes={"DATE-OBS": None} | dict(cards))
    assert abs(read_image(path).time - pd.Timestamp(TIMES[cards])) < pd.Timedelta("1ms")


@pytest.mark.parametrize(("channel", "changes", "sentence"), TOLD)
def test_what_a_header_leaves_open_or_marks_as_unusable_is_refused(tmp_path, write_sun, channel, changes, sentence):
    path = write_sun(tmp_path / "bad.fits", channel)
    with fits.open(path, mode="update") as hdus:
        for key, value in changes.items():
            hdus[1].header.remove(key, ignore_missing=True)
            if value is not None:
                hdus[1].header[key] = value
    with pytest.raises(InputError) as caught:
        read_image(path)
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


def test_an_image_without_a_unit_is_taken_as_counts_and_this_is_told(tmp_path, write_sun):
    path = write_sun(tmp_path / "plain.fits", changes={"BUNIT": None})
    with pytest.warns(MetadataWarning, match="plain.fits tells no unit"):
        assert read_image(path).exposure == 2.0


def test_a_quicklook_image_is_used(tmp_path, write_sun):
    assert read_image(write_sun(tmp_path / "quick.fits", changes={"QUALITY": 1 << 30})).channel == "171"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"DRMS_ID": "hmi.M_45s:4711:magnetogram"}, "a magnetogram of hmi.m_45s, not of hmi.M_720s"),
        ({"CADENCE": 45.0}, "a magnetogram of a cadence of 45 s, not of hmi.M_720s"),
        ({"QUALITY": 0x10400}, "QUALITY 0x10400: fewer averaged points than usual, cosmic-ray lists missing"),
        ({"QUALITY": 0x200}, "QUALITY 0x200: eclipse, noisy target or other issues"),
    ],
)
def test_a_magnetogram_in_other_conditions_is_read_and_this_is_told(tmp_path, write_sun, changes, told):
    with pytest.warns(MetadataWarning, match=told):
        assert read_image(write_sun(tmp_path / "m.fits", "hmi", changes=changes)).channel == "hmi"


@pytest.mark.filterwarnings("error::flarebook.compendium.errors.MetadataWarning")
@pytest.mark.parametrize("series", ["hmi.M_720s", "hmi.M_720s_nrt"])
def test_the_magnetogram_of_720_s_is_read_without_a_report(tmp_path, write_sun, series):
    changes = {"DRMS_ID": f"{series}:4711:magnetogram", "CADENCE": 720.0, "QUALITY": 0}
    assert read_image(write_sun(tmp_path / "m.fits", "hmi", changes=changes)).channel == "hmi"


def test_a_total_field_named_as_a_magnetogram_betrays_itself_by_its_sign(tmp_path, write_sun):
    field = read_image(write_sun(tmp_path / "los.fits", "hmi")).data
    with pytest.raises(InputError, match="a field of one sign"):
        read_image(write_sun(tmp_path / "total.fits", "hmi", data=np.hypot(field, 100)))


@pytest.mark.parametrize("channel", ["171", "1600", "hmi"])
def test_zeros_over_a_part_of_the_disk_are_lost_values(tmp_path, write_sun, channel):
    data = read_image(write_sun(tmp_path / "whole.fits", channel)).data.copy()
    data[:60] = 0
    with pytest.raises(InputError, match="the disk in half.fits is zero, lost or in eclipse|values of half.fits end"):
        prepare_image(read_image(write_sun(tmp_path / "half.fits", channel, data=data)), 64)


def test_of_several_images_the_one_that_is_no_uncertainty_is_read(tmp_path, write_sun):
    whole = write_sun(tmp_path / "whole.fits")
    with fits.open(whole) as hdus:
        data, other = hdus[1].copy(), hdus[1].copy()
    other.data, other.name = np.sqrt(np.abs(other.data)), "UNCERT"
    fits.HDUList([fits.PrimaryHDU(), other, data]).writeto(tmp_path / "first.fits")
    np.testing.assert_array_equal(read_image(tmp_path / "first.fits").data, read_image(whole).data)
    fits.HDUList([fits.PrimaryHDU(), data, data.copy()]).writeto(tmp_path / "two.fits")
    with pytest.raises(InputError, match="two.fits holds no image of two axes, or several"):
        read_image(tmp_path / "two.fits")


def test_an_8_bit_picture_is_no_measurement(tmp_path, write_sun):
    path = write_sun(tmp_path / "byte.fits", data=np.full((120, 120), 200, np.uint8))
    with pytest.raises(InputError, match="8-bit values"):
        read_image(path)


def test_a_sunpy_map_goes_in_and_comes_out(tmp_path, write_sun):
    image = read_image(write_sun(tmp_path / "m.fits", "193", roll=30.0))
    smap = image.to_map()
    assert str(smap.date.isot).startswith("2014-03-29T00:00:08.5") and smap.wavelength.value == 193
    rates = read_image(smap / smap.exposure_time)  # sunpy writes BUNIT anew, EXPTIME stays
    np.testing.assert_allclose(prepare_image(rates, 64), prepare_image(image, 64), rtol=1e-5, atol=1e-3)
    np.testing.assert_array_equal(prepare_image(smap, 64), prepare_image(image, 64))
    masked = type(smap)(smap.data, smap.meta, mask=smap.data > smap.data.max() * 0.999)
    assert np.isnan(read_image(masked).data).sum() == masked.mask.sum() > 0
    turned = read_image(smap.rotate(missing=0))
    assert turned.roll == pytest.approx(0, abs=0.01)
    inside = np.s_[16:48, 16:48]
    np.testing.assert_allclose(prepare_image(turned, 64)[inside], prepare_image(image, 64)[inside], rtol=0.15)


@given(
    roll=st.floats(-180, 180),
    unit=st.sampled_from(["DN", "dn/pixel", *PER_SECOND]),
    seconds=st.floats(0, 86_000),
    scale=st.sampled_from(list(AHEAD)),
    compression=st.sampled_from(["", "RICE_1", "GZIP_1", "GZIP_2", "HCOMPRESS_1"]),
    packed=st.booleans(),
    others=st.lists(st.sampled_from(["UNCERT", "MASK", "WEIGHT", "table", "cube"]), unique=True),
    place=st.integers(0, 3),
    matrix=st.booleans(),
)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_the_same_sun_is_written_it_is_read_the_same(
    tmp_path, write_sun, roll, unit, seconds, scale, compression, packed, others, place, matrix
):
    upright = prepare_image(read_image(write_sun(tmp_path / "upright.fits")), 48)
    with fits.open(write_sun(tmp_path / "turned.fits", roll=roll)) as hdus:
        data, header = hdus[1].data / (2.0 if unit in PER_SECOND else 1.0), hdus[1].header.copy()
    moment = pd.Timestamp("2014-03-29") + pd.Timedelta(seconds=round(seconds, 3))
    told = (moment + pd.Timedelta(seconds=AHEAD[scale])).isoformat()
    header.update({"BUNIT": unit, "TIMESYS": scale, "DATE-OBS": told})
    if matrix:
        cosine, sine = np.cos(np.deg2rad(header["CROTA2"])), np.sin(np.deg2rad(header["CROTA2"]))
        header.update({"PC1_1": cosine, "PC1_2": -sine, "PC2_1": sine, "PC2_2": cosine})
    extensions = [extension_beside(name, data, header) for name in others]
    extensions.insert(place, written_image(data.astype(np.float32), header, compression))
    path = tmp_path / ("written.fits.gz" if packed else "written.fits")
    if place == 0 and not compression:  # the image in the first HDU
        extensions[0] = fits.PrimaryHDU(data.astype(np.float32), header)
        fits.HDUList(extensions).writeto(path, overwrite=True)
    else:
        fits.HDUList([fits.PrimaryHDU(), *extensions]).writeto(path, overwrite=True)
    image = read_image(path)
    assert abs(image.time - moment) < pd.Timedelta("2ms")
    np.testing.assert_allclose(prepare_image(image, 48)[8:40, 8:40], upright[8:40, 8:40], rtol=0.05, atol=2)


def written_image(data, header, compression):
    """Extension of an image, compressed where an algorithm is named."""
    if compression:
        return fits.CompImageHDU(data, header, compression_type=compression, quantize_level=64)
    return fits.ImageHDU(data, header)


def extension_beside(name, data, header):
    """What files hold beside the image: another image on the same pixels under a name of its own, a table, a cube."""
    if name == "table":
        return fits.BinTableHDU.from_columns([fits.Column("x", "E", array=np.ones(3))])
    if name == "cube":
        return fits.ImageHDU(np.ones((2, 3, 4), np.float32))
    return fits.ImageHDU(np.full(data.shape, 7.0, np.float32), header, name=name)


@given(
    roll=st.floats(-180, 180),
    unit=st.sampled_from(list(FIELDS)),
    compression=st.sampled_from(["", "RICE_1", "GZIP_2"]),
    first=st.booleans(),
)
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_the_same_field_is_written_it_is_read_the_same(tmp_path, write_sun, roll, unit, compression, first):
    upright = prepare_image(read_image(write_sun(tmp_path / "upright.fits", "hmi")), 48)
    with fits.open(write_sun(tmp_path / "turned.fits", "hmi", roll=roll)) as hdus:
        noise = np.random.default_rng(1).normal(0, 5, hdus[1].data.shape)  # as HMI has, which no compression makes zero
        data, header = ((hdus[1].data + noise) * FIELDS[unit]).astype(np.float32), hdus[1].header.copy()
    header["BUNIT"] = unit
    extensions = [written_image(data, header, compression), extension_beside("UNCERT", data, header)]
    hdus = [fits.PrimaryHDU(), *(extensions if first else extensions[::-1])]
    fits.HDUList(hdus).writeto(tmp_path / "written.fits", overwrite=True)
    grid = prepare_image(read_image(tmp_path / "written.fits"), 48)
    np.testing.assert_allclose(grid[8:40, 8:40], upright[8:40, 8:40], rtol=0.05, atol=25)


@given(text=st.text(max_size=30) | st.from_regex(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}[T_ ]?.{0,8}", fullmatch=True))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_text_is_a_time_or_an_error_in_one_sentence(text):
    try:
        assert isinstance(parse_time(text), pd.Timestamp)
    except InputError as error:
        assert "which is no time" in str(error) or "two days" in str(error)
