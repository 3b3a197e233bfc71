"""What real files' headers leave open or contradict: kept, told, or refused, each with its right value."""

import io
import tarfile
import warnings
from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from astropy.time import Time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.iris.rasters.raster import FLAGS, Raster, hit_by_cosmic_rays
from flarebook.iris.rasters.read import iter_exposures, read_raster
from flarebook.iris.rasters.write import write_raster

WAVELENGTH = np.linspace(2793.0, 2806.5, 531)


def make_raster(first=0.0, n=3, n_slit=9):
    """Two emission lines over a continuum of 60 DN."""
    lines = sum(900 * np.exp(-0.5 * ((WAVELENGTH - core) / 0.12) ** 2) for core in (2796.34, 2803.52))
    spectra = np.tile(np.round(4 * (60 + lines)) / 4, (n, n_slit, 1)).astype(np.float32)
    return Raster(
        spectra, WAVELENGTH, first + 9.0 * np.arange(n), np.full(n, 8.0), Time("2014-09-10T17:00:00"),
        100.0 + 2.0 * np.arange(n), np.full(n, -50.0), np.ones((n, n_slit), bool),
    )  # fmt: skip


@pytest.fixture
def raster_file(tmp_path):
    return write_raster(make_raster(), tmp_path / "r.fits")


def change(path, edit):
    """Rewrite a FITS file after edit(hdus)."""
    with fits.open(path, memmap=False, do_not_scale_image_data=True) as hdus:
        edit(hdus)
        hdus.writeto(path, overwrite=True, output_verify="ignore")
    return path


def put(number, **cards):
    """An edit that writes cards into one HDU; None removes."""

    def edit(hdus):
        for key, value in cards.items():
            if value is None:
                hdus[number].header.remove(key)
            else:
                hdus[number].header[key] = value

    return edit


@pytest.mark.parametrize("shift", [-0.5, -0.04, 0.1, 1.0])
def test_a_recalibrated_axis_is_kept_and_told(raster_file, shift):
    change(raster_file, put(1, CRVAL1=2793.0 + shift))
    with pytest.warns(MetadataWarning, match="TWMIN and TWMAX say 2793.00 to 2806.50 A; the keywords are used"):
        found = read_raster(raster_file)
    np.testing.assert_allclose(found.wavelength, WAVELENGTH + shift, atol=1e-9)


def test_a_dark_pixel_of_a_recalibrated_file_is_no_missing_value(tmp_path):
    raster = make_raster()
    raster.spectra[0, 4, 200] = -25.0
    path = change(write_raster(raster, tmp_path / "r.fits"), put(1, CRVAL1=2793.1))
    with pytest.warns(MetadataWarning):
        assert read_raster(path).quality.all()


@pytest.mark.parametrize(("unit", "factor"), [("nm", 0.1), ("m", 1e-10), ("Angstrom", 1.0)])
def test_the_axis_has_the_unit_of_its_header(raster_file, unit, factor):
    step = 13.5 / 530
    change(raster_file, put(1, CUNIT1=unit, CRVAL1=2793 * factor, CDELT1=step * factor))
    np.testing.assert_allclose(read_raster(raster_file).wavelength, WAVELENGTH, atol=1e-6)


def test_a_descending_axis_is_turned_with_its_spectra(raster_file):
    def edit(hdus):
        hdus[1].header.update(CRVAL1=2806.5, CDELT1=-13.5 / 530)
        hdus[1].data = hdus[1].data[..., ::-1].copy()

    found = read_raster(change(raster_file, edit))
    np.testing.assert_allclose(found.wavelength, WAVELENGTH, atol=1e-9)
    np.testing.assert_array_equal(found.spectra, make_raster().spectra)


@pytest.mark.parametrize("unit", ["DN/s", "DN s-1", "count / s", "Corrected DN/s", "1000 DN/ks"])
def test_counts_a_second_are_not_divided_by_the_exposure_again(tmp_path, unit):
    raster = make_raster()
    path = write_raster(replace(raster, spectra=raster.spectra / 8), tmp_path / "r.fits")
    change(path, lambda hdus: [hdu.header.set("BUNIT", unit) for hdu in hdus[:2]])
    np.testing.assert_allclose(read_raster(path).spectra, raster.spectra, atol=1.01)


