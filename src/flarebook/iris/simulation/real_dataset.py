"""The table of spectra from the real rasters of Tables 1 and 2: fetched, streamed and drawn, one after the other."""

import functools
from datetime import datetime

import numpy as np
import pandas as pd

from flarebook.compendium.batch_report import skipping
from flarebook.compendium.errors import InputError
from flarebook.compendium.provenance import file_origin, mix_origins
from flarebook.iris.features.extract import extract_features, interpolate_profiles
from flarebook.iris.labels.criterion import criterion_violations, read_activity
from flarebook.iris.mg2 import FEATURES, PROFILE
from flarebook.iris.observations import WINDOW_END, WINDOW_MINUTES
from flarebook.iris.rasters import archive
from flarebook.iris.rasters.read import iter_exposures
from flarebook.iris.simulation import dataset

SOURCES = ("simulated", "real")
ABOUT = {"exposure": "int32", "slit": "int32"} | dict.fromkeys(
    ("minutes_to_onset", "quiet_fraction", "activity"), "float32"
)


def dataset_builder(source, library, goes=(), scheduler="threads"):
    """Function (observations, seed, number, windows, span=None) that makes tables of spectra of the chosen source.

    source: "simulated" or "real", or the origin of such a table.  goes: GOES X-ray records and flare lists against
    which real observations are checked.  Raises InputError for another source.
    """
    if source == "simulated":
        return lambda observations, seed, number, windows, **options: dataset.build_datasets(
            observations, library, seed, number, windows, scheduler, **options
        )
    if source in ("real", "rehearsal"):
        return functools.partial(build_real_datasets, activity=read_activity(goes) if goes else None)
    raise InputError(f"source {source!r} is unknown: choose one of {', '.join(SOURCES)}")


def find_onset(observation):
    """Onset of an observation's flare by NOAA's list, datetime in UTC without a zone; None for one without a flare."""
    return datetime.fromisoformat(observation["onset"]) if observation["onset"] else None


def time_span(observation, start, onset, span=None):
    """First and last second after `start` of what is used of an observation.

    A pre-flare window is counted from the onset (25 minutes, the last one left out, unless `span` gives other minutes);
    of the others the first 25 minutes are used, or all when a span is asked for.
    """
    if onset is None:
        return (0.0, 60 * WINDOW_MINUTES) if span is None else (0.0, np.inf)
    first, last = span or (WINDOW_END - WINDOW_MINUTES, WINDOW_END)
    seconds = (onset - start).total_seconds()
    return seconds + 60 * first, seconds + 60 * last


def exposure_rows(exposure, number, windows, profiles=False):
    """Features of one exposure for each window width, rows that are good for all; truths of a simulation are NaN.

    exposure: an Exposure; number: of the exposure; profiles: whether the columns PROFILE follow the features of each
    width.  Returns a DataFrame whose feature columns are (width, feature).
    """
    measured = [
        extract_features(exposure.spectra, exposure.wavelength, exposure.exposure_time, window=w) for w in windows
    ]
    columns = [*FEATURES, *PROFILE] if profiles else list(FEATURES)
    whole = [interpolate_profiles(exposure.spectra, exposure.wavelength)[0]] if profiles else []
    tables = [pd.DataFrame(np.hstack([values, *whole]), columns=columns) for values, _ in measured]
    rows = pd.concat(tables, axis=1, keys=windows)
    rows.index = pd.MultiIndex.from_product([[number], range(len(rows)), [exposure.time]])
    return rows[np.logical_and.reduce([exposure.quality, *(good for _, good in measured)])]


def keep_smallest(rows, keys, number):
    """The rows of the `number` smallest random keys, which is a fair draw however the rows arrive; None for all."""
    if number is None or len(rows) <= number:
        return rows, keys
    chosen = np.sort(np.argpartition(keys, number)[:number])
    return rows.iloc[chosen], keys[chosen]


