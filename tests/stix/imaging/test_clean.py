"""CLEAN keeps its books: what it takes from the dirty image, it gives to the components."""

import numpy as np
import pytest
from scipy.signal import fftconvolve

from flarebook.compendium.errors import InputError
from flarebook.stix.imaging.back_projection import back_project, point_spread_function
from flarebook.stix.imaging.clean import beam_area, clean
from flarebook.stix.imaging.forward_model import Conditions, simulate_visibilities
from flarebook.stix.imaging.pipeline import clean_archive
from flarebook.stix.imaging.source_model import Component
from flarebook.stix.imaging.visibilities import IMAGING
from flarebook.stix.imaging.visibilities import SUB_COLLIMATORS as GRIDS
from flarebook.stix.maps.samples import real_archive_map

U, V = GRIDS.u[IMAGING], GRIDS.v[IMAGING]
TWO = [Component(-40.0, 12.0, 0.6, 8.0, 8.0), Component(30.0, -24.0, 0.4, 8.0, 8.0)]

PERFECT = Conditions(amplitude_error=0.0, phase_error=0.0)


def dirty_image(sky, size=129, pixel=2.0, counts=1e5):
    """Dirty image of an observed sky and its beam."""
    seen = simulate_visibilities(sky, counts, np.random.default_rng(1), PERFECT)[0]
    seen = seen.select(IMAGING)
    return back_project(seen, size, pixel), point_spread_function(seen.u, seen.v, size, pixel)


def test_components_seen_through_the_beam_and_the_residual_add_up_to_the_dirty_image():
    dirty, beam = dirty_image(TWO)
    made = clean(dirty, beam, 2.0)
    seen = fftconvolve(made.components, beam, mode="same")
    np.testing.assert_allclose(seen + made.residual * beam_area(), dirty, atol=1e-10)


def test_flux_is_kept():
    dirty, beam = dirty_image(TWO)
    made = clean(dirty, beam, 2.0)
    assert made.convolved.sum() * 2.0**2 == pytest.approx(made.components.sum(), rel=1e-6)
    assert made.components.sum() == pytest.approx(1.0, abs=0.05)
    np.testing.assert_array_equal(made.image, made.convolved + made.residual)


def test_both_sources_come_back_in_place_with_their_share():
    dirty, beam = dirty_image(TWO)
    components = clean(dirty, beam, 2.0).components
    for part in TWO:
        row, column = round(64 + part.y / 2), round(64 + part.x / 2)
        near = components[row - 6 : row + 7, column - 6 : column + 7]
        offset = np.array([np.average(np.arange(13) - 6, weights=near.sum(axis=axis)) for axis in (0, 1)]) * 2
        assert near.sum() == pytest.approx(part.flux, abs=0.06) and abs(offset).max() < 1.5


def test_it_stops_when_the_deepest_negative_outgrows_the_highest_peak():
    dirty, beam = dirty_image(TWO, counts=200.0)
    made = clean(dirty, beam, 2.0, n_iterations=5000)
    assert made.n_iterations < 5000 and -made.residual.min() > made.residual.max()
    assert clean(dirty, beam, 2.0, n_iterations=3).n_iterations == 3
    blank = clean(np.zeros((129, 129)), beam, 2.0)
    assert blank.n_iterations == 0 and not blank.image.any()


def test_the_given_dirty_image_is_left_alone():
    dirty, beam = dirty_image(TWO)
    before = dirty.copy()
    clean(dirty, beam, 2.0)
    np.testing.assert_array_equal(dirty, before)


def test_sizes_that_do_not_fit_and_broken_images_are_refused():
    dirty, beam = dirty_image(TWO)
    with pytest.raises(InputError, match=r"dirty image of \(129, 129\) needs a beam of \(257, 257\), not \(129, 129\)"):
        clean(dirty, beam[:129, :129], 2.0)
    with pytest.raises(InputError, match="not numbers"):
        clean(np.where(dirty == dirty.max(), np.nan, dirty), beam, 2.0)
    with pytest.raises(InputError, match="gain of 0"):
        clean(dirty, beam, 2.0, gain=0)


@pytest.mark.peers
def test_xrayvision_s_clean_agrees():
    peer = pytest.importorskip("xrayvision.clean", reason="xrayvisim is not installed (extra `peers`)")
    import astropy.units as units

    dirty, beam = dirty_image(TWO, size=65, pixel=4.0)
    scale, width = [4.0, 4.0] * units.arcsec / units.pix, 20 * units.arcsec
    image, model, _ = peer.clean(dirty, beam, scale, clean_beam_width=width, gain=0.1, niter=60)
    ours = clean(dirty, beam, 4.0, n_iterations=60)
    np.testing.assert_allclose(ours.components, model, atol=1e-12)
    assert np.corrcoef(ours.image.ravel(), np.asarray(image).ravel())[0, 1] > 0.9999


def test_our_clean_of_the_archive_s_back_projection_is_the_archive_s_clean():
    archive = real_archive_map()
    if archive is None:
        pytest.skip("needs FLAREBOOK_MIRROR with the archive's CLEAN file of 2021-11-01")
    ours, theirs = clean_archive(archive), archive.hdus
    assert np.corrcoef(ours.image.ravel(), theirs["clean"].ravel())[0, 1] > 0.97
    assert ours.components.sum() == pytest.approx(theirs["components"].sum(), rel=0.1)
    assert ours.image.max() == pytest.approx(theirs["clean"].max(), rel=0.1)
    assert ours.residual.std() == pytest.approx(theirs["residual"].std(), rel=0.1)
    wrong = clean(theirs["back_projection"] * beam_area(), point_spread_function(U, V, 257, 1.0))
    assert np.corrcoef(wrong.image.ravel(), theirs["clean"].ravel())[0, 1] < 0.8  # the axes are turned by 90 degrees