@pytest.mark.parametrize("unit", ["erg / (cm2 s sr Angstrom)", "log10(DN)", "DN2", "furlongs"])
def test_another_unit_is_refused(raster_file, unit):
    change(raster_file, lambda hdus: [hdu.header.set("BUNIT", unit) for hdu in hdus[:2]])
    with pytest.raises(InputError, match="BUNIT"):
        read_raster(raster_file)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (put(0, TELESCOP="HINODE"), "is of HINODE, not of IRIS"),
        (put(0, TELESCOP=None), "is of no stated telescope"),
        (put(0, STARTOBS=""), "has no readable STARTOBS"),
        (put(0, STARTOBS="not a time"), "STARTOBS of .* is 'not a time'"),
        (put(0, STARTOBS="1970-01-01T00:00:00"), "when there was no observation"),
        (put(0, DSUN_OBS=1.0), "DSUN_OBS of .* is 1.0"),
        (put(0, TWMIN1="abc"), "TWMIN1 of .* is 'abc', which is no number"),
        (put(1, CRVAL1=None), "has no value of CRVAL1"),
        (put(1, CDELT1=fits.card.Undefined()), "has no value of CDELT1"),
        (put(1, CRVAL1=2783.0), "a shift of -10.00 A is no calibration"),
        (put(1, CTYPE1="AWAV"), "CTYPE1 of .* is 'AWAV', not WAVE"),
        (put(1, CTYPE2="HPLN-TAN"), "CTYPE2 of .* is 'HPLN-TAN', not HPLT"),
        (put(1, CUNIT1="Hz"), "CUNIT1 of .* is 'Hz', no length"),
        (put(2, EXPTIMEN="abc"), "EXPTIMEN of .* is 'abc', which is no number"),
        (lambda hdus: hdus[2].data.__setitem__((slice(None), 0), np.nan), "exposures of .* have TIME outside"),
        (lambda hdus: hdus[2].data.__setitem__((slice(None), 4), 1e30), "exposures of .* have EXPTIMEN outside"),
        (lambda hdus: hdus[2].data.__setitem__((slice(None), 13), 1e6), "exposures of .* have XCENIX outside"),
    ],
)
def test_a_header_that_establishes_nothing_is_refused_in_one_sentence(raster_file, edit, words):
    with pytest.raises(InputError, match=words) as caught:
        read_raster(change(raster_file, edit))
    assert raster_file.name in str(caught.value)


@pytest.mark.parametrize("value", [fits.card.Undefined(), "nan", "abc", None])
def test_a_raster_s_direction_comes_from_the_pointing_where_steps_av_has_none(tmp_path, value):
    raster = make_raster()
    path = write_raster(replace(raster, x=raster.x[::-1]), tmp_path / "r.fits")
    with pytest.warns(MetadataWarning, match="the pointing gives -2.00 arcsec"):
        found = read_raster(change(path, put(0, STEPS_AV=value)))
    assert np.all(np.diff(found.x) > 0) and np.all(np.diff(found.time) < 0)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30, -5.0])
def test_one_impossible_exposure_time_spoils_its_exposure_alone(raster_file, value):
    change(raster_file, lambda hdus: hdus[2].data.__setitem__((1, 4), value))
    with pytest.warns(MetadataWarning, match="1 of 3 exposures have EXPTIMEN outside 0 to 120 s"):
        found = read_raster(raster_file)
    assert found.quality.all(axis=1).tolist() == [True, False, True]


def test_saturated_profiles_and_cosmic_rays_are_flagged_and_counted(tmp_path):
    raster = make_raster()
    raster.spectra[0, 3, 131:134] = 16183.75
    raster.spectra[1, 4, 300] += 2000.0
    path = write_raster(raster, tmp_path / "r.fits")
    found, flags = read_raster(path), [one.flag for one in iter_exposures(path)]
    assert FLAGS[flags[0][3]] == "saturated" and FLAGS[flags[1][4]] == "cosmic ray"
    assert not found.quality[0, 3] and not found.quality[1, 4] and found.quality.sum() == 25
    assert "1 of 27 spectra are saturated; they are not used." in found.notes
    assert "1 of 27 spectra hold a cosmic-ray hit; they are not used." in found.notes


def test_noise_and_lines_are_no_cosmic_rays():
    noisy = np.random.default_rng(1).poisson(18 * make_raster(n_slit=400).spectra[0]) / 18
    assert not hit_by_cosmic_rays(noisy.astype(np.float32)).any()


def test_a_hit_that_a_bright_spectrum_hides_shows_in_a_fainter_one():
    """So limb darkening, with the same cosmic rays, changes which spectra of a simulated raster are flagged."""
    hit = np.zeros((9, 40), np.float32)
    hit[4, 20] = 200.0
    bright, faint = (np.full((9, 40), level, np.float32) for level in (60.0, 40.0))
    assert not hit_by_cosmic_rays(bright + hit).any()
    assert np.flatnonzero(hit_by_cosmic_rays(faint + hit)).tolist() == [4]


