"""Level-2 rasters: what is read, in which order, and what is refused."""

import gzip
import os
import tarfile
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.time import Time

from flarebook.compendium.errors import InputError
from flarebook.iris.rasters.read import Raster, iter_exposures, read_raster
from flarebook.iris.rasters.samples import coarse_rasters, real_raster
from flarebook.iris.rasters.write import write_raster

WAVELENGTH = np.linspace(2793.0, 2806.5, 300)


def make_raster(n_exposures=4, n_slit=6, seed=0, **changes):
    """A small raster with values that a level-2 file stores exactly."""
    spectra = np.random.default_rng(seed).integers(2000, 4000, (n_exposures, n_slit, len(WAVELENGTH))) / 4
    time = 10.0 * np.arange(n_exposures)
    raster = Raster(
        spectra=spectra.astype(np.float32),
        wavelength=WAVELENGTH,
        time=time,
        exposure_time=np.full(n_exposures, 8.0),
        start=Time("2014-09-10T17:00:00"),
        x=100.0 + 2.0 * np.arange(n_exposures),
        y=np.full(n_exposures, -50.0),
        quality=np.ones((n_exposures, n_slit), bool),
    )
    return replace(raster, **changes)


@pytest.fixture
def raster_file(tmp_path):
    """A good level-2 file."""
    return write_raster(make_raster(), tmp_path / "iris_l2_r00000.fits")


def change(path, edit):
    """Rewrite a FITS file after edit(hdus)."""
    with fits.open(path, memmap=False, do_not_scale_image_data=True) as hdus:
        edit(hdus)
        hdus.writeto(path, overwrite=True)
    return path


def refused(path, match, **options):
    """The reader's error about a file must be one sentence that names it and matches."""
    with pytest.raises(InputError, match=match) as caught:
        read_raster(path, **options)
    assert Path(path).name in str(caught.value) and "\n" not in str(caught.value)


def test_a_raster_comes_back_with_its_values_times_and_pointing(raster_file):
    written, found = make_raster(), read_raster(raster_file)
    np.testing.assert_array_equal(found.spectra, written.spectra)
    np.testing.assert_allclose(found.wavelength, WAVELENGTH, atol=1e-9)
    np.testing.assert_allclose(found.time, written.time)
    np.testing.assert_allclose(found.x, written.x)
    assert found.start.isot == written.start.isot and found.quality.all() and found.notes == ()


def test_gzip_and_archive_hold_the_same_raster(raster_file, tmp_path):
    packed = tmp_path / "iris_l2_r00000.fits.gz"
    packed.write_bytes(gzip.compress(raster_file.read_bytes()))
    archive = tmp_path / "iris_l2_20140910_170000_raster.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(raster_file, "iris_l2_r00000.fits")
    plain = read_raster(raster_file)
    for path in (packed, archive):
        np.testing.assert_array_equal(read_raster(path).spectra, plain.spectra)


def test_many_files_are_joined_in_time(tmp_path):
    starts = ("2014-09-10T17:00:00", "2014-09-10T17:01:00")
    files = [
        write_raster(make_raster(seed=i, start=Time(start)), tmp_path / f"r0000{i}.fits")
        for i, start in enumerate(starts)
    ]
    joined = read_raster(files)
    assert joined.spectra.shape[0] == 8
    np.testing.assert_allclose(joined.time, [0, 10, 20, 30, 60, 70, 80, 90])
    assert [len(read_raster(file).time) for file in files] == [4, 4]


def test_exposures_come_one_by_one_with_the_raster_s_values(raster_file):
    raster = read_raster(raster_file)
    for i, exposure in enumerate(iter_exposures(raster_file)):
        np.testing.assert_array_equal(exposure.spectra, raster.spectra[i])
        assert (exposure.time, exposure.x, exposure.exposure_time) == (raster.time[i], raster.x[i], 8.0)
    assert i == 3


