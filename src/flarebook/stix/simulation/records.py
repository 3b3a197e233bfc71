"""The table beside the images: names, truth and verdict of every simulated image, as all later steps read it."""

from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.atomic_files import atomic_files
from flarebook.stix.maps.file_names import archive_name
from flarebook.stix.maps.fits_map import write_map
from flarebook.stix.maps.quantities import SOLAR_RADIUS_1AU
from flarebook.stix.simulation.artefacts import ARTEFACTS, assess, find_artefacts
from flarebook.stix.simulation.population import BANDS, draw_events, select_images
from flarebook.stix.simulation.simulate import prepare, simulate_image

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
    causes = find_artefacts(chosen, outcome)
    bad, reason = assess(causes, outcome)
    records = name_images(chosen).join(chosen[list(EVENT)]).join(truth[[*TRUTH, *MORE]])
    records["n_sources"] = records["n_sources"].astype("Int64")
    empty = (records["n_sources"] == 0).to_numpy()
    records = records.assign(kind=np.where(empty, "nothing in the field", chosen["kind"]), artefact=reason)
    flags = {f"artefact_{name}": causes[name].astype(bool) for name in ARTEFACTS}
    return records.assign(**flags, is_artefact=bad)


def name_images(chosen, first=0):
    """Identifiers of the archive's form: flare and request (date and a number), database id and file name.

    first: number of the first image.
    """
    start = pd.to_datetime(chosen["start"])
    day, number = start.dt.strftime("%y%m%d"), first + np.arange(len(chosen))
    request = day + pd.Series(number % 10_000).astype(str).str.zfill(4)
    flare = (start - pd.Timedelta(minutes=2)).dt.strftime("%y%m%d%H%M")
    text = start.dt.strftime("%Y-%m-%dT%H:%M:%S")
    names = [
        archive_name(uid, begin, place, band, flare_id, place)
        for place, uid, begin, band, flare_id in zip(number + 1, request, text, chosen["band"], flare, strict=True)
    ]
    columns = {"image_id": request, "flare_id": flare, "start": text, "origin": "simulated", "name": names}
    return pd.DataFrame(columns, index=chosen.index)


EVENTS_PER_IMAGE, MIN_EVENTS = 12, 200  # of 43,000 events about one in five has an image


def simulate_files(number, folder, seed=1, progress=iter):
    """Write simulated CLEAN files and truth.csv into a folder: list of the files' paths.

    number: of files; progress: called with an iterable, gives it back.  The same seed gives the same files.  They take
    their places when all are complete.  Raises InputError when the folder cannot be written.
    """
    rng = np.random.default_rng(seed)
    events = draw_events(max(MIN_EVENTS, EVENTS_PER_IMAGE * number), rng)
    rows = prepare(select_images(events, rng, images=number), rng).to_dict("records")
    truths = []
    with atomic_files(folder) as partial:
        for place, event in enumerate(progress(rows)):
            made = simulate_image(event, (seed, place))
            name = write_event(partial, event, made, place).name
            truths.append({"name": name, "origin": "simulated"} | event | made.truth)
        pd.DataFrame(truths).to_csv(partial / "truth.csv", index=False)
    return [Path(folder) / truth["name"] for truth in truths]


def write_event(folder, event, made, number):
    """Write one simulated image under the name that the archive would give it.

    event: dict, a row of `archive_simulation.prepare`; made: SimulatedImage; number: that makes the name unique.
    Returns the path.
    """
    name = name_images(pd.DataFrame([event]), number)["name"].iloc[0]
    keywords = {"energy": BANDS[event["band"]], "exposure": event["exposure"], "distance": event["distance"]}
    keywords["solar_radius"] = SOLAR_RADIUS_1AU / event["distance"]
    centre = made.truth["map_x"], made.truth["map_y"]
    time = pd.Timestamp(event["start"]).isoformat(timespec="milliseconds")
    return write_map(Path(folder) / name, made.hdus, time, centre, **keywords)
