"""A user's AIA and HMI files: features of each image, and translations to another channel, a FITS file per time."""

import numpy as np
import pandas as pd

from flarebook.compendium.atomic_files import make_folder
from flarebook.compendium.batch_report import skipping
from flarebook.compendium.errors import InputError, plain
from flarebook.solarchip.images.channels import CHANNELS, channel_index
from flarebook.solarchip.images.orientation import check_orientation, group_by_time
from flarebook.solarchip.images.prepare import prepare_files
from flarebook.solarchip.images.scaling import scale_channel, unscale_channel
from flarebook.solarchip.images.write import write_translation
from flarebook.solarchip.translation.translator import translate_images

BATCH = 32  # images of one channel that are encoded together


def embed_files(paths, model, progress=None, response=None):
    """Table of the files' features, and one sentence per file that was skipped.

    paths: AIA or HMI images; model: SolarChip, on its device; progress: wraps an iterable.  Columns file, channel,
    time, then feature_000 and so on: the class token of the channel's encoder.  Rows are in the order of the files.
    Co-temporal images with contradicting rolls are skipped.
    """
    images, reasons = prepare_files(paths, model.size.image, progress=progress, response=response)
    consistent = set()
    for group in group_by_time(images):
        with skipping(reasons):
            _check_group(group, list(group))
            consistent |= {id(image) for image in group.values()}
    images = [image for image in images if id(image) in consistent]
    table = pd.DataFrame([(plain(i.path), i.channel, str(i.time)) for i in images], columns=["file", "channel", "time"])
    if not images:
        return table, reasons
    features = [None] * len(images)
    for channel in table["channel"].unique():
        rows = np.flatnonzero(table["channel"] == channel)
        tokens = model.features(np.array([images[row].grid for row in rows]), channel, BATCH)
        for row, token in zip(rows, tokens, strict=True):
            features[row] = token
    columns = [f"feature_{number:03d}" for number in range(len(features[0]))]
    return table.join(pd.DataFrame(np.array(features, np.float32), columns=columns)), reasons


def translate_files(paths, translator, target, folder, sampling, progress=None, response=None):
    """Write one translation per time at which all source channels exist.

    paths: AIA and HMI images; translator: Translator; target: channel; sampling: Sampling; progress: wraps an
    iterable.  Returns (paths written, one sentence per skipped file or time).  Raises InputError for an unknown target.
    """
    sources, folder = translator.sources_of(target), make_folder(folder)
    images, reasons = prepare_files(paths, translator.size, sources, progress, response)
    written = []
    for group in group_by_time(images):
        with skipping(reasons):
            missing = [channel for channel in sources if channel not in group]
            if missing:
                names, needed = _names(group), ", ".join(sources)
                raise InputError(f"{names}: no {', '.join(missing)} at this time; {target} needs {needed}")
            _check_group(group, sources)
            chosen = [group[channel] for channel in sources]
            written.append(_translate_group(chosen, translator, target, folder, sampling))
    return written, reasons


def _names(group):
    """Names of co-temporal images, {channel: PreparedImage}."""
    return ", ".join(image.name for image in group.values())


def _check_group(group, channels):
    """Raise InputError when the rolls of co-temporal images, {channel: PreparedImage}, contradict each other."""
    check_orientation({channel: group[channel].grid for channel in channels}, _names(group))


def _translate_group(images, translator, target, folder, sampling):
    """Translate co-temporal source images, [PreparedImage], and write the file; returns its path."""
    first, sources = images[0], [image.channel for image in images]
    scaled = np.zeros((1, len(CHANNELS), translator.size, translator.size), np.float32)
    for image in images:
        scaled[0, channel_index(image.channel)] = scale_channel(image.grid, image.channel)
    members = translate_images(
        translator, scaled, target, sampling.n_members, sampling.n_levels, sampling.seed, sources
    )[:, 0]
    cards = translation_cards(translator, sampling)
    path = folder / f"{first.time:%Y%m%dT%H%M%S}_{target}_from_{'-'.join(sources)}.fits"
    return write_translation(path, unscale_channel(members, target), target, images, cards)


def translation_cards(translator, sampling):
    """FITS header cards that describe the translator and its sampling."""
    autoencoder = str(translator.about.get("autoencoder", translator.space.model.name))
    return {
        "AUTOENC": (autoencoder[:60], "autoencoder of the latents"),
        "TRAINED": (str(translator.about.get("origin", "unknown"))[:20], "training images"),
        "NLEVELS": (sampling.n_levels, "denoising steps"),
        "SEED": (sampling.seed, "random seed of the noise"),
    }
