"""What ships: four encoders of equal budget that know more of an image than an untrained network and its pixels do."""

import json

import numpy as np
import pytest

from flarebook.encoders import compact_vit
from flarebook.stix.clustering.probes import probe, targets
from flarebook.stix.figures.encoders import shipped_history
from flarebook.stix.simulation.population import draw_events, select_images
from flarebook.stix.simulation.records import records_of
from flarebook.stix.simulation.simulate import prepare, simulate_archive
from scripts.stix import release_encoders
from scripts.stix.simulate_pretraining import SEED

CARD = (compact_vit.FOLDER / release_encoders.RELEASE.card).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shipped():
    """The four shipped networks: {objective: network}."""
    return {objective: compact_vit.load_network(f"{objective}-stix") for objective in compact_vit.OBJECTIVES}


@pytest.fixture(scope="module")
def unseen():
    """240 images of a population that no encoder was trained on, and their records."""
    rng = np.random.default_rng(77)
    chosen = prepare(select_images(draw_events(2000, rng), rng, 240), rng)
    images, truth = simulate_archive(chosen, 77, processes=1)
    return images, records_of(chosen, truth)


def test_all_four_saw_the_same_images_equally_often(shipped):
    for key in ("images_seen", "n_images", "images_sha256", "origin"):
        assert len({network.about[key] for network in shipped.values()}) == 1, key
    settings = [json.loads(network.about["settings"]) for network in shipped.values()]
    assert {one["batch_size"] for one in settings} == {settings[0]["batch_size"]}
    assert all(network.about["origin"] == "simulated" for network in shipped.values())
    assert len({network.about["objective"] for network in shipped.values()}) == 4


def test_the_files_are_small_and_the_card_tells_what_they_say(shipped):
    for objective, network in shipped.items():
        assert compact_vit.weights_file(f"{objective}-stix").stat().st_size < 3_000_000
        assert network.about["images_seen"] in CARD and network.about["images_sha256"] in CARD
        assert f"| {objective}-stix |" in CARD
    assert f"seed {SEED}" in CARD and "Trained on simulated images only" in CARD


def test_no_shipped_encoder_has_collapsed_and_every_loss_fell():
    history = shipped_history()
    assert set(history["objective"]) == set(compact_vit.OBJECTIVES)
    for objective, rows in history.groupby("objective"):
        assert rows["loss"].iloc[-1] < rows["loss"].iloc[0], objective
        assert rows["spread"].iloc[-1] > 0.05 and rows["effective_rank"].iloc[-1] > 3, objective
        assert rows["images_seen"].is_monotonic_increasing


def test_shipped_encoders_tell_artefacts_from_images_far_better_than_chance(shipped, unseen):
    images, records = unseen
    artefact = targets(records)["artefact"]
    chance = artefact.label.mean()
    for objective, network in shipped.items():
        features = compact_vit.features(network, images, compact_vit.pooling_of(objective))
        found = probe(features, artefact, seed=1)
        precision = found[found["score"] == "average_precision"].groupby("probe")["value"].mean()
        assert precision.min() > chance + 0.25, (objective, chance, precision.to_dict())
