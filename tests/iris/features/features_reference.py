"""The ten features written plainly, one profile at a time, from the definitions; slow on purpose, for the tests."""

import math

import numpy as np

GRID = np.linspace(2794.14, 2805.72, 240)


def nearest(wavelength):
    """Grid index nearest to a wavelength."""
    return min(range(240), key=lambda i: abs(GRID[i] - wavelength))


def reference_features(spectrum, wavelength, exposure_time, window=3.0):
    """The ten features of one spectrum as a list, or None where they cannot be measured."""
    inside = [i for i, w in enumerate(wavelength) if GRID[0] - 1e-9 <= w <= GRID[-1] + 1e-9]
    first, last = max(inside[0] - 1, 0), min(inside[-1] + 1, len(wavelength) - 1)
    if wavelength[inside[0]] <= GRID[0]:
        first = inside[0]
    if wavelength[inside[-1]] >= GRID[-1]:
        last = inside[-1]
    used = np.asarray(spectrum, float)[first : last + 1]
    if not np.all(used > -199.9) or not exposure_time > 0 or not np.all(np.isfinite(used)):
        return None
    counts = np.interp(GRID, wavelength, np.asarray(spectrum, float))
    if counts.max() <= 0:
        return None
    profile = counts / counts.max()
    k_left, k_right = nearest(2796.34 - window / 2), nearest(2796.34 + window / 2)
    h_left, h_right = nearest(2803.52 - window / 2), nearest(2803.52 + window / 2)
    quartiles = [quartile(profile[k_left:k_right], level) for level in (0.25, 0.50, 0.75)]
    triplet, wing = profile[nearest(2798.77)], profile[nearest(2799.32)]
    h_sum = sum(profile[h_left:h_right])
    if None in quartiles or h_sum <= 0 or triplet <= 0 or wing <= 0 or quartiles[2] <= quartiles[0]:
        return None
    q1, q2, q3 = quartiles
    k2v, k3, k2r = peak_positions(profile)
    if profile[k2r] <= 0:
        return None
    return [
        counts.max() / exposure_time,
        k_left + q2,
        q3 - q1,
        ((q3 - q2) - (q2 - q1)) / (q3 - q1),
        sum(profile[k_right:h_left]),
        math.log(triplet / wing),
        sum(profile[k_left:k_right]) / h_sum,
        profile[k3],
        profile[k2v] / profile[k2r],
        k2r - k2v,
    ]


def quartile(values, level):
    """First position where the share of what lies before it is nearest to level."""
    before = [sum(values[:i]) for i in range(len(values))]
    if max(before) <= 0:
        return None
    distance = np.abs(np.array(before) / max(before) - level)
    return int(np.flatnonzero(distance <= distance.min() + 1e-9)[0])


def peak_positions(profile):
    """Positions of k2v, k3 and k2r, all equal for a single peak."""
    blue, core, red = nearest(2795.34), nearest(2796.34), nearest(2797.34)
    highest = blue + int(np.argmax(profile[blue:red]))
    if highest == core:
        return highest, highest, highest
    walk = list(range(highest, red)) if highest < core else list(range(highest, blue - 1, -1))
    slopes = np.sign(np.gradient([profile[i] for i in walk]))
    rising = [(position, slope) for position, slope in zip(walk, slopes, strict=True) if slope != 0]
    turns = []
    for (here, before), (there, after) in zip(rising[:-1], rising[1:], strict=True):
        if before != after:
            between = range(min(here, there) + 1, max(here, there))
            turns.append(between[0] if len(between) else min(here, there))
    if len(turns) < 2 or profile[turns[0]] < 0.15:
        return highest, highest, highest
    return min(highest, turns[1]), turns[0], max(highest, turns[1])
