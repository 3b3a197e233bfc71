"""The real samples are there, are what they were, and say what they are."""

import shutil

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.iris.features.extract import extract_features, line_center_velocity
from flarebook.iris.rasters import samples


def test_the_real_raster_lies_3_h_26_min_before_onset():
    raster = samples.real_raster()
    minutes = (samples.ONSET - raster.start).to_value("min")
    assert 205 <= minutes <= 206 and raster.header["OBSID"] == "3860258481"
    assert raster.spectra.shape == (3, 1094, 534) and raster.quality.sum() == 3126


def test_the_real_k_line_is_at_rest_within_the_orbit_s_accuracy():
    raster = samples.real_raster()
    features, good = extract_features(*raster.flat()[:1], raster.wavelength, raster.flat()[1])
    assert good.sum() == 3126 and abs(np.median(line_center_velocity(features[good, 1]))) < 8


def test_the_coarse_rasters_see_the_same_region():
    coarse, fine = samples.coarse_rasters(), samples.real_raster()
    assert coarse.spectra.shape == (104, 109, 63) and np.all(np.diff(coarse.time) > 0)
    bright = [np.nan_to_num(r.spectra[1]).max(axis=1) for r in (coarse, fine)]
    along = np.interp(coarse.slit_offset, fine.slit_offset, bright[1])
    assert np.corrcoef(bright[0], along)[0, 1] > 0.9


def test_the_quiet_region_was_watched_for_nearly_five_hours():
    raster = samples.quiet_region()
    assert raster.spectra.shape == (187, 40, 52) and np.ptp(raster.time) / 3600 == pytest.approx(4.8, abs=0.05)


def test_the_slit_is_a_dark_column_of_the_slit_jaw_image():
    jaw = samples.slit_jaw()
    assert jaw.image.shape == (len(jaw.y), len(jaw.x))
    columns = np.nanmedian(jaw.image[200:900, jaw.slit_column - 20 : jaw.slit_column + 21], axis=0)
    assert abs(columns.argmin() - 20) <= 1 and columns.min() < 0.6 * np.median(columns)


def test_the_coarse_slit_jaw_image_spans_its_field_of_view():
    jaw = samples.slit_jaw("2021-09-05")
    assert jaw.image.shape == (len(jaw.y), len(jaw.x)) and np.ptp(jaw.y) == pytest.approx(65, abs=1)


def test_the_slit_of_the_slit_jaw_image_points_where_the_raster_was():
    jaw, raster = samples.slit_jaw(), samples.real_raster()
    assert jaw.x[jaw.slit_column] == pytest.approx(raster.x[-1] + np.diff(raster.x).mean(), abs=2)
    assert jaw.y.mean() == pytest.approx(raster.y.mean(), abs=1)


def test_the_centroids_are_53_normalised_k_lines():
    profiles, wavelength = samples.centroids()
    assert profiles.shape == (53, 216) and wavelength[[0, -1]] == pytest.approx([2793.8501, 2799.3240])
    assert np.median(wavelength[profiles.argmax(axis=1)]) == pytest.approx(2796.4, abs=0.2)


def test_a_changed_sample_is_refused(tmp_path):
    name = "iris_20140329_mg2_raster.fits"
    shutil.copy(samples.FOLDER / name, tmp_path)
    assert samples.real_raster(tmp_path).quality.any()
    with open(tmp_path / name, "r+b") as file:
        file.seek(100_000)
        file.write(b"X")
    with pytest.raises(InputError, match=f"{name} has sha256 .*: it has changed"):
        samples.real_raster(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(InputError, match="is missing"):
        samples.real_raster(tmp_path)


def test_an_unknown_sample_is_refused():
    with pytest.raises(InputError, match="no slit-jaw sample of 2015"):
        samples.slit_jaw("2015")
    with pytest.raises(InputError, match="There is no sample other.fits"):
        samples.sample_path("other.fits")


def test_samples_and_licences_lie_side_by_side():
    text = (samples.FOLDER / "LICENSES").read_text(encoding="utf-8")
    assert "Cédric Huwyler" in text and "IRIS Instrument Team @ LMSAL" in text
    assert sum(path.stat().st_size for path in samples.FOLDER.glob("iris_2*.fits")) < 3.2e6
