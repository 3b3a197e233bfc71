"""Sources have the number of parts and the sizes that their kind says."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.imaging.source_model import Component, total_flux
from flarebook.stix.simulation.simulate import extent
from flarebook.stix.simulation.source_kinds import KINDS, draw_source


@pytest.mark.parametrize("kind", KINDS)
def test_flux_is_one_and_the_count_fits_the_kind(kind):
    rng = np.random.default_rng(0)
    counts = set()
    for _ in range(20):
        sky, count = draw_source(kind, "16-28", 0.7, rng)
        assert total_flux(sky) == pytest.approx(1)
        counts.add(count)
    assert counts == {"two footpoints": {2}, "two sources": {2}, "several sources": {3, 4}}.get(kind, {1})


def test_soft_sources_have_a_wide_faint_component():
    hard, _ = draw_source("compact", "16-28", 0.7, np.random.default_rng(3))
    soft, _ = draw_source("compact", "4-10", 0.7, np.random.default_rng(3))
    assert len(soft) == len(hard) + 1
    assert soft[-1].fwhm_major > 30 and soft[-1].flux < 0.34


def test_sources_look_larger_from_nearby():
    far, near = (draw_source("extended", "16-28", au, np.random.default_rng(1))[0] for au in (0.9, 0.3))
    assert near[0].fwhm_major == pytest.approx(3 * far[0].fwhm_major)


def test_footpoints_are_farther_apart_than_the_beam():
    rng = np.random.default_rng(5)
    for _ in range(50):
        (a, b), _ = draw_source("two footpoints", "16-28", 1.0, rng)
        assert np.hypot(a.x - b.x, a.y - b.y) >= 24 - 1e-9


def test_extent_of_an_ellipse_and_of_a_pair():
    assert extent([Component(5, -3, 1.0, 30, 20, 40)]) == pytest.approx(np.sqrt(30 * 20), rel=1e-3)
    line = [Component(-20, 0, 0.5, 10, 10), Component(20, 0, 0.5, 10, 10)]  # 10 across, 40 / 2 * 2.355 and 10 along
    assert extent(line) == pytest.approx(np.sqrt(10 * np.hypot(10, 2.3548 * 20)), rel=1e-2)


def test_unknown_kind_is_refused():
    with pytest.raises(InputError, match="no kind of source 'jet'"):
        draw_source("jet", "4-10", 0.7, np.random.default_rng(0))
