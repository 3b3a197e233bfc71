"""All scores of one encoder: retrieval, places, geometry and probes, averaged over AIA channels and directions."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.evaluation import feature_geometry
from flarebook.solarchip.datasets.archive import origin_of
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.grid import HALF_WIDTH
from flarebook.solarchip.models.embeddings import Embedding, embed_images, pool_tokens
from flarebook.solarchip.representation import linear_probes, retrieval

HELD_OUT = ("validation", "test")  # nothing is chosen by these scores, so that both parts count
HEADLINE = "mapped recall@1, neighbouring days"
MEAN_PROBE = "linear probe, mean"
STRENGTH = "|B| blocks"  # the reference that needs no learning at all
COLUMNS = ["score", "value", "chance"]


@dataclass(frozen=True)
class EvaluationSet:
    """Scaled images, their dates, the targets of the probes, and which dates train them."""

    images: np.ndarray  # (n, 11, h, w) scaled
    times: np.ndarray  # (n,)
    targets: pd.DataFrame  # of linear_probes.probe_targets
    train: np.ndarray  # (n,) bool
    held_out: np.ndarray  # (n,) bool
    origin: str = "unknown"  # of the images


def build_evaluation_set(images, days, magnetograms):
    """EvaluationSet of an archive of notebook 1.

    images: (n, 11, h, w) scaled; days: its table; magnetograms: (n, h, w), G.  Raises InputError when no date is held
    out, or none is left to learn from.
    """
    train, held_out = days["split"].eq("train").to_numpy(), days["split"].isin(HELD_OUT).to_numpy()
    if min(train.sum(), held_out.sum()) < 2:
        raise InputError(f"{len(days)} dates leave too few to learn from or to be asked about: take a longer series")
    targets = linear_probes.probe_targets(days.reset_index(drop=True), magnetograms)
    return EvaluationSet(images, days["time"].to_numpy(), targets, train, held_out, origin_of(days))


def score_model(model, dates, channels, batch_size=64, device="auto"):
    """All scores of one model: DataFrame score, value, chance (missing where chance has no value).

    model: SolarChip; dates: EvaluationSet; channels: AIA channels set against HMI, the more the slower.
    """
    hmi = embed_images(model, dates.images, "hmi", batch_size, device)
    aia = {channel: embed_images(model, dates.images, channel, batch_size, device) for channel in channels}
    return score_features(hmi, aia, dates)


def score_features(hmi, aia, dates):
    """All scores from the features: as `score_model`.

    hmi: Embedding of all dates; aia: {channel: Embedding}.
    """
    kinds = (recall_rows, position_rows, geometry_rows)
    pairs = pd.DataFrame(
        [row for other in aia.values() for rows in kinds for row in rows(hmi, other, dates)], columns=COLUMNS
    )
    pairs = pairs.groupby("score", sort=False)[["value", "chance"]].mean().reset_index()
    probes = pd.DataFrame(probe_rows(hmi, aia, dates), columns=COLUMNS)
    means = pd.DataFrame(mean_probe_rows(probes), columns=COLUMNS)
    return pd.concat([pairs, probes, means], ignore_index=True)


def pool_embedding(embedding):
    """What an encoder knows of a date, (n, features): its tokens pooled.

    Not the class token alone: a network trained on reconstruction draws from its patches, nothing taught the other.
    """
    return pool_tokens(embedding.cls, embedding.patches)


def recall_rows(hmi, aia, dates):
    """Rows of the retrieval of dates, in both directions, as projected and after a linear map from training dates."""
    train, held = dates.train, dates.held_out
    for first, second in ((hmi, aia), (aia, hmi)):
        known = pool_embedding(first), pool_embedding(second)
        mapped = retrieval.linear_map(known[0][train], known[1][train])(known[0][held], known[1][held])
        plain = first.cls_projected[held], second.cls_projected[held]
        for prefix, pair in (("", plain), ("mapped ", mapped)):
            table = retrieval.date_recall(*pair, dates.times[held])
            for row in table.itertuples():
                yield f"{prefix}recall@{row.k}, {row.negatives}", row.recall, row.chance


def position_rows(hmi, aia, dates):
    """Rows of the retrieval of places and of a patch's date, on the disk, from projected patch features."""
    held = dates.held_out
    keep = on_disk(hmi.patches_projected.shape[1])
    first, second = (embedding.patches_projected[held][:, keep] for embedding in (hmi, aia))
    same, other = retrieval.position_recall(first, second)
    yield "place, same date", same, 1 / keep.sum()
    yield "place, another date", other, 1 / keep.sum()
    yield "place by content", same - other, 0.0
    yield "patch date, neighbouring days", *retrieval.patch_date_recall(first, second, dates.times[held])


