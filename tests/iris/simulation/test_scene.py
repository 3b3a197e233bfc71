"""Smooth random fields and the scene they make."""

import numpy as np
import pytest

from flarebook.iris import observations
from flarebook.iris.simulation import scene as fields
from flarebook.iris.simulation.observation import load_calibration


def scene(name, seed=0, start=-26.0):
    rng = np.random.default_rng(seed)
    return fields.build_scene(observations.find_observation(name), start, -1.0, load_calibration(), ("velocity",), rng)


def test_smooth_field_has_unit_variance_and_the_correlation_asked_for():
    field = fields.smooth_field(np.random.default_rng(0), (400, 400), (0, 5))
    assert field.mean() == pytest.approx(0, abs=1e-3)
    assert field.std() == pytest.approx(1, abs=1e-3)
    along, across = (np.mean(field * np.roll(field, 5, axis)) for axis in (1, 0))
    assert along == pytest.approx(np.exp(-0.25), abs=0.05)  # of Gaussian smoothing, one sigma away
    assert abs(across) < 0.1


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_covering_takes_the_share_asked_for(share):
    member = fields.covering(fields.smooth_field(np.random.default_rng(1), (200, 200), 4), share)
    assert (member > 0.5).mean() == pytest.approx(share, abs=0.01)


def test_pre_flare_state_rises_about_35_minutes_before_onset():
    course = fields.preflare_course(np.array([-80.0, -50.0, -36.0, -20.0, -1.0]), load_calibration())
    assert course[0] < 0.01 and course[1] < 0.05
    assert course[2] == pytest.approx(0.5)
    assert 0.9 < course[3] < course[4]


def test_only_pre_flare_observations_have_a_pre_flare_state():
    assert not scene("AR 1").maps["preflare"].any()
    assert scene("PF 1").maps["preflare"].mean() > 0.3


def test_core_of_the_x1_6_flare_lies_at_slit_pixels_400_to_700():
    drawn = scene("PF 16")
    core = drawn.maps["core"][0, 0]
    pixel = drawn.y / observations.SLIT_PIXEL
    assert core[(pixel > 450) & (pixel < 650)].mean() > 0.9 > core[pixel < 200].mean()


def test_quiet_sun_has_no_core_and_no_spot():
    maps = scene("QS 4").maps
    assert not maps["core"].any() and not maps["umbra"].any()


def test_sampling_a_map_on_its_grid_gives_the_map():
    drawn = scene("PF 15")
    values = drawn.sample("velocity texture", drawn.minutes[3], drawn.x[2], drawn.y[:50])
    np.testing.assert_allclose(values, drawn.maps["velocity texture"][3, 2, :50], atol=1e-4)
