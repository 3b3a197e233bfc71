"""The two scales of GOES X-ray fluxes, and the factor between them.

The operational fluxes of GOES-8 to GOES-15 hold a factor, .7 (1-8 Angstrom) and .85 (0.5-4), that ties them to GOES-1
to GOES-7; NOAA's lists of those years give classes of that scale, and so do the archived records of all fifteen.  The
science-quality records and everything since GOES-16 hold the true flux: the same flare is larger by 1/.7, and M2.5 then
reads M3.6 (NOAA NCEI, GOES 1-15 XRS Science-Quality Data Readme, section 3.1; Machol, Codrescu & Peck 2021, User's
Guide for GOES-R XRS L2 Products, section 2.2, Flare Magnitudes; sunkit-instruments removes the same factors).

A list that names neither scale nor satellite is taken to change scale on 2019-12-09, when GOES-16 followed GOES-15 as
primary satellite.  No document was found that states this day, and no list at hand spans it: `read_flare_list` tells it
each time that it is used.
"""

import warnings
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.goes.classes import flux_to_class

OPERATIONAL, TRUE = "operational", "true"
FACTORS = {"long": 0.7, "short": 0.85}  # operational flux / true flux
SOURCE = "NOAA NCEI, GOES 1-15 XRS Science-Quality Data Readme"
FIRST_TRUE_SATELLITE = 16
FIRST_TRUE_LIST = pd.Timestamp("2019-12-09")  # GOES-16 becomes the primary X-ray satellite of NOAA's lists


@dataclass(frozen=True, eq=False)
class XrayFlux:
    """Fluxes of one record: times (n,) datetime64, UTC; long (n,) 1-8, short (n,) 0.5-4 Angstrom, W/m2, missing NaN.

    scale: "operational" or "true", see the module.
    """

    times: np.ndarray
    long: np.ndarray
    short: np.ndarray
    satellite: str
    scale: str

    def on_scale(self, scale):
        """The record with its fluxes on the scale "operational" or "true": XrayFlux."""
        factors = {band: conversion_factor(self.scale, scale, band) for band in FACTORS}
        return replace(self, long=self.long * factors["long"], short=self.short * factors["short"], scale=scale)

    def to_timeseries(self):
        """The record as sunpy.timeseries.GenericTimeSeries of xrsa and xrsb in W/m2, with its scale in the metadata."""
        import astropy.units as u
        from sunpy.timeseries import GenericTimeSeries

        table = pd.DataFrame({"xrsa": self.short, "xrsb": self.long}, pd.DatetimeIndex(self.times))
        units = dict.fromkeys(table, u.W / u.m**2)
        return GenericTimeSeries(table, {"telescop": self.satellite, "scale": self.scale}, units)


def conversion_factor(old, new, band="long"):
    """What a flux on the scale `old` is multiplied with to be on `new`.  Raises InputError for an unknown scale."""
    powers = {OPERATIONAL: 1, TRUE: 0}
    if not {old, new} <= set(powers):
        raise InputError(f"the scale of a GOES flux is {OPERATIONAL!r} or {TRUE!r}, not {old!r} or {new!r}")
    return FACTORS[band] ** (powers[new] - powers[old])


def scale_of_lists(peaks):
    """Scale of NOAA's classes at the times of their peaks, (n,) datetimes: (n,) text."""
    return np.where(pd.DatetimeIndex(peaks) < FIRST_TRUE_LIST, OPERATIONAL, TRUE)


def rescale_flares(flares, scale):
    """Flares with fluxes and classes on one scale.  flares: table of peak_flux, goes_class and scale."""
    factors = flares["scale"].map(lambda old: conversion_factor(old, scale)).to_numpy(float)
    flux = flares["peak_flux"].to_numpy(float) * factors
    classes = [flux_to_class(value) for value in flux]
    kept = np.where(factors == 1, flares["goes_class"], classes)
    return flares.assign(peak_flux=flux, goes_class=kept, scale=scale)


def on_common_scale(records, lists):
    """Records and flare lists on the scale that they share, or all on the true scale, which is then reported.

    records: [XrayFlux]; lists: [table] of peak_flux, goes_class and scale.  Returns (records, lists).
    """
    scales = {record.scale for record in records}.union(*(table["scale"] for table in lists))
    if len(scales) < 2:
        return records, lists
    warnings.warn(
        f"the inputs are on two scales: operational fluxes were divided by {FACTORS['long']} ({SOURCE}), and every "
        "class is on the true scale",
        MetadataWarning,
        stacklevel=2,
    )
    return [record.on_scale(TRUE) for record in records], [rescale_flares(table, TRUE) for table in lists]
