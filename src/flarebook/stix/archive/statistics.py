"""Numbers that describe the images of an archive, simulated or real: the same measures for both."""

import numpy as np
import pandas as pd

from flarebook.stix.simulation.flare_statistics import LAST_IMAGE

STEPS = (1, 3, 5, 10, 20, 40, 80, 160, 1e9)  # edges of the upper channel's significance


def half_maximum_size(images):
    """Diameter of a disk of the area above half maximum, counted from the median: (n,) arcsec.

    images: (n, h, w) uint8 of 1 arcsec pixels.  A single source gives its width in the map; a texture of side lobes
    gives far more.
    """
    flat = images.reshape(len(images), -1)
    level = (np.median(flat, axis=1, keepdims=True) + flat.max(axis=1, keepdims=True)) / 2
    return 2 * np.sqrt((flat > level).sum(axis=1) / np.pi)


def describe(images, records):
    """Three measures of each image: peak flux, residual rms over peak (%), size (arcsec), with band and verdict."""
    with np.errstate(divide="ignore", invalid="ignore"):
        noise = 100 * records["residual_rms"] / records["peak_flux"]
    size = np.where(records["flag"] == "", half_maximum_size(images), np.nan)
    measures = {"peak_flux": records["peak_flux"], "residual_percent": noise, "size": size}
    columns = ["name", "origin", "band", "peak_counts", "artefact", "is_artefact"]
    return records[columns].assign(**measures).replace([np.inf, -np.inf], np.nan)


def kept_by_significance(flares, is_kept, is_hard):
    """Share of flares whose image was kept, in each band, against the significance of the upper channel.

    flares: significances (n,); is_kept, is_hard: (n,) of bool.  Returns a table, one row per step.
    """
    place = np.digitize(flares, STEPS)
    rows = []
    for number in range(1, len(STEPS)):
        chosen = place == number
        count = max(chosen.sum(), 1)
        shares = {band: (is_kept & own & chosen).sum() / count for band, own in (("soft", ~is_hard), ("hard", is_hard))}
        rows.append({"from": STEPS[number - 1], "to": STEPS[number], "flares": int(chosen.sum()), **shares})
    return pd.DataFrame(rows)


def kept_in_list(flares, published):
    """The same shares for the real list: a flare's image is kept when its request is among the published names.

    flares: of `flare_list.read_flare_list`; published: of `published.published_names`.
    """
    listed = flares[flares["start"] < LAST_IMAGE]
    band = listed["uid"].map(published.set_index("uid")["band"])
    return kept_by_significance(
        listed["significance"].to_numpy(), band.notna().to_numpy(), (band == "16-28").to_numpy()
    )


def verdict_table(records):
    """Images by main reason: number and share, and share of those of 16-28 keV; sound ones first."""
    simulated = records[records["artefact"].notna()]
    groups = simulated.groupby("artefact", observed=True)
    table = pd.DataFrame({"images": groups.size(), "share": groups.size() / len(simulated)})
    table["of 16-28 keV"] = groups["band"].agg(lambda band: (band == "16-28").mean())
    order = table["images"].sort_values(ascending=False).index
    return table.loc[["none", *[name for name in order if name != "none"]]].rename(index={"none": "sound"})