def on_disk(n_patches):
    """Which patches have their middle on the disk, (n_patches,) bool; the patches lie row by row in a square."""
    side = int(round(np.sqrt(n_patches)))
    middle = HALF_WIDTH * ((np.arange(side) + 0.5) / side * 2 - 1)
    return (np.hypot(*np.meshgrid(middle, middle)) <= 1).ravel()


def geometry_rows(hmi, aia, dates):
    """Rows of the geometry of the projected class tokens of the held-out dates."""
    first, second = hmi.cls_projected[dates.held_out], aia.cls_projected[dates.held_out]
    yield "alignment", feature_geometry.alignment(first, second), 2.0  # of unrelated features
    yield "uniformity", (feature_geometry.uniformity(first) + feature_geometry.uniformity(second)) / 2, np.nan
    yield "modality gap", feature_geometry.modality_gap(first, second), np.nan


def probe_rows(hmi, aia, dates):
    """Rows of the probes: of HMI's features, of the mean of AIA's, and AIA read by what HMI taught."""
    corona = np.mean([pool_embedding(other) for other in aia.values()], axis=0)
    shared = [np.mean([e.cls_projected for e in part], axis=0) for part in ([hmi], list(aia.values()))]
    for name in linear_probes.available_targets(dates.targets, dates.train, dates.held_out):
        asked = dates.targets[name], linear_probes.KINDS[name], dates.train, dates.held_out
        for source, features in (("HMI", pool_embedding(hmi)), ("AIA", corona)):
            for probe, value in linear_probes.run_probes(features, *asked).items():
                yield f"{probe}, {name}, {source}", value, 0.0
        crossed = linear_probes.run_probes(shared[0], *asked, tested=shared[1])
        yield f"crossed linear, {name}", crossed["linear"], 0.0


def mean_probe_rows(probes):
    """Rows of the means over targets and instruments of the linear probe, and of the crossed one."""
    for name, start in ((MEAN_PROBE, "linear, "), ("crossed probe, mean", "crossed linear, ")):
        yield name, probes.loc[probes["score"].str.startswith(start), "value"].mean(), 0.0


def pixel_embedding(images, channel, side=8):
    """Features that nobody trained, in the place of an encoder's: brightness and contrast of side x side blocks.

    images: (n, 11, h, w) scaled, h and w multiples of 4 sides.  A patch is described by the means of its 4 x 4 parts,
    the whole image by mean and mean strength of each block; the projections are these, centred, of unit length.
    """
    pixels = np.asarray(images[:, CHANNELS.index(channel)], np.float32)
    whole = [_blocks(values, side).mean(axis=-1) for values in (pixels, strength(pixels, channel))]
    return _block_embedding(np.concatenate(whole, axis=1), pixels, side)


def strength_embedding(images, channel, side=8):
    """As `pixel_embedding`, but the field without its sign and the brightness alone: what shines lies on strong field.

    Both instruments then say the same without any map between them.
    """
    pixels = strength(np.asarray(images[:, CHANNELS.index(channel)], np.float32), channel)
    return _block_embedding(_blocks(pixels, side).mean(axis=-1), pixels, side)


def strength(pixels, channel):
    """Unsigned field of scaled HMI, or brightness of scaled AIA counted from black: both from 0 to about 1."""
    return np.abs(pixels) if channel == "hmi" else (pixels + 1) / 2


def score_untrained_features(dates, channels):
    """All scores of features that nobody trained: {"pixels": as `score_features`, STRENGTH: as well}."""
    found = {}
    for name, made in (("pixels", pixel_embedding), (STRENGTH, strength_embedding)):
        aia = {channel: made(dates.images, channel) for channel in channels}
        found[name] = score_features(made(dates.images, "hmi"), aia, dates)
    return found


def _block_embedding(cls, pixels, side):
    """Embedding of features of the whole image, (n, d), and of the 4 x 4 parts of each block of the pixels."""
    parts = _blocks(pixels, 4 * side).mean(axis=-1)
    patches = _blocks(parts.reshape(-1, 4 * side, 4 * side), side)
    return Embedding(cls, patches, _centred(cls), _centred(patches))


def _blocks(pixels, side):
    """Pixels of side x side blocks, row by row: (n, h, w) to (n, side * side, pixels of a block)."""
    n, height, width = pixels.shape
    blocks = pixels.reshape(n, side, height // side, side, width // side).swapaxes(2, 3)
    return blocks.reshape(n, side * side, -1)


def _centred(features):
    """Features less their mean over the dates, scaled to unit length."""
    features = features - features.mean(axis=0)
    return features / np.maximum(np.linalg.norm(features, axis=-1, keepdims=True), 1e-6)
