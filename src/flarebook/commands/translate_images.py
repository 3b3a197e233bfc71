"""Translation of a user's AIA or HMI files to another channel, one FITS file per time."""

import numpy as np

from flarebook.compendium.atomic_files import make_folder
from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.channels import CHANNELS, channel_index
from flarebook.solarchip.images.orientation import check_orientation, group_by_time
from flarebook.solarchip.images.prepare import prepare_files
from flarebook.solarchip.images.scaling import scale_channel, unscale_channel
from flarebook.solarchip.images.write import write_translation
from flarebook.solarchip.translation.translator import translate_images


def translate_files(paths, translator, target, folder, sampling, progress=None):
    """Write one translation per time at which all source channels exist.

    paths: AIA and HMI images; translator: Translator; target: channel; sampling: Sampling; progress: wraps an
    iterable.  Returns (paths written, one sentence per skipped file or time).  Raises InputError for an unknown target.
    """
    sources, folder = translator.sources_of(target), make_folder(folder)
    prepared, reasons = prepare_files(paths, translator.size, sources, progress)
    written = []
    for group in group_by_time(prepared):
        names = ", ".join(image.name for image in group.values())
        missing = [channel for channel in sources if channel not in group]
        try:
            if missing:
                raise InputError(f"{names}: no {', '.join(missing)} at this time; {target} needs {', '.join(sources)}")
            check_orientation({channel: group[channel].grid for channel in sources}, names)
            written.append(
                _translate_group([group[channel] for channel in sources], translator, target, folder, sampling)
            )
        except InputError as error:
            reasons.append(str(error))
    return written, reasons


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
