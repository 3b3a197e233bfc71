"""Real images as the same arrays and tables that the simulated Sun gives; what only a simulation knows is missing."""

from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.solarchip.channels import CHANNELS
from flarebook.solarchip.day_tables import split_of
from flarebook.solarchip.flare_labels import label_table, largest_flux
from flarebook.solarchip.goes import COLUMNS
from flarebook.solarchip.label_files import LISTS, XRS_NAME, flare_files, label_files
from flarebook.solarchip.magnetic_indices import r_of_disk, unsigned_flux
from flarebook.solarchip.orientation import check_orientation
from flarebook.solarchip.prepare import prepare
from flarebook.solarchip.read import SunImage, read_image
from flarebook.solarchip.sdoml import ABSENT, AIA_STORE, HMI_STORE, nearest_images, open_store
from flarebook.solarchip.xrs import read_xrs

TRUTH = ("r_value", "rate_m", "p_m", "p_c")  # known for a simulated Sun only
DAY = pd.Timedelta("24h")
REGIONS = ("time", "region", "latitude", "longitude", "flux", "complexity", "r_value")
LABELS = {"peak_flux": "Float64", "max_class": "string", "label_m": "Int64", "label_c": "Int64"}


class RealDays(NamedTuple):
    """As simulate.SimulatedSun, and left_out: a sentence for each file or date that could not be used."""

    images: np.ndarray
    days: pd.DataFrame
    regions: pd.DataFrame
    flares: pd.DataFrame
    left_out: list


def real_days(folder, flares=None, size=128, required=CHANNELS, progress=None, gap_days=None):
    """Dates of a folder of FITS images, such as `flarebook solarchip fetch` leaves: a RealDays.

    folder: AIA and HMI images anywhere below; images of the same hour belong together.  flares: GOES records, flare
    lists or folders of them, [path]; default, those in the folder.  required: channels without which a date is left
    out; the others become NaN.  progress: called with an iterable, gives it back.  Labels are missing on days that no
    record or list covers.
    Raises InputError when the folder is missing or no date is left.
    """
    files = find_images(folder)
    dates, left_out = read_dates(files, progress)
    stacks, times = [], []
    for time, found in dates.items():
        try:
            stacks.append(stack_date(found, time, size, required))
        except InputError as error:
            left_out.append(str(error))
            continue
        times.append((time, found.get("hmi")))
    if not stacks:
        raise InputError(f"no date in {folder} can be used; first: {[*left_out, 'there is no image'][0]}")
    return tables_of(np.stack(stacks), times, flare_files([folder] if flares is None else flares), left_out, gap_days)


def sdoml_days(times, flares=(), aia=AIA_STORE, hmi=HMI_STORE, size=128, progress=None, gap_days=None):
    """Dates of SDOML version 2: a RealDays; 4500, which it does not hold, is NaN.

    times: UTC; flares: GOES records or flare lists, [path]; aia, hmi: see sdoml.nearest_images.  A date that lacks
    another channel is left out.  Raises InputError when a store cannot be opened or no date is left.
    """
    required = [channel for channel in CHANNELS if channel not in ABSENT]
    stores = open_store(aia), open_store(hmi)
    stacks, used, left_out = [], [], []
    for time in progress(list(times)) if progress else times:
        found, _ = nearest_images(time, *stores, channels=required)
        try:
            stacks.append(stack_date(found, pd.Timestamp(time), size, required, correct=False))
            used.append((pd.Timestamp(time), found["hmi"]))
        except InputError as error:
            left_out.append(str(error))
    if not stacks:
        raise InputError(f"no date of SDOML can be used; first: {[*left_out, 'no time was given'][0]}")
    return tables_of(np.stack(stacks), used, flare_files(flares), left_out, gap_days)


def find_images(folder):
    """FITS images in a folder and below, GOES records left aside: sorted list of Path."""
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}: give the one that holds the images of AIA and HMI")
    found = sorted(path for path in folder.rglob("*") if path.name.endswith((".fits", ".fits.gz", ".fits.fz", ".fit")))
    return [path for path in found if not XRS_NAME.match(path.name)]


def read_dates(files, progress=None):
    """Images by date: ({Timestamp of the hour: {channel: SunImage}} in order, reasons of what cannot be read).

    Of two images of a channel in the same hour, the one nearer to it is kept; what is marked as no observation
    (SIMULATD, OBSERVED) is left out.
    """
    dates, reasons = defaultdict(dict), []
    for path in progress(files) if progress else files:
        try:
            image = read_image(path)
        except InputError as error:
            reasons.append(str(error))
            continue
        if image.header.get("SIMULATD") is True or image.header.get("OBSERVED") is False:
            reasons.append(f"{path.name} says of itself that it is no observation: keep it apart from real images")
            continue
        hour = image.time.round("h")
        known = dates[hour].get(image.channel)
        if known is None or abs(image.time - hour) < abs(known.time - hour):
            dates[hour][image.channel] = image
    return dict(sorted(dates.items())), reasons


