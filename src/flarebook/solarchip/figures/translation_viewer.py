"""The viewer of translations: source, translation, truth, difference and spread of several dates, in one file."""

import zlib
from importlib.metadata import version
from importlib.resources import files

import numpy as np
from matplotlib import colormaps

from flarebook.compendium.interactive_pages.fill import AXES, TEXT, coded, fill_page
from flarebook.solarchip.figures.styles import SHOWN, channel_colours, channel_label
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.translation.comparison import FIELD_SOURCES, resize_images
from flarebook.solarchip.translation.scores import select_target, spread_and_error

FOLDER = files("flarebook.solarchip") / "data" / "translation_viewer"
PARTS = ("page.html", "page.css", "page.js")
TARGETS = (*FIELD_SOURCES, "|hmi|")
MOST = 128  # pixels along a side; larger images are binned, so that the page stays below 5 MB
STEP = 0.001  # of a scaled value, in which the page holds the images
PANELS = {
    "source": "Image from which the target is translated",
    "translation": "Mean of the ensemble",
    "truth": "Image of the target itself",
    "difference": "Translation less truth",
    "spread": "Standard deviation of the ensemble",
}


def translation_viewer(test, members, dates, origin, about):
    """The page as text.

    test: (n, 11, h, h) scaled; members: {target: (m, n, h, h)} of the diffusion; dates: {name: row of test} that the
    page offers; origin: of the images, such as "simulated"; about: a sentence.  Raises InputError for fewer than two
    members.
    """
    targets, size, rows = [one for one in TARGETS if one in members], min(test.shape[-1], MOST), list(dates.values())
    panels = np.stack([translation_panels(test[rows], members[one][:, rows], one, size) for one in targets], axis=1)
    values = np.round(panels / STEP).astype("<i2").tobytes()
    looks = [target_look(one, panels[:, place]) for place, one in enumerate(targets)]
    data = {"size": size, "step": STEP, "targets": looks, "values": coded(zlib.compress(values, 9))}
    data |= {"disk": coded(Disk(size).on.astype(np.uint8)), "first": [size // 2, size // 2]}
    data |= {"diverging": colour_table("RdBu_r"), "sequential": colour_table("cividis")}
    words = {"dates": dates, "targets": [one["label"] for one in looks], "panels": PANELS, "size": size, "about": about}
    words |= {"n_members": len(members[targets[0]]), "origin": origin, "version": version("flarebook")}
    parts = [TEXT, AXES, *(FOLDER / name for name in PARTS)]
    return fill_page(parts, data, title="Translations between HMI and AIA", **words)


def translation_panels(test, members, target, size):
    """Source, translation, truth and spread of each date, (n, 4, size, size) scaled.

    test: (n, 11, h, h) and members: (m, n, h, h), of the same dates; size: pixels to which the panels are binned.
    """
    variance, _ = spread_and_error(members, select_target(test, target))
    shown = select_target(test, source_of(target)), members.mean(axis=0), select_target(test, target), np.sqrt(variance)
    return resize_images(np.stack(shown, axis=1).astype(np.float32), size)


def source_of(target):
    """Channel that the page shows as the source of a target: the field, or for the field one of its three."""
    return "171" if "hmi" in target else "hmi"


def target_look(target, panels):
    """Label, colours and limits of a target and of its source; reach: end of the scales of difference and spread."""
    return channel_look(target) | {
        "source": channel_look(source_of(target)),
        "reach": float(np.quantile(np.abs(panels[:, 1] - panels[:, 2]), 0.99)),
    }


def channel_look(channel):
    """Label, colour table and limits of a channel, or of "|hmi|"."""
    name = channel.strip("|")
    low, high = SHOWN[name]
    label = channel_label(name) if name == channel else f"{channel_label(name)} without its sign"
    return {
        "label": label,
        "colours": colour_table(channel_colours(name)),
        "low": low if name == channel else 0,
        "high": high,
    }


def colour_table(colours):
    """255 colours of a colour map, as base64."""
    return coded(colormaps.get_cmap(colours).resampled(255)(np.arange(255), bytes=True)[:, :3])
