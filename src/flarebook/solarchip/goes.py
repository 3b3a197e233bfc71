"""GOES soft X-ray classes and the flares in a flux curve."""

import re

import numpy as np

from flarebook.compendium.errors import InputError

LETTERS = {"A": 1e-8, "B": 1e-7, "C": 1e-6, "M": 1e-5, "X": 1e-4}  # W/m2, 1 to 8 Angstrom


def class_of(flux):
    """GOES class of a peak flux in W/m2, such as "M2.5"; "" for no flare (0 or no number).

    Cut, not rounded, to one decimal, as the NOAA lists have it.
    """
    if not np.isfinite(flux) or flux <= 0:
        return ""
    letter = max((name for name in LETTERS if LETTERS[name] <= flux * (1 + 1e-6)), key=LETTERS.get, default="A")
    return f"{letter}{np.floor(flux / LETTERS[letter] * 10 + 1e-4) / 10:.1f}"


def flux_of(goes_class):
    """Peak flux in W/m2 of a class such as "M2.5", "X17" or "C"; 0 for "".  Raises InputError for another text."""
    if not goes_class:
        return 0.0
    found = re.fullmatch(r"([ABCMX])(\d+\.?\d*)?", str(goes_class).strip().upper())
    if not found:
        raise InputError(f"{goes_class!r} is no GOES class: give a letter A, B, C, M or X and a number, such as M2.5")
    return LETTERS[found[1]] * float(found[2] or 1)