def streaming_peak(path):
    """Number of exposures in a file, and the most memory (bytes) held while they are read one by one."""
    tracemalloc.start()
    try:
        count = sum(1 for _ in iter_exposures(path))
        return count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_memory_stays_flat_when_streaming(tmp_path):
    peaks = []
    for count in (20, 200):
        path = write_raster(make_raster(count, 200), tmp_path / f"{count}.fits")
        found, peak = streaming_peak(path)
        assert found == count
        peaks.append(peak)
    one_exposure = 200 * len(WAVELENGTH) * 4
    assert abs(peaks[1] - peaks[0]) < one_exposure  # the longer file holds 180 exposures more
    assert peaks[1] < 12 * one_exposure


def test_missing_values_become_nan_and_spoil_the_quality_of_their_spectrum(tmp_path):
    raster = make_raster()
    raster.spectra[1, 2, 150] = np.nan
    raster.spectra[1, 3, 0] = np.nan  # outside the range that the features need
    found = read_raster(write_raster(raster, tmp_path / "r.fits"))
    np.testing.assert_array_equal(np.isnan(found.spectra), np.isnan(raster.spectra))
    assert not found.quality[1, 2] and found.quality[1, 3] and found.quality.sum() == 23


def test_nan_in_a_floating_point_file_counts_as_missing(raster_file):
    def edit(hdus):
        data = hdus[1].data * 0.25 + 7992
        data[0, 0] = np.nan
        hdus[1] = fits.ImageHDU(data.astype(np.float32), hdus[1].header)
        for key in ("BSCALE", "BZERO"):
            hdus[1].header.pop(key, None)

    found = read_raster(change(raster_file, edit))
    assert not found.quality[0, 0] and found.quality.sum() == 23
    np.testing.assert_array_equal(found.spectra[1:], make_raster().spectra[1:])


def test_other_negative_values_are_noise_and_kept(tmp_path):
    raster = make_raster()
    raster.spectra[0, 0, :5] = [-0.25, -3, -50, -199.75, 0]
    found = read_raster(write_raster(raster, tmp_path / "r.fits"))
    np.testing.assert_array_equal(found.spectra[0, 0, :5], raster.spectra[0, 0, :5])


def test_missing_exposures_are_noted_and_unusable(tmp_path):
    raster = make_raster()
    raster.spectra[2] = np.nan
    found = read_raster(write_raster(raster, tmp_path / "r.fits"))
    assert not found.quality[2].any() and found.quality.sum() == 18
    assert "1 of 4 exposures hold no complete spectrum." in found.notes


def test_zero_exposure_time_is_noted_and_unusable(tmp_path):
    raster = make_raster(exposure_time=np.array([8.0, 0.0, 8.0, 8.0]))
    found = read_raster(write_raster(raster, tmp_path / "r.fits"))
    assert not found.quality[1].any() and "1 of 4 exposures have no exposure time." in found.notes


def test_a_reversed_raster_is_turned_round_as_a_whole(tmp_path):
    backwards = make_raster(x=106.0 - 2.0 * np.arange(4), exposure_time=np.array([1.0, 2.0, 3.0, 4.0]))
    found = read_raster(write_raster(backwards, tmp_path / "r.fits"))
    assert np.all(np.diff(found.x) > 0) and np.all(np.diff(found.time) < 0)
    np.testing.assert_array_equal(found.spectra, backwards.spectra[::-1])
    np.testing.assert_allclose(found.exposure_time, [4, 3, 2, 1])
    assert any("stepped backwards" in note for note in found.notes)
    exposures = list(iter_exposures(tmp_path / "r.fits"))
    assert [exposure.time for exposure in exposures] == found.time.tolist()
    again = read_raster(write_raster(found, tmp_path / "again.fits"))
    np.testing.assert_array_equal(again.spectra, found.spectra)
    np.testing.assert_allclose(again.time, found.time)


