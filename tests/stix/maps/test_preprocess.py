"""Cropping, flags and the authors' eight bits."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from flarebook.compendium.errors import InputError
from flarebook.stix.maps.preprocess import SIZE, crop, flag, normalise


def gaussian(size, pixel, x=0.0, y=0.0, fwhm=20.0, peak=1.0):
    """A round source at (x, y) arcsec from the centre of a map."""
    at = (np.arange(size) - (size - 1) / 2) * pixel
    column, row = np.meshgrid(at - x, at - y)
    return (peak * np.exp(-4 * np.log(2) * (column**2 + row**2) / fwhm**2)).astype(np.float32)


def authors(data):
    """The published preprocessing, step by step on one map: cut, clip, log, stretch, eight bits."""
    data = data[40:217, 40:217].copy()
    data[data < -1 + 1e-5] = -1 + 1e-5
    data = np.log(1 + data)
    data = (data - data.min()) / (data.max() - data.min() + 1e-15)
    return np.uint8(data * 255)


@pytest.fixture
def noisy():
    """Four maps of the archive's look: a source over a mottled floor, peaks from 1e-4 to 50."""
    rng = np.random.default_rng(1)
    floor = [gaussian_filter(rng.standard_normal((257, 257)), 8) for _ in range(4)]
    peaks = (1e-4, 0.01, 0.3, 50.0)
    return np.stack([gaussian(257, 1.0, peak=p) + p * f for p, f in zip(peaks, floor, strict=True)]).astype(np.float32)


def test_the_authors_eight_bits_are_reproduced_to_the_last_one(noisy):
    noisy[3] *= -1  # a map deep below -1 needs the clip
    assert np.array_equal(normalise(noisy), np.stack([authors(image) for image in noisy]))


def test_only_big_flares_are_compressed_by_the_logarithm(noisy):
    difference = np.abs(normalise(noisy).astype(int) - normalise(noisy, scaling="linear"))
    assert difference[:2].max() <= 2
    assert difference[3].max() > 50


def test_both_formats_give_the_same_field():
    old = crop(gaussian(257, 1.0, x=21.0, y=-13.0))
    new = crop(gaussian(128, 2.0, x=21.0, y=-13.0), pixel=2.0)
    assert old.shape == new.shape == (SIZE, SIZE)
    assert np.unravel_index(old.argmax(), old.shape) == (88 - 13, 88 + 21)
    assert np.abs(new - old).max() < 2e-4  # of the peak


def test_an_old_map_is_cut_and_never_interpolated(noisy):
    assert np.array_equal(crop(noisy), noisy[:, 40:217, 40:217])
    assert np.array_equal(crop(noisy[:, 40:217, 40:217]), noisy[:, 40:217, 40:217])


def test_a_map_smaller_than_the_field_is_refused():
    with pytest.raises(InputError, match="64 pixels of 2 arcsec is smaller than the field of 177"):
        normalise(np.ones((64, 64), np.float32), pixel=2.0)


def test_maps_without_an_image_are_flagged_and_black(noisy):
    maps = noisy.copy()
    maps[1], maps[2], maps[3, 5, 7] = 0, -3, np.nan
    assert flag(maps).tolist() == ["", "blank", "constant", "not a number"]
    assert flag(np.full((9, 9), np.inf)) == "not a number"
    images = normalise(maps)
    assert images[0].max() == 255 and not images[1:3].any()
    assert images[3].any(), "the NaN lies outside the field: what is inside is still an image"
    maps[3, 128, 128] = np.nan
    assert not normalise(maps[3]).any()


def test_an_unknown_scaling_is_named():
    with pytest.raises(InputError, match="no scaling 'sqrt'"):
        normalise(np.zeros((257, 257)), scaling="sqrt")
