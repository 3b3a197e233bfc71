"""The authors' network: its layers, its shortcut, and that training accuracy says nothing."""

import numpy as np
import pytest
import torch

from flarebook.stix.multiple_sources.labelled_set import LabelledSet
from flarebook.stix.multiple_sources.protocols import repeated_folds
from flarebook.stix.multiple_sources.published_network import (
    SourceNetwork,
    authors_network,
    probability,
    train_network,
    watch_training,
)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def noise(n=48, several=12, seed=0):
    """Features that know nothing of the labels."""
    features = np.random.default_rng(seed).normal(size=(n, 20)).astype(np.float32)
    return LabelledSet(features, np.repeat([1, 2], [n - several, several]))


def test_layers_are_those_of_the_published_code():
    dense = sum(a * b + b for a, b in [(512, 512), (512, 256), (256, 256), (256, 256), (256, 2)])
    norms = 2 * (512 + 3 * 256)
    network = SourceNetwork(512)
    assert sum(values.numel() for values in network.parameters()) == dense + norms
    assert network.dropout.p == 0.6


def test_the_third_layer_is_added_to_its_input():
    network, features = SourceNetwork(20).eval(), torch.randn(5, 20)
    with torch.no_grad():
        network.norm[2].weight.zero_()
        network.norm[2].bias.zero_()  # a layer that gives nothing must leave its input as it is
        second = network.layer(1, network.layer(0, features))
        assert torch.allclose(network(features), network.output(network.layer(3, second)))


def test_training_depends_on_its_seed_alone():
    labelled, state = noise(), torch.random.get_rng_state()
    first, again, other = (probability(train_network(labelled, s, 3), labelled.features) for s in (1, 1, 2))
    assert (first == again).all() and not np.allclose(first, other)
    assert (torch.random.get_rng_state() == state).all()  # nobody else's draws change


def test_it_learns_noise_by_heart_and_knows_nothing_of_other_images():
    labelled = noise()
    table, probabilities = watch_training(labelled, labelled.features, seed=1, epochs=60, every=20)
    assert table["epoch"].tolist() == [20, 40, 60] and probabilities.shape == (3, 48)
    assert table["training_accuracy"].iloc[-1] > 0.95
    held_out = repeated_folds(lambda *sets: authors_network(*sets, epochs=30), labelled, 1, seed=1)[0]
    assert np.mean((held_out > 0.5) == labelled.multiple) < 0.85  # "always one source" has .75


def test_a_last_batch_of_one_image_does_no_harm():
    labelled = noise(n=33)
    assert np.isfinite(probability(train_network(labelled, 1, 2), labelled.features)).all()
