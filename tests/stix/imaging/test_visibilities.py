"""Visibilities move with their phase centre and refuse what cannot be imaged."""

from dataclasses import replace

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.imaging.pipeline import to_solar
from flarebook.stix.imaging.source_model import Component, visibilities_of
from flarebook.stix.imaging.visibilities import SUB_COLLIMATORS as GRIDS
from flarebook.stix.imaging.visibilities import Visibilities


def of(sky):
    """Exact visibilities of a sky."""
    value = visibilities_of(sky, GRIDS.u, GRIDS.v)
    return Visibilities(GRIDS.u, GRIDS.v, value, np.full(30, 0.1), GRIDS.label)


def test_seen_from_its_own_place_a_point_has_no_phase():
    seen = of([Component(310.0, -42.0, 2.0, 0.0, 0.0)]).shifted_to((310.0, -42.0))
    np.testing.assert_allclose(seen.value, 2.0, atol=1e-12)
    np.testing.assert_allclose(seen.phase, 0.0, atol=1e-9)


def test_shifting_there_and_back_changes_nothing():
    seen = of([Component(12.0, 30.0, 2.0, 20.0, 10.0, 30.0)])
    moved = seen.shifted_to((100.0, -50.0))
    np.testing.assert_allclose(moved.amplitude, seen.amplitude)
    assert abs(moved.value - seen.value).max() > 0.1
    np.testing.assert_allclose(moved.shifted_to((0, 0)).value, seen.value)


def test_the_solar_axes_see_the_source_where_it_lies_on_the_sun():
    x, y = 310.0, -42.0
    turned = of([Component(x, y, 2.0, 0.0, 0.0)]).in_solar_axes()
    west, north = to_solar(x, y)
    np.testing.assert_allclose(turned.value, visibilities_of([Component(west, north, 2.0, 0, 0)], turned.u, turned.v))
    assert of([Component(0, 0, 1, 0, 0)]).shifted_to((x, y)).in_solar_axes().centre == (west, north)


@pytest.mark.parametrize("name", ["u", "value", "error"])
def test_a_value_that_is_no_number_is_named_by_its_sub_collimator(name):
    seen = of([Component(0, 0, 1, 10, 10)])
    broken = getattr(seen, name).copy()
    broken[3] = np.nan
    with pytest.raises(InputError, match=f"{name} of sub-collimator {GRIDS.label[3]} is NaN or infinite"):
        replace(seen, **{name: broken})


def test_no_visibility_and_columns_of_different_length_are_refused():
    seen = of([Component(0, 0, 1, 10, 10)])
    with pytest.raises(InputError, match="keep at least one sub-collimator"):
        seen.select(np.zeros(30, bool))
    with pytest.raises(InputError, match="differ in length"):
        replace(seen, u=seen.u[:5])
