"""The table of spectra of one real observation: its raster streamed, checked, measured and drawn from, memory flat."""

from datetime import datetime

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.compendium.provenance import file_origin
from flarebook.iris.features.extract import interpolate_profiles
from flarebook.iris.features.window_scan import measure_widths, width_columns
from flarebook.iris.labels.criterion import criterion_violations
from flarebook.iris.mg2 import FEATURES, PROFILE, WINDOW
from flarebook.iris.observations import WINDOW_END, WINDOW_MINUTES
from flarebook.iris.rasters import archive
from flarebook.iris.rasters.read import iter_exposures

ABOUT = {"exposure": "int32", "slit": "int32"} | dict.fromkeys(
    ("minutes_to_onset", "quiet_fraction", "activity"), "float32"
)


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


def keep_smallest(columns, keys, number):
    """The rows of the `number` smallest random keys, which is a fair draw however the rows arrive; None for all.

    columns: list of arrays of one length.  Returns the columns and the keys of the rows that are kept.
    """
    if number is None or len(keys) <= number:
        return columns, keys
    chosen = np.sort(np.argpartition(keys, number)[:number])
    return [column[chosen] for column in columns], keys[chosen]


def joined(parts, number):
    """Columns and keys of several exposures as one, at most `number` rows; parts: list of (*columns, keys)."""
    *columns, keys = (np.concatenate(column) for column in zip(*parts, strict=True))
    columns, keys = keep_smallest(columns, keys, number)
    return [(*columns, keys)]


def stream_rows(path, seconds, number, measure, rng):
    """At most `number` rows of the exposures between two seconds, memory flat.

    measure(exposure): values (n_slit, n_columns) and good (n_slit,).  Returns exposure, slit, time (s), values, each of
    n rows; the times of all exposures (n_exposures,) s; the origin of the file, of `file_origin`.  Raises InputError
    when nothing is usable, and for a file of another observation than the one that its name says.
    """
    parts, times, held, origin = [], [], 0, "real"
    for index, exposure in enumerate(iter_exposures(path)):
        if not times:
            archive.check_start(exposure.start.to_datetime(), path)
            origin = file_origin(exposure.simulated, path.name)
        times.append(exposure.time)
        if not (seconds[0] <= exposure.time < seconds[1] and exposure.quality.any()):
            continue
        values, good = measure(exposure)
        slit = np.flatnonzero(good & exposure.quality)
        about = np.full(len(slit), index, np.int32), slit.astype(np.int32), np.full(len(slit), exposure.time)
        parts.append((*about, values[slit], rng.random(len(slit))))
        held += len(slit)
        if number is not None and held > 2 * number:
            parts, held = joined(parts, number), number
    if not held:
        raise InputError(f"{path} holds no usable spectrum in the 25 minutes that the paper uses")
    return *joined(parts, number)[0][:-1], np.array(times), origin


def real_table(observation, path, seed, number, window=WINDOW, widths=(), share=1.0, span=None, profiles=False):
    """Table of spectra of one real observation, with the columns of the simulated ones, and the times of exposures.

    observation: row of `observation_table`; path: its raster; seed: of the draw; number: spectra, None for all; window,
    widths: of the features, Angstrom; share: of the spectra that are measured at the further widths; span: minutes to
    onset; profiles: whether the columns PROFILE follow.  The truths of a simulation are NaN.  Returns DataFrame, whose
    attrs hold its origin, (n_exposures,) datetime64, and which of the exposures lie in the span.
    """
    rng, onset, start = np.random.default_rng(seed), find_onset(observation), archive.file_start(path)
    scan_rng = np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, 1)))

    def measure(exposure):
        sampled = None if share >= 1 else scan_rng.random(len(exposure.spectra)) < share
        whole = exposure.spectra, exposure.wavelength
        values, good = measure_widths(*whole, exposure.exposure_time, window, widths, sampled)
        return (np.hstack([values, interpolate_profiles(*whole)[0]]) if profiles else values), good

    seconds = time_span(observation, start, onset, span)
    exposure, slit, time, values, times, origin = stream_rows(path, seconds, number, measure, rng)
    zero = (onset - start).total_seconds() if onset else np.nan
    about = {"exposure": exposure, "slit": slit, "minutes_to_onset": (time - zero) / 60}
    about = pd.DataFrame(about, columns=list(ABOUT)).astype(ABOUT)  # the simulation's truths stay NaN
    columns = [*FEATURES, *width_columns(widths), *(PROFILE if profiles else ())]
    moments = np.datetime64(start) + (1e3 * times).astype("timedelta64[ms]")
    used = (times >= seconds[0]) & (times < seconds[1])
    table = pd.concat([about, pd.DataFrame(values, columns=columns)], axis=1)
    table.attrs["origin"] = origin
    return table, moments, used


def criterion_notes(observation, moments, used, activity):
    """How an observation violates the paper's X-ray criterion: list of sentences.

    moments, used: of `real_table`; activity: of `read_activity`, None for no check.
    """
    if activity is None:
        return []
    return criterion_violations(observation, moments[used], moments[0], moments[-1], activity)
