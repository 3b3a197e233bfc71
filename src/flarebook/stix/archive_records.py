"""The table beside the images: names, truth and verdict of every simulated image, as all later steps read it."""

import numpy as np
import pandas as pd

from flarebook.stix.artefacts import ARTEFACTS, find_causes, judge
from flarebook.stix.published import archive_name

TRUTH = ("map_x", "map_y", "centre_error", "n_sources", "peak_flux", "residual_rms", "flag")
MORE = ("extent", "fidelity")
EVENT = (
    "band",
    "peak_counts",
    "counts_per_detector",
    "background_per_detector",
    "attenuator",
    "distance",
    "x",
    "y",
    "exposure",
    "significance",
)


def records_of(chosen, truth):
    """Records of simulated images, one row per image in the order of the images.

    chosen: of `prepare`; truth: of `simulate_archive`.  kind becomes "nothing in the field" where no source is.
    Returns a table: image_id, flare_id, start, origin, name, what the event was, what the map shows, artefact_<name>
    for each of ARTEFACTS, is_artefact and artefact, the main reason or "none".
    """
    outcome = truth.join(chosen[["band", "counts_per_detector", "background_per_detector"]])
    causes = find_causes(chosen, outcome)
    bad, reason = judge(causes, outcome)
    records = name_images(chosen).join(chosen[list(EVENT)]).join(truth[[*TRUTH, *MORE]])
    records["n_sources"] = records["n_sources"].astype("Int64")
    empty = (records["n_sources"] == 0).to_numpy()
    records = records.assign(kind=np.where(empty, "nothing in the field", chosen["kind"]), artefact=reason)
    flags = {f"artefact_{name}": causes[name].astype(bool) for name in ARTEFACTS}
    return records.assign(**flags, is_artefact=bad)


def name_images(chosen):
    """Identifiers of the archive's form: flare and request (date and a number), database id and file name."""
    start = pd.to_datetime(chosen["start"])
    day, number = start.dt.strftime("%y%m%d"), np.arange(len(chosen))
    request = day + pd.Series(number % 10_000).astype(str).str.zfill(4)
    flare = (start - pd.Timedelta(minutes=2)).dt.strftime("%y%m%d%H%M")
    text = start.dt.strftime("%Y-%m-%dT%H:%M:%S")
    names = [
        archive_name(uid, begin, place + 1, band, flare_id, place + 1)
        for place, (uid, begin, band, flare_id) in enumerate(zip(request, text, chosen["band"], flare, strict=True))
    ]
    told = {"image_id": request, "flare_id": flare, "start": text, "origin": "simulated", "name": names}
    return pd.DataFrame(told, index=chosen.index)
