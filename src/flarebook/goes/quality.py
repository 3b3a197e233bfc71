"""Quality flags of GOES X-ray records: which fluxes are no measurement of the Sun.

A netCDF record names its bits itself (flag_masks, flag_meanings).  They differ between products: bit 1 is an eclipse
for GOES-16, bad data for the minutes of GOES-15 and a calibration at its full cadence.  sunpy.timeseries keeps the
numbers and drops their meaning, and it does not read the status words of FITS records.  Their octal masks are those
that the header of the extension STATUS lists in each record (SDAC/GSFC, "incomplete list").
"""

import warnings

import numpy as np

from flarebook.compendium.errors import MetadataWarning
from flarebook.goes.scales import FIRST_TRUE_SATELLITE

ALL_BITS, SATURATED = 0xFFFF, 256  # of records at full cadence
MINUTE_BITS = {False: 0b111, True: 0b11}  # bits of one-minute means that are not good data, before GOES-16 and since
ECLIPSED = 0o1000  # of the first status word of a FITS record
OFF, CALIBRATED, TRANSIENT, LONG_SATURATED = 0o1, 0o2, 0o4, 0o200  # of the second


def flagged(flags, meanings, masks, minutes, satellite):
    """Whether fluxes are flagged as bad, and as saturated: two arrays (n,) bool.

    flags: (n,) numbers; meanings: text, a word for each of masks, or "" where the file names none, whose product then
    decides: one-minute means or not, number of the satellite.  A saturated flux is a lower limit, not a bad value.
    """
    known = dict(zip(meanings.split(), (int(mask) for mask in masks), strict=False))
    newer = satellite >= FIRST_TRUE_SATELLITE
    bad = known.get("good_data", MINUTE_BITS[newer] if minutes else ALL_BITS)
    saturated = known.get("saturated", 0 if minutes or newer else SATURATED)
    flags = np.nan_to_num(np.asarray(flags, float), nan=ALL_BITS).astype(np.int64)
    missing = flags == ALL_BITS  # the fill value at full cadence
    return (flags & bad & ~saturated != 0) | missing, (flags & saturated != 0) & ~missing


def flagged_by_status(seconds, status_seconds, status):
    """As `flagged`, for a FITS record.  status: (m, 2) words, each of which holds from its time until the next."""
    words = np.asarray(status, float).reshape(-1, 2).astype(np.int64)
    start, entry = np.atleast_1d(np.asarray(status_seconds, float)), np.zeros(len(seconds), int)
    if len(start):
        entry = np.clip(np.searchsorted(start, seconds, side="right") - 1, 0, None)
    first, second = words[entry].T
    bad = (first & ECLIPSED != 0) | (second & (OFF | CALIBRATED | TRANSIENT) != 0)
    return bad, second & LONG_SATURATED != 0


def note(name, sentence):
    """Report what a record leaves open."""
    warnings.warn(f"{name} {sentence}", MetadataWarning, stacklevel=3)
