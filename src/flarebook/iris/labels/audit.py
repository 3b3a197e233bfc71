"""What NOAA's lists say about each observation of Tables 1 and 2: flares in its window and near it, and its region.

Durations are not in the tables.  What is known of one is the time until the end of its window, and for PF 15 the end
that its raster's header states; IRIS has one slit, so that the next observation of the tables bounds it from above.
"""

import warnings
from importlib.resources import files

import numpy as np
import pandas as pd

from flarebook.compendium.data.download import check_hash, locate
from flarebook.compendium.data.manifest import dataset
from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.goes.classes import reaches_class
from flarebook.goes.flare_list import read_flare_list
from flarebook.goes.region_summaries import read_region_summaries
from flarebook.iris.observations import WINDOW_END, WINDOW_MINUTES, observation_table

DAY = pd.Timedelta("24h")
MAJOR = "M1.0"  # the paper's flares, and its limit of the X-ray flux, 1e-5 W/m2
NEAREST = 150.0  # arcsec: a numbered region is at the pointing up to here; a large one is 200 wide
FLARE_NEAR = 100.0  # arcsec: of a flare's place, for flares without a region's number
SOLAR_RADIUS = 976.0  # arcsec, the largest of the year
STATED_ENDS = {"PF 15": "2014-03-29T17:54:20"}  # ENDOBS of the raster that ships
READINGS = {"as printed": (1, 1, 1), "x reversed": (-1, 1, 1), "y reversed": (1, -1, 1), "y / 10": (1, 1, 0.1)}
FLARES, REGIONS = "label_audit.csv", "label_regions.csv"
FOLDER = files("flarebook.iris") / "data"
LISTS = ("noaa-flares", "noaa-flares-located", "noaa-regions")  # of the manifest


def observation_times(observations=None):
    """Times of each observation: start, window_start, window_end, known_end, next_start and onset.

    A window of PF ends a minute before onset and begins with the observation at the earliest; of the others the paper
    does not say which 25 minutes it took, and the first are assumed, as for real rasters.  known_end: until when the
    observation lasted at least; next_start: of the tables' next observation, NaT after the last.
    """
    table = observation_table() if observations is None else observations
    start, onset = pd.to_datetime(table["start"]), pd.to_datetime(table["onset"].replace("", None))
    length = pd.Timedelta(minutes=WINDOW_MINUTES)
    end = (onset + pd.Timedelta(minutes=WINDOW_END)).fillna(start + length)
    first = (end - length).where(end - length > start, start)
    ends = table["observation"].map(STATED_ENDS).astype("datetime64[ns]")
    later = [start[start > time].min() for time in start]
    times = {"start": start, "window_start": first, "window_end": end, "known_end": ends.fillna(end)}
    return table[["observation", "region"]].assign(**times, next_start=later, onset=onset)


def pointing_distance(x, y, time, longitude, latitude, times):
    """Distance in arcsec, (n,), of places on the Sun from a pointing, seen from Earth at the pointing's time.

    x, y: arcsec; time: ISO text; longitude, latitude: (n,) Stonyhurst, deg, at `times`.  Each place is turned to the
    pointing's time with the Sun (sunpy, Howard et al. 1990); NaN where the place is not known.
    """
    from astropy import units as u
    from astropy.coordinates import SkyCoord
    from sunpy.coordinates import HeliographicStonyhurst, Helioprojective
    from sunpy.sun.models import differential_rotation

    if not len(times):
        return np.empty(0)
    longitude, latitude = np.asarray(longitude, float) * u.deg, np.asarray(latitude, float) * u.deg
    elapsed = (pd.Timestamp(time) - pd.DatetimeIndex(times)).total_seconds().to_numpy() * u.s
    turned = longitude + differential_rotation(elapsed, latitude, frame_time="synodic")
    place = SkyCoord(turned, latitude, frame=HeliographicStonyhurst(obstime=time))
    seen = place.transform_to(Helioprojective(obstime=time, observer="earth"))
    return np.hypot(seen.Tx.to_value(u.arcsec) - x, seen.Ty.to_value(u.arcsec) - y)


def nearest_regions(regions, observations=None):
    """The numbered region nearest to each pointing: DataFrame observation, reading, noaa_region, distance, area.

    regions: of `goes.read_region_summaries`.  reading: how the printed pointing is read, one of READINGS.  It is as
    printed for quiet Sun, if a region lies within NEAREST, or if no other reading has one within half of that; for a
    pointing off the disk another reading needs one within NEAREST.
    """
    rows = []
    for row in (observation_table() if observations is None else observations).itertuples():
        day = pd.Timestamp(row.start).floor("D")
        known = regions[regions["valid"] == day]
        if known.empty:
            raise InputError(f"the region summaries hold no region of {day:%Y-%m-%d}: give those of 2014 and 2015")
        found = []
        for reading, (sign_x, sign_y, scale) in READINGS.items():
            place = row.x * sign_x, row.y * sign_y * scale
            distance = pointing_distance(*place, row.start, known["longitude"], known["latitude"], [day] * len(known))
            nearest = known.iloc[np.argmin(distance)]
            found.append((reading, int(nearest["region"]), round(distance.min(), 1), nearest["area"]))
        best = min(found, key=lambda one: one[2])
        limit = NEAREST if np.hypot(row.x, row.y) > SOLAR_RADIUS else NEAREST / 2
        keep = row.region == "QS" or found[0][2] <= NEAREST or best[2] > limit
        rows.append((row.observation, *(found[0] if keep else best), found[0][2]))
    columns = ["observation", "reading", "noaa_region", "distance", "area", "distance_as_printed"]
    return pd.DataFrame(rows, columns=columns)


