"""The REAL raster seen by networks that learned from simulated profiles: a demonstration of the chain, no result."""

import numpy as np
import pandas as pd

from flarebook.iris.classifiers.inference import ensemble_scores, n_members, one_member
from flarebook.iris.features.extract import interpolate_profiles
from flarebook.iris.mg2 import GRID
from flarebook.iris.networks.attribution import completeness_error, integrated_gradients, training_mean
from flarebook.iris.networks.autoencoder import reconstruction_errors


def usable_profiles(raster):
    """Profiles of the usable spectra of a raster on the grid, and where they lie.

    Returns profiles (n, 240) float32 and a DataFrame exposure, slit.
    """
    profiles, good = interpolate_profiles(raster.flat()[0], raster.wavelength)
    exposure, slit = (index.ravel() for index in np.indices(raster.quality.shape))
    good &= raster.quality.ravel()
    return profiles[good], pd.DataFrame({"exposure": exposure[good], "slit": slit[good]})


def score_real(profiles, places, weights, autoencoder):
    """Mean score and reconstruction error over the networks: DataFrame exposure, slit, score, error."""
    error = reconstruction_errors(autoencoder, profiles).mean(axis=0)
    return places.assign(score=ensemble_scores(weights, profiles).mean(axis=0), error=error)


def attribute_high_scores(profiles, score, weights, spectra, splits, share=0.05, n_steps=50):
    """Attribution of the highest-scoring share of real profiles, from the simulated AR mean of each network.

    Returns a DataFrame wavelength (Angstrom), mean, high (mean profiles of all and of the highest), attribution, sd
    (mean and spread over networks), and the completeness errors (n_members,).
    """
    high = profiles[score >= np.quantile(score, 1 - share)]
    found = []
    for i in range(n_members(weights)):
        baseline = training_mean(spectra, splits, i)
        found.append(integrated_gradients(one_member(weights, i), high, baseline, n_steps))
    attribution = np.array([values.mean(axis=0) for values, _ in found])
    columns = {"mean": profiles.mean(axis=0), "high": high.mean(axis=0)}
    columns |= {"attribution": attribution.mean(axis=0), "sd": attribution.std(axis=0)}
    return pd.DataFrame({"wavelength": GRID, **columns}), np.array([completeness_error(*one) for one in found])