def stack_date(found, time, size=128, required=CHANNELS, correct=True):
    """Images of one date on the standard grid: (11, size, size) float16, G and DN/s, channels not required may be NaN.

    found: {channel: SunImage}.  Raises InputError for a missing channel, an image that cannot be prepared, or a
    magnetogram that is turned against the others.
    """
    missing = [channel for channel in required if channel not in found]
    if missing:
        raise InputError(f"{time:%Y-%m-%dT%H:%M} lacks {', '.join(missing)}: fetch these images or leave the date out")
    stack = np.full((len(CHANNELS), size, size), np.nan, np.float16)
    for place, channel in enumerate(CHANNELS):
        if isinstance(found.get(channel), SunImage):
            stack[place] = prepare(found[channel], size, correct)
    check_orientation(stack.astype(np.float32), f"{time:%Y-%m-%dT%H:%M}")
    return stack


def tables_of(images, times, sources, left_out, gap_days=None):
    """RealDays of prepared images.

    images: (n, 11, size, size); times: [(Timestamp, SunImage of HMI or None)]; sources: [path] of flares.
    """
    moments = pd.DatetimeIndex([time for time, _ in times])
    days = pd.DataFrame({"time": moments.strftime("%Y-%m-%dT%H:%M:%S")})
    fields = images[:, 0].astype(np.float32)
    days["r_measured"] = [r_of_disk(field) for field in fields]
    days["unsigned_flux"] = [unsigned_flux(field) for field in fields]
    for name in TRUTH:
        days[name] = np.nan
    flares, labels = _labels(sources, moments, left_out)
    days = pd.concat([days, labels, xray_columns(sources, moments, flares)], axis=1)
    days["n_regions"] = pd.array([pd.NA] * len(days), "Int64")
    days["split"], days["origin"] = split_of(days["time"], gap_days), "real"
    return RealDays(images, days, pd.DataFrame(columns=list(REGIONS)), flares, left_out)


def _labels(sources, moments, left_out):
    """Flares, and the columns of labels for the dates whose 24 hours are known of; the reasons go to left_out."""
    unknown = pd.DataFrame({name: pd.array([pd.NA] * len(moments), kind) for name, kind in LABELS.items()})
    if not sources:
        left_out.append("no GOES record and no flare list was given: the labels are missing")
        return pd.DataFrame(columns=list(COLUMNS)), unknown
    flares, known, reasons = label_files(sources)
    left_out += reasons
    table = label_table(flares, moments).astype(LABELS)
    days, covered = moments.floor("D"), pd.to_datetime(known["time"])
    into_next = (moments > days) & ~(days + DAY).isin(covered)  # 24 hours from noon end in the next day
    unknown_days = ~days.isin(covered) | into_next
    table[unknown_days] = pd.NA
    if unknown_days.any():
        left_out.append(f"{unknown_days.sum()} of {len(moments)} dates have no label: no record covers their 24 hours")
    return flares, table


def xray_columns(sources, moments, flares):
    """Flux at each time and the largest of the 24 hours before, W/m2: goes_now and flux_max_past_24h, NaN if unknown.

    From the records where they cover the day before; a flare list tells only the largest flare of that day.
    """
    past = largest_flux(flares, moments - DAY) if len(flares) else np.zeros(len(moments))
    now, highest, minutes = np.full(len(moments), np.nan), np.where(past > 0, past, np.nan), np.zeros(len(moments))
    for path in sources:
        curve = _minute_curve(path)
        for row in np.flatnonzero((moments >= curve.index.min()) & (moments < curve.index.max() + DAY)):
            before = curve[(curve.index > moments[row] - DAY) & (curve.index <= moments[row])]
            highest[row], minutes[row] = np.fmax(highest[row], before.max()), minutes[row] + len(before)
            near = curve[np.abs(curve.index - moments[row]) <= pd.Timedelta("5min")]
            now[row] = near.mean() if len(near) else now[row]
    known = (minutes > 0.9 * 1440) | (past > 0)
    return pd.DataFrame({"goes_now": now, "flux_max_past_24h": np.where(known, highest, np.nan)})


def _minute_curve(path):
    """One-minute means of a GOES record, holes left out; empty for a list or a bad file, of which labels have told."""
    empty = pd.Series(dtype=float, index=pd.DatetimeIndex([]))
    if Path(path).suffix in LISTS:
        return empty
    try:
        record = read_xrs(path)
    except InputError:
        return empty
    return pd.Series(record.long, pd.DatetimeIndex(record.times)).dropna().resample("1min").mean().dropna()
