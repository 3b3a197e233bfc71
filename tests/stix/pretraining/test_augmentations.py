"""Views keep to what the instrument can see: half turns are exact, quarter turns and mirrors are not."""

import numpy as np
import pytest
import torch

from flarebook.stix.imaging.back_projection import point_spread_function
from flarebook.stix.imaging.visibilities import IMAGING, SUB_COLLIMATORS
from flarebook.stix.pretraining.augmentations import SMALL, crops, draw_views, half_turned, stretched


def generator(seed=1):
    """torch.Generator of a seed."""
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def images():
    """Images of one blob each at different places, (64, 1, 48, 48), 0 to 1."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, 48), torch.linspace(-1, 1, 48), indexing="ij")
    place = 0.6 * torch.rand(2, 64, 1, 1, generator=generator(2)) - 0.3
    return torch.exp(-((x - place[0]) ** 2 + (y - place[1]) ** 2) / 0.05)[:, None]


def test_the_dirty_beam_is_the_same_after_half_a_turn_and_after_no_other():
    beam = point_spread_function(SUB_COLLIMATORS.u[IMAGING], SUB_COLLIMATORS.v[IMAGING], 60, 2.0)
    np.testing.assert_allclose(beam[::-1, ::-1], beam, atol=1e-9)
    for changed in (np.rot90(beam), beam[::-1], beam[:, ::-1], beam.T):
        assert np.abs(changed - beam).max() > 0.1 * beam.max()


def test_half_turns_touch_about_half_of_the_images_and_change_nothing_else(images):
    turned = half_turned(images, generator())
    same = (turned == images).all((1, 2, 3))
    assert 16 < same.sum() < 48
    torch.testing.assert_close(turned[~same].flip(-2, -1), images[~same])


def test_views_are_images_again_of_the_wanted_size(images):
    for view in (draw_views(images, generator()), draw_views(images, generator(), (0.2, 0.5), SMALL)):
        assert (view.amin((1, 2, 3)) == 0).all() and torch.allclose(view.amax((1, 2, 3)), torch.ones(64))
    assert view.shape == (64, 1, SMALL, SMALL)
    assert (stretched(torch.full((2, 1, 8, 8), 0.3)) == 0).all()


def test_a_crop_of_the_whole_field_is_the_image_and_a_smaller_one_magnifies(images):
    torch.testing.assert_close(crops(images, generator(), (1.0, 1.0), 48), images, rtol=0, atol=1e-5)
    pieces = crops(images, generator(), (0.25, 0.25), 48)
    assert pieces.mean() > 1.5 * images.mean()
    assert pieces.min() >= 0 and pieces.max() <= 1


def test_views_are_those_of_the_given_random_numbers(images):
    assert torch.equal(draw_views(images, generator(3)), draw_views(images, generator(3)))
    assert not torch.equal(draw_views(images, generator(3)), draw_views(images, generator(4)))
