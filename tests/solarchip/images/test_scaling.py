"""Scaling is undone by its inverse, keeps the field's sign, and ends at the documented limits."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets.load import load_real_aia
from flarebook.solarchip.images.channels import AIA, CHANNELS
from flarebook.solarchip.images.prepare import prepare_image
from flarebook.solarchip.images.scaling import LIMITS, scale_channel, scale_images, unscale_channel, unscale_images

# Limit (DN/s) and the `a` of astropy's AsinhStretch in ITI's public code; a times the limit is where asinh bends.
PUBLISHED = {"94": (340, 0.005), "131": (1400, 0.005), "171": (8600, 0.005), "193": (9800, 0.005)}
PUBLISHED |= {"211": (5800, 0.005), "304": (8800, 0.001), "335": (600, 0.005), "1600": (4000, 0.005)}
OWN = {"hmi": (1500, 20), "1700": (8000, 800), "4500": (2**14 - 1, 4000)}  # G, DN/s; a camera of 14 bits


@pytest.fixture
def images():
    """Two dates of all channels within the limits: (2, 11, 8, 8)."""
    rng = np.random.default_rng(1)
    top = np.array([LIMITS[channel][0] for channel in CHANNELS])[:, None, None]
    images = top * 10 ** rng.uniform(-4, 0, (2, len(CHANNELS), 8, 8))
    images[:, 0] *= rng.choice([-1, 1], (2, 8, 8))
    return images


def test_what_was_scaled_comes_back(images):
    values = scale_images(images)
    assert values.dtype == np.float32 and values.shape == images.shape
    np.testing.assert_allclose(unscale_images(values), images, rtol=2e-3, atol=1e-2)


def test_values_fill_minus_one_to_one(images):
    values = scale_images(images)
    assert np.abs(values).max() <= 1
    for channel in AIA:
        ends = scale_channel([[-50.0, 0.0, LIMITS[channel][0], 1e6]], channel)
        assert ends[0] == pytest.approx([-1, -1, 1, 1])
    assert scale_channel([[-1e5, -1500.0, 0.0, 1500.0]], "hmi")[0] == pytest.approx([-1, -1, 0, 1])


def test_the_limits_are_those_of_the_public_code_and_three_of_our_own():
    expected = {channel: (limit, stretch * limit) for channel, (limit, stretch) in PUBLISHED.items()} | OWN
    assert set(LIMITS) == set(expected) == set(CHANNELS)
    for channel, pair in expected.items():
        assert LIMITS[channel] == pytest.approx(pair), channel


def test_a_network_that_overshoots_gives_no_more_than_the_limit_and_no_negative_counts():
    for channel in AIA:
        assert unscale_channel([-1.5, 1.5], channel).tolist() == pytest.approx([0, LIMITS[channel][0]])
    assert unscale_channel([-1.5, 0.0, 1.5], "hmi").tolist() == pytest.approx([-1500, 0, 1500])


def test_the_scale_grows_with_the_value_and_opposite_fields_are_opposite():
    for channel in CHANNELS:
        row = np.linspace(0, LIMITS[channel][0], 500)[None]
        assert (np.diff(scale_channel(row, channel)) > 0).all()
    field = np.array([[-800.0, -3.0, 3.0, 800.0]])
    assert scale_channel(field, "hmi")[0] == pytest.approx(-scale_channel(field, "hmi")[0, ::-1])


def test_the_quiet_corona_lies_in_the_middle_of_its_scale():
    """REAL AIA 171: neither lost at the bottom nor pushed to the top, active regions well above."""
    values = scale_channel(prepare_image(load_real_aia()), "171")
    assert -0.8 < np.median(values) < 0.0 < np.quantile(values, 0.99) < 0.9


def test_unknown_channels_and_shapes_are_refused(images):
    with pytest.raises(InputError, match="channel '195' is unknown: take one of hmi, 94"):
        scale_channel(images[0, 0], "195")
    with pytest.raises(InputError, match=r"\(2, 10, 8, 8\) cannot be scaled: give \(..., 11, rows, columns\)"):
        scale_images(images[:, :10])
