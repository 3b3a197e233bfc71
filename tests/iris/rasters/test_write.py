"""Written rasters keep to the archive's format, and other software opens them."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.iris.features.tables import feature_table
from flarebook.iris.rasters.read import read_raster
from flarebook.iris.rasters.samples import real_raster
from flarebook.iris.rasters.write import COLUMNS, write_raster

MG2 = "Mg II k 2796"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The real raster, written again."""
    return write_raster(real_raster(), tmp_path_factory.mktemp("level2") / "iris_l2_raster_t000_r00000.fits")


def test_the_file_has_the_archive_s_layout(written):
    with fits.open(written, do_not_scale_image_data=True) as hdus:
        assert len(hdus) == 4 and hdus[0].header["NWIN"] == 1 and hdus[0].header["TDESC1"] == MG2
        assert hdus[1].data.dtype == np.dtype(">i2") and hdus[1].data.shape == (3, 1094, 534)
        assert (hdus[1].header["BSCALE"], hdus[1].header["BZERO"]) == (0.25, 7992)
        assert hdus[2].data.shape == (3, 47) and len(COLUMNS) == 47
        assert all(hdus[2].header[key] == column for column, key in enumerate(COLUMNS))
        assert isinstance(hdus[3], fits.TableHDU) and len(hdus[3].data) == 3


def test_the_real_raster_survives_writing_and_reading(written):
    before, after = real_raster(), read_raster(written)
    np.testing.assert_array_equal(after.spectra, before.spectra)
    np.testing.assert_allclose(after.wavelength, before.wavelength, atol=1e-9)
    for key in ("time", "exposure_time", "x", "y", "observer_velocity", "orbital_phase", "slit_offset"):
        np.testing.assert_allclose(getattr(after, key), getattr(before, key), rtol=1e-12, err_msg=key)
    assert after.start.isot == before.start.isot and after.header["OBSID"] == before.header["OBSID"]


def test_the_slit_s_direction_survives_and_places_the_spectra(tmp_path):
    """The spacecraft rolled by 90 degrees lays the slit from east to west; unrolled it leans by 0.65 degrees."""
    real = real_raster()
    assert np.degrees(np.arctan2(*real.slit_direction)) == pytest.approx(0.645, abs=0.01)
    rolled = read_raster(write_raster(replace(real, slit_direction=(1.0, 0.0)), tmp_path / "rolled.fits"))
    assert rolled.slit_direction == pytest.approx((1, 0))
    for raster in (real, rolled):
        first = feature_table(raster).query("exposure == 0")
        length = np.ptp(raster.slit_offset[first["slit"]])
        spans = length * np.array(raster.slit_direction)
        assert length > 150 and (np.ptp(first["x"]), np.ptp(first["y"])) == pytest.approx(spans, abs=1e-6)
    with fits.open(tmp_path / "rolled.fits", mode="update") as hdus:
        del hdus[1].header["PC2_2"]
    with pytest.warns(MetadataWarning, match="taken to lie along solar north"):
        read_raster(tmp_path / "rolled.fits")


def test_values_are_rounded_to_a_quarter_and_clipped_to_the_range(tmp_path):
    raster = real_raster()
    raster.spectra[0, 100, :3] = [12.3, 1e6, -300.0]
    found = read_raster(write_raster(raster, tmp_path / "r.fits.gz"))
    np.testing.assert_array_equal(found.spectra[0, 100, :3], [12.25, 16183.75, -199.75])


def test_arrays_that_do_not_fit_are_refused_and_leave_no_file(tmp_path):
    with pytest.raises(InputError, match="2 values of time where its spectra ask for 3"):
        write_raster(replace(real_raster(), time=np.zeros(2)), tmp_path / "r.fits")
    assert not list(tmp_path.iterdir())


def test_a_writing_that_fails_leaves_no_file(tmp_path, monkeypatch):
    def fail(self, path, **options):
        Path(path).write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(fits.HDUList, "writeto", fail)
    with pytest.raises(OSError):
        write_raster(real_raster(), tmp_path / "r.fits")
    assert not list(tmp_path.iterdir())


def irispy_cube(path):
    """The Mg II cube that irispy-lmsal reads, or skip without it."""
    pytest.importorskip("irispy.io", reason="irispy-lmsal is not installed (extra `peers`)", exc_type=ImportError)
    from irispy.io import read_files

    return read_files(path)[MG2][0]


def assert_same(cube, raster):
    """Values, wavelengths and times of an irispy cube and of a raster are equal."""
    exact = ~np.isnan(raster.spectra)
    np.testing.assert_array_equal(np.asarray(cube.data, np.float32)[exact], raster.spectra[exact])
    times = cube.axis_world_coords("time", wcs=cube.extra_coords)[0]
    times = cube.meta.get("auxiliary times", times)  # since irispy 0.9 the coordinate is the time of mid-exposure
    np.testing.assert_allclose((times - raster.start).sec, raster.time, atol=1e-6)


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
def test_irispy_opens_a_written_raster_with_equal_values(written):
    cube, raster = irispy_cube(written), read_raster(written)
    assert_same(cube, raster)
    np.testing.assert_array_equal(cube.mask, np.isnan(raster.spectra))
    wavelength = cube.axis_world_coords("em.wl")[0].to_value("Angstrom")
    np.testing.assert_allclose(wavelength, raster.wavelength, atol=1e-6)


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
def test_irispy_s_cube_collection_and_rates_are_read_as_the_file(written):
    cube, raster = irispy_cube(written), read_raster(written)
    for held in (cube, {"C II 1336": None, MG2: cube}, cube.apply_exposure_time_correction()):
        found = read_raster(held)
        np.testing.assert_allclose(found.spectra, raster.spectra, rtol=1e-6)
        for name in ("wavelength", "time", "exposure_time", "quality", "slit_offset", "x"):
            np.testing.assert_allclose(getattr(found, name), getattr(raster, name), atol=3e-3, err_msg=name)
        np.testing.assert_allclose(found.y, raster.y, atol=0.03)
        np.testing.assert_allclose(found.slit_direction, raster.slit_direction, atol=1e-4)


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
def test_irispy_turns_a_reversed_raster_round_in_the_same_way(tmp_path):
    real = real_raster()
    reversed_scan = replace(real, time=real.time[::-1], header={**real.header, "STEPS_AV": -2.0})
    path = write_raster(reversed_scan, tmp_path / "iris_l2_raster.fits")
    assert_same(irispy_cube(path), read_raster(path))


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
@pytest.mark.skipif(not os.environ.get("FLAREBOOK_MIRROR"), reason="FLAREBOOK_MIRROR names no folder")
def test_irispy_and_we_read_the_coarse_real_rasters_alike():
    files = sorted(Path(os.environ["FLAREBOOK_MIRROR"]).rglob("iris_l2_2*_raster_t000_r0000[03].fits.gz"))
    if not files:
        pytest.skip("the coarse rasters are not in FLAREBOOK_MIRROR")
    for path in files:
        assert_same(irispy_cube(path), read_raster(path))
