"""From a flare list to labels: the largest class in the hours after each image."""

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.solarchip.goes.classes import class_to_flux, flux_to_class, reaches_class

LEVELS = {"label_m": "M1.0", "label_c": "C1.0"}


def largest_peak_flux(flares, times, window="24h"):
    """Largest peak flux among the flares that peak after each time and no later than a window after it.

    flares: table with peak (time) and peak_flux (W/m2), or goes_class; times: (n,) ISO text or datetimes, UTC.
    Returns (n,) W/m2, 0 without a flare.  Raises InputError for a table without these columns.
    """
    peaks, fluxes = _sorted_peaks(flares)
    times = np.asarray(pd.to_datetime(pd.Series(times)), "datetime64[ns]")
    first = np.searchsorted(peaks, times, side="right")
    last = np.searchsorted(peaks, times + pd.Timedelta(window).to_timedelta64(), side="right")
    return np.array([fluxes[a:b].max(initial=0.0) for a, b in zip(first, last, strict=True)])


def flare_labels(flares, times, window="24h", threshold="M1.0"):
    """Whether a flare of a class or above peaks within the window after each time: (n,) of 0 and 1.

    See `largest_peak_flux`; this is the label of Pandey et al. 2023 (>= M1.0 in 24 h).
    """
    return reaches_class(largest_peak_flux(flares, times, window), threshold).astype(int)


def label_table(flares, times, window="24h"):
    """Columns of the table of days that a flare list gives: peak_flux, max_class, label_m, label_c.

    flares, times: see `largest_peak_flux`.  max_class is "" and peak_flux 0 where no flare follows.
    """
    flux = largest_peak_flux(flares, times, window)
    labels = {name: reaches_class(flux, level).astype(int) for name, level in LEVELS.items()}
    return pd.DataFrame({"peak_flux": flux, "max_class": [flux_to_class(value) for value in flux], **labels})


def _sorted_peaks(flares):
    """Times of the peaks in order, and the fluxes there."""
    if "peak" not in flares or not {"peak_flux", "goes_class"} & set(flares):
        raise InputError(f"the flare list has {list(flares)}: give the columns peak and peak_flux, or goes_class")
    fluxes = flares["peak_flux"] if "peak_flux" in flares else flares["goes_class"].map(class_to_flux).astype(float)
    peaks = np.asarray(pd.to_datetime(flares["peak"]), "datetime64[ns]")
    order = np.argsort(peaks, kind="stable")
    return peaks[order], np.asarray(fluxes, float)[order]
