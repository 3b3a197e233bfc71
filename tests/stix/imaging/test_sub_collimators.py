"""The grids cover ten resolutions, three orientations each."""

import numpy as np
import pytest

from flarebook.stix.imaging.visibilities import COARSE, IMAGING, SUB_COLLIMATORS


def test_ten_levels_of_three_grids_resolve_7_to_180_arcsec():
    resolution = [SUB_COLLIMATORS.resolution[SUB_COLLIMATORS.level == level] for level in range(1, 11)]
    assert [len(values) for values in resolution] == [3] * 10 and np.ptp(resolution, axis=1).max() < 10
    means = np.mean(resolution, axis=1)
    assert means[0] == pytest.approx(7.1, abs=0.1) and means[9] == pytest.approx(175, abs=5)
    np.testing.assert_allclose(means[1:] / means[:-1], 1.43, atol=0.06)


def test_the_three_grids_of_a_level_are_turned_by_60_degrees():
    for level in range(1, 11):
        grids = SUB_COLLIMATORS.level == level
        angles = np.sort(np.degrees(np.arctan2(SUB_COLLIMATORS.v, SUB_COLLIMATORS.u))[grids] % 180)
        np.testing.assert_allclose(np.diff(angles), 60, atol=6)


def test_24_make_images_and_12_find_the_flare():
    assert IMAGING.sum() == 24 and (SUB_COLLIMATORS.level >= COARSE).sum() == 12
    assert SUB_COLLIMATORS.resolution[IMAGING].min() == pytest.approx(14.7, abs=0.2)
    assert SUB_COLLIMATORS.resolution[SUB_COLLIMATORS.level >= COARSE].min() > 60
