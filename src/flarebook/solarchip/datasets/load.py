"""Loading of a run's Sun, simulated or real, and of the real samples in the package."""

from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.goes.xrs import read_xrs
from flarebook.solarchip.datasets.splits import TEST
from flarebook.solarchip.images.header import hmi_conditions
from flarebook.solarchip.images.read import read_image

SOURCES = ("simulated", "real")
JOBS = 4  # images that are fetched at a time, as many as go to one host


@dataclass(frozen=True)
class SunSource:
    """Where the images of a run come from.

    source: of SOURCES; folder: of real days (see `real_days`), or of SDOML stores, "" to fetch days from the JSOC;
    flare_list: GOES record or flare list, "" for those in the folder, or for fetched days their X-ray fluxes; n_days,
    seed, size, start, processes: of the simulation; of SDOML and the JSOC, one date a day is read from start on;
    n_test_days: of `load_test_days`.
    """

    source: str = "simulated"
    folder: str = ""
    flare_list: str = ""
    n_days: int = 60
    seed: int = 1
    size: int = 128
    start: str = "2012-01-01"
    processes: int = 1
    n_test_days: int = 0


def load_sun(request, path=None):
    """Load images, days, regions and flares as SunDays.

    request: SunSource; path: see `simulate_sun`.  Raises InputError for an unknown source, or when no day can be used.
    """
    if request.source == "simulated":
        from flarebook.solarchip.datasets.simulated import simulate_sun

        size, start = request.size, request.start
        return simulate_sun(request.n_days, request.seed, size, 1.0, start, request.processes, path)
    if request.source != "real":
        raise InputError(f"source {request.source!r} is unknown: choose one of {', '.join(SOURCES)}")
    dates = pd.date_range(request.start, periods=request.n_days)
    return load_dates(request, dates, [request.flare_list] if request.flare_list else None)


def load_dates(request, dates, flares=None):
    """Load real dates of the JSOC, of SDOML's stores, or of a folder of files, which has its own: a SunDays.

    request: SunSource with folder and size; dates: DatetimeIndex; flares: see `real_days`.
    """
    from flarebook.solarchip.datasets.real import real_days
    from flarebook.solarchip.datasets.sdoml_days import sdoml_days
    from flarebook.solarchip.images.sdoml import find_stores

    if not request.folder:
        return fetched_days(dates, flares, request.size)
    if stores := find_stores(request.folder):
        return sdoml_days(dates, flares or (), *stores, size=request.size)
    return real_days(request.folder, flares, request.size)


def fetched_days(dates, flares=None, size=128):
    """Dates whose images the JSOC has, fetched where this machine holds no copy: a SunDays.

    dates: DatetimeIndex; flares: see `real_days`, None for the X-ray fluxes of each date and the day before, fetched
    from NOAA.  What cannot be had is listed with the reasons of skipped files.
    Raises InputError when no image is available.
    """
    from flarebook.goes.archive import fetch_xrs_days
    from flarebook.solarchip.datasets.real import real_days
    from flarebook.solarchip.images.jsoc import day_folder, fetch_days

    days = [f"{date:%Y-%m-%d}" for date in dates]
    _, failures = fetch_days(days, jobs=JOBS)
    reasons = [reason for _, reason in failures]
    if flares is None:
        flares, absent = fetch_xrs_days(dates.union(dates - pd.Timedelta("1D")))
        reasons += absent
    sun = real_days([folder for folder in map(day_folder, days) if folder.is_dir()], flares, size)
    return replace(sun, skipped=[*reasons, *sun.skipped])


OTHER_SUN = 2  # second word of the seed of the Sun that tests flare forecasts


def load_test_days(request):
    """Further days that test flare forecasts, of a Sun of their own, as SunDays of magnetograms; None for real days.

    They have the dates of the imaged days, and so the phase of the solar cycle in which forecasts were trained, but
    share no region with them.  request: SunSource.  Raises InputError for a negative number of days.
    """
    if request.n_test_days < 0:
        raise InputError(f"{request.n_test_days} further test days cannot be made: give 0 or more")
    if request.source != "simulated" or not request.n_test_days:
        return None
    from flarebook.solarchip.datasets.simulated import simulate_sun

    seed, size, start = [request.seed, OTHER_SUN], request.size, request.start
    sun = simulate_sun(request.n_test_days, seed, size, 1.0, start, request.processes, magnetograms_only=True)
    return replace(sun, days=sun.days.assign(split=TEST))


def image_facts(image):
    """Header facts of a SunImage for a table: {quantity: text}."""
    rows, columns = image.data.shape
    return {
        "time [UTC]": f"{image.time:%Y-%m-%d %H:%M:%S}",
        "pixels": f"{columns} × {rows}",
        "pixel [arcsec]": f"{image.pixel:.2f}",
        "solar radius [arcsec]": f"{image.solar_radius:.1f}",
        "roll [degrees]": f"{image.roll:.2f}",
        "exposure [s]": f"{image.exposure:.2f}" if image.channel != "continuum" else "as DN/s",
    }


def magnetogram_facts(image):
    """Header facts of a real magnetogram (SunImage) for a table: {quantity: text}, with its record and QUALITY."""
    kept = ("time [UTC]", "pixels", "pixel [arcsec]", "solar radius [arcsec]", "roll [degrees]")
    facts = {name: text for name, text in image_facts(image).items() if name in kept}
    record = image.header.get("DRMS_ID", "").rpartition(":")[0] or "not told"
    return {"record": record} | facts | {"quality": hmi_conditions(int(image.header["QUALITY"])) or "no remark"}


FOLDER = files("flarebook.solarchip") / "data"
AIA_171, CONTINUUM = "aia_171_20110215.fits", "hmi_continuum_20140301.fits"
XRS_DAYS = ("2011-06-07", "2012-06-01")
# NOAA's list of solar events, 2011-06-07: start, peak, end and class of the day's largest flare
NOAA_FLARE = ("2011-06-07T06:16", "2011-06-07T06:41", "2011-06-07T06:59", "M2.5")


def load_real_aia(folder=FOLDER):
    """REAL: AIA 171 Angstrom, level 1, of 2011-02-15 00:00 UT, the day of the X2.2 flare of AR 11158: a SunImage.

    Averaged from 4096 to 128 pixels along a side (19.18 arcsec a pixel) by sunpy, whose tests it comes from (BSD-2).
    """
    return read_image(Path(folder) / AIA_171)


def load_real_continuum(folder=FOLDER):
    """REAL: HMI continuum intensity of 2014-03-01 00:00 UT: a SunImage of channel "continuum", DN/s.

    It is no magnetogram: it shows spots and limb darkening, and is to be set beside AIA 4500, not beside the field.
    100 pixels along a side (20.66 arcsec a pixel), as HMI stores it: turned by 179.93 degrees; sunpy's tests (BSD-2).
    """
    return read_image(Path(folder) / CONTINUUM)


def load_real_xrs(day=XRS_DAYS[0], folder=FOLDER):
    """REAL: X-ray fluxes of GOES-15 on 2011-06-07 or 2012-06-01 every 2 s: an XrayFlux on the operational scale.

    The first day has the M2.5 flare of `NOAA_FLARE`.  From sunpy's tests (BSD-2).  Raises InputError for another day.
    """
    if day not in XRS_DAYS:
        raise InputError(f"there is no X-ray record of {day} in the package; choose one of {', '.join(XRS_DAYS)}")
    return read_xrs(Path(folder) / f"goes15_{day.replace('-', '')}.fits.gz")
