"""A user's own AIA or HMI files translated to another channel, one FITS file for each time."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from flarebook.compendium.atomic_files import make_folder
from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.channels import CHANNELS, index
from flarebook.solarchip.images.grid import tilt_of_axis
from flarebook.solarchip.images.orientation import by_time, check_turns
from flarebook.solarchip.images.prepare import prepare, scale_channel, unscale_channel
from flarebook.solarchip.images.read import read_image
from flarebook.solarchip.images.write import write_translation
from flarebook.solarchip.translation.translator import translate


def translate_files(paths, translator, target, folder, n_members=8, n_levels=20, seed=1, progress=None):
    """Write a translation for each time of which all sources are there.

    paths: AIA and HMI images; translator: Translator; target: channel; progress: wraps an iterable.
    Returns (paths written, sentences about what was left out).  Raises InputError for an unknown target.
    """
    sources, folder = translator.sources_of(target), make_folder(folder)
    images, bad = read_sources(paths, sources, translator.size, progress)
    written = []
    for group in by_time(images):
        missing = [channel for channel in sources if channel not in group]
        if missing:
            some = next(iter(group.values()))
            bad.append(
                f"{some.name}: {', '.join(missing)} of the same time missing: {target} needs {', '.join(sources)}"
            )
            continue
        try:
            written.append(translate_group(group, translator, target, sources, folder, n_members, n_levels, seed))
        except InputError as error:
            bad.append(str(error))
    return written, bad


class Source(NamedTuple):
    """A file's image on the standard grid in physical units, (n, n), and where it was seen from.

    radius: of the Sun in arcsec; b0: latitude of the disk's centre in degrees.
    """

    name: str
    channel: str
    time: pd.Timestamp
    grid: np.ndarray
    radius: float
    b0: float


def read_sources(paths, sources, size, progress=None):
    """Images of the sources' channels, [Source], and sentences about files that cannot be used.

    Each file is prepared when it is read, so that no more than one is in memory as it was observed.
    """
    images, bad = [], []
    for path in (progress or iter)(paths):
        try:
            image = read_image(path)
            if image.channel not in sources:
                raise InputError(f"{Path(path).name} is of {image.channel}: this way starts from {', '.join(sources)}")
            place = image.solar_radius, latitude(image)
            images.append(Source(image.name, image.channel, image.time, prepare(image, size), *place))
        except InputError as error:
            bad.append(str(error))
    return images, bad


def translate_group(group, translator, target, sources, folder, n_members, n_levels, seed):
    """Translate the images of one time and write the file; returns its path.

    group: {channel: Source}.  Raises InputError for a roll that the others contradict.
    """
    size = translator.size
    scaled = np.zeros((1, len(CHANNELS), size, size), np.float32)
    seen = {channel: group[channel].grid for channel in sources}
    check_turns(seen, group)
    for channel, image in seen.items():
        scaled[0, index(channel)] = scale_channel(image, channel)
    made = translate(translator, scaled, target, n_members, n_levels, seed, sources)[:, 0]
    members, some = unscale_channel(made, target), group[sources[0]]
    place = {"radius": some.radius, "b0": some.b0}
    about = cards(translator, n_levels, seed)
    path = folder / f"{some.time:%Y%m%dT%H%M%S}_{target}_from_{'-'.join(sources)}.fits"
    spread = members if n_members > 1 else None
    time = some.time.isoformat(timespec="milliseconds")
    write_translation(path, members.mean(0), seen[sources[0]], target, sources, time, spread, **place, about=about)
    return path


def latitude(image):
    """Heliographic latitude of the observer in degrees, that of the day where a SunImage's header does not tell."""
    told = image.header.get("HGLT_OBS", image.header.get("CRLT_OBS"))
    known = isinstance(told, (int, float)) and np.isfinite(told)
    return float(told if known else tilt_of_axis(image.time.day_of_year))


def cards(translator, n_levels, seed):
    """Header cards of what drew the image."""
    told = translator.about
    return [
        (
            "AUTOENC",
            str(told.get("autoencoder", translator.space.model.name))[:60],
            "autoencoder of the latent pictures",
        ),
        ("TRAINED", str(told.get("origin", "unknown"))[:20], "images that the networks learned from"),
        ("NLEVELS", n_levels, "steps of the noise's removal"),
        ("SEED", seed, "of the noise"),
    ]
