"""A variational autoencoder of quiet-Sun profiles, one per split, and the reconstruction error that it leaves."""

from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
from keras import ops
from sklearn.decomposition import PCA

from flarebook.compendium.errors import InputError
from flarebook.iris.classifiers.ensemble import EVALUATION_ROWS, MemberDense
from flarebook.iris.classifiers.splits import TRAIN, VALIDATION, Spectra, Splits, standardisation
from flarebook.iris.mg2 import GRID, PROFILE

NOISE = 0.02  # of a profile, as a share of its peak: the standard deviation that the likelihood assumes


@dataclass(frozen=True)
class AutoencoderConfig:
    """Hold the settings: hidden width, latent numbers, epochs, spectra per step, learning rate of Adam, seed."""

    width: int = 32
    n_latent: int = 4
    epochs: int = 30
    batch_size: int = 128
    learning_rate: float = 2e-3
    seed: int = 0


class MemberAutoencoder(keras.Model):
    """All members: profiles (batch, 240) -> (n_members, batch, 240 + 2 n_latent): reconstruction, mean, log variance.

    In training the latent numbers are drawn from their distribution; otherwise they are its mean.
    """

    def __init__(self, mean, scale, config):
        super().__init__()
        self.mean, self.scale = ops.convert_to_tensor(mean[:, None]), ops.convert_to_tensor(scale[:, None])
        n, n_in = mean.shape
        seeds = (np.random.SeedSequence(config.seed).generate_state(5) >> 1).tolist()
        self.n_latent = config.n_latent
        self.reader = MemberDense(n, config.width, "relu", seeds[0])
        self.latent = MemberDense(n, 2 * config.n_latent, None, seeds[1])
        self.writer = MemberDense(n, config.width, "relu", seeds[2])
        self.output_layer = MemberDense(n, n_in, None, seeds[3])
        self.noise = keras.random.SeedGenerator(seeds[4])
        self(np.zeros((1, n_in), np.float32))  # creates the weights

    def call(self, profiles, training=False):
        hidden = self.latent(self.reader((profiles[None] - self.mean) / self.scale))
        mean, log_variance = hidden[..., : self.n_latent], ops.clip(hidden[..., self.n_latent :], -10.0, 10.0)
        drawn = mean
        if training:
            noise = keras.random.normal(ops.shape(mean), seed=self.noise)
            drawn = mean + ops.exp(0.5 * log_variance) * noise
        reconstruction = self.output_layer(self.writer(drawn)) * self.scale + self.mean
        return ops.concatenate([reconstruction, mean, log_variance], axis=-1)


class MaskedEvidence(keras.losses.Loss):
    """Negative evidence bound of the spectra that a member may learn from (Kingma & Welling 2014, equation 10).

    table: (n_members, n_observations), zero where the observation is not the member's to train on.
    """

    def __init__(self, table, n_latent):
        super().__init__(reduction=None)
        self.table, self.n_latent = ops.convert_to_tensor(np.ascontiguousarray(table.T)), n_latent

    def __call__(self, target, output, sample_weight=None):
        profile, n_in = target[:, :-1], target.shape[1] - 1
        weight = ops.transpose(ops.take(self.table, ops.cast(target[:, -1], "int32"), axis=0))
        mean, log_variance = output[..., n_in : n_in + self.n_latent], output[..., n_in + self.n_latent :]
        misfit = ops.sum(ops.square(output[..., :n_in] - profile[None]), axis=-1) / (2 * NOISE**2)
        divergence = 0.5 * ops.sum(ops.exp(log_variance) + ops.square(mean) - 1 - log_variance, axis=-1)
        each = (misfit + divergence) * weight
        return ops.sum(ops.sum(each, axis=1) / ops.maximum(ops.sum(weight, axis=1), 1e-6))


