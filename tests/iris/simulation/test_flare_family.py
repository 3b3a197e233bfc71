"""A family of flares: onsets of activity over the whole range, spectra that follow each flare's own course."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.iris.atmospheres.library import load_library
from flarebook.iris.classifiers.space_time import ACTIVE_SLIT
from flarebook.iris.observations import find_observation
from flarebook.iris.simulation import flare_family
from flarebook.iris.simulation.observation import load_calibration
from flarebook.iris.simulation.scene import preflare_patches

REGIONS = [(ACTIVE_SLIT, (-80.0, -1.0), 240)]


def drawn(n_flares, seed=0):
    return flare_family.draw_flares(n_flares, load_calibration()["flare_family"], np.random.default_rng(seed))


def simulated(variant, flares, seed=1):
    return flare_family.simulate_family(find_observation("PF 16"), load_library(), flares, variant, seed, REGIONS)


@pytest.mark.parametrize("n_flares", [1, 7, 14])
def test_onsets_of_activity_fall_one_into_each_stratum(n_flares):
    onset = drawn(n_flares)["activity_onset"].to_numpy()
    assert (np.histogram(onset, n_flares, (-80, -10))[0] == 1).all()


def test_the_rise_that_the_paper_sees_is_among_seven_flares():
    onset = drawn(7)["activity_onset"]
    assert onset.between(-60, -50).sum() == 1


def test_activity_sets_in_when_it_was_drawn_to():
    flares = drawn(2, seed=3)
    rows = simulated("drawn", flares)
    for flare, onset in enumerate(flares["activity_onset"]):
        own, late = rows[rows["flare"] == flare], rows[rows["flare"] == flare]["minutes_to_onset"] > onset + 12
        early = own["minutes_to_onset"] < onset - 12
        if early.any():
            assert own[early]["activity"].median() < 0.2
        if late.any():
            assert own[late]["activity"].median() > 0.8


def test_patches_leave_a_part_of_the_core_as_it_was():
    flares = drawn(2, seed=4).assign(activity_onset=-70.0, rise_time=1.0, filling=0.3)
    share = {
        variant: (simulated(variant, flares).query("minutes_to_onset > -60")["activity"] > 0.5).mean()
        for variant in ("drawn", "patchy")
    }
    assert share["drawn"] > 0.95
    assert 0.15 < share["patchy"] < 0.75


def test_without_patches_no_random_number_is_drawn():
    rng, untouched = np.random.default_rng(5), np.random.default_rng(5)
    assert (preflare_patches(rng, (3, 4, 5), None) == 1).all()
    assert rng.random() == untouched.random()


def test_a_family_does_not_depend_on_the_scheduler_and_shares_no_stream_with_other_seeds():
    flares = drawn(2)
    one, again, other = (simulated("placed", flares, seed)["intensity"] for seed in (1, 1, 2))
    assert (one == again).all() and not (one == other).any()


def test_no_flares_and_unknown_variants_are_refused():
    with pytest.raises(InputError, match="n_flares must be at least 1 .got 0"):
        drawn(0)
    with pytest.raises(InputError, match="variant 'late' is unknown: choose one of placed, drawn, patchy"):
        simulated("late", drawn(1))
