"""Networks that give a bag of spectra one score: pooled over its spectra, or read as a sequence of exposures."""

import numpy as np
from keras import Model, layers, ops

from flarebook.iris.classifiers.ensemble import MemberDense

PER_SPECTRUM, MAXIMUM, MEAN, ATTENTION, LSTM, CONVOLUTION = (
    "per spectrum",
    "maximum",
    "mean",
    "attention",
    "LSTM",
    "convolution",
)
POOLINGS = (PER_SPECTRUM, MAXIMUM, MEAN, ATTENTION, LSTM, CONVOLUTION)
LOCATING = (PER_SPECTRUM, MAXIMUM, MEAN, ATTENTION)  # those that say which spectra the score of a bag rests on
ABSENT = -1e9  # logit of a place of the bag without a spectrum


class MemberAttention(layers.Layer):
    """Share of each spectrum in the pooled one: softmax of w tanh(V h) (Ilse, Tomczak & Welling 2018, equation 8)."""

    def __init__(self, n_members, units, seed):
        super().__init__()
        self.inner = MemberDense(n_members, units, "tanh", seed)
        self.outer = MemberDense(n_members, 1, seed=seed + 1)

    def call(self, hidden, present):
        """hidden: (n_members, n_bags, n_spectra, units); present: without the units.  Returns shares of sum 1."""
        logits = on_last(self.outer, on_last(self.inner, hidden))[..., 0]
        return ops.softmax(ops.where(present, logits, ABSENT), axis=-1)


class MemberLSTM(layers.Layer):
    """Long short-term memory of many members; bins without spectra leave its state as it is.

    The gates are those of keras.layers.LSTM with a forget bias of one; a test sets the two side by side.
    """

    def __init__(self, n_members, units, seed):
        super().__init__()
        self.units, self.gates = units, MemberDense(n_members, 4 * units, seed=seed)

    def call(self, sequence, seen):
        """sequence: (n_members, n_bags, n_times, units); seen: without the units.  Returns the last output."""
        state = output = ops.zeros_like(sequence[:, :, 0])
        for time in range(sequence.shape[2]):
            gates = self.gates(ops.concatenate([sequence[:, :, time], output], axis=-1))
            enter, forget, new, leave = ops.split(gates, 4, axis=-1)
            carried = ops.sigmoid(forget + 1) * state + ops.sigmoid(enter) * ops.tanh(new)
            here = seen[:, :, time, None]
            output = ops.where(here, ops.sigmoid(leave) * ops.tanh(carried), output)
            state = ops.where(here, carried, state)
        return output


class MemberConvolution(layers.Layer):
    """One-dimensional convolution over three bins of time, rectified, then the mean over the bins with spectra."""

    def __init__(self, n_members, units, seed):
        super().__init__()
        self.kernel = MemberDense(n_members, units, "relu", seed)

    def call(self, sequence, seen):
        """sequence: (n_members, n_bags, n_times, units); seen: without the units.  Returns the mean output."""
        around = ops.pad(sequence, ((0, 0), (0, 0), (1, 1), (0, 0)))
        n_times = sequence.shape[2]
        joined = ops.concatenate([around[:, :, i : i + n_times] for i in range(3)], axis=-1)
        return masked_mean(on_last(self.kernel, joined), seen)


def on_last(layer, values):
    """A member layer applied to the last axis of (n_members, ..., n_in) values."""
    shape = ops.shape(values)
    out = layer(ops.reshape(values, (shape[0], -1, values.shape[-1])))
    return ops.reshape(out, (*shape[:-1], out.shape[-1]))


def masked_mean(values, mask):
    """Mean of (..., n, units) values over those of the n that the mask (..., n) holds; zero where it holds none."""
    weight = ops.cast(mask, "float32")[..., None]
    return ops.sum(values * weight, axis=-2) / ops.maximum(ops.sum(weight, axis=-2), 1.0)


class BagNetwork(Model):
    """All members of one pooling: values (n_members, n_bags, n_times, n_each, n_features) and present -> logits.

    Each member has bags of its own.  Logits are (n_members, n_bags, 1), or (n_members, n_bags, n_spectra) per spectrum,
    ABSENT where there is none.
    Every pooling has the same layers for a spectrum, drawn from the same seeds.
    """

    def __init__(self, mean, scale, widths, pooling, seed=0):
        super().__init__()
        self.mean, self.scale = ops.convert_to_tensor(mean[:, None]), ops.convert_to_tensor(scale[:, None])
        self.pooling, n_members = pooling, len(mean)
        seeds = (np.random.SeedSequence(seed).generate_state(len(widths) + 2) >> 1).tolist()
        self.hidden = [MemberDense(n_members, width, "relu", s) for width, s in zip(widths, seeds, strict=False)]
        self.head = MemberDense(n_members, 1, seed=seeds[-2])
        pool = {ATTENTION: MemberAttention, LSTM: MemberLSTM, CONVOLUTION: MemberConvolution}.get(pooling)
        self.pool = pool(n_members, widths[-1], seeds[-1]) if pool else None

    def encode(self, values):
        """Hidden values of each spectrum, (n_members, n_bags, n_times, n_each, units)."""
        hidden = (ops.reshape(values, (len(self.mean), -1, values.shape[-1])) - self.mean) / self.scale
        for layer in self.hidden:
            hidden = layer(hidden)
        return ops.reshape(hidden, (*ops.shape(values)[:-1], hidden.shape[-1]))

    def call(self, inputs):
        values, present = inputs
        hidden, flat = self.encode(values), ops.reshape(present, (*ops.shape(present)[:2], -1))
        every = ops.reshape(hidden, (*ops.shape(hidden)[:2], -1, hidden.shape[-1]))
        if self.pooling in (PER_SPECTRUM, MAXIMUM):
            logits = ops.where(flat, on_last(self.head, every)[..., 0], ABSENT)
            return logits if self.pooling == PER_SPECTRUM else ops.max(logits, axis=-1, keepdims=True)
        if self.pooling in (LSTM, CONVOLUTION):
            return self.head(self.pool(masked_mean(hidden, present), ops.any(present, axis=-1)))
        if self.pooling == MEAN:
            return self.head(masked_mean(every, flat))
        return self.head(ops.sum(self.pool(every, flat)[..., None] * every, axis=2))

    def relevance(self, values, present):
        """How much each spectrum counts: its share of the attention, or its own logit; (n_members, n_bags, n_spectra).

        Defined for the poolings of LOCATING.
        """
        hidden, flat = self.encode(values), ops.reshape(present, (*present.shape[:2], -1))
        every = ops.reshape(hidden, (*ops.shape(hidden)[:2], -1, hidden.shape[-1]))
        if self.pooling == ATTENTION:
            return ops.convert_to_numpy(self.pool(every, flat))
        return ops.convert_to_numpy(on_last(self.head, every)[..., 0])

    def weights_per_member(self):
        """Number of weights of one member."""
        return sum(int(np.prod(weight.shape[1:])) for weight in self.trainable_variables)
