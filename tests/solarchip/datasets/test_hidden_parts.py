"""Hidden parts: the mask hides what it names, alike in all channels, and the outline holds nothing but itself."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets.hidden_parts import (
    OUTLINE,
    PARTS,
    QUIET_MASKED,
    REGIONS_MASKED,
    WHOLE,
    active_pixels,
    measure_mask,
)
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.images.scaling import scale_images

ON = Disk(64).on


def suns(seed, n=6):
    """Scaled images (n, 11, 64, 64): a region of 300 G that moves a pixel a day, on a quiet Sun drawn from the seed."""
    rng = np.random.default_rng(seed)
    images = np.where(ON, rng.normal(0, 2, (n, 11, 64, 64)), 0)
    images[:, 1:] = np.where(ON, 30 + 5 * images[:, 1:], 3)
    for date in range(n):
        images[date, 0, 28:36, 20 + date : 28 + date] = 300
        images[date, 1:, 28:36, 20 + date : 28 + date] = 400 + 10 * date
    return scale_images(images)


def test_the_mask_hides_one_part_and_leaves_the_other():
    images = suns(1)
    regions, quiet = (measure_mask(images, part).apply(images) for part in (QUIET_MASKED, REGIONS_MASKED))
    assert (regions[0, :, 30:34, 22:26] == images[0, :, 30:34, 22:26]).all()
    np.testing.assert_allclose(regions[0, :, 10:15, 28:36], images.mean(axis=0)[:, 10:15, 28:36], atol=1e-6)
    assert (quiet[0, :, 10:15, 28:36] == images[0, :, 10:15, 28:36]).all()
    np.testing.assert_allclose(quiet[0, :, 30:34, 22:26], images.mean(axis=0)[:, 30:34, 22:26], atol=1e-6)
    assert (regions[:, :, ~ON] == images[:, :, ~ON]).all()
    assert measure_mask(images, WHOLE).apply(images) is images


def test_two_suns_that_differ_in_their_quiet_network_alone_are_one_sun_once_it_is_hidden():
    one, other = suns(1), suns(2)
    np.copyto(other, one, where=active_pixels(one[:, 0])[:, None])
    assert (active_pixels(one[:, 0]) == active_pixels(other[:, 0])).all() and np.abs(one - other).max() > 0.1
    mask = measure_mask(one, QUIET_MASKED)
    assert (mask.apply(one)[:, :, ON] == mask.apply(other)[:, :, ON]).all()
    assert (mask.apply(one)[:, [0, 3]] == mask.apply(one[:, [0, 3]], [0, 3])).all()  # a batch holds a few channels


def test_an_outline_tells_where_the_regions_are_and_nothing_of_what_they_hold():
    images = suns(1)
    mask, brighter = measure_mask(images, OUTLINE), images.copy()
    brighter[:, 1:] = 0.9 * images[:, 1:] + 0.1
    drawn = mask.apply(images)
    assert (mask.apply(brighter) == drawn).all()
    raised = drawn[2] - drawn[0]
    regions = active_pixels(images[:, 0])
    assert (raised[:, regions[2] & ~regions[0]] > 0.01).all() and (raised[:, ~(regions[0] ^ regions[2])] == 0).all()


def test_a_missing_pixel_is_missing_still_and_an_unknown_part_is_refused():
    images = suns(1)
    images[0, 4, 12, 32] = np.nan
    for part in PARTS:
        assert np.isnan(measure_mask(images, part).apply(images)).sum() == 1
    with pytest.raises(InputError, match="part 'corona' is unknown: take one of whole disk, quiet Sun masked"):
        measure_mask(images, "corona")
