"""Pixels and moments: light is kept, a moved source moves, a turned one turns, blank images give numbers."""

import numpy as np

from flarebook.encoders.handcrafted import MOMENTS, moments, pixels

SIDE = 177


def ellipse(x=0.0, y=0.0, major=20.0, minor=10.0, angle=0.0):
    """Image of one elliptical Gaussian source, arcsec from the centre, angle in degrees from the x axis."""
    rows, columns = np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    turn = np.deg2rad(angle)
    along = (columns - x) * np.cos(turn) + (rows - y) * np.sin(turn)
    across = (rows - y) * np.cos(turn) - (columns - x) * np.sin(turn)
    return (255 * np.exp(-(along**2) / (2 * major**2) - across**2 / (2 * minor**2))).astype(np.uint8)


def measured(*images):
    """Moments of images by name: {name: (n,)}."""
    return dict(zip(MOMENTS, moments(np.array(images)).T, strict=True))


def test_averaging_keeps_the_light():
    image = np.random.default_rng(1).integers(0, 256, (2, SIDE, SIDE), dtype=np.uint8)
    small = pixels(image, 32)
    assert small.shape == (2, 1024)
    np.testing.assert_allclose(small.mean(axis=1), image.mean(axis=(1, 2)) / 255, rtol=1e-5)
    np.testing.assert_allclose(pixels(image, SIDE).reshape(image.shape), image / 255, rtol=1e-5)


def test_centroid_follows_the_source():
    found = measured(ellipse(), ellipse(x=30), ellipse(y=-40))
    np.testing.assert_allclose(found["x"] * SIDE / 2, [0, 30, 0], atol=1)
    np.testing.assert_allclose(found["y"] * SIDE / 2, [0, 0, -40], atol=1)
    np.testing.assert_allclose(found["peak_y"] * SIDE / 2, [0, 0, -40], atol=2)


def test_elongation_turns_with_the_source_and_a_round_one_has_none():
    found = measured(ellipse(angle=0), ellipse(angle=90), ellipse(angle=45), ellipse(minor=20))
    cosine, sine = found["elongation_cos"], found["elongation_sin"]
    assert cosine[0] > 0.2 and cosine[1] < -0.2 and abs(cosine[2]) < 0.02 and sine[2] > 0.2
    assert np.hypot(cosine[3], sine[3]) < 0.02
    np.testing.assert_allclose(found["major"][:3], found["major"][0], rtol=0.03)
    np.testing.assert_allclose(found["major"][0] / found["minor"][0], 2, rtol=0.06)


def test_second_source_shows_in_asymmetry_and_a_symmetric_one_has_little():
    found = measured(ellipse(), np.maximum(ellipse(minor=20), ellipse(x=60, major=8, minor=8)))
    assert found["asymmetry"][0] < 0.01 < 0.05 < found["asymmetry"][1]


def test_blank_and_constant_images_give_finite_numbers():
    blank, constant = np.zeros((SIDE, SIDE), np.uint8), np.full((SIDE, SIDE), 255, np.uint8)
    assert np.isfinite(moments(np.array([blank, constant]))).all()
    assert not moments(blank[None]).any()
