"""What a pretraining taught, in the terms of its own loss: images drawn again, and pairs told from mixed-up ones."""

import numpy as np
import pandas as pd
import torch
from sklearn.decomposition import PCA

from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.models.embeddings import embed_images, encode_batches
from flarebook.solarchip.models.losses import TERMS as CONTRASTS
from flarebook.solarchip.pretraining.batches import available_channels, select_images
from flarebook.solarchip.pretraining.objective import Objective


@torch.inference_mode()
def reconstruct(model, images, channel, batch_size=64):
    """A channel's images after encoder and decoder, (n, h, w) float32.  images: (n, 11, h, w) scaled."""
    found = encode_batches(model, images[:, CHANNELS.index(channel)], channel, batch_size)
    return torch.cat([model.decode(tokens, channel)[:, 0].cpu() for tokens in found]).numpy()


def explained_variance(model, images):
    """Share of each channel's variance that the drawn images hold: DataFrame channel, explained.

    images: (n, 11, h, w) scaled, of which a channel that is missing on all dates has no row.  1 - mean square error /
    variance about the mean image, so that 0 is what the mean of all dates scores.
    """
    rows = []
    for channel in available_channels(images):
        truth = np.asarray(images[:, CHANNELS.index(channel)], np.float32)
        error = np.mean((reconstruct(model, images, channel) - truth) ** 2)
        rows.append((channel, 1 - error / np.mean((truth - truth.mean(axis=0)) ** 2)))
    return pd.DataFrame(rows, columns=["channel", "explained"])


@torch.inference_mode()
def contrastive_losses(model, images, batch_size=32, seed=1):
    """Contrast terms of true pairs, and of HMI paired with AIA of other dates: DataFrame term, pairs, loss.

    images: (n, 11, h, w) scaled, at least a batch.  Mean over whole batches of dates drawn at random and all AIA
    channels that are there; "chance" is the loss of equal similarities, ln of the number of candidates.
    """
    objective = Objective(model, dict.fromkeys(CONTRASTS, 1.0))
    found, channels = [], available_channels(images)
    order = np.random.default_rng(seed).permutation(len(images))
    for start in range(0, len(images) - batch_size + 1, batch_size):
        dates = order[start : start + batch_size]
        (cls, patches), _ = objective.embed(select_images(images, dates, channels), channels)
        for pairs, moved in (("same date", 0), ("another date", 1)):
            shifted = [torch.cat([part[:, :1], part[:, 1:].roll(moved, dims=0)], dim=1) for part in (cls, patches)]
            terms = objective.contrasts(*shifted)
            found += [(term, pairs, float(value)) for term, value in terms.items()]
    found += [(term, "chance", np.log(patches.shape[2] if term == "intra" else batch_size)) for term in CONTRASTS]
    table = pd.DataFrame(found, columns=["term", "pairs", "loss"])
    return table.groupby(["term", "pairs"], sort=False)["loss"].mean().reset_index()


def patch_colours(model, images, channels, dates, remove_position_mean=False):
    """First three principal components of the projected patches as colours: {channel: (dates, side, side, 3)}, 0 to 1.

    images: (n, 11, h, w) scaled; dates: those to colour; remove_position_mean: subtract the mean over dates of
    each channel and position first.  The components are common to all channels and dates.
    """
    patches = {channel: embed_images(model, images, channel, device="cpu").patches_projected for channel in channels}
    if remove_position_mean:
        patches = {channel: part - part.mean(axis=0) for channel, part in patches.items()}
    every = np.concatenate([part.reshape(-1, part.shape[-1]) for part in patches.values()])
    pca = PCA(3).fit(every)
    low, high = np.percentile(pca.transform(every), [2, 98], axis=0)
    side = round(next(iter(patches.values())).shape[1] ** 0.5)
    colours = {}
    for channel, part in patches.items():
        found = pca.transform(part[dates].reshape(-1, part.shape[-1]))
        colours[channel] = np.clip((found - low) / (high - low), 0, 1).reshape(len(dates), side, side, 3)
    return colours


def variance_components(model, images, channels):
    """What the projected patches vary with: DataFrame channel, place, date, place on a date, shares of their variance.

    images: (n, 11, h, w) scaled.  The two-way analysis of variance: means over dates, means over the patches of a date,
    and what both leave over.
    """
    rows = []
    for channel in channels:
        patches = embed_images(model, images, channel, device="cpu").patches_projected
        patches = patches - patches.mean(axis=(0, 1))
        total = np.mean(patches**2)
        place, date = np.mean(patches.mean(axis=0) ** 2) / total, np.mean(patches.mean(axis=1) ** 2) / total
        rows.append((channel, place, date, 1 - place - date))
    return pd.DataFrame(rows, columns=["channel", "place", "date", "place on a date"])
