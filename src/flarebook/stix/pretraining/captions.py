"""A sentence about each image, written from its entry in the flare list and from nothing else.

The list knows the energy band, the counts at the peak, the attenuator, the place and the distance of the spacecraft.
What an image shows (kind and number of sources), whether it is an artefact and how the map was made are truths of the
simulation; they are no column of LISTED and never reach a caption.
"""

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.stix.maps.quantities import SOLAR_RADIUS_1AU

LISTED = ("band", "peak_counts", "attenuator", "distance", "x", "y")  # all that a caption may know
COUNTS = ("hundreds", "thousands", "ten thousands", "hundred thousands", "millions")
LONGEST = 24  # words; captions have 21 to 22


def write_captions(records):
    """One caption per image.

    records: DataFrame with the columns LISTED: band ("4-10" keV), peak_counts (in 4 s), attenuator (bool), distance
    (AU), x, y (arcsec, as seen from the spacecraft).  Returns a list of str.
    Raises InputError when a column is missing or not filled.
    """
    missing = [name for name in LISTED if name not in records or records[name].isna().any()]
    if missing:
        raise InputError(
            f"captions need {', '.join(missing)} of the flare list, which the records lack: "
            "add the column from the flare list, or pretrain with dino, msn or ijepa, which need no captions"
        )
    return [write_caption(*row) for row in records[list(LISTED)].itertuples(index=False)]


def listed(records):
    """Which images have a whole entry of the flare list and can get a caption: (n,) bool."""
    return records[list(LISTED)].notna().all(axis=1).to_numpy()


def write_caption(band, peak_counts, attenuator, distance, x, y):
    """Caption of one image, for example:

    "solar flare at 4-10 keV class C 3 thousands of counts attenuator out north east on the disk at 0.5 au".
    """
    letter, number = goes_like(peak_counts, distance)
    inserted = "in" if attenuator else "out"
    place = place_of(x * distance, y * distance)
    return (
        f"solar flare at {band} keV class {letter} {number} {size_of(peak_counts)} of counts "
        f"attenuator {inserted} {place} at {distance:.1f} au"
    )


def goes_like(peak_counts, distance):
    """Class in the manner of GOES, estimated from the counts: ("C", 3).

    log10(flux) = 0.415 log10(counts distance^2) - 6.943 in W m-2: a line through 3,601 flares of the flare list that
    GOES saw too, attenuator out (correlation 0.74).  No measurement: it only puts the counts into words.
    """
    level = np.clip(0.415 * np.log10(max(float(peak_counts), 1.0) * distance**2) - 6.943, -8, -2)
    decade = min(int(np.floor(level)), -4)
    return "ABCMX"[decade + 8], int(min(10 ** (level - decade), 99))


def size_of(counts):
    """Order of magnitude of the counts, in words."""
    decade = int(np.floor(np.log10(max(float(counts), 1.0))))
    return COUNTS[int(np.clip(decade - 2, 0, len(COUNTS) - 1))]


def place_of(x, y):
    """Place on the Sun in words; x, y: arcsec, scaled to 1 AU."""
    reach = np.hypot(x, y) / SOLAR_RADIUS_1AU
    zone = "near the centre" if reach < 0.35 else "on the disk" if reach < 0.9 else "at the limb"
    return f"{'north' if y >= 0 else 'south'} {'west' if x >= 0 else 'east'} {zone}"


def vocabulary(captions):
    """Words of captions, each with its number; 0 is the empty place and 1 an unknown word."""
    words = sorted({word for caption in captions for word in caption.split()})
    return {"": 0, "?": 1} | {word: number for number, word in enumerate(words, start=2)}


def to_numbers(captions, words):
    """Captions as numbers of their words, (n, 24) int64, filled up with 0; words: of `vocabulary`."""
    numbers = np.zeros((len(captions), LONGEST), np.int64)
    for row, caption in zip(numbers, captions, strict=True):
        known = [words.get(word, 1) for word in caption.split()][:LONGEST]
        row[: len(known)] = known
    return numbers