def stream_rows(path, seconds, number, windows, rng, profiles=False):
    """At most `number` rows of the exposures between two seconds, memory flat.

    Returns the rows, the times of all exposures (s), and the origin of the file, of `file_origin`.
    """
    kept, keys, times, origin = None, np.empty(0), [], "real"
    for index, exposure in enumerate(iter_exposures(path)):
        if not times:
            origin = file_origin(exposure.simulated, path.name)
        times.append(exposure.time)
        if not (seconds[0] <= exposure.time < seconds[1] and exposure.quality.any()):
            continue
        rows = exposure_rows(exposure, index, windows, profiles)
        kept, keys = rows if kept is None else pd.concat([kept, rows]), np.append(keys, rng.random(len(rows)))
        kept, keys = keep_smallest(kept, keys, number)
    if kept is None or not len(kept):
        raise InputError(f"{path} holds no usable spectrum in the 25 minutes that the paper uses")
    return kept, np.array(times), origin


def observation_tables(observation, seed, number, windows, activity, span, source, profiles=False):
    """Tables of one observation, one per window width, with the columns of the simulated ones, and their origin.

    How it violates the paper's X-ray criterion is printed, if activity (of `read_activity`) is known.
    """
    onset = find_onset(observation)
    path = archive.fetch_raster(observation["start"], observation["obsid"], **source)
    start = archive.file_start(path)
    seconds = time_span(observation, start, onset, span)
    rows, times, origin = stream_rows(path, seconds, number, windows, np.random.default_rng(seed), profiles)
    if activity is not None:
        moments = np.datetime64(start) + (1e3 * times).astype("timedelta64[ms]")
        used = moments[(times >= seconds[0]) & (times < seconds[1])]
        for sentence in criterion_violations(observation, used, moments[0], moments[-1], activity):
            print(sentence)
    exposure, slit, time = (rows.index.get_level_values(level) for level in range(3))
    zero = (onset - start).total_seconds() if onset else np.nan
    about = {"exposure": exposure, "slit": slit, "minutes_to_onset": (time - zero) / 60}
    about = pd.DataFrame(about, columns=list(ABOUT)).astype(ABOUT)  # the simulation's truths stay NaN
    return [pd.concat([about, rows[width].reset_index(drop=True)], axis=1) for width in windows], origin


def build_real_datasets(observations, seed, number, windows=(3.0,), span=None, activity=None, profiles=False, **source):
    """Tables of real spectra, one per window width; an observation that is not available is skipped and printed.

    observations: rows of `observation_table`; number: spectra per observation, None for all; activity: of
    `read_activity`, or None for no check; profiles: see `exposure_rows`; source: options of `archive.fetch_raster`.
    With a span, an empty table is a result: the two long observations are needed by one later step only.
    Returns the tables, whose attrs hold their origin, "real" or "rehearsal" (see `file_origin`).
    Raises InputError when no observation is left otherwise.
    """
    available, rows, skipped, origins = [], [], [], []
    for row, observation in observations.iterrows():
        own = np.random.SeedSequence(seed, spawn_key=(row,))
        with skipping(skipped, f"{observation['observation']} is skipped"):
            tables, origin = observation_tables(observation, own, number, windows, activity, span, source, profiles)
            available.append(tables)
            origins.append(origin)
            rows.append(row)
    if not available and span is None:
        raise InputError(f"none of {len(observations)} observations are available; the first error: {skipped[0]}")
    if skipped:
        print(*skipped, sep="\n")
    columns = [*ABOUT, *FEATURES, *(PROFILE if profiles else ())]
    empty = pd.DataFrame(columns=columns, dtype=np.float32).astype(ABOUT)
    available = available or [[empty] * len(windows)]
    joined = [dataset.join_observations(list(part), observations.loc[rows]) for part in zip(*available, strict=True)]
    for table in joined:
        table.attrs["origin"] = mix_origins(*origins or ["real"])
    return joined
