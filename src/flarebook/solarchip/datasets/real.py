"""Real images as the same arrays and tables that the simulated Sun gives; what only a simulation knows is missing."""

import os
from collections import defaultdict
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.batch_report import skipping
from flarebook.compendium.data.reading import files_below
from flarebook.compendium.errors import InputError
from flarebook.compendium.provenance import file_origin, mix_origins
from flarebook.goes.classes import COLUMNS, minute_means
from flarebook.goes.labels import (
    XRS_NAME,
    find_flare_files,
    label_sources,
    label_table,
    largest_peak_flux,
    read_sources,
)
from flarebook.solarchip.datasets.day_tables import SunDays, split_days
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.orientation import check_magnetogram_orientation
from flarebook.solarchip.images.prepare import prepare_image
from flarebook.solarchip.images.read import SunImage, read_header, read_image
from flarebook.solarchip.sun.magnetic_indices import r_of_disk, unsigned_flux

TRUTH = ("r_value", "rate_m", "p_m", "p_c")  # known for a simulated Sun only
DAY = pd.Timedelta("24h")
FITS = (".fits", ".fits.gz", ".fits.fz", ".fit")
REGIONS = ("time", "region", "latitude", "longitude", "flux", "complexity", "r_value")
LABELS = {"peak_flux": "Float64", "max_class": "string", "label_m": "Int64", "label_c": "Int64"}


def real_days(
    folder: str | Path | list[str | Path],
    flares: list[str | Path] | None = None,
    size: int = 128,
    required: tuple[str, ...] = CHANNELS,
    progress: Callable | None = None,
) -> SunDays:
    """Prepare the dates of a folder of FITS images, such as `flarebook solarchip fetch` writes.

    Parameters
    ----------
    folder : str, Path or list of these
        Folders of AIA and HMI images, searched in depth; images of the same hour form a date.
    flares : list of str or Path, optional
        GOES records, flare lists, or folders of them; by default those in `folder`.
    size : int
        Image side in pixels.
    required : tuple of str
        Channels without which a date is skipped; the others become NaN.
    progress : callable, optional
        Wraps the iterable of dates.

    Returns
    -------
    SunDays
        Images (n, 11, size, size) in G and DN/s, the tables days, regions and flares, and the reasons of skipped files.
        Labels are missing on days that no record or list covers.

    Raises
    ------
    InputError
        If the folder is missing, or no date can be used.

    Examples
    --------
    >>> from flarebook.solarchip import real_days
    >>> from flarebook.solarchip.datasets.load import FOLDER
    >>> sun = real_days(FOLDER, flares=[], size=32, required=("171",))
    >>> sun.days["time"].tolist(), sun.images.shape
    (['2011-02-15T00:00:00'], (1, 11, 32, 32))
    """
    folders = [folder] if isinstance(folder, str | Path) else list(folder)
    for one in folders:
        if not os.path.isdir(one):
            raise InputError(f"there is no folder {one}: give the one that holds the images of AIA and HMI")
    (dates, skipped), origins = find_dates(find_images(*folders)), set()

    def load(time):
        found = read_date(dates[time], skipped)
        origins.update(file_origin(is_marked(image.header), image.name) for image in found.values())
        return stack_date(found, time, size, required)

    images, times = stack_dates(load, list(dates), size, skipped, progress)
    if not times:
        raise InputError(f"no date in {folders[0]} can be used; first: {[*skipped, 'there is no image'][0]}")
    sources = find_flare_files(folders if flares is None else flares)
    return build_real_tables(images, times, sources, skipped, mix_origins(*origins))


def find_images(*paths: str | Path) -> list[Path]:
    """Find the FITS images of files and folders; GOES records are excluded.

    Parameters
    ----------
    *paths : str or Path
        Files, kept as they are, and folders, searched in depth and in the order of names.

    Returns
    -------
    list of Path
        The images.

    Raises
    ------
    InputError
        If a folder holds no FITS image.

    Examples
    --------
    >>> from flarebook.solarchip import find_images
    >>> from flarebook.solarchip.datasets.load import FOLDER
    >>> [path.name for path in find_images(FOLDER)][:2]
    ['aia_171_20110215.fits', 'hmi_continuum_20140301.fits']
    """
    found = []
    for path in map(Path, paths):
        if not os.path.isdir(path):
            found.append(path)
            continue
        inside = [part for part in files_below(path, FITS) if not XRS_NAME.match(part.name)]
        if not inside:
            raise InputError(f"no FITS image in {path}: give AIA or HMI images, or a folder that holds some")
        found += inside
    return found


def find_dates(files):
    """Files by date, only headers read: ({Timestamp of the hour: {channel: [path]}} in order, reasons of bad ones).

    Of a channel in the same hour, those nearer to it come first; what is marked as no observation (SIMULATD, OBSERVED)
    is left out.
    """
    dates, reasons = defaultdict(lambda: defaultdict(list)), []
    for path in files:
        with skipping(reasons):
            channel, time, header = read_header(path)
            file_origin(is_marked(header), path.name)
            dates[time.round("h")][channel].append((abs(time - time.round("h")), path))
    for channels in dates.values():
        for channel, paths in channels.items():  # of equal distances, in the order given
            channels[channel] = [path for _, path in sorted(paths, key=itemgetter(0))]
    return dict(sorted(dates.items())), reasons


def is_marked(header):
    """Whether a header says that its image is no observation (SIMULATD, OBSERVED)."""
    return header.get("SIMULATD") is True or header.get("OBSERVED") is False


