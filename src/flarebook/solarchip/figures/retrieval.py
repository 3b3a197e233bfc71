"""Images of what an encoder finds: the answers to a magnetogram, and where a patch of it sees itself in AIA."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from flarebook.compendium.appearance.palette import GREEN, VERMILION
from flarebook.compendium.appearance.style import WIDE
from flarebook.solarchip.figures.styles import channel_label, show_channel
from flarebook.solarchip.representation.retrieval import NEIGHBOURS, candidates, cosine

RIGHT, WRONG = GREEN, VERMILION
APART = 30  # days between two shown dates, so that they show different regions


def choose_active_dates(activity, held_out, n):
    """Rows of n active held-out dates, the most active ones at least APART rows from each other, in time order.

    activity: (n_dates,) such as the unsigned flux; held_out: (n_dates,) bool.
    """
    order = np.flatnonzero(held_out)[np.argsort(-np.nan_to_num(activity[held_out]), kind="stable")]
    chosen = []
    for row in order:
        if len(chosen) < n and all(abs(row - other) >= APART for other in chosen):
            chosen.append(int(row))
    return sorted(chosen)


def nearest_images(hmi, aia, times, queries, n, days=NEIGHBOURS):
    """The n most similar AIA images among neighbouring days: DataFrame query, place, answer, cosine.

    hmi, aia: Embedding of all dates; times: (n_dates,); queries: rows of the dates, as query and answer.
    """
    among, rows = candidates(times, "neighbouring days", days), []
    for query in queries:
        similarity = cosine(hmi.cls_projected[query : query + 1], aia.cls_projected)[0]
        order = np.argsort(np.where(among[query], -similarity, np.inf), kind="stable")[: min(n, among[query].sum())]
        rows += [(query, place, answer, similarity[answer]) for place, answer in enumerate(order, 1)]
    return pd.DataFrame(rows, columns=["query", "place", "answer", "cosine"])


def plot_nearest_images(images, channel, times, found):
    """A row per query: the magnetogram, then the answers in their order, the right date in a green frame.

    images: {channel: (n_dates, h, w)} physical, of "hmi" and the answers' channel; found: of `nearest_images`.
    """
    queries, n = found["query"].unique(), found["place"].max()
    figure = Figure(figsize=(WIDE, (WIDE / (n + 1) + 0.2) * len(queries)), layout="constrained")
    axes = figure.subplots(len(queries), n + 1, squeeze=False)
    day = pd.to_datetime(pd.Series(np.asarray(times)))
    for line, query in zip(axes, queries, strict=True):
        show_channel(line[0], images["hmi"][query], "hmi")
        line[0].set_title(f"HMI, {day[query]:%Y-%m-%d}", fontsize="small")
        for panel, answer in zip(line[1:], found.loc[found["query"] == query, "answer"], strict=False):
            show_channel(panel, images[channel][answer], channel)
            _frame(panel, RIGHT if answer == query else WRONG)
            days_later = round((day[answer] - day[query]).total_seconds() / 86400)
            panel.set_title(_time_difference(days_later), fontsize="small")
    return figure


def _time_difference(days):
    """ "the same day" or "2 days later"."""
    if not days:
        return "the same day"
    return f"{abs(days)} day{'s' if abs(days) > 1 else ''} {'later' if days > 0 else 'earlier'}"


def _frame(panel, colour):
    """A frame around an image."""
    box = Rectangle((0, 0), 1, 1, transform=panel.transAxes, fill=False, edgecolor=colour, linewidth=3, clip_on=False)
    panel.add_patch(box)


def similarity_maps(embeddings, query, other, patch):
    """How alike the patches of AIA are to one patch of HMI: {(model, "same date" or "another date"): (side, side)}.

    embeddings: {model: (Embedding of HMI, Embedding of AIA)}; query, other: rows of the dates; patch: its number.
    """
    maps = {}
    for name, (hmi, aia) in embeddings.items():
        for words, row in (("same date", query), ("another date", other)):
            similarity = cosine(hmi.patches_projected[query, patch][None], aia.patches_projected[row])[0]
            side = int(round(np.sqrt(len(similarity))))
            maps[name, words] = similarity.reshape(side, side)
    return maps


def strongest_patch(magnetogram, side):
    """Number of the patch with the most unsigned flux, of side x side patches counted row by row."""
    n = len(magnetogram) // side
    flux = np.abs(magnetogram[: n * side, : n * side]).reshape(side, n, side, n).sum(axis=(1, 3))
    return int(flux.argmax())


def plot_similarity_maps(images, channel, query, other, patch, maps):
    """HMI with its patch framed, beside it AIA of two dates, and each model's maps of similarity in one scale.

    images: {channel: (n_dates, h, w)} physical, of "hmi" and AIA; maps: of `similarity_maps`.
    """
    models = list(dict.fromkeys(name for name, _ in maps))
    figure = Figure(figsize=(WIDE, 3.7), layout="constrained")
    axes = figure.subplots(2, 2 + len(models), squeeze=False)
    scale = max(np.abs(values).max() for values in maps.values())
    for line, row, words in zip(axes, (query, other), ("same date", "another date"), strict=True):
        show_channel(line[1], images[channel][row], channel)
        line[1].set_title(f"{channel_label(channel)},\n{words}", fontsize="small")
        _frame_patch(line[1], patch, len(maps[models[0], words]), images[channel].shape[-1], "white")
        for panel, name in zip(line[2:], models, strict=True):
            drawn = panel.imshow(maps[name, words], origin="lower", cmap="RdBu_r", vmin=-scale, vmax=scale)
            _frame_patch(panel, patch, len(maps[name, words]), len(maps[name, words]), "black")
            panel.set(xticks=[], yticks=[])
            panel.set_title(name, fontsize="small")
    show_channel(axes[0, 0], images["hmi"][query], "hmi")
    axes[0, 0].set_title(f"{channel_label('hmi')},\nthe query", fontsize="small")
    _frame_patch(axes[0, 0], patch, len(maps[models[0], "same date"]), images["hmi"].shape[-1], RIGHT)
    axes[1, 0].set_axis_off()
    figure.colorbar(drawn, ax=axes[:, 2:], label="cosine with the query", shrink=0.7, pad=0.02)
    return figure


def _frame_patch(panel, patch, side, pixels, colour):
    """A square around a patch, of side x side, on an image of so many pixels along a side."""
    width = pixels / side
    corner = (patch % side) * width - 0.5, (patch // side) * width - 0.5
    panel.add_patch(Rectangle(corner, width, width, fill=False, edgecolor=colour, linewidth=1.6))
