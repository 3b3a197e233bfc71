"""The paper's criterion on real rasters: X-ray flux below 1e-5 W/m2 in the window, no major flare in all of an AR.

GOES sees the whole Sun.  Its flux says that no major flare was under way anywhere; where a flare was, only a list with
positions says.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.goes.classes import class_to_flux, reaches_class
from flarebook.goes.flare_list import flare_times, merge_reports
from flarebook.goes.labels import flares_of_records, read_sources
from flarebook.goes.scales import OPERATIONAL, rescale_flares
from flarebook.iris.labels.audit import MAJOR, pointing_distance

LIMIT = class_to_flux(MAJOR)  # W/m2, section 2.2, on the operational scale of 2014 and 2015
MINUTE = np.timedelta64(1, "m")


@dataclass(frozen=True)
class XrayActivity:
    """Flux records and flares, on the operational scale: records, [XrayFlux]; lists, [table of read_flare_list]."""

    records: list
    lists: list


def read_activity(paths):
    """GOES flux records and flare lists of files and folders: XrayActivity.

    paths: list of text.  Files that cannot be read are printed.  Raises InputError when none can.
    """
    records, lists, reasons = read_sources(list(paths))
    print(*reasons, sep="\n", end="\n" if reasons else "")
    if not records and not lists:
        raise InputError(
            f"none of {', '.join(map(str, paths))} is a GOES record or a flare list, so that the X-ray limit cannot "
            "be checked: give one, or none at all"
        )
    return XrayActivity([one.on_scale(OPERATIONAL) for one in records], [rescale_flares(t, OPERATIONAL) for t in lists])


def criterion_violations(observation, used, start, end, activity):
    """How an observation violates the criterion, or why that is not known: list of sentences, empty when it holds.

    observation: row of `observation_table`; used: (n,) datetime64, exposures in the window; start, end: of the whole
    observation, datetime64; activity: of `read_activity`.
    """
    name = observation["observation"]
    first, last = (start, end) if observation["region"] == "AR" else (used.min(), used.max())
    sentences = _bright_exposures(name, used, activity.records)
    flares = _flares_between(activity, first - np.timedelta64(1, "D"), last)
    sentences += [] if sentences else _exposures_in_flares(name, used, flares)
    if observation["region"] == "AR":
        sentences += [_flare_while_observed(observation, row) for row in flares[flares["start"] >= start].itertuples()]
    return sentences + ([] if _covered(activity, first, last) else [_not_covered(name, last, activity)])


def flux_at(times, records):
    """Flux of the nearest record within a minute of each time: (n,) W/m2, NaN where unknown."""
    flux = np.full(len(times), np.nan)
    for record in records:
        after = np.clip(np.searchsorted(record.times, times), 1, len(record.times) - 1)
        earlier = times - record.times[after - 1] < record.times[after] - times
        nearest = after - earlier
        near = np.abs(record.times[nearest] - times) <= MINUTE
        flux = np.where(near & np.isnan(flux), record.long[nearest], flux)
    return flux


def _bright_exposures(name, used, records):
    """Sentence on exposures of the window at the limit or above, as list."""
    bright = np.flatnonzero(reaches_class(np.nan_to_num(flux_at(used, records)), MAJOR))
    if not len(bright):
        return []
    numbers = f"{bright[0]} to {bright[-1]}" if len(bright) > 1 else f"{bright[0]}"
    return [
        f"{name}: {len(bright)} of {len(used)} exposures of its window (numbers {numbers}) have a GOES flux of "
        f"{LIMIT:.0e} W/m2 or above, the first at {pd.Timestamp(used[bright[0]]):%Y-%m-%d %H:%M}: the paper takes none"
    ]


def _exposures_in_flares(name, used, flares):
    """Sentences on exposures of the window during a listed M or X flare, whose flux exceeds the limit at its peak."""
    found = []
    for flare in flares.itertuples():
        inside = (used >= np.datetime64(flare.start)) & (used <= np.datetime64(flare.end))
        if inside.any():
            found.append(
                f"{name}: {inside.sum()} of {len(used)} exposures of its window lie in the {flare.goes_class} flare of "
                f"{flare.start:%Y-%m-%d %H:%M} to {flare.end:%H:%M}, whose flux exceeds {LIMIT:.0e} W/m2"
            )
    return found


def _flare_while_observed(observation, flare):
    """Sentence on a flare during an observation that is labelled as not flaring."""
    place = "and no list states its place"
    if np.isfinite(getattr(flare, "longitude", np.nan)):
        pointing = observation["x"], observation["y"], observation["start"]
        at = [flare.longitude], [flare.latitude], [flare.start]
        place = f"{pointing_distance(*pointing, *at)[0]:.0f} arcsec from its pointing"
    return (
        f"{observation['observation']} is labelled as not flaring, but an {flare.goes_class} flare began at "
        f"{flare.start:%Y-%m-%d %H:%M} while it was observed, {place}"
    )


def _flares_between(activity, first, last):
    """M and X flares of lists, of records too where no list covers the times, that begin between them: table.

    With the place where known; a missing start or end is that of the peak.
    """
    tables = list(activity.lists)
    if not any(_spans(_list_span(table), first, last) for table in tables) and activity.records:
        tables.append(flares_of_records(activity.records))  # a list of other days does not tell of these
    table = merge_reports(tables)
    table["start"], table["end"] = table["start"].fillna(table["peak"]), table["end"].fillna(table["peak"])
    table = table[reaches_class(table["peak_flux"], MAJOR) & table["start"].between(first, last)]
    return table.sort_values("start")


def _covered(activity, first, last):
    """Whether one record or list reaches from the first to the last time."""
    spans = [(record.times[0], record.times[-1]) for record in activity.records]
    return any(_spans(span, first, last) for span in spans + [_list_span(table) for table in activity.lists])


def _spans(span, first, last):
    """Whether a span, (first, last), holds two times."""
    return span[0] <= first and last <= span[1]


def _list_span(table):
    """First and last time that a flare list covers: the day of an events file, else of its first and last flare."""
    if "day" in table.attrs:
        day = np.datetime64(table.attrs["day"])
        return day, day + np.timedelta64(1, "D")
    times = table["start"].fillna(flare_times(table))
    return times.min().to_datetime64(), times.max().to_datetime64()


def _not_covered(name, last, activity):
    """Sentence on an observation that the records and lists do not cover."""
    ends = [record.times[-1] for record in activity.records] + [_list_span(table)[1] for table in activity.lists]
    ends = [pd.Timestamp(end) for end in ends if not np.isnat(end)]  # NaT: a list without a flare
    reach = f"the last ends {max(ends):%Y-%m-%d %H:%M}" if ends else "they hold none"
    return (
        f"{name}: the X-ray criterion is not checked; it was observed until {pd.Timestamp(last):%Y-%m-%d %H:%M}, and "
        f"the GOES records and flare lists do not cover all of it ({reach})"
    )
