"""Scores of translated images: what each must be for images whose error is known."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.images.scaling import scale_channel
from flarebook.solarchip.translation import scores

SIZE = 32
DISK = Disk(SIZE)


@pytest.fixture
def observed():
    """Three smooth scaled images."""
    rng = np.random.default_rng(1)
    waves = rng.normal(size=(3, 2)) @ np.stack([DISK.x.ravel(), DISK.y.ravel()])
    return 0.5 * np.sin(3 * waves).reshape(3, SIZE, SIZE)


def test_a_constant_offset_has_the_psnr_of_its_size_and_full_correlation(observed):
    rows = scores.score_translation(observed + 0.02, observed, "171")
    np.testing.assert_allclose(rows["psnr"], 20 * np.log10(2 / 0.02), atol=1e-6)  # 40 dB
    np.testing.assert_allclose(rows["correlation"], 1, atol=1e-9)


def test_what_is_wrong_off_the_disk_does_not_count_on_the_disk(observed):
    wrong = observed + np.where(DISK.on, 0.001, 0.5)
    psnr = scores.score_translation(wrong, observed, "171").groupby("region")["psnr"].mean()
    assert psnr["disk"] == pytest.approx(20 * np.log10(2 / 0.001))
    assert psnr["off disk"] == pytest.approx(20 * np.log10(2 / 0.5))


def test_structural_likeness_is_lost_by_noise_and_not_by_a_fainter_copy(observed):
    noisy = observed + np.random.default_rng(2).normal(0, 0.3, observed.shape)
    same, faint, spoiled = (
        scores.score_translation(made, observed, "171")["ssim"].mean()
        for made in (observed + 1e-9, 0.8 * observed, noisy)
    )
    assert same == pytest.approx(1, abs=1e-6)
    assert spoiled < 0.6 < 0.9 < faint


def test_a_field_of_the_wrong_sign_is_right_without_its_sign(observed):
    field = observed * DISK.on
    signed = scores.score_translation(-field, field, "hmi")
    assert set(signed["region"]) == {"disk"}, "there is no field off the disk"
    np.testing.assert_allclose(signed["correlation"], -1)
    plain = scores.score_translation(np.abs(-field), np.abs(field), "|hmi|")
    np.testing.assert_allclose(plain["correlation"], 1)


def test_twice_the_field_has_twice_the_flux():
    field = np.where(DISK.mu > 0.8, 300.0, 0.0)[None]
    errors = scores.flux_errors(scale_channel(2 * field, "hmi"), scale_channel(field, "hmi"))
    np.testing.assert_allclose(errors, 1.0, rtol=1e-4)


def test_flux_of_a_uniform_radial_field_is_field_times_area_within_sixty_degrees():
    disk = Disk(256)
    flux = scores.strong_flux((1000.0 * disk.mu)[None])[0]  # mu B is what the line of sight sees
    cap = 2 * np.pi * 6.957e10**2 * (1 - 0.5)  # cm^2, of the sphere within 60 degrees
    assert flux == pytest.approx(1000 * cap, rel=0.02)


def test_weak_field_is_no_flux_and_a_quiet_day_has_no_relative_error():
    quiet = np.full((1, SIZE, SIZE), 30.0)
    assert scores.strong_flux(quiet) == 0
    assert np.isnan(scores.flux_errors(scale_channel(quiet, "hmi"), scale_channel(quiet, "hmi"))).all()


def test_an_ensemble_drawn_like_the_truth_is_calibrated_and_a_narrow_one_is_not():
    rng = np.random.default_rng(3)
    size = (40, SIZE, SIZE)
    width = 0.05 + 0.2 * DISK.radius  # the uncertainty differs from place to place
    truth, members = rng.normal(size=size) * width, rng.normal(size=(8, *size)) * width
    good = scores.calibration(members, truth, "171").set_index("region").loc["disk"]
    assert good["ratio"] == pytest.approx(1, abs=0.03)
    assert good["coverage"] == pytest.approx(good["expected"], abs=0.01)
    assert good["expected"] == pytest.approx(7 / 9)
    assert good["correlation"] > 0.8
    narrow = scores.calibration(members / 2, truth, "171").set_index("region").loc["disk"]
    assert narrow["ratio"] < 0.6
    assert narrow["coverage"] < good["coverage"] - 0.1


def test_one_member_has_no_spread():
    with pytest.raises(InputError, match="draw two or more"):
        scores.calibration(np.zeros((1, 2, SIZE, SIZE)), np.zeros((2, SIZE, SIZE)), "171")


def test_images_of_other_dates_cannot_be_scored():
    with pytest.raises(InputError, match="same dates"):
        scores.score_translation(np.zeros((2, SIZE, SIZE)), np.zeros((3, SIZE, SIZE)), "171")
