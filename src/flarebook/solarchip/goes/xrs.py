"""Read the X-ray fluxes of GOES: daily FITS files of GOES-1 to GOES-15, and NOAA's netCDF files."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits

from flarebook.compendium.errors import InputError

MJD_ZERO = pd.Timestamp("1858-11-17")
BROKEN = (OSError, TypeError, ValueError, KeyError, IndexError)


@dataclass(frozen=True, eq=False)
class XrayFlux:
    """Fluxes of one record: times (n,) datetime64, UTC; long (n,) 1-8, short (n,) 0.5-4 Angstrom, W/m2, missing NaN.

    scale: "operational" (GOES-8 to 15, with the factor .7) or "true"; see goes.py.
    """

    times: np.ndarray
    long: np.ndarray
    short: np.ndarray
    satellite: str
    scale: str


def read_xrs(path: str | Path) -> XrayFlux:
    """Read a GOES X-ray record.

    Parameters
    ----------
    path : str or Path
        A daily FITS file of GOES-1 to GOES-15 (go15YYYYMMDD.fits), or a netCDF file of NOAA (sci_xrsf-l2-*.nc).

    Returns
    -------
    XrayFlux
        Fluxes in W/m2 in 1-8 and 0.5-4 Angstrom with their times (UTC), missing values NaN.

    Raises
    ------
    InputError
        If the file is missing, damaged, or not a GOES record.

    Examples
    --------
    >>> from flarebook.solarchip import read_xrs
    >>> from flarebook.solarchip.datasets.load import FOLDER
    >>> record = read_xrs(FOLDER / "goes15_20110607.fits.gz")
    >>> record.satellite, record.scale
    ('GOES 15', 'operational')
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"there is no file {path}: give a GOES X-ray record, FITS or netCDF")
    try:
        return _read_netcdf(path) if path.suffix == ".nc" else _read_fits(path)
    except BROKEN as error:
        raise InputError(f"{path.name} is broken or no GOES X-ray record ({error}): fetch it again") from error


def _read_fits(path):
    """Record of the Solar Data Analysis Center: seconds of a day, two fluxes a time, -99999 for none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(path, memmap=False) as hdus:
            header, table = hdus["FLUXES"].header, hdus["FLUXES"].data
            seconds, fluxes = table["TIME"][0].astype(float), table["FLUX"][0].astype(float)
            satellite = str(header["TELESCOP"]).strip()
    # TIMEZERO is the day as a modified Julian date; the header's MJDREF must not be added to it
    times = (MJD_ZERO + pd.Timedelta(days=int(header["TIMEZERO"]))) + pd.to_timedelta(np.round(seconds, 3), unit="s")
    number = int("".join(filter(str.isdigit, satellite)) or 0)
    known = np.where(fluxes > 0, fluxes, np.nan)
    return XrayFlux(times.to_numpy(), known[:, 0], known[:, 1], satellite, "operational" if number > 7 else "true")


def _read_netcdf(path):
    """NOAA's level-2 record (netCDF-4), one-minute means or full cadence, without the factor .7."""
    import h5py

    with h5py.File(path) as file:
        name = "xrs{}_flux" if "xrsb_flux" in file else "{}_flux"  # GOES-13 to GOES-15 at full cadence have the latter
        long, short = (file[name.format(band)][:].astype(float) for band in "ba")
        epoch = _text(file["time"].attrs["units"]).split("since ")[1]  # noon of 2000-01-01, or 1970 in older files
        times = pd.Timestamp(epoch).tz_localize(None) + pd.to_timedelta(file["time"][:], unit="s")
        satellite = _text(file.attrs.get("platform", "GOES"))
    long, short = (np.where(flux > 0, flux, np.nan) for flux in (long, short))
    return XrayFlux(times.to_numpy(), long, short, satellite.strip(), "true")


def _text(value):
    """Attribute of a netCDF file as text."""
    return value.decode() if isinstance(value, bytes) else str(value)