def test_windows_are_counted_in_the_file_not_by_nwin(raster_file):
    change(raster_file, lambda hdus: hdus[0].header.update(NWIN=9))
    assert read_raster(raster_file).spectra.shape == (4, 6, 300)
    assert real_raster().header["NWIN"] == 9  # the real one says so too, and holds one window


def test_the_window_is_found_among_others_by_description_and_wavelength(raster_file):
    def edit(hdus):
        hdus.insert(1, fits.ImageHDU(np.zeros((4, 6, 20), np.float32)))
        hdus[0].header.update(TDESC2="Mg II k 2796", TWMIN2=hdus[0].header["TWMIN1"], TWMAX2=hdus[0].header["TWMAX1"])
        hdus[0].header.update(TDESC1="Mg II w s", TWMIN1=2813.0, TWMAX1=2816.0)

    np.testing.assert_array_equal(read_raster(change(raster_file, edit)).spectra, make_raster().spectra)


def test_wavelength_keywords_that_contradict_twmin_and_twmax_lose(raster_file):
    change(raster_file, lambda hdus: hdus[1].header.update(CDELT1=0.0254, CRPIX1=0.1))
    found = read_raster(raster_file)
    np.testing.assert_allclose(found.wavelength, WAVELENGTH, atol=1e-6)
    assert "TWMIN and TWMAX are used" in found.notes[0]


def test_the_coarse_real_rasters_span_the_whole_window():
    found = coarse_rasters()
    np.testing.assert_allclose(found.wavelength[[0, -1]], [2790.489, 2806.580], atol=1e-3)
    lines = (found.wavelength > 2794.5) & (found.wavelength < 2805.5)
    mean = found.spectra[found.quality][:, lines].mean(axis=0)
    assert found.wavelength[lines][mean.argmax()] == pytest.approx(2796.34, abs=0.15)  # the k line is where it belongs
    assert "TWMIN and TWMAX are used" in found.notes[0]


def test_a_slit_range_is_read_alone(raster_file):
    part = read_raster(raster_file, slit=(2, 5))
    np.testing.assert_array_equal(part.spectra, make_raster().spectra[:, 2:5])
    assert part.quality.shape == (4, 3) and len(part.slit_offset) == 3


@pytest.mark.parametrize("slit", [(3, 3), (4, 2), (0, 7), (-2, 3)])
def test_an_empty_slit_range_is_refused(raster_file, slit):
    refused(raster_file, "slit range", slit=slit)


