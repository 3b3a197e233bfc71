"""NOAA's archive of the GOES X-ray fluxes: addresses of a day's one-minute means, and fetching them.

The addresses are those that sunpy's XRSClient asks: GOES-8 to GOES-15 at NCEI, later ones at the platform's own server.
"""

import re

import pandas as pd

from flarebook.compendium.batch_report import skipping
from flarebook.compendium.data.download import archive_file, cache_folder, fetch, local_files
from flarebook.compendium.data.transfer import read_page
from flarebook.compendium.errors import InputError
from flarebook.goes.xrs import read_xrs

NCEI = "https://www.ncei.noaa.gov/data/goes-space-environment-monitor/access/science/xrs"
LATER = "https://data.ngdc.noaa.gov/platforms/solar-space-observing-satellites/goes"
SATELLITES = ((pd.Timestamp("2010-04-01"), 14), (pd.Timestamp("2010-11-01"), 15), (pd.Timestamp("2020-03-01"), 16))


def satellite_of(day):
    """Number of the satellite whose record of a day is taken: GOES-14, 15 or 16; InputError for an earlier day."""
    found = [number for first, number in SATELLITES if pd.Timestamp(day) >= first]
    if not found:
        raise InputError(f"no X-ray record is fetched for {day}: give a day from {SATELLITES[0][0]:%Y-%m-%d} on")
    return found[-1]


def xrs_folder(day):
    """Address of the folder of a month's one-minute means."""
    day, number = pd.Timestamp(day), satellite_of(day)
    folder = f"{NCEI}/goes{number:02d}" if number < 16 else f"{LATER}/goes{number}/l2/data"
    return f"{folder}/xrsf-l2-avg1m_science/{day:%Y/%m}"


def fetch_xrs_days(days):
    """Records of days, fetched where this machine holds no copy: ([Path], [reason of each that cannot be had]).

    days: of pandas.DatetimeIndex.  The version in a file's name is looked up in the listing of its month, once.
    """
    paths, reasons, listings = [], [], {}
    for day in pd.DatetimeIndex(days).floor("D").unique():
        with skipping(reasons):
            paths.append(_fetch_day(day, listings))
    return paths, reasons


def _fetch_day(day, listings):
    """Path of a day's record.  listings: {address of a month: its page}, extended."""
    stem = f"sci_xrsf-l2-avg1m_g{satellite_of(day)}_d{day:%Y%m%d}_"
    for path in local_files(f"{stem}*.nc"):
        return path
    folder = xrs_folder(day)
    if folder not in listings:
        listings[folder] = read_page(f"{folder}/")
    names = sorted(set(re.findall(rf"{stem}v[\d-]+\.nc", listings[folder])))
    if not names:
        raise InputError(f"{folder} lists no record of {day:%Y-%m-%d}: leave the day out, or give a flare list")
    return fetch(archive_file(f"{folder}/{names[-1]}"), check=read_xrs, folder=cache_folder() / "goes")
