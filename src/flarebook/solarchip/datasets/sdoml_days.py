"""Dates of SDOML version 2 as the same arrays and tables: each chunk is read once, in the order of time."""

import os
from collections import defaultdict
from itertools import groupby
from typing import Any, NamedTuple

import pandas as pd
from joblib import Parallel, delayed

from flarebook.compendium.errors import InputError
from flarebook.goes.labels import find_flare_files
from flarebook.solarchip.datasets.real import build_real_tables, stack_dates, stack_grids
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.prepare import prepare_image
from flarebook.solarchip.images.sdoml import (
    ABSENT,
    AIA_STORE,
    HMI_STORE,
    array_name,
    nearest_places,
    open_store,
    read_store_images,
    tell_missing,
)

REQUIRED = tuple(channel for channel in CHANNELS if channel not in ABSENT)
REQUESTS = 16  # chunks asked for at a time of a store that is not a folder, where the answers' delay counts


class ChunkImages(NamedTuple):
    """Images that are wanted of one chunk: their places, and the numbers of the dates that want each."""

    array: Any  # zarr.Array
    times: pd.DatetimeIndex
    channel: str
    dates: dict[int, list[int]]


def sdoml_days(times, flares=(), aia=AIA_STORE, hmi=HMI_STORE, size=128, progress=None, jobs=None):
    """Dates of SDOML version 2 in the order of time: a SunDays; 4500, which it does not hold, is NaN.

    times: UTC; flares: GOES records or flare lists, [path]; aia, hmi: see sdoml.nearest_images; jobs: chunks that are
    read and prepared at a time, by default one a processor, or 16 of a store that is not a folder.  A date that lacks
    another channel is left out.  Raises InputError when a store cannot be opened or no date is left.
    """
    moments, skipped = sorted(pd.Timestamp(time) for time in times), []
    dates = prepare_dates(moments, aia, hmi, size, jobs)

    def load(time):
        return stack_grids(_complete(next(dates), time), time, size)

    images, used = stack_dates(load, moments, size, skipped, progress)
    if not used:
        raise InputError(f"no date of SDOML can be used; first: {[*skipped, 'no time was given'][0]}")
    return build_real_tables(images, used, find_flare_files(flares), skipped)


def prepare_dates(moments, aia=AIA_STORE, hmi=HMI_STORE, size=128, jobs=None, channels=REQUIRED):
    """Yield the images of each moment, {channel: (size, size) float32, or the error that says why there is none}.

    moments: [Timestamp] in order; aia, hmi, jobs: see `sdoml_days`.  A chunk is read once, while others are prepared;
    in memory are the chunks that are worked on and the prepared images of their dates.
    """
    stores = open_store(aia), open_store(hmi)
    is_local = all(os.path.isdir(str(store)) for store in (aia, hmi))
    jobs = jobs or (len(os.sched_getaffinity(0)) if is_local else REQUESTS)
    chunks, found = _plan(moments, *stores, channels, jobs)
    last = {number: place for place, chunk in enumerate(chunks) for dates in chunk.dates.values() for number in dates}
    results = Parallel(jobs, prefer="threads", return_as="generator")(delayed(_prepare)(c, size) for c in chunks)
    done = 0
    for number in range(len(moments)):
        for chunk in chunks[done : last.get(number, -1) + 1]:
            for date, image in next(results):
                found[date][chunk.channel] = image
            done += 1
        yield found.pop(number, {})


def _plan(moments, aia, hmi, channels, jobs):
    """Chunks to read in the order of their first dates: ([ChunkImages], {number of date: {channel: LookupError}})."""
    chunks, missing = [], defaultdict(dict)
    years = {year: list(numbers) for year, numbers in groupby(range(len(moments)), lambda n: moments[n].year)}
    wanted = [(year, channel) for year in years for channel in channels]
    opened = Parallel(jobs, prefer="threads")(
        delayed(_open)(hmi if channel == "hmi" else aia, array_name(year, channel)) for year, channel in wanted
    )
    for (year, channel), source in zip(wanted, opened, strict=True):
        numbers, by_chunk = years[year], defaultdict(lambda: defaultdict(list))
        if isinstance(source, LookupError):
            missing |= {number: missing[number] | {channel: source} for number in numbers}
            continue
        places = nearest_places(source[1], [moments[number] for number in numbers])
        for number, place in zip(numbers, places, strict=True):
            if isinstance(place, str):
                missing[number][channel] = LookupError(place)
            else:
                by_chunk[place // source[0].chunks[0]][place].append(number)
        chunks += [ChunkImages(*source, channel, dict(places)) for places in by_chunk.values()]
    return sorted(chunks, key=lambda chunk: next(iter(chunk.dates.values()))[0]), missing


def _open(store, name):
    """An array and the times of its images, or the LookupError that says why there is none."""
    try:
        return store.array(name)
    except LookupError as error:
        return error


def _prepare(chunk, size):
    """Images of a chunk on the standard grid, or the errors that say why there is none: [(number of date, image)]."""
    found = []
    images = read_store_images(chunk.array, chunk.times, list(chunk.dates), chunk.channel)
    for image, dates in zip(images, chunk.dates.values(), strict=True):
        try:
            image = image if isinstance(image, LookupError) else prepare_image(image, size, correct=False)
        except Exception as error:  # told of the dates, which are left out
            image = error
        found += [(number, image) for number in dates]
    return found


def _complete(found, time):
    """Images of a date, when it has all; the error of the first that is missing or cannot be prepared otherwise."""
    lost = {channel: image for channel, image in found.items() if isinstance(image, LookupError)}
    if lost:
        channel = next(channel for channel in REQUIRED if channel in lost)
        sentence = tell_missing(channel, time, lost[channel])
        raise InputError(f"{sentence}; the date lacks {len(lost)} of {len(REQUIRED)} channels")
    for channel in REQUIRED:
        if isinstance(found[channel], Exception):
            raise found[channel]
    return found