def test_truncated_files_are_refused(raster_file, tmp_path):
    whole = raster_file.read_bytes()
    packed = tmp_path / "cut.fits.gz"
    packed.write_bytes(gzip.compress(whole)[:5000])
    refused(packed, "broken or not an IRIS level-2 raster")
    raster_file.write_bytes(whole[: len(whole) // 2])
    refused(raster_file, "truncated|auxiliary table")
    raster_file.write_bytes(whole[:1000])
    refused(raster_file, "broken or not an IRIS level-2 raster")


def test_a_truncated_archive_is_refused(raster_file, tmp_path):
    archive = tmp_path / "iris_l2_raster.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(raster_file, "r.fits")
    archive.write_bytes(archive.read_bytes()[:4000])
    refused(archive, "broken or not an (archive of IRIS rasters|IRIS level-2 raster)")


@pytest.mark.parametrize("content", [b"", b"plain text, no FITS", b"\x1f\x8bno gzip"])
def test_files_that_are_no_fits_are_refused(tmp_path, content):
    path = tmp_path / "other.fits"
    path.write_bytes(content)
    refused(path, "broken or not an IRIS level-2 raster")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    refused(tmp_path / "absent.fits", "cannot be opened .No such file")


def test_a_folder_is_refused_and_its_files_asked_for(tmp_path):
    refused(tmp_path, "cannot be opened .Is a directory")


def test_slit_jaw_images_are_refused_by_their_name(raster_file):
    change(raster_file, lambda hdus: hdus[0].header.update(INSTRUME="SJI"))
    refused(raster_file, "slit-jaw images, no spectra")


def test_a_file_without_the_mg2_window_is_refused_with_the_list_of_its_windows(raster_file):
    change(raster_file, lambda hdus: hdus[0].header.update(TDESC1="Si IV 1403", TWMIN1=1398.6, TWMAX1=1406.0))
    refused(raster_file, r"has no Mg II k window.*Si IV 1403 \(1398.6-1406.0 A\)")


def test_a_mg2_window_that_is_too_narrow_is_refused(raster_file):
    change(raster_file, lambda hdus: hdus[0].header.update(TWMAX1=2800.0))
    refused(raster_file, "covering 2794.14 to 2805.72 A")


def test_a_file_without_auxiliary_table_is_refused(raster_file):
    def edit(hdus):
        del hdus[2]

    refused(change(raster_file, edit), "no auxiliary table")


def test_an_auxiliary_table_of_other_length_or_without_times_is_refused(raster_file):
    change(raster_file, lambda hdus: hdus[2].header.update(TIME=99))
    refused(raster_file, "lacks TIME")

    def shorten(hdus):
        hdus[2] = fits.ImageHDU(hdus[2].data[:2], hdus[2].header)
        hdus[2].header["TIME"] = 0

    refused(change(raster_file, shorten), "2 rows for 4 exposures")


def test_a_raster_whose_exposures_are_all_missing_is_refused(tmp_path):
    path = write_raster(make_raster(spectra=np.full((4, 6, 300), np.nan, np.float32)), tmp_path / "r.fits")
    refused(path, "no usable spectrum")


def test_a_header_without_start_is_refused(raster_file):
    refused(change(raster_file, lambda hdus: hdus[0].header.remove("STARTOBS")), "STARTOBS")


def test_files_of_different_observations_are_not_joined(raster_file, tmp_path):
    other = write_raster(make_raster(n_slit=7), tmp_path / "other.fits")
    with pytest.raises(InputError, match="differ in slit or wavelengths"):
        read_raster([raster_file, other])
    with pytest.raises(InputError, match="no raster to read"):
        read_raster([])


@pytest.mark.skipif(not os.environ.get("FLAREBOOK_MIRROR"), reason="FLAREBOOK_MIRROR names no folder")
def test_the_original_real_raster_equals_the_shipped_sample():
    name = "iris_l2_20140329_140938_3860258481_raster_3steps.fits.gz"
    files = sorted(Path(os.environ["FLAREBOOK_MIRROR"]).rglob(name))
    if not files:
        pytest.skip(f"{name} is not in FLAREBOOK_MIRROR")
    original, shipped = read_raster(files[0]), real_raster()
    columns = slice(len(original.wavelength) - len(shipped.wavelength), None)
    np.testing.assert_array_equal(original.spectra[:, :, columns], shipped.spectra)
    np.testing.assert_allclose(original.wavelength[columns], shipped.wavelength, atol=1e-9)
    np.testing.assert_array_equal(original.time, shipped.time)


@pytest.mark.parametrize("read", [read_raster, lambda source: list(iter_exposures(source))])
@pytest.mark.parametrize("source", [None, 42, np.ones((2, 3, 4)), [1], object()])
def test_what_is_neither_path_nor_cube_is_refused_by_its_type(read, source):
    with pytest.raises(InputError, match="a (NoneType|int|ndarray|object|list) is no raster of spectra: give paths"):
        read(source)


def test_a_map_of_sunpy_is_no_raster():
    header = {"CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN", "CUNIT1": "arcsec", "CUNIT2": "arcsec"}
    image = pytest.importorskip("sunpy.map").Map(np.ones((4, 4)), header | {"CDELT1": 1, "CDELT2": 1})
    with pytest.raises(InputError, match="a GenericMap is no raster of spectra"):
        read_raster(image)
