"""Back-projection agrees with xrayvision and puts a source where it was."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.imaging.back_projection import WEIGHTS, back_project, point_spread_function
from flarebook.stix.imaging.source_model import Component, visibilities_of
from flarebook.stix.imaging.visibilities import IMAGING, Visibilities
from flarebook.stix.imaging.visibilities import SUB_COLLIMATORS as GRIDS
from flarebook.stix.maps.samples import real_visibilities


def of(sky):
    """Exact visibilities of a sky at the 24 points that make images."""
    u, v = GRIDS.u[IMAGING], GRIDS.v[IMAGING]
    return Visibilities(u, v, visibilities_of(sky, u, v), np.ones(24), GRIDS.label[IMAGING])


@pytest.mark.peers
@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize(("size", "pixel"), [(129, 2.0), (64, 3.5)])
def test_xrayvision_makes_the_same_image_of_the_real_flare(weights, size, pixel):
    imaging = pytest.importorskip("xrayvision.imaging", reason="xrayvisim is not installed (extra `peers`)")
    import astropy.units as units
    from xrayvision.visibility import Visibilities as Theirs

    ours = real_visibilities()
    theirs = Theirs(ours.value * units.ct, u=ours.u / units.arcsec, v=ours.v / units.arcsec)
    shape, scale = [size, size] * units.pix, [pixel, pixel] * units.arcsec / units.pix
    peer = imaging.vis_to_image(theirs, shape=shape, pixel_size=scale, scheme=weights).value
    np.testing.assert_allclose(back_project(ours, size, pixel, weights), peer, atol=1e-12, rtol=0)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_a_source_comes_back_where_it_was_put(weights):
    image = back_project(of([Component(31.0, -12.0, 2.0, 10.0, 10.0)]), 257, 1.0, weights)
    assert np.unravel_index(image.argmax(), image.shape) == (128 - 12, 128 + 31)


def test_a_point_s_image_is_the_dirty_beam_moved_there():
    u, v = GRIDS.u[IMAGING], GRIDS.v[IMAGING]
    beam = point_spread_function(u, v, 65, 2.0)
    moved = back_project(of([Component(10.0, -6.0, 3.0, 0.0, 0.0)]), 65, 2.0)
    np.testing.assert_allclose(moved, 3.0 * beam[35:100, 27:92], atol=1e-12)
    assert beam[64, 64] == beam.max() == pytest.approx(1.0) and np.allclose(beam, beam[::-1, ::-1])


def test_uniform_weights_resolve_what_natural_weights_blur():
    u, v = GRIDS.u[IMAGING], GRIDS.v[IMAGING]
    width = {name: (point_spread_function(u, v, 65, 1.0, name)[64] > 0.5).sum() for name in WEIGHTS}
    assert width["uniform"] < 0.7 * width["natural"]


def test_a_typing_error_in_the_weights_or_an_empty_image_is_refused():
    seen = of([Component(0, 0, 1, 10, 10)])
    with pytest.raises(InputError, match='no weights \'robust\': choose "natural" or "uniform"'):
        back_project(seen, weights="robust")
    with pytest.raises(InputError, match="image of 0 pixels of 1.0 arcsec"):
        back_project(seen, size=0)
    with pytest.raises(InputError, match="129 pixels of -1"):
        back_project(seen, 129, -1)