def audit_flares(flares, nearest, observations=None):
    """Flares that bear on each observation: one row for each pair.

    flares: of `goes.read_flare_list`, with region and place; nearest: of `nearest_regions`.  Rows are the flares of
    class M1.0 and above from 24 hours before the start to 24 hours after the end of the window, and smaller ones in the
    window.  Columns: observation, start, end, goes_class, noaa_region, distance (arcsec from the pointing, turned with
    the Sun), same_region (as the pointing's, by number, else by place), when (window, observation, before, after) and
    minutes_from_window: of the flare's start from the end of the window.
    Raises InputError for a list without places or regions, or one that does not cover an observation.
    """
    if missing := {"region", "longitude", "latitude"} - set(flares):
        raise InputError(
            f"the flare list has no {' and no '.join(sorted(missing))}, so that no flare is at a pointing: "
            "give a list with positions"
        )
    table = observation_table() if observations is None else observations
    times, rows = observation_times(table), []
    for entry, time, region in zip(table.itertuples(), times.itertuples(), nearest.itertuples(), strict=True):
        check_cover(flares, entry.observation, time.start, time.window_end)
        around = flares["start"].between(time.start - DAY, time.window_end + DAY)
        inside = (flares["start"] < time.window_end) & (flares["end"] > time.window_start)
        chosen = flares[(around & reaches_class(flares["peak_flux"], MAJOR)) | inside]
        sign_x, sign_y, scale = READINGS[region.reading]
        place = entry.x * sign_x, entry.y * sign_y * scale
        distance = pointing_distance(*place, entry.start, chosen["longitude"], chosen["latitude"], chosen["start"])
        rows.append(_flare_rows(chosen, entry.observation, time, region, distance))
    return pd.concat(rows, ignore_index=True)


def check_cover(flares, name, first, last):
    """Raise InputError when a flare list does not reach from `first` to `last`."""
    if not len(flares) or flares["start"].min() > first or flares["start"].max() < last:
        reach = f"{flares['start'].min():%Y-%m-%d} to {flares['start'].max():%Y-%m-%d}" if len(flares) else "no day"
        raise InputError(
            f"the flare list covers {reach}, and {name} was observed at {first:%Y-%m-%d %H:%M}: give one that covers it"
        )


def _flare_rows(flares, name, time, region, distance):
    """Columns of `audit_flares` for one observation."""
    number = flares["region"].astype("Int64")
    near = pd.Series(distance <= FLARE_NEAR, flares.index)
    same = (number == region.noaa_region).where(number.notna(), near) if region.distance <= NEAREST else near
    when = np.select(
        [
            (flares["start"] < time.window_end) & (flares["end"] > time.window_start),
            (flares["end"] <= time.window_start) & (flares["end"] > time.start),
            flares["start"] < time.start,
        ],
        ["window", "observation", "before"],
        "after",
    )
    minutes = (flares["start"] - time.window_end).dt.total_seconds() / 60
    columns = {"observation": name, "start": flares["start"], "end": flares["end"], "goes_class": flares["goes_class"]}
    columns |= {"noaa_region": number, "distance": np.round(distance, 1), "same_region": same.astype(bool)}
    return pd.DataFrame(columns | {"when": when, "minutes_from_window": minutes.round(0).astype(int)})


def list_paths():
    """Where NOAA's lists are now, read through the manifest: {id: path, None where out of reach}."""
    return {name: locate(dataset(name).files[0])[1] for name in LISTS}


def compute_facts(paths):
    """The facts from the lists: (flares as of `audit_flares`, regions as of `nearest_regions`).

    paths: of `list_paths`.  Raises InputError as these two, or when a list has changed.
    """
    for name, path in paths.items():
        check_hash(path, dataset(name).files[0].sha256, "fetch it again")
    nearest = nearest_regions(read_region_summaries(paths["noaa-regions"]))
    return audit_flares(read_flare_list(paths["noaa-flares-located"]), nearest), nearest


def unmatched_flares(facts, paths):
    """Rows of `audit_flares` without a flare of the same start and class in the list of all events."""
    known = read_flare_list(paths["noaa-flares"])[["start", "goes_class"]].drop_duplicates()
    found = facts.merge(known, how="left", on=["start", "goes_class"], indicator=True)
    return found[found["_merge"] == "left_only"].drop(columns="_merge")


def shipped_facts():
    """The facts that ship: (flares as of `audit_flares`, regions as of `nearest_regions`)."""
    flares = pd.read_csv(FOLDER / FLARES, comment="#", parse_dates=["start", "end"], dtype={"noaa_region": "Int64"})
    return flares, pd.read_csv(FOLDER / REGIONS, comment="#")


def confirm_facts(flares, nearest):
    """Sentence on whether NOAA's lists, where they are at hand, give the facts that ship.

    flares, nearest: of `shipped_facts`.
    """
    paths = list_paths()
    if missing := [name for name, path in paths.items() if path is None]:
        return f"Shown is the table that ships; it was not computed again, for {', '.join(missing)} are not at hand."
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MetadataWarning)  # the lists state no scale, which no place or time needs
        found = compute_facts(paths)
    same = all(_equal(one, other) for one, other in zip(found, (flares, nearest), strict=True))
    told = "it is the table that ships" if same else "IT DIFFERS FROM THE TABLE THAT SHIPS, which is shown"
    return f"Computed again from NOAA's lists ({len(found[0])} flares of 68 observations): {told}."


def _equal(found, shipped, tolerance=0.15):
    """Whether two tables hold the same rows, distances within 0.15 arcsec: sunpy's models change with its versions."""
    try:
        pd.testing.assert_frame_equal(found, shipped, check_dtype=False, atol=tolerance)
    except AssertionError:
        return False
    return True