def read_date(paths, skipped):
    """Images of one date: {channel: SunImage}.  paths: {channel: [path]}, the first that can be read counts."""
    found = {}
    for channel, candidates in paths.items():
        for path in candidates:
            with skipping(skipped):
                found[channel] = read_image(path)
                break
    return found


def stack_dates(load, times, size, skipped, progress=None):
    """Images of the dates that can be used, one date at a time in memory: ((n, 11, size, size) float16, their times).

    load: function of a time to its images, as of `stack_grids`; the reasons of the other dates join skipped.
    """
    images, used = np.empty((len(times), len(CHANNELS), size, size), np.float16), []
    for time in progress(times) if progress else times:
        with skipping(skipped):
            images[len(used)] = load(time)
            used.append(time)
    return images[: len(used)], used


def stack_date(found, time, size=128, required=CHANNELS, correct=True):
    """Images of one date on the standard grid: (11, size, size) float16, G and DN/s, channels not required may be NaN.

    found: {channel: SunImage}.  Raises InputError for a missing channel, an image that cannot be prepared, or a
    magnetogram that is turned against the others.
    """
    missing = [channel for channel in required if channel not in found]
    if missing:
        raise InputError(f"{time:%Y-%m-%dT%H:%M} lacks {', '.join(missing)}: fetch these images or leave the date out")
    images = {channel: found[channel] for channel in CHANNELS if isinstance(found.get(channel), SunImage)}
    return stack_grids({channel: prepare_image(image, size, correct) for channel, image in images.items()}, time, size)


def stack_grids(grids, time, size):
    """Images of one date as an array, (11, size, size) float16, NaN for a channel that is absent.

    grids: {channel: (size, size)} on the standard grid.  Raises InputError for a magnetogram that is turned against the
    others.
    """
    stack = np.full((len(CHANNELS), size, size), np.nan, np.float16)
    for channel, grid in grids.items():
        stack[CHANNELS.index(channel)] = grid
    check_magnetogram_orientation(stack.astype(np.float32), f"{time:%Y-%m-%dT%H:%M}")
    return stack


def build_real_tables(images, times, sources, skipped, origin="real"):
    """SunDays of prepared images.

    images: (n, 11, size, size); times: [Timestamp]; sources: [path] of flares; origin: "real" or "rehearsal".
    """
    moments = pd.DatetimeIndex(times)
    days = pd.DataFrame({"time": moments.strftime("%Y-%m-%dT%H:%M:%S")})
    fields = images[:, 0].astype(np.float32)
    days["r_measured"] = [r_of_disk(field) for field in fields]
    days["unsigned_flux"] = [unsigned_flux(field) for field in fields]
    for name in TRUTH:
        days[name] = np.nan
    records, lists, reasons = read_sources(sources)
    skipped += reasons
    flares, labels, known = _label_columns(records, lists, moments, skipped)
    days = pd.concat([days, labels, xray_columns(records, moments, flares, known)], axis=1)
    days["n_regions"] = pd.array([pd.NA] * len(days), "Int64")
    days["split"], days["origin"] = split_days(days["time"]), origin
    return SunDays(images, days, pd.DataFrame(columns=list(REGIONS)), flares, skipped)


def _label_columns(records, lists, moments, skipped):
    """Flares, columns of labels for the dates whose 24 hours are known of, known days; the reasons go to skipped."""
    unknown = pd.DataFrame({name: pd.array([pd.NA] * len(moments), kind) for name, kind in LABELS.items()})
    if not records and not lists:
        skipped.append("there is no GOES record and no flare list: the labels are missing")
        return pd.DataFrame(columns=list(COLUMNS)), unknown, pd.DatetimeIndex([])
    flares, known = label_sources(records, lists)
    table = label_table(flares, moments).astype(LABELS)
    known = pd.DatetimeIndex(known["time"])
    unknown_days = ~_covered(moments, known)
    table[unknown_days] = pd.NA
    if unknown_days.any():
        skipped.append(f"{unknown_days.sum()} of {len(moments)} dates have no label: no record covers their 24 hours")
    return flares, table, known


def _covered(moments, known):
    """Whether the 24 hours after each moment lie in days that are known of; those from noon end in the next day."""
    days = moments.floor("D")
    return days.isin(known) & ((moments == days) | (days + DAY).isin(known))


def xray_columns(records, moments, flares, known_days):
    """Flux at each time and the largest of the 24 hours before, W/m2: goes_now and flux_max_past_24h, NaN if unknown.

    From the records where they cover the day before; a flare list tells only the largest flare of that day, 0 for none.
    """
    past = largest_peak_flux(flares, moments - DAY) if len(flares) else np.zeros(len(moments))
    told = (past > 0) | _covered(moments - DAY, known_days)
    now, highest, minutes = np.full(len(moments), np.nan), np.where(told, past, np.nan), np.zeros(len(moments))
    for record in records:
        curve = pd.Series(*minute_means(record.long, record.times)).dropna()
        for row in np.flatnonzero((moments >= curve.index.min()) & (moments < curve.index.max() + DAY)):
            before = curve[(curve.index > moments[row] - DAY) & (curve.index <= moments[row])]
            highest[row], minutes[row] = np.fmax(highest[row], before.max()), minutes[row] + len(before)
            near = curve[np.abs(curve.index - moments[row]) <= pd.Timedelta("5min")]
            now[row] = near.mean() if len(near) else now[row]
    known = (minutes > 0.9 * 1440) | told
    return pd.DataFrame({"goes_now": now, "flux_max_past_24h": np.where(known, highest, np.nan)})
