"""The mosaic follows the poster: brightness order, colours by band, numbers, no more images than asked for."""

import colorsys

import numpy as np
import pytest

from flarebook.compendium.appearance.palette import REAL
from flarebook.compendium.errors import InputError
from flarebook.stix.rendering import Tile, brightness, brightness_order, cluster_colour, coloured, compose, tiles


def test_order_starts_where_asked_and_goes_to_the_nearest_brightness():
    labels = np.array([0, 1, 2, 3, 3])
    values = np.array([10.0, 50.0, 22.0, 14.0, 16.0])  # cluster 3: 15 on average
    assert brightness_order(values, labels, first=2) == [2, 3, 0, 1]


def test_order_is_greedy_and_may_leave_a_cluster_behind():
    values, labels = np.array([30.0, 36.0, 22.0]), np.arange(3)
    assert brightness_order(values, labels, first=0) == [0, 1, 2]


def test_start_must_be_a_cluster():
    with pytest.raises(InputError, match=r"cannot start with cluster 7: choose one of \[0, 1\]"):
        brightness_order(np.array([1.0, 2.0]), np.array([0, 1]), first=7)


def test_brightness_is_the_mean_grey_level():
    images = np.stack([np.full((177, 177), 40, np.uint8), np.full((177, 177), 200, np.uint8)])
    np.testing.assert_allclose(brightness(images), [40, 200])


def test_soft_band_is_inferno_hard_band_viridis_and_north_is_up():
    image = np.zeros((4, 4), np.uint8)
    image[0] = 255  # the southernmost row
    soft, hard, other = coloured(np.stack([image] * 3), ["4-10", "16-28", ""])
    assert soft[-1, 0].tolist() == [252, 255, 164]
    assert hard[-1, 0].tolist() == [253, 231, 37]
    assert other[-1, 0].tolist() == [255, 255, 255]
    assert soft[0, 0].tolist() == [0, 0, 4]


def test_each_cluster_opens_with_its_number_and_keeps_to_its_share():
    rng = np.random.default_rng(0)
    labels = np.repeat([4, 9], [50, 3])
    values = rng.random(53)
    found = tiles(values, labels, [9, 4], rng, per_cluster=10, wanted=[17])
    assert [tile.cluster for tile in found if tile.row is None] == [9, 4]
    assert found[0] == Tile(9, None) and found[4] == Tile(4, None)
    rows = [tile.row for tile in found[5:]]
    assert len(rows) == 10 and 17 in rows  # a real image is never left out
    assert np.all(np.diff(values[rows]) >= 0)
    assert np.all(labels[rows] == 4)


def test_tiles_have_their_clusters_border_and_real_ones_that_of_real_data():
    pictures = {5: np.zeros((6, 6, 3), np.uint8), 6: np.ones((6, 6, 3), np.uint8)}
    canvas = compose([Tile(1, None), Tile(1, 5), Tile(1, 6)], pictures, marked=[6], border=2, n_columns=2)
    assert canvas.shape == (20, 20, 3)
    colour = [int(cluster_colour(1)[i : i + 2], 16) for i in (1, 3, 5)]
    assert canvas[5, 5].tolist() == canvas[0, 10].tolist() == colour
    assert canvas[4, 14].tolist() == [0, 0, 0]
    assert canvas[10, 0].tolist() == [int(REAL[i : i + 2], 16) for i in (1, 3, 5)]
    assert canvas[15, 15].tolist() == [255, 255, 255]


def test_neighbouring_clusters_differ_in_hue():
    hues = [
        colorsys.rgb_to_hsv(*(int(cluster_colour(n)[i : i + 2], 16) / 255 for i in (1, 3, 5)))[0] for n in range(21)
    ]
    apart = [min(abs(a - b), 1 - abs(a - b)) for a, b in zip(hues, hues[1:], strict=False)]
    assert min(apart) > 0.08
