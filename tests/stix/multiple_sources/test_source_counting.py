"""Local maxima are counted where a Gaussian source stands, and nowhere else."""

import numpy as np
import pytest

from flarebook.stix.multiple_sources.source_counting import (
    choose_threshold,
    count_sources,
    counted_maxima,
    peak_heights,
)

AT = np.arange(177) - 88


def image_of(*sources, floor=0.0, width=28.0):
    """One image of Gaussian sources (x, y, brightness), arcsec from the centre, stretched over eight bits."""
    sky = np.full((177, 177), floor)
    for x, y, brightness in sources:
        sky += brightness * np.exp(-4 * np.log(2) * ((AT - x) ** 2 + (AT[:, None] - y) ** 2) / width**2)
    return np.uint8(255 * sky / sky.max())


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_as_many_maxima_as_sources(number):
    places = [(-50, 0, 1.0), (50, 10, 0.9), (0, 60, 0.8), (0, -60, 0.7)]
    heights = peak_heights(image_of(*places[:number])[None])
    assert count_sources(heights, 0.3).tolist() == [number]


def test_heights_are_the_brightnesses_of_the_sources():
    heights = peak_heights(image_of((-50, 0, 1.0), (50, 0, 0.5))[None])[0]
    assert heights[:2] == pytest.approx([1.0, 0.5], rel=0.15) and heights[2:].max() < 0.05


def test_a_level_background_counts_nothing():
    dark, bright = (peak_heights(image_of((0, 0, 1.0), floor=floor)[None])[0] for floor in (0.0, 1.0))
    assert bright[0] == pytest.approx(dark[0] / 2, rel=0.02)  # the same source over half of the range
    assert bright[1:].max() < 0.02  # and no maximum along the edge, beyond which the finder sees nothing
    assert not peak_heights(np.zeros((2, 177, 177), np.uint8)).any()


def test_two_sources_nearer_than_the_beam_are_one():
    heights = peak_heights(image_of((-6, 0, 1.0), (6, 0, 1.0))[None])
    assert count_sources(heights, 0.2).tolist() == [1]


def test_the_threshold_lies_between_the_classes():
    second = np.array([0.05, 0.1, 0.12, 0.4, 0.6])
    heights, multiple = np.c_[np.ones(5), second], np.array([0, 0, 0, 1, 1])
    assert choose_threshold(heights, multiple) == pytest.approx((0.12 + 0.4) / 2)
    scores = counted_maxima(heights, multiple, heights)
    assert ((scores >= 0.5) == multiple).all()
    assert (np.argsort(scores) == np.argsort(second)).all()  # the order needs no labels