def pack(path, members):
    """An archive of {name: bytes}."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def test_an_archive_loses_its_bad_members_alone_and_comes_in_order_of_time(tmp_path):
    early, late = (write_raster(make_raster(first), tmp_path / f"{first}.fits").read_bytes() for first in (0.0, 60.0))
    jaw = fits.PrimaryHDU(np.zeros((3, 5, 5), np.int16), fits.Header({"TELESCOP": "IRIS", "INSTRUME": "SJI"}))
    buffer = io.BytesIO()
    jaw.writeto(buffer)
    members = {"late.fits": late, "SJI.fits": buffer.getvalue(), "._late.fits": b"\0\5\26\7", "cut.fits": late[:9000]}
    path = pack(tmp_path / "raster.tar.gz", members | {"early.fits": early, "notes.txt": b"none"})
    skipped = []
    assert {one.file for one in iter_exposures(path, skipped=skipped)} == {0, 1}
    assert len(skipped) == 3 and "slit-jaw" in skipped[0] and "._late.fits" in skipped[1] and "truncated" in skipped[2]
    with pytest.warns(MetadataWarning, match="skipped: .*SJI.fits holds slit-jaw images"):
        assert read_raster(path).time.tolist() == [0, 9, 18, 60, 69, 78]


def test_an_archive_without_a_raster_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no FITS file"):
        read_raster(pack(tmp_path / "empty.tar.gz", {}))
    with pytest.raises(InputError, match="broken or not an IRIS level-2 raster"):
        list(iter_exposures(pack(tmp_path / "page.tar.gz", {"a.fits": b"<html>"})))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("flarebook.iris.rasters.read.FILE_BYTES", 1 << 20)
    with pytest.raises(InputError, match="claims 3e\\+06 bytes"):
        read_raster(pack(tmp_path / "bomb.tar.gz", {"a.fits": bytes(3_000_000)}))
    with pytest.raises(InputError, match="README claims 3e\\+06 bytes"):
        read_raster(pack(tmp_path / "bomb.tar.gz", {"README": bytes(3_000_000)}))


def test_a_raster_becomes_an_ndcube(raster_file):
    pytest.importorskip("ndcube")
    raster = read_raster(raster_file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cube = raster.to_ndcube()
        wavelength = cube.axis_world_coords("em.wl")[0]
    assert cube.data.shape == raster.spectra.shape and str(cube.unit) == "DN"
    np.testing.assert_allclose(wavelength.to_value("Angstrom"), raster.wavelength, atol=1e-9)


AXES, COUNTS = {"Angstrom": 1.0, "nm": 0.1, "m": 1e-10}, {"DN": 1.0, "DN / s": 0.125, "count s-1": 0.125, "2 DN": 0.5}


@given(
    axis=st.sampled_from(list(AXES)),
    counts=st.sampled_from(list(COUNTS)),
    scale=st.sampled_from(["UTC", "TAI", "TT"]),
    descending=st.booleans(),
    westwards=st.booleans(),
    compression=st.sampled_from(["", "gzip", "RICE_1"]),
    place=st.integers(0, 2),
)
@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_the_same_raster_is_written_it_is_read_the_same(
    tmp_path, axis, counts, scale, descending, westwards, compression, place
):
    raster = make_raster()
    raster = raster if westwards else replace(raster, x=raster.x[::-1])
    with fits.open(write_raster(raster, tmp_path / "plain.fits")) as hdus:
        primary, window, *tables = [hdu.copy() for hdu in hdus]
    data = window.data[..., ::-1].copy() if descending else window.data
    start = Time("2014-09-10T17:00:00", scale="utc")
    header = window.header.copy()
    for key in ("BSCALE", "BZERO"):
        header.remove(key, ignore_missing=True)
    ends = (2806.5, -13.5) if descending else (2793.0, 13.5)
    header.update(CUNIT1=axis, CRVAL1=ends[0] * AXES[axis], CDELT1=ends[1] / 530 * AXES[axis], BUNIT=counts)
    data = (data * COUNTS[counts]).astype(np.float32)
    if compression == "RICE_1":
        window = fits.CompImageHDU(data, header, quantize_level=-0.02, tile_shape=(1, *data.shape[1:]))  # in DN
    else:
        window = fits.ImageHDU(data, header)
    windows = [fits.ImageHDU(np.ones((3, 9, 20), np.float32), header) for _ in range(2)]
    windows.insert(place, window)
    primary.header.update(STARTOBS=getattr(start, scale.lower()).isot, TIMESYS=scale, BUNIT=counts, NWIN=3)
    for number in (1, 2, 3):
        name, low, high = ("Mg II k 2796", 2793.0, 2806.5) if number == place + 1 else ("C II 1336", 1332.0, 1337.0)
        primary.header.update({f"TDESC{number}": name, f"TWMIN{number}": low, f"TWMAX{number}": high})
    path = tmp_path / ("written.fits.gz" if compression == "gzip" else "written.fits")
    fits.HDUList([primary, *windows, *tables]).writeto(path, overwrite=True)
    found, plain = read_raster(path), read_raster(tmp_path / "plain.fits")
    assert abs((found.start - start).sec) < 1e-3
    np.testing.assert_allclose(found.wavelength, plain.wavelength, atol=1e-6)
    np.testing.assert_allclose(found.spectra, plain.spectra, atol=1.0)
    assert found.x.tolist() == plain.x.tolist() and found.time.tolist() == plain.time.tolist()
