"""Simulated images show what was put in, fail as the instrument fails, and do not depend on who computes them."""

import numpy as np
import pandas as pd
import pytest

from flarebook.stix.simulation import artefacts, population, simulate
from flarebook.stix.simulation.records import records_of
from flarebook.stix.simulation.simulate import LABELLED, prepare_expert_set, simulate_archive, simulate_image

EVENT = {
    "kind": "compact",
    "band": "4-10",
    "distance": 0.7,
    "x": 300.0,
    "y": -200.0,
    "counts_per_detector": 5000.0,
    "background_per_detector": 135.0,
    "exposure": 60.0,
    "phase_error": 4.0,
    "amplitude_error": 0.03,
    "n_dead": 0,
    "background_scale": 1.0,
    "offset": 0.0,
    "width": np.nan,
    "second_flux": 0.0,
    "switched": False,
    "blank": "",
}


@pytest.fixture(scope="module")
def chosen():
    rng = np.random.default_rng(2)
    events = population.select_images(population.draw_events(4_000, rng), rng, 700)
    return simulate.prepare(events, rng)


@pytest.fixture(scope="module")
def archive(chosen):
    few = chosen.head(90)
    images, truth = simulate_archive(few, 5, processes=1)
    return few, images, truth


def test_a_bright_compact_flare_is_found_and_mapped():
    made = simulate_image(EVENT, 1)
    assert made.truth["centre_error"] < 15
    assert made.truth["fidelity"] > 0.9
    assert made.truth["n_sources"] == 1
    row, column = np.unravel_index(made.image.argmax(), made.image.shape)
    assert np.hypot(row - 88, column - 88) < 20
    assert (made.image.min(), made.image.max()) == (0, 255)


def test_the_map_has_the_archives_axes():
    """A map centred 50 arcsec off shows the flare where solar x (west) and y (north) say."""
    event = EVENT | {"offset": 50.0}
    made = simulate_image(event, 3)
    row, column = np.unravel_index(made.image.argmax(), made.image.shape)
    assert column - 88 == pytest.approx(event["x"] - made.truth["map_x"], abs=8)
    assert row - 88 == pytest.approx(event["y"] - made.truth["map_y"], abs=8)


def test_the_peak_grows_with_the_counts():
    bright = simulate_image(EVENT | {"counts_per_detector": 50_000.0}, 1).truth["peak_flux"]
    assert bright == pytest.approx(10 * simulate_image(EVENT, 1).truth["peak_flux"], rel=0.1)


@pytest.mark.parametrize(
    "fault",
    [
        {"counts_per_detector": 15.0},
        {"offset": 200.0},
        {"width": 150.0, "kind": "extended"},
        {"background_scale": 6.0, "counts_per_detector": 300.0},
        {"phase_error": 60.0},
        {"second_flux": 1.0},
    ],
    ids=lambda fault: next(iter(fault)),
)
def test_a_fault_costs_fidelity(fault):
    sound = [simulate_image(EVENT, seed).truth["fidelity"] for seed in range(4)]
    faulty = [simulate_image(EVENT | fault, seed).truth["fidelity"] for seed in range(4)]
    assert np.mean(faulty) < np.mean(sound) - 0.08


def test_a_flare_outside_the_field_leaves_no_source():
    made = simulate_image(EVENT | {"offset": 230.0}, 1)
    assert made.truth["n_sources"] == 0


@pytest.mark.parametrize("kind", ["blank", "constant", "not a number"])
def test_a_failed_product_is_flagged(kind):
    made = simulate_image(EVENT | {"blank": kind}, 1)
    assert made.truth["flag"] == kind
    assert made.truth["n_sources"] == 0 and not made.image.any()


@pytest.mark.slow
def test_the_result_does_not_depend_on_the_number_of_processes(archive):
    few, images, truth = archive
    again, truth_again = simulate_archive(few, 5, processes=2)
    np.testing.assert_array_equal(images, again)
    pd.testing.assert_frame_equal(truth, truth_again)


def test_records_name_a_reason_for_each_image_left_out(archive):
    few, _, truth = archive
    records = records_of(few, truth)
    assert ((records["artefact"] == "none") == ~records["is_artefact"]).all()
    for name, row in records[records["is_artefact"]].iterrows():
        flags = [cause for cause in artefacts.ARTEFACTS if row[f"artefact_{cause}"]]
        assert row["artefact"] == (flags[0] if flags else "low_counts"), name
    assert records["name"].is_unique and records["image_id"].str.fullmatch(r"\d{10}").all()
    assert ((records["kind"] == "nothing in the field") == (records["n_sources"] == 0)).all()


def test_about_half_of_the_images_are_kept(archive):
    few, _, truth = archive
    assert 0.3 < records_of(few, truth)["is_artefact"].mean() < 0.7


def test_a_clean_map_is_kept_in_spite_of_a_fault():
    causes = pd.DataFrame({name: [False, False] for name in artefacts.ARTEFACTS} | {"phase_error": [True, True]})
    outcome = pd.DataFrame({"fidelity": [0.95, 0.4], "band": ["4-10", "4-10"], "extent": [20.0, 20.0]})
    bad, reason = artefacts.assess(causes, outcome)
    assert bad.tolist() == [False, True] and reason.tolist() == ["none", "phase_error"]


def test_false_visibilities_vanish_with_the_right_background():
    labels = ["3a", "10c"]
    assert not artefacts.false_visibilities(labels, 1.0, 100.0, 50.0, 1.0).any()
    twice, thrice = (artefacts.false_visibilities(labels, scale, 100.0, 50.0, 1.0) for scale in (2.0, 3.0))
    np.testing.assert_allclose(thrice, 2 * twice)


def test_the_labelled_set_has_the_posters_counts(chosen):
    rng = np.random.default_rng(3)
    events = population.select_images(population.draw_events(20_000, rng), rng, 2_000)
    small = {1: 12, 2: 5, 3: 1, 4: 1}
    wanted = prepare_expert_set(events, rng, small)
    images, truth = simulate_archive(wanted, 4, processes=1)
    assert truth["n_sources"].value_counts().to_dict() == small
    assert truth["fidelity"].min() > 0.8 and truth["centre_error"].max() == 0
    assert sum(LABELLED.values()) == 163
