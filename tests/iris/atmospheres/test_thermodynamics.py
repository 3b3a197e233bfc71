"""Atmospheres read from the nearest library shapes."""

import numpy as np
import pandas as pd
import pytest

from flarebook.iris.atmospheres import thermodynamics
from flarebook.iris.atmospheres.library import Library, broaden, load_library
from flarebook.iris.mg2 import GRID


@pytest.fixture(scope="module")
def small_library():
    """Every fourth profile of the shipped library."""
    library = load_library()
    return Library(library.profiles[::4], library.wavelength, library.parameters.iloc[::4])


def on_grid(library, rows, speed):
    """Library profiles as an instrument with that macroturbulence shows them."""
    return np.stack([np.interp(GRID, library.wavelength, one) for one in broaden(library.profiles[rows], speed)])


def test_a_library_profile_is_found_with_its_own_atmosphere_whatever_its_brightness(small_library):
    spectra = on_grid(small_library, [3, 20, 50], 7.0) * np.array([[1.0], [40.0], [900.0]])
    found = thermodynamics.nearest_quantities(spectra, GRID, small_library, [], n_nearest=1)
    truth = small_library.parameters.iloc[[3, 20, 50]]
    assert found["low_heating"].to_numpy() == pytest.approx(truth["low_heating"].to_numpy(), rel=1e-5)
    assert found["upflow"].to_numpy() == pytest.approx(truth["velocity"].to_numpy() / 1000, rel=1e-5)
    assert (found["macroturbulence"] == 7.0).all()
    assert (found["shift"] == 0.0).all()
    assert found["covered"].all()


def test_a_shape_that_no_atmosphere_gives_is_not_covered(small_library):
    flat = np.ones((1, len(GRID))) + 0.1 * np.sin(GRID)
    found = thermodynamics.nearest_quantities(flat, GRID, small_library, [])
    assert not found["covered"].any()
    assert found["distance"][0] > 0.3


def test_neighbours_as_diverse_as_the_library_constrain_nothing(small_library):
    rows = thermodynamics.candidate_quantities(
        small_library, pd.DataFrame({"profile": range(20), "shift": 0.0, "macroturbulence": 7.0})
    )
    spread = pd.DataFrame({f"{name}_spread": [0.0, 0.0] for name in rows})
    assert (thermodynamics.constraint(spread, small_library) == 0).all()


def test_a_score_that_follows_the_heating_is_found_through_covered_spectra_alone():
    rng = np.random.default_rng(0)
    n = 900
    heating = rng.random(n)
    covered = np.arange(n) % 3 > 0
    table = pd.DataFrame({name: rng.random(n) for name in thermodynamics.QUANTITIES})
    table = table.assign(low_heating=np.where(covered, heating, 1 - heating), score=heating, slit=np.arange(n))
    table = table.assign(covered=covered, distance=rng.random(n))
    found = thermodynamics.score_relations(table, rng, n_draws=30).set_index("quantity")
    assert found.loc["low_heating", "correlation"] == pytest.approx(1)
    assert found.loc["low_heating", "n"] == 600
    assert found.loc["upflow", "low"] < 0.1
    assert found.loc["upflow", "high"] > -0.1


def test_scores_fall_into_thirds():
    assert thermodynamics.score_groups(np.array([0.1, 0.4, 0.5, 0.9])).tolist() == ["low", "middle", "middle", "high"]


def test_a_group_summary_counts_all_spectra_and_reads_atmospheres_from_covered_ones():
    table = pd.DataFrame({name: [1.0, 9.0] for name in thermodynamics.QUANTITIES})
    table = table.assign(score=[0.9, 0.95], covered=[True, False], distance=[0.01, 0.2])
    high = thermodynamics.group_summary(table).loc["high"]
    assert (high["spectra"], high["covered"], high["low_heating"]) == (2, 0.5, 1.0)
