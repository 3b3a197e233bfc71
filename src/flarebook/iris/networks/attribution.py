"""What a trained network reads in a whole profile: integrated gradients, and what hiding a part of the line costs."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from flarebook.iris.classifiers.inference import ensemble_scores, n_members, one_member
from flarebook.iris.classifiers.splits import POSITIVE, TEST, TRAIN
from flarebook.iris.mg2 import GRID, H_CORE, K_CORE, TRIPLET

CORE, WING, TRIPLET_HALF = 0.35, 1.5, 0.25  # Angstrom from the line's centre
BANDS = ("k core", "k wings", "triplet", "between k and h", "h core", "h wings", "outside")


def band_of_wavelength(wavelength=GRID):
    """Name of the part of the line that each wavelength (n,) in Angstrom lies in, one of BANDS."""
    names = np.full(len(wavelength), "outside", dtype=object)
    names[(wavelength > K_CORE) & (wavelength < H_CORE)] = "between k and h"
    for line, core in (("k", K_CORE), ("h", H_CORE)):
        names[np.abs(wavelength - core) <= WING] = f"{line} wings"
        names[np.abs(wavelength - core) <= CORE] = f"{line} core"
    names[np.abs(wavelength - TRIPLET) <= TRIPLET_HALF] = "triplet"
    return names


def logits_and_gradients(weights, values):
    """Logit of one network, and its gradient with respect to the unstandardised inputs.

    weights: of `one_member`; values: (n, n_features).  Returns logit (n,) and gradient (n, n_features).  Rectified
    layers make the network piecewise linear, so that the gradient is a product of matrices.
    """
    layers = sorted({name.split("/")[0] for name in weights if name.startswith("dense_")})
    kernels = [weights[f"{name}/kernel"][0].astype(float) for name in layers]
    hidden, open_ = (values - weights["mean"][0]) / weights["scale"][0], []
    for name, kernel in zip(layers, kernels, strict=True):
        hidden = hidden @ kernel + weights[f"{name}/bias"][0]
        if name != layers[-1]:
            open_.append(hidden > 0)
            hidden = hidden * open_[-1]
    gradient = np.broadcast_to(kernels[-1][:, 0], (len(values), len(kernels[-1])))
    for kernel, passed in zip(kernels[-2::-1], open_[::-1], strict=True):
        gradient = (gradient * passed) @ kernel.T
    return hidden[:, 0], gradient / weights["scale"][0]


def integrated_gradients(weights, values, baseline, n_steps=50):
    """Share of each input in the difference of logits between values and a baseline.

    weights: of `one_member`; values: (n, n_features); baseline: (n_features,); n_steps: points along the straight path.
    Returns attribution (n, n_features) and the difference of logits (n,), to which the former sums but for the finite
    number of steps.  Sundararajan, Taly & Yan 2017, equations 1 and 3.
    """
    path = values - baseline
    total = np.zeros(values.shape)
    for step in (np.arange(n_steps) + 0.5) / n_steps:
        total += logits_and_gradients(weights, baseline + step * path)[1]
    difference = logits_and_gradients(weights, values)[0] - logits_and_gradients(weights, baseline[None])[0]
    return path * total / n_steps, difference


def completeness_error(attribution, difference):
    """How far the attributions miss the difference of logits, root mean square as a share of that of the difference."""
    missed = attribution.sum(axis=1) - difference
    return float(np.sqrt((missed**2).mean() / (difference**2).mean()))


def training_mean(spectra, splits, split, label=0):
    """Mean input over the training spectra of one class and split, (n_features,): AR by default, the baseline here."""
    rows = splits.rows(split, TRAIN, spectra)
    return spectra.features[rows[spectra.label[rows] == label]].mean(axis=0)


def attribute_tests(weights, spectra, splits, rng, number=200, n_steps=50):
    """Integrated gradients of tested spectra of both classes, by each network of an ensemble from its AR mean.

    number: spectra per class and network.  Returns a DataFrame split, region and one column per wavelength (Angstrom),
    the mean attribution; and the completeness errors (n_members,).
    """
    rows, errors = [], []
    for i in range(n_members(weights)):
        one, baseline, test = one_member(weights, i), training_mean(spectra, splits, i), splits.rows(i, TEST, spectra)
        found = []
        for label, region in ((1, POSITIVE), (0, "AR")):
            mine = rng.permutation(test[spectra.label[test] == label])[:number]
            attribution, difference = integrated_gradients(one, spectra.features[mine], baseline, n_steps)
            rows.append(pd.Series(attribution.mean(axis=0), index=spectra.columns, name=(i, region)))
            found.append((attribution, difference))
        errors.append(completeness_error(*map(np.concatenate, zip(*found, strict=True))))
    table = pd.DataFrame(rows)
    table.index = pd.MultiIndex.from_tuples(table.index, names=["split", "region"])
    return table.reset_index(), np.array(errors)


def band_shares(table):
    """Share of each part of the line in the attribution that separates PF from AR, and in the number of wavelengths.

    table: of `attribute_tests`.  The attribution of AR spectra is taken from that of PF ones first.  Returns a
    DataFrame split, band, share (of the sum over wavelengths, signed, so that a split's shares sum to one), width.
    """
    wide = table.set_index(["region", "split"])
    change = wide.loc[POSITIVE] - wide.loc["AR"]
    bands = band_of_wavelength()
    shares = change.T.groupby(bands).sum().T.div(change.sum(axis=1), axis=0)
    tidy = shares.rename_axis(columns="band").stack().rename("share").reset_index()
    return tidy.assign(width=tidy["band"].map(pd.Series(bands).value_counts(normalize=True)))


def hidden_bands(weights, spectra, splits):
    """Loss of AUC when a part of the line is replaced by the AR mean in all test spectra: a check of the attribution.

    Returns a DataFrame split, band, loss.  Unlike a gradient it measures what the network does without that part.
    """
    rows, bands = [], band_of_wavelength()
    for i in range(n_members(weights)):
        test, one, mean = splits.rows(i, TEST, spectra), one_member(weights, i), training_mean(spectra, splits, i)
        values, label = spectra.features[test], spectra.label[test]
        full = roc_auc_score(label, ensemble_scores(one, values)[0])
        for band in BANDS:
            hidden = np.where(bands == band, mean, values)
            rows.append((i, band, full - roc_auc_score(label, ensemble_scores(one, hidden)[0])))
    return pd.DataFrame(rows, columns=["split", "band", "loss"])


def summarise_bands(shares, losses):
    """Means and spreads over splits of `band_shares` and `hidden_bands`: one row a band, the largest share first.

    Returns a DataFrame band, share, share_sd, width, loss, loss_sd.
    """
    share = shares.groupby("band").agg(share=("share", "mean"), share_sd=("share", "std"), width=("width", "mean"))
    loss = losses.groupby("band").agg(loss=("loss", "mean"), loss_sd=("loss", "std"))
    return share.join(loss).sort_values("share", ascending=False).reset_index()
