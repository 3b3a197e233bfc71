"""Poolings of bags, and member layers beside the Keras layers that they equal."""

import keras
import numpy as np
import pytest
from keras.ops import convert_to_numpy as array

from flarebook.iris.networks.pooling import (
    ATTENTION,
    CONVOLUTION,
    LSTM,
    MAXIMUM,
    MEAN,
    PER_SPECTRUM,
    POOLINGS,
    BagNetwork,
    MemberAttention,
    MemberConvolution,
    MemberLSTM,
    masked_mean,
)


@pytest.fixture
def bags():
    rng = np.random.default_rng(4)
    values = np.tile(rng.normal(size=(1, 5, 4, 3, 10)), (2, 1, 1, 1, 1)).astype(np.float32)
    return values, np.tile(rng.random((1, 5, 4, 3)) < 0.8, (2, 1, 1, 1))


def network(pooling, n_members=2):
    mean = np.zeros((n_members, 10), np.float32)
    return BagNetwork(mean, np.ones_like(mean), (6, 4), pooling, seed=3)


def test_a_member_lstm_is_the_lstm_of_keras():
    sequence = np.random.default_rng(1).normal(size=(1, 3, 5, 4)).astype(np.float32)
    own = MemberLSTM(1, 4, seed=2)
    found = array(own(sequence, np.ones((1, 3, 5), bool)))
    kernel, bias = array(own.gates.kernel)[0], array(own.gates.bias)[0, 0].copy()
    bias[4:8] += 1  # the forget bias, which Keras holds in its weights
    theirs = keras.layers.LSTM(4)
    theirs.build((3, 5, 4))
    theirs.set_weights([kernel[:4], kernel[4:], bias])
    np.testing.assert_allclose(found[0], array(theirs(sequence[0])), atol=1e-5)


def test_a_member_convolution_is_the_convolution_of_keras():
    sequence = np.random.default_rng(1).normal(size=(1, 3, 5, 4)).astype(np.float32)
    own = MemberConvolution(1, 4, seed=2)
    found = array(own(sequence, np.ones((1, 3, 5), bool)))
    theirs = keras.layers.Conv1D(4, 3, padding="same", activation="relu")
    theirs.build((3, 5, 4))
    theirs.set_weights([array(own.kernel.kernel)[0].reshape(3, 4, 4), array(own.kernel.bias)[0, 0]])
    np.testing.assert_allclose(found[0], array(theirs(sequence[0])).mean(axis=1), atol=1e-5)


def test_an_lstm_skips_bins_without_spectra():
    sequence = np.random.default_rng(1).normal(size=(2, 3, 5, 4)).astype(np.float32)
    own, seen = MemberLSTM(2, 4, seed=2), np.array([True, False, True, True, False])
    masked = array(own(sequence, np.tile(seen, (2, 3, 1))))
    shorter = array(own(sequence[:, :, seen], np.ones((2, 3, 3), bool)))
    np.testing.assert_allclose(masked, shorter, atol=1e-6)


def test_attention_shares_sum_to_one_over_the_spectra_that_are_there(bags):
    present = bags[1].reshape(2, 5, -1)
    hidden = np.random.default_rng(1).normal(size=(2, 5, 12, 4)).astype(np.float32)
    share = array(MemberAttention(2, 4, seed=2)(hidden, present))
    np.testing.assert_allclose(share.sum(axis=-1), 1, atol=1e-5)
    assert (share[~present] == 0).all()


def test_the_mean_counts_only_what_the_mask_holds():
    values = np.array([[1.0], [3.0], [100.0]], np.float32)
    assert array(masked_mean(values, np.array([True, True, False])))[0] == pytest.approx(2)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_absent_spectra_do_not_move_a_score(bags, pooling):
    values, present = bags
    one = network(pooling)
    changed = np.where(present[..., None], values, 50).astype(np.float32)
    np.testing.assert_allclose(array(one([values, present])), array(one([changed, present])), rtol=1e-5)


@pytest.mark.parametrize("pooling", [PER_SPECTRUM, MAXIMUM, MEAN, ATTENTION])
def test_pooled_scores_do_not_depend_on_the_order_of_time(bags, pooling):
    values, present = bags
    one = network(pooling)
    forward, backward = array(one([values, present])), array(one([values[:, :, ::-1], present[:, :, ::-1]]))
    np.testing.assert_allclose(forward.max(axis=-1), backward.max(axis=-1), atol=1e-5)


@pytest.mark.parametrize("pooling", [LSTM, CONVOLUTION])
def test_sequence_models_do(bags, pooling):
    values, present = bags
    one = network(pooling)
    change = array(one([values, present])) - array(one([values[:, :, ::-1], present[:, :, ::-1]]))
    assert np.abs(change).max() > 1e-3


def test_the_maximum_is_the_highest_logit_per_spectrum(bags):
    logits, highest = (array(network(pooling)(list(bags))) for pooling in (PER_SPECTRUM, MAXIMUM))
    np.testing.assert_allclose(logits.max(axis=-1), highest[..., 0], atol=1e-6)


def test_the_models_differ_little_in_size(bags):
    sizes = {}
    for pooling in POOLINGS:
        one = network(pooling)
        one(list(bags))
        sizes[pooling] = one.weights_per_member()
    assert sizes[PER_SPECTRUM] == sizes[MAXIMUM] == sizes[MEAN] == 10 * 6 + 6 + 6 * 4 + 4 + 4 + 1
    assert sizes[LSTM] - sizes[MEAN] == 4 * (4 + 4 + 1) * 4
