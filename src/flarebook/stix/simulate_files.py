"""Simulated maps as the archive's files, a few at a time, with their truth in a table."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.files import make_folder, whole_file
from flarebook.stix.archive_map import write_map
from flarebook.stix.archive_simulation import prepare, simulate_image
from flarebook.stix.population import BANDS, draw_events, select_images
from flarebook.stix.published import archive_name
from flarebook.stix.sample import SOLAR_RADIUS_1AU

EVENTS_PER_IMAGE, MIN_EVENTS = 12, 200  # of 43,000 events about one in five has an image


def simulate_files(number, folder, seed=1, progress=None):
    """Write simulated CLEAN files and truth.csv into a folder: list of the files' paths.

    number: of files; progress: called with an iterable, gives it back.  The same seed gives the same files.
    Raises InputError when the folder cannot be written.
    """
    folder, rng = make_folder(folder), np.random.default_rng(seed)
    events = draw_events(max(MIN_EVENTS, EVENTS_PER_IMAGE * number), rng)
    rows = prepare(select_images(events, rng, images=number), rng).to_dict("records")
    paths, truths = [], []
    for place, event in enumerate(progress(rows) if progress else rows):
        made = simulate_image(event, (seed, place))
        paths.append(write_event(folder, event, made, place))
        truths.append({"name": paths[-1].name, "origin": "simulated"} | event | made.truth)
    with whole_file(folder / "truth.csv") as partial:
        pd.DataFrame(truths).to_csv(partial, index=False)
    return paths


def write_event(folder, event, made, number):
    """Write one simulated image under the name that the archive would give it.

    event: dict, a row of `archive_simulation.prepare`; made: SimulatedImage; number: that makes the name unique.
    Returns the path.
    """
    start = pd.Timestamp(event["start"]).to_pydatetime()
    uid, flare = f"{start:%y%m%d}{number:04d}", f"{start - timedelta(minutes=2):%y%m%d%H%M}"
    name = archive_name(uid, start.isoformat(), number + 1, event["band"], flare, bsd=number + 1)
    keywords = {"exposure": event["exposure"], "distance": event["distance"]}
    keywords["solar_radius"] = SOLAR_RADIUS_1AU / event["distance"]
    centre = made.truth["map_x"], made.truth["map_y"]
    time = start.isoformat(timespec="milliseconds")
    return write_map(Path(folder) / name, made.hdus, time, centre, BANDS[event["band"]], **keywords)
