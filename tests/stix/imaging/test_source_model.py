"""A model sky's visibilities are the Fourier transform of its image."""

import numpy as np
import pytest

from flarebook.stix.imaging.back_projection import to_visibilities, waves
from flarebook.stix.imaging.source_model import Component, loop, moved, render, total_flux, visibilities_of
from flarebook.stix.imaging.visibilities import SUB_COLLIMATORS as GRIDS

SKIES = {
    "ellipse": [Component(8.0, -5.0, 3.0, 24.0, 12.0, 35.0)],
    "two": [Component(-22.0, 10.0, 0.6, 12.0, 12.0), Component(24.0, -14.0, 0.4, 14.0, 9.0, 120.0)],
    "loop": moved(loop(60.0, 12.0, 40.0, 140.0), 3.0, -4.0),
}


@pytest.mark.parametrize("sky", SKIES.values(), ids=SKIES)
def test_formula_and_image_have_the_same_visibilities(sky):
    image = render(sky, 257, 1.0)
    seen = to_visibilities(image, waves(GRIDS.u, GRIDS.v, 257, 1.0))
    np.testing.assert_allclose(seen, visibilities_of(sky, GRIDS.u, GRIDS.v), atol=1e-6 * total_flux(sky))
    assert image.sum() == pytest.approx(total_flux(sky), rel=1e-6)


def test_a_wide_source_is_invisible_to_fine_grids_and_a_point_to_none():
    wide = abs(visibilities_of([Component(0, 0, 1, 60.0, 60.0)], GRIDS.u, GRIDS.v))
    assert wide[GRIDS.level <= 4].max() < 0.01 < 0.5 < wide[GRIDS.level == 10].min()
    np.testing.assert_allclose(abs(visibilities_of([Component(5, 9, 1, 0, 0)], GRIDS.u, GRIDS.v)), 1.0)


def test_a_loop_stands_on_two_feet_and_keeps_its_flux():
    parts = loop(60.0, 12.0, 0.0, 120.0)
    assert total_flux(parts) == pytest.approx(1.0)
    assert parts[-1].x - parts[0].x == pytest.approx(60.0) and parts[-1].y == pytest.approx(parts[0].y)
    assert parts[4].y > parts[0].y + 10 and parts[4].flux == max(part.flux for part in parts)


def test_moving_a_sky_turns_its_phases_only():
    sky = SKIES["two"]
    there = visibilities_of(moved(sky, 30.0, -7.0), GRIDS.u, GRIDS.v)
    turn = np.exp(2j * np.pi * (30.0 * GRIDS.u - 7.0 * GRIDS.v))
    np.testing.assert_allclose(there, visibilities_of(sky, GRIDS.u, GRIDS.v) * turn)
