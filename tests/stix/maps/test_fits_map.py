"""Archive maps come back as written, with the Sun's coordinates, in both formats; anything else is refused."""

import warnings

import numpy as np
import pandas as pd
import pytest
from astropy import units
from astropy.io import fits
from astropy.table import QTable
from astropy.wcs import WCS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flarebook.compendium.data.download import in_mirror
from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.stix.archive.real_maps import read_files
from flarebook.stix.maps.fits_map import HDUS, read_map, write_map
from flarebook.stix.maps.preprocess import flag, normalise

REAL = "stix_ql_image_sci_5316_uid_2111010024_4-10keV_20211101T013654_1938_clean_map.fits"


def products(size):
    """Five maps with a source away from the centre, clean = convolved + residual."""
    rng = np.random.default_rng(2)
    maps = {name: rng.standard_normal((size, size)).astype(np.float32) * 0.01 for name in HDUS}
    maps["convolved"][size // 2 + 10, size // 2 - 20] += 1
    return maps | {"clean": maps["convolved"] + maps["residual"]}


@pytest.fixture
def written(tmp_path):
    """A simulated map of the older format, rolled by 30 degrees."""
    return write_map(
        tmp_path / "x_clean_map.fits", products(257), "2022-03-01T10:20:30", (400.0, -250.0), energy=(16, 28), roll=30.0
    )


@pytest.fixture
def real():
    """The archive's own file, from the mirror."""
    path = in_mirror(REAL)
    if path is None:
        pytest.skip("needs FLAREBOOK_MIRROR with the archive's CLEAN file")
    return path


@pytest.mark.parametrize(("size", "pixel"), [(257, 1.0), (128, 2.0)])
def test_a_map_comes_back_as_written(tmp_path, size, pixel):
    maps = products(size)
    path = write_map(
        tmp_path / "x.fits",
        maps,
        "2022-03-01T10:20:30",
        (400.0, -250.0),
        energy=(16, 28),
        pixel=pixel,
        distance=0.5,
        solar_radius=1920.0,
    )
    read = read_map(path)
    assert all(np.array_equal(read.hdus[name], maps[name]) for name in HDUS)
    assert read.data.dtype == np.float32 and read.data.dtype.isnative
    assert (read.pixel, read.energy, read.start, read.exposure) == (pixel, (16, 28), "2022-03-01T10:20:30", 60)
    assert np.allclose(read.centre, (400, -250), atol=1e-6)
    assert read.header["DSUN_OBS"] == pytest.approx(0.5 * units.au.to(units.m))
    assert read.simulated


def test_a_flare_far_from_the_centre_of_a_near_sun_comes_back(tmp_path):
    path = write_map(
        tmp_path / "x.fits",
        products(257),
        "2022-03-26T10:20:30",
        (3000.0, -1500.0),
        roll=-40.0,
        solar_radius=3420.0,
        distance=0.28,
    )
    assert np.allclose(read_map(path).centre, (3000, -1500), atol=1e-6)


def test_the_frame_is_rolled_about_the_sun_s_centre(written):
    x, y = read_map(written).coordinates()
    assert np.allclose((x[128, 128], y[128, 128]), (400, -250), atol=0.01)
    step = (x[128, 129] - x[128, 128], y[128, 129] - y[128, 128])
    assert np.allclose(step, (np.cos(np.radians(30)), np.sin(np.radians(30))), atol=1e-4)


def test_a_header_of_the_later_pipeline_is_understood(tmp_path):
    turn = np.radians(12.0)
    header = fits.Header({"TELESCOP": "SOLO/STIX", "DATE-BEG": "2024-11-13T16:56:00.000", "XPOSURE": 60.0})
    for axis, name, value in ((1, "HPLN-TAN", 700.0), (2, "HPLT-TAN", -150.0)):
        header.update({f"CTYPE{axis}": name, f"CUNIT{axis}": "arcsec", f"CDELT{axis}": 2.0})
        header.update({f"CRVAL{axis}": value, f"CRPIX{axis}": 64.5})
    header.update({"PC1_1": np.cos(turn), "PC1_2": -np.sin(turn), "PC2_1": np.sin(turn), "PC2_2": np.cos(turn)})
    name = "stix_L3A_quicklook_20241113T165600-20241113T165700-7.0-50.0keV_2411130279_989_user_clean_hpc.fits.gz"
    fits.PrimaryHDU(np.eye(128, dtype=np.float32), header).writeto(tmp_path / name)
    read = read_map(tmp_path / name)
    assert np.allclose(read.centre, (700, -150), atol=1e-6) and read.roll == pytest.approx(12)
    assert (read.pixel, read.energy, read.start, read.exposure) == (2, (7, 50), "2024-11-13T16:56:00", 60)
    assert list(read.hdus) == ["map"] and not read.simulated
    x, y = read.coordinates()
    assert (x[64, 100] - x[64, 99], y[64, 100] - y[64, 99]) == pytest.approx(
        (2 * np.cos(turn), 2 * np.sin(turn)), abs=1e-4
    )


def test_units_and_keywords_are_the_pipeline_s(written, real):
    with fits.open(written) as ours, fits.open(real) as theirs:
        same = ("CTYPE1", "CUNIT1", "UNITS", "TELESCOP", "IMAGE_AL", "BEAM_SIZ", "CRVAL1", "CDELT2")
        for mine, its in zip(ours, theirs, strict=True):
            assert {key: mine.header[key] for key in same} == {key: its.header[key] for key in same}
            assert mine.header["ORIGIN"].split()[:2] == its.header["ORIGIN"].split()[:2]


def test_the_real_map_is_clean_plus_residual_and_lies_on_the_disk(real):
    read = read_map(real)
    assert np.allclose(read.hdus["clean"], read.hdus["convolved"] + read.hdus["residual"], atol=1e-6)
    assert (read.energy, read.pixel, read.simulated) == ((4, 10), 1.0, False)
    assert np.allclose(read.centre, (764.39, -622.26), atol=0.01)
    assert np.hypot(*read.centre) < read.header["RSUN_OBS"]


@pytest.mark.peers
def test_coordinates_agree_with_sunpy(real):
    sunpy_map = pytest.importorskip("sunpy.map")
    arcsecs, meters = units.def_unit("arcsecs", units.arcsec), units.def_unit("meters", units.m)
    with warnings.catch_warnings(), units.add_enabled_units([arcsecs, meters]):
        warnings.simplefilter("ignore")
        data, header = read_map(real).data, read_map(real).header
        peer = sunpy_map.Map(data, header)
        rows, columns = np.array([0, 0, 128, 256, 200]), np.array([0, 256, 128, 256, 31])
        theirs = peer.wcs.pixel_to_world(columns, rows)
    x, y = read_map(real).coordinates()
    assert np.abs(x[rows, columns] - theirs.Tx.to_value("arcsec")).max() < 1e-6
    assert np.abs(y[rows, columns] - theirs.Ty.to_value("arcsec")).max() < 1e-6


def changed(path, **cards):
    """The file with other keywords in its first HDU."""
    with fits.open(path, mode="update") as hdus:
        hdus[0].header.update(cards)
    return path


def test_arcsecs_and_degrees_are_angles(written):
    assert read_map(changed(written, CUNIT1="arcsec", CUNIT2="arcsec")).pixel == 1
    degrees = {f"CUNIT{axis}": "deg" for axis in (1, 2)} | {f"CDELT{axis}": 1 / 3600 for axis in (1, 2)}
    read = read_map(changed(written, **degrees))
    assert read.pixel == 1 and np.allclose(read.centre, (400, -250), atol=0.01)


@pytest.mark.parametrize(
    ("cards", "words"),
    [
        ({"CDELT1": 5.0, "CDELT2": 5.0}, "pixels of 5 x 5 arcsec where the archive's maps have 1 or 2"),
        ({"CDELT1": 1.0, "CDELT2": 2.0}, "pixels of 1 x 2 arcsec"),
        ({"CDELT1": 0.0, "CDELT2": 0.0}, "pixels of 0 x 0 arcsec"),
        ({"CUNIT1": "parsec"}, "counts its pixels in 'parsec': an angle"),
        ({"CUNIT1": "furlongs"}, "is 'furlongs', which is no unit"),
        ({"TELESCOP": "HINODE", "ORIGIN": "ISAS"}, "is of HINODE, not of STIX"),
        ({"TELESCOP": "RHESSI", "ORIGIN": "NASA"}, "holds an HDU that is no image|no table 'CONTROL PARAMETERS'"),
    ],
)
def test_a_foreign_map_is_told_in_one_sentence(written, cards, words):
    with pytest.raises(InputError, match=words):
        read_map(changed(written, **cards))


@pytest.mark.parametrize("keep", [0, 100, 2880, 200_000, 1_300_000])
def test_a_file_that_was_cut_is_refused(written, keep):
    written.write_bytes(written.read_bytes()[:keep])
    with pytest.raises(InputError, match="broken or not a STIX map|holds an HDU that is no image"):
        read_map(written)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be opened"):
        read_map(tmp_path / "none.fits")
    (tmp_path / "page.fits").write_text("<html>not found</html>")
    with pytest.raises(InputError, match="broken or not a STIX map"):
        read_map(tmp_path / "page.fits")
    for name, data in (("empty", None), ("cube", np.zeros((2, 3, 4), np.float32))):
        header = fits.Header({"TELESCOP": "STIX"})
        fits.PrimaryHDU(data, header).writeto(tmp_path / f"{name}.fits")
        with pytest.raises(InputError, match="holds an HDU that is no image"):
            read_map(tmp_path / f"{name}.fits")


def test_a_write_lacks_nothing_and_leaves_nothing_half_done(tmp_path):
    with pytest.raises(InputError, match="residual is missing"):
        write_map(tmp_path / "x.fits", {k: v for k, v in products(257).items() if k != "residual"}, "2022-03-01")
    assert not list(tmp_path.iterdir())


def test_a_folder_is_called_a_folder(tmp_path):
    with pytest.raises(InputError, match="cannot be opened .Is a directory"):
        read_map(tmp_path)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_map_rolled_by_quarters_shows_the_same_sun(tmp_path, quarters):
    maps = products(257)
    path = write_map(tmp_path / "a.fits", maps, "2022-03-01T10:20:30", (400.0, -250.0), roll=10.0)
    upright = read_map(path)
    turned = {name: np.rot90(data, quarters) for name, data in maps.items()}
    rolled = write_map(tmp_path / "b.fits", turned, "2022-03-01T10:20:30", (400.0, -250.0), roll=10.0 + 90 * quarters)
    found = read_map(rolled)
    assert np.array_equal(found.data, upright.data) and found.roll == pytest.approx(10)
    assert all(np.array_equal(found.hdus[name], upright.hdus[name]) for name in HDUS)
    assert np.allclose(found.centre, (400, -250), atol=1e-6)
    assert np.allclose(found.coordinates(), upright.coordinates(), atol=1e-6)


@pytest.mark.parametrize(
    ("unit", "text", "factor"),
    [
        ("ph cm-2 arcsec-2 s-1 keV-1", "ph", 1.0),
        ("ph cm-2 arcsec-2 min-1 keV-1", "ph", 1 / 60),
        ("counts cm!u-2!n asec!u-2!n s!u-1!n keV!u-1!n", "ct", 1.0),
        ("", "no unit stated", 1.0),
    ],
)
def test_the_unit_is_the_file_s(written, unit, text, factor):
    before = read_map(written)
    after = read_map(changed(written, UNITS=unit))
    assert text in after.unit_text and np.allclose(after.data, before.data * factor)


@pytest.mark.parametrize(
    ("cards", "words"),
    [
        ({"CTYPE1": "SXLN-TAN", "CTYPE2": "SYLT-TAN"}, "is 'SXLN-TAN', no helioprojective axis"),
        ({"CROTA1": 0.0}, "has two rolls"),
        ({"CDELT1": -1.0}, "mirrors the Sun"),
        ({"CDELT1": "abc"}, "CDELT1 of x_clean_map.fits is 'abc', which is no number"),
        ({"UNITS": "Gauss"}, "not photons or counts"),
        ({"BUNIT": "ct cm-2"}, "BUNIT and UNITS of x_clean_map.fits differ, 'ct cm-2' and 'photons"),
        ({"DATE_OBS": "not a time"}, "DATE_OBS of x_clean_map.fits is 'not a time'"),
        ({"DATE_OBS": "1969-01-01T00:00:00"}, "when there was no observation"),
        ({"DSUN_OBS": 1.0}, "DSUN_OBS of x_clean_map.fits is 1.0"),
        ({"RSUN_OBS": 9e9}, "RSUN_OBS of x_clean_map.fits"),
        ({"EXPTIME": -1.0}, "EXPTIME of x_clean_map.fits is -1.0"),
        ({"ERANGE": "28-16 keV"}, "energy band of 28 to 16 keV"),
        ({"CRPIX1": -475000.0}, "off the Sun"),
        ({"ORIGIN": "CLEAN RESIDUAL 4-10 keV: "}, "in the place of its clean map"),
    ],
)
def test_what_no_map_of_stix_can_have_is_refused(written, cards, words):
    with pytest.raises(InputError, match=words):
        read_map(changed(written, **cards))


def test_a_residual_of_another_shape_is_refused(written):
    with fits.open(written) as hdus:
        hdus[2].data = hdus[2].data[:200]
        hdus.writeto(written.with_name("y.fits"))
    with pytest.raises(InputError, match="have the shapes"):
        read_map(written.with_name("y.fits"))


def test_a_map_becomes_sunpy_s(written):
    pytest.importorskip("sunpy.map")
    read = read_map(written)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = read.to_map()
        theirs = peer.wcs.pixel_to_world(31, 200)
    x, y = read.coordinates()
    assert (theirs.Tx.to_value("arcsec"), theirs.Ty.to_value("arcsec")) == pytest.approx((x[200, 31], y[200, 31]))
    assert peer.unit == read.unit and peer.date.isot.startswith("2022-03-01T10:20:30")


FLUXES = {"ph cm-2 arcsec-2 s-1 keV-1": 1.0, "photons cm!u-2!n asec!u-2!n min!u-1!n keV!u-1!n": 60.0}
FLUXES |= {"ph / (m2 arcsec2 s keV)": 1e4, "1000 ph cm-2 arcsec-2 s-1 keV-1": 1e-3}


def flare_at(x, y):
    """Surface brightness of a flare at (700, -150) arcsec with a weaker source south-east of it; x, y: arcsec."""
    sources = ((700.0, -150.0, 1.0, 12.0), (675.0, -190.0, 0.4, 9.0))
    return sum(top * np.exp(-((x - west) ** 2 + (y - north) ** 2) / (2 * w**2)) for west, north, top, w in sources)


@given(
    roll=st.floats(-180, 180),
    pixel=st.sampled_from([1.0, 2.0]),
    unit=st.sampled_from(list(FLUXES)),
    angle=st.sampled_from(["arcsec", "deg", "arcmin"]),
    scale=st.sampled_from(["UTC", "TAI", "TT"]),
    compression=st.sampled_from(["", "gzip", "RICE_1"]),
    matrix=st.booleans(),
)
@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_the_same_flare_is_written_it_is_read_the_same(
    tmp_path, roll, pixel, unit, angle, scale, compression, matrix
):
    size, turn, per = (257 if pixel == 1 else 128), np.radians(roll), units.arcsec.to(angle)
    moment = pd.Timestamp("2023-04-13T10:20:30")
    told = moment + pd.Timedelta(seconds={"UTC": 0.0, "TAI": 37.0, "TT": 69.184}[scale])
    header = fits.Header({"TELESCOP": "SOLO/STIX", "TIMESYS": scale, "DATE-BEG": told.isoformat(), "BUNIT": unit})
    for axis, name, value in ((1, "HPLN-TAN", 690.0), (2, "HPLT-TAN", -160.0)):
        header.update({f"CTYPE{axis}": name, f"CUNIT{axis}": angle, f"CDELT{axis}": pixel * per})
        header.update({f"CRVAL{axis}": value * per, f"CRPIX{axis}": (size + 1) / 2})
    pc = {"PC1_1": np.cos(turn), "PC1_2": -np.sin(turn), "PC2_1": np.sin(turn), "PC2_2": np.cos(turn)}
    header.update(pc if matrix else {"CROTA2": roll})
    rows, columns = np.indices((size, size))
    x, y = (np.asarray(value) * 3600 for value in WCS(header).wcs_pix2world(columns, rows, 0))
    data = (flare_at((x + 648e3) % 1296e3 - 648e3, y) * FLUXES[unit]).astype(np.float32)
    path = tmp_path / f"7.0-50.0keV.fits{'.gz' if compression == 'gzip' else ''}"
    hdus = [fits.PrimaryHDU(data, header)]
    if compression == "RICE_1":
        hdus = [fits.PrimaryHDU(), fits.CompImageHDU(data, header, quantize_level=256)]
    fits.HDUList(hdus).writeto(path, overwrite=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = read_map(path)
    assert (read.pixel, read.start) == (pixel, "2023-04-13T10:20:30") and abs(read.roll) <= 45 + 1e-6
    assert np.allclose(read.data, flare_at(*read.coordinates()), atol=1e-3)


@pytest.mark.parametrize("order", [(1, 0, 2, 3, 4), (0, 2, 1, 3, 4), (4, 3, 2, 1, 0)])
def test_products_in_another_order_are_refused_by_their_names(written, order):
    with fits.open(written) as hdus:
        images = [fits.ImageHDU(hdus[place].data, hdus[place].header) for place in order]
        first = fits.PrimaryHDU(images[0].data, hdus[order[0]].header)
        fits.HDUList([first, *images[1:]]).writeto(written.with_name("y.fits"))
    with pytest.raises(InputError, match="in the place of its"):
        read_map(written.with_name("y.fits"))


def test_products_without_names_are_taken_in_the_pipeline_s_order_and_this_is_told(written):
    with fits.open(written, mode="update") as hdus:
        del hdus[3].header["ORIGIN"]
    with pytest.warns(MetadataWarning, match="do not all tell their product"):
        assert list(read_map(written).hdus) == list(HDUS)


def in_and_out(read):
    """What `read_map` makes of sunpy's map of a map."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_map(read.to_map())


def test_a_map_that_sunpy_holds_is_read_as_its_file(written):
    pytest.importorskip("sunpy.map")
    read = read_map(written)
    back = in_and_out(read)
    assert np.array_equal(back.data, read.data) and back.unit == read.unit and back.path.name == written.name
    for name in ("pixel", "energy", "exposure", "simulated"):
        assert getattr(back, name) == getattr(read, name)
    assert back.start[:23] == read.start and back.roll == pytest.approx(read.roll) and back.hdus.keys() == {"map"}
    assert back.centre == pytest.approx(read.centre, abs=1e-6)
    assert np.array_equal(normalise(read.to_map()), normalise(read.data, read.pixel))
    archive = read_files([read.to_map()])
    assert np.array_equal(archive.images, read_files([written]).images)
    assert archive.records["peak_flux"][0] == read.data.max() and not archive.skipped


def test_masked_pixels_of_sunpy_s_map_are_missing(written):
    sunpy_map = pytest.importorskip("sunpy.map")
    smap = read_map(written).to_map()
    back = read_map(sunpy_map.Map(smap.data, smap.meta, mask=smap.data == smap.data.max()))
    assert np.isnan(back.data).sum() == (smap.data == smap.data.max()).sum() and flag(back.data) == "not a number"


def test_a_map_of_another_instrument_or_unit_that_sunpy_holds_is_refused(written):
    sunpy_map = pytest.importorskip("sunpy.map")
    smap = read_map(written).to_map()
    for cards, words in (
        ({"telescop": "RHESSI", "origin": "NASA"}, "is of RHESSI, not of STIX"),
        ({"bunit": "K"}, "not photons or"),
    ):
        with pytest.raises(InputError, match=words):
            read_map(sunpy_map.Map(smap.data, smap.meta | cards))
    left_out = read_files([smap, sunpy_map.Map(smap.data, smap.meta | {"bunit": "K"})])
    assert len(left_out.images) == 1 and len(left_out.skipped) == 1


def test_units_of_records_are_stated_for_astropy(written):
    records = read_files([written]).records
    units = records.attrs["units"]
    table = QTable.from_pandas(records[["map_x", "distance", "peak_flux"]], units=units)
    assert str(table["map_x"].unit) == "arcsec" and table["peak_flux"].unit == read_map(written).unit
