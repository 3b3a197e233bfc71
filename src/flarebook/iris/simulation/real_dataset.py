"""The table of spectra from the real rasters of Tables 1 and 2: fetched, streamed and drawn, one after the other."""

import functools
from datetime import datetime

import numpy as np
import pandas as pd

from flarebook.compendium.batch_report import skipping
from flarebook.compendium.errors import InputError
from flarebook.iris.features.extract import extract_features
from flarebook.iris.mg2 import FEATURES
from flarebook.iris.observations import WINDOW_END, WINDOW_MINUTES, find_observation
from flarebook.iris.rasters import archive
from flarebook.iris.rasters.read import iter_exposures
from flarebook.iris.simulation import dataset

SOURCES = ("simulated", "real")
ABOUT = {"exposure": "int32", "slit": "int32"} | dict.fromkeys(
    ("minutes_to_onset", "quiet_fraction", "activity"), "float32"
)


def dataset_builder(source, library, onsets="", scheduler="threads"):
    """Function (observations, seed, number, windows, span=None) that makes tables of spectra of the chosen source.

    source: "simulated" or "real".  onsets: CSV of flare onsets, for the real source.  Raises InputError for another
    source.
    """
    if source == "simulated":
        return lambda observations, seed, number, windows, **options: dataset.build_datasets(
            observations, library, seed, number, windows, scheduler, **options
        )
    if source == "real":
        return functools.partial(build_real_datasets, onsets=read_onsets(onsets) if onsets else {})
    raise InputError(f"source {source!r} is unknown: choose one of {', '.join(SOURCES)}")


def read_onsets(path):
    """Flare onsets of the pre-flare observations, which the paper's tables do not list.

    path: CSV with the columns observation ("PF 15") and onset (UTC, "2014-03-29T17:35").  Returns {name: datetime},
    UTC without a zone, as all times here.
    Raises InputError when a column is missing, a time cannot be read or an observation is not in the tables.
    """
    try:
        rows = pd.read_csv(path, skipinitialspace=True)
        times = pd.to_datetime(rows["onset"], format="ISO8601", utc=True).dt.tz_localize(None)
        return {
            find_observation(name)["observation"]: onset.to_pydatetime()
            for name, onset in zip(rows["observation"], times, strict=True)
        }
    except InputError:
        raise
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path} lists no onsets ({error}): write a CSV with the columns observation and onset"
        ) from error


def time_span(observation, start, onset, span=None):
    """First and last second after `start` of what is used of an observation.

    A pre-flare window is counted from the onset (25 minutes, the last one left out, unless `span` gives other minutes);
    of the others the first 25 minutes are used, or all when a span is asked for.  Raises InputError without an onset.
    """
    if observation["region"] != "PF":
        return (0.0, 60 * WINDOW_MINUTES) if span is None else (0.0, np.inf)
    if onset is None:
        raise InputError(
            f"{observation['observation']} has no onset: add it to the CSV that the parameter onsets names"
        )
    first, last = span or (WINDOW_END - WINDOW_MINUTES, WINDOW_END)
    seconds = (onset - start).total_seconds()
    return seconds + 60 * first, seconds + 60 * last


def exposure_rows(exposure, number, windows):
    """Features of one exposure for each window width, rows that are good for all; truths of a simulation are NaN.

    exposure: an Exposure; number: of the exposure.  Returns a DataFrame whose feature columns are (width, feature).
    """
    measured = [
        extract_features(exposure.spectra, exposure.wavelength, exposure.exposure_time, window=w) for w in windows
    ]
    rows = pd.concat([pd.DataFrame(values, columns=list(FEATURES)) for values, _ in measured], axis=1, keys=windows)
    rows.index = pd.MultiIndex.from_product([[number], range(len(rows)), [exposure.time]])
    return rows[np.logical_and.reduce([exposure.quality, *(good for _, good in measured)])]


def keep_smallest(rows, keys, number):
    """The rows of the `number` smallest random keys, which is a fair draw however the rows arrive; None for all."""
    if number is None or len(rows) <= number:
        return rows, keys
    chosen = np.sort(np.argpartition(keys, number)[:number])
    return rows.iloc[chosen], keys[chosen]


def stream_rows(path, seconds, number, windows, rng):
    """At most `number` rows of the exposures between two seconds, memory flat."""
    kept, keys = None, np.empty(0)
    for index, exposure in enumerate(iter_exposures(path)):
        if not (seconds[0] <= exposure.time < seconds[1] and exposure.quality.any()):
            continue
        rows = exposure_rows(exposure, index, windows)
        kept, keys = rows if kept is None else pd.concat([kept, rows]), np.append(keys, rng.random(len(rows)))
        kept, keys = keep_smallest(kept, keys, number)
    if kept is None or not len(kept):
        raise InputError(f"{path} holds no usable spectrum in the 25 minutes that the paper uses: check the onset")
    return kept


def observation_tables(observation, seed, number, windows, onsets, span, source):
    """Tables of one observation, one per window width, with the columns of the simulated ones."""
    onset = onsets.get(observation["observation"])
    time_span(observation, datetime.fromisoformat(observation["start"]), onset, span)  # before any download
    path = archive.fetch_raster(observation["start"], observation["obsid"], **source)
    start = archive.file_start(path)
    seconds = time_span(observation, start, onset, span)
    rows = stream_rows(path, seconds, number, windows, np.random.default_rng(seed))
    exposure, slit, time = (rows.index.get_level_values(level) for level in range(3))
    zero = (onset - start).total_seconds() if observation["region"] == "PF" else np.nan
    about = {"exposure": exposure, "slit": slit, "minutes_to_onset": (time - zero) / 60}
    about = pd.DataFrame(about, columns=list(ABOUT)).astype(ABOUT)  # the simulation's truths stay NaN
    return [pd.concat([about, rows[width].reset_index(drop=True)], axis=1) for width in windows]


def build_real_datasets(observations, seed, number, windows=(3.0,), span=None, onsets=None, **source):
    """Tables of real spectra, one per window width; an observation that is not available is skipped and printed.

    observations: rows of `observation_table`; number: spectra per observation, None for all; onsets: {name:
    datetime}; source: options of `archive.fetch_raster`.
    With a span, an empty table is a result: the two long observations are needed by one later step only.
    Raises InputError when no observation is left otherwise.
    """
    available, rows, skipped = [], [], []
    for row, observation in observations.iterrows():
        own = np.random.SeedSequence(seed, spawn_key=(row,))
        with skipping(skipped, f"{observation['observation']} is skipped"):
            available.append(observation_tables(observation, own, number, windows, onsets or {}, span, source))
            rows.append(row)
    if not available and span is None:
        raise InputError(f"none of {len(observations)} observations are available; the first error: {skipped[0]}")
    if skipped:
        print(*skipped, sep="\n")
    empty = pd.DataFrame(columns=[*ABOUT, *FEATURES], dtype=np.float32).astype(ABOUT)
    available = available or [[empty] * len(windows)]
    return [dataset.join_observations(list(tables), observations.loc[rows]) for tables in zip(*available, strict=True)]