def quiet_spectra(table):
    """The quiet-Sun rows of a table with whole profiles as Spectra, in the order of their observations.

    Raises InputError when there are none.
    """
    quiet = table[table["region"] == "QS"].sort_values("observation", kind="stable")
    if quiet.empty:
        raise InputError("The table of profiles lacks quiet-Sun observations: simulate or fetch the region QS too.")
    observed = quiet["observation"].astype(str)
    names = tuple(dict.fromkeys(observed))
    code = observed.map({name: i for i, name in enumerate(names)}).to_numpy()
    features, label = quiet[list(PROFILE)].to_numpy(np.float32), np.zeros(len(quiet), np.float32)
    return Spectra(features, label, code, names, np.zeros(len(names), bool), PROFILE)


def split_quiet_sun(spectra, rng, n_splits, n_held_out=5):
    """Draw, for each split, the quiet-Sun observations that are held out to set the threshold; Splits.

    Raises InputError when none is left to learn from.
    """
    n_observations = len(spectra.names)
    if n_observations <= n_held_out:
        raise InputError(f"{n_observations} quiet-Sun observations do not suffice for {n_held_out} held-out ones.")
    role = np.full((n_splits, n_observations), TRAIN, np.int8)
    order = rng.permuted(np.tile(np.arange(n_observations), (n_splits, 1)), axis=1)
    np.put_along_axis(role, order[:, :n_held_out], VALIDATION, axis=1)
    return Splits(role)


def train_autoencoder(spectra, splits, config=AutoencoderConfig()):
    """Train one autoencoder per split on its training observations; a seed gives the same result.

    spectra: of `quiet_spectra`; splits: of `split_quiet_sun`.  Returns the MemberAutoencoder.
    """
    rng = np.random.default_rng(config.seed)
    network = MemberAutoencoder(*standardisation(splits, spectra), config)
    loss = MaskedEvidence((splits.role == TRAIN).astype(np.float32), config.n_latent)
    network.compile(optimizer=keras.optimizers.Adam(config.learning_rate), loss=loss, jit_compile=False)
    target = np.column_stack([spectra.features, spectra.observation]).astype(np.float32)
    size = min(config.batch_size, len(target))
    for _ in range(config.epochs):
        order = rng.permutation(len(target))
        for start in range(0, len(order) - size + 1, size):  # batches of one size need one trace
            rows = order[start : start + size]
            network.train_on_batch(spectra.features[rows], target[rows])
    return network


def reconstruction_errors(network, profiles):
    """Root mean square difference of each profile to its reconstruction, as a share of the peak: (n_members, n)."""
    parts = []
    for start in range(0, len(profiles), EVALUATION_ROWS):
        part = profiles[start : start + EVALUATION_ROWS]
        made = ops.convert_to_numpy(network(part))[..., : profiles.shape[1]]
        parts.append(np.sqrt(np.square(made - part).mean(axis=-1)))
    return np.concatenate(parts, axis=1)


def profile_noise(profiles):
    """Noise of each profile from the differences of points two steps apart, as a share of the peak: (n,).

    Faint profiles, divided by their maximum, are noisy, and no network reconstructs noise.  Stoehr et al. 2008.
    """
    curvature = 2 * profiles[:, 2:-2] - profiles[:, :-4] - profiles[:, 4:]
    return 1.482602 / np.sqrt(6) * np.median(np.abs(curvature), axis=1)


def component_errors(spectra, splits, profiles, n_components):
    """The same with as many principal components of each split's training spectra: the linear reference."""
    errors = []
    for split in range(len(splits)):
        model = PCA(n_components, random_state=0).fit(spectra.features[splits.rows(split, TRAIN, spectra)])
        made = model.inverse_transform(model.transform(profiles))
        errors.append(np.sqrt(np.square(made - profiles).mean(axis=1)))
    return np.array(errors, np.float32)


def example_reconstruction(network, profiles, error, quantile, kind):
    """A profile at a quantile of the errors, with its reconstruction by the first member.

    error: (n,) of that member; kind: name of the example.  Returns a DataFrame kind, wavelength, profile,
    reconstruction.
    """
    index = np.argsort(error)[int(quantile * (len(error) - 1))]
    profile = profiles[index]
    made = ops.convert_to_numpy(network(profile[None]))[0, 0, : len(GRID)]
    return pd.DataFrame({"kind": kind, "wavelength": GRID, "profile": profile, "reconstruction": made})
