"""The poster's printed and kept images meet the science flare list: which listed flare each image shows."""

from importlib.resources import files

import numpy as np
import pandas as pd

from flarebook.compendium.data.download import locate
from flarebook.compendium.data.manifest import dataset
from flarebook.stix.maps.file_names import published_names
from flarebook.stix.simulation.flare_statistics import LAST_IMAGE, read_flare_list

PRINTED = files("flarebook.stix") / "data" / "poster_uids.csv"
LEAD = pd.Timedelta("60s")  # an image of the pipeline is made of 60 s around the peak
JOINS = {
    "request and time": "one listed flare has the image's request and contains its start",
    "time": "no listed flare has the request, and one contains the image's start",
}
FAILURES = {
    "misread": "the identifier is not among the 4,758 published names",
    "before the list": "the image is older than the list's first flare",
    "several flares": "several listed flares fit",
    "other time": "listed flares have the request, but none contains the image's start",
    "no flare": "no listed flare has the request or contains the image's start",
}
FEATURES = {  # column: what it is, and the unit
    "excess": "peak, 4-10 keV [counts in 4 s]",
    "medium_excess": "peak, 10-15 keV [counts in 4 s]",
    "hard_excess": "peak, 15-25 keV [counts in 4 s]",
    "highest_excess": "peak, 25-50 keV [counts in 4 s]",
    "hardness": "15-25 over 4-10 keV",
    "duration": "duration [s]",
    "distance": "distance of Solar Orbiter [AU]",
    "radius": "distance from disk centre [solar radii]",
    "goes_flux": "GOES flux, seen from Earth [W/m²]",
    "attenuator": "attenuator inserted [share]",
    "hard_band": "image at 16-28 keV [share]",
}
SHARES = ("attenuator", "hard_band")


def real_lists():
    """The real flare list and the published names where copies of both are at hand, else (None, None)."""
    paths = [locate(dataset(name).files[0])[1] for name in ("stix-flare-list", "stix-kept-filenames")]
    return (read_flare_list(paths[0]), published_names()) if all(paths) else (None, None)


def printed_uids():
    """Identifiers that can be read on the poster: uid (str), row, column, cluster (Int64, missing where unreadable).

    The mosaic shows 23 of its 30 clusters cut to a few dozen images each, so this is a sample of the kept images, not
    their list; 18 of the identifiers are not among the published names, most of them misread.
    """
    return pd.read_csv(PRINTED, dtype={"uid": str, "cluster": "Int64"})


def listed_flares(flares):
    """The list's flares up to the last published image, with the columns FEATURES; missing where not measured.

    flares: of `read_flare_list`.  A GOES flux counts only for a flare that Earth could see; the list gives the flux at
    the flare's time in any case.
    """
    known = flares[flares["start"] < LAST_IMAGE].reset_index(drop=True)
    return known.assign(
        hardness=known["hard_excess"] / known["excess"],
        goes_flux=known["goes_flux"].where(known["visible_from_earth"]),
        attenuator=known["attenuator"].astype(float),
        hard_band=np.nan,
    )


def match_flares(names, flares):
    """Find the listed flare of each image: names with the columns join (JOINS or FAILURES) and flare (row, or -1).

    names: uid and start, missing for identifiers that are no published name; flares: of `listed_flares`.
    """
    image_start = pd.to_datetime(names["start"])
    begin, end = flares["start"] - LEAD, flares["end"]
    by_request = flares.groupby("uid").indices
    found = []
    for uid, start in zip(names["uid"], image_start, strict=True):
        if pd.isna(start):
            found.append(("misread", -1))
            continue
        same = by_request.get(uid, np.array([], int))
        inside = np.flatnonzero((begin <= start) & (start <= end))
        found.append(_choose(same, inside, start < begin.min()))
    return names.assign(**dict(zip(("join", "flare"), zip(*found, strict=True), strict=True)))


def _choose(same, inside, too_early):
    """Join and row of one image.  same: rows of its request; inside: rows that contain its start."""
    chosen = np.intersect1d(same, inside) if len(same) else inside
    if len(chosen) == 1:
        return "request and time" if len(same) else "time", int(chosen[0])
    if len(chosen):
        return "several flares", -1
    return "other time" if len(same) else "before the list" if too_early else "no flare", -1


def match_published(flares, names):
    """Match the printed identifiers and all published names with the list: (flares, printed, kept).

    flares: of `read_flare_list`; names: of `published_names`.  Returns the flares with FEATURES, and the two tables
    with join and flare; hard_band of an image is 1 at 16-28 keV, 0 at 4-10 keV.
    """
    known = listed_flares(flares)
    kept = match_flares(names[["uid", "start", "band"]], known)
    kept["hard_band"] = (kept["band"] == "16-28").astype(float)
    printed = printed_uids().merge(kept, on="uid", how="left")
    printed["join"] = printed["join"].fillna("misread")
    printed["flare"] = printed["flare"].fillna(-1).astype(int)
    return known, printed, kept


def flare_features(images, flares):
    """Features of published images, a row each: FEATURES, month, and the images' own columns.

    images: of `match_published`; identifiers that are no published name are left out.  Without a listed flare only
    hard_band is known.
    """
    named = images[images["join"] != "misread"].reset_index(drop=True)
    listed = flares[[name for name in FEATURES if name != "hard_band"]].reindex(named["flare"].replace(-1, len(flares)))
    month = pd.to_datetime(named["start"]).dt.strftime("%Y-%m")
    return named.join(listed.reset_index(drop=True)).assign(month=month)


def join_table(printed, kept):
    """How the images met the list: join, meaning, printed and kept images, in the order of JOINS and FAILURES."""
    meaning = JOINS | FAILURES
    images = {"printed": printed["join"], "kept": kept["join"]}
    counts = {name: joins.value_counts().reindex(meaning, fill_value=0) for name, joins in images.items()}
    return pd.DataFrame({"meaning": meaning, **counts}).rename_axis("join").reset_index()
