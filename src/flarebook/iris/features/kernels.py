"""Compiled measures of one Mg II profile: resampling, quartiles and the k2/k3 walk behind the ten features."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import config, njit

from flarebook.learning.compiled import compiled

MISSING = np.float32(-199.9)  # level-2 files write -200 where nothing was recorded
SINGLE_PEAK_LEVEL = 0.15  # a "k3" below this share of the maximum is not a central reversal
SMALLEST_SHARE = 4096  # spectra; below this a second thread costs more than it saves
TIE = 1e-9  # two grid points this equally near to a quartile: the bluer one is taken


# Threads share the work outside: numba's own parallel loops compile several times longer, and its default threading
# layer must not be entered from two threads at once, as Dask does.
without_lock = compiled(nogil=True)


@without_lock
def is_complete(values):
    """True when no value is NaN or the -200 of missing data."""
    complete = True
    for value in values:
        complete = complete & (value > MISSING)  # no early exit: this way the loop is vectorised; NaN compares False
    return complete


@njit(nogil=True, fastmath={"nnan", "nsz"})  # the profile holds no NaN here, and only so is the loop vectorised
def highest(profile):
    """Largest value of a profile."""
    top = profile[0]
    for value in profile:
        top = max(top, value)
    return top


@without_lock
def resample(spectrum, lower, weight, profile):
    """Interpolate one spectrum into profile; returns its maximum, 0 where a value is missing."""
    if not is_complete(spectrum[lower[0] : lower[-1] + 2]):
        return 0.0
    for i in range(len(profile)):
        left, right = np.float64(spectrum[lower[i]]), np.float64(spectrum[lower[i] + 1])
        profile[i] = left + (right - left) * weight[i]
    return highest(profile)


@without_lock
def quartiles(profile, left, right):
    """Positions within [left, right) where the running sum is nearest to 25, 50 and 75 % of its maximum.

    The sum counts the points before each position, as in the published code; all -1 when nothing is there.
    """
    running, top = 0.0, 0.0
    for i in range(left, right - 1):
        running += profile[i]
        top = max(top, running)
    if top <= 0.0:
        return -1, -1, -1
    q1, q2, q3 = 0, 0, 0
    near1, near2, near3 = 2.0, 2.0, 2.0
    running = 0.0
    for i in range(right - left):
        share = running / top
        far1, far2, far3 = abs(share - 0.25), abs(share - 0.5), abs(share - 0.75)
        if far1 < near1 - TIE:
            q1, near1 = i, far1
        if far2 < near2 - TIE:
            q2, near2 = i, far2
        if far3 < near3 - TIE:
            q3, near3 = i, far3
        running += profile[left + i]
    return q1, q2, q3


@without_lock
def turning_points(profile, first, last):
    """First two extrema met when walking from first towards last, both included; -1 where there are no two.

    An extremum lies where the gradient changes sign: the bluer of the two points, as in the published code, or the
    bluest point of zero gradient between them.  The published code leaves the highest point out of a blueward walk
    and can then take a bump beside it for the reversal (1 % of the real profiles); here the walk starts at that point.
    """
    step = 1 if last > first else -1
    valley, previous, sign = -1, first, 0.0
    for i in range(first, last + step, step):
        ahead = i if i == last else i + step
        behind = i if i == first else i - step
        slope = np.sign(profile[ahead] - profile[behind])
        if slope == 0.0:
            continue
        if sign != 0.0 and slope != sign:
            turn = min(i, previous) + (1 if abs(i - previous) > 1 else 0)
            if valley >= 0:
                return valley, turn
            valley = turn
        previous, sign = i, slope
    return -1, -1


@without_lock
def find_peaks(profile, blue, core, red, top):
    """Grid positions of k2v, k3 and k2r between blue (included) and red (excluded); equal for a single peak.

    The highest point comes first, then the walk across the core to the second peak.
    Panos & Kleint 2020, section 2.1, features 8 to 10.
    """
    highest = blue
    for i in range(blue, red):
        if profile[i] > profile[highest]:
            highest = i
    k3, second = -1, -1
    if highest < core:
        k3, second = turning_points(profile, highest, red - 1)
    elif highest > core:
        k3, second = turning_points(profile, highest, blue)
    if k3 < 0 or profile[k3] < SINGLE_PEAK_LEVEL * top:
        return highest, highest, highest
    return min(highest, second), k3, max(highest, second)


@without_lock
def measure_profile(profile, top, exposure_time, marks, row):
    """Write the ten features of one profile (not yet normalised, maximum top) into row; True when all are finite."""
    k_left, k_right, h_left, h_right, triplet, wing, blue, core, red = marks
    q1, q2, q3 = quartiles(profile, k_left, k_right)
    k2v, k3, k2r = find_peaks(profile, blue, core, red, top)
    h_sum = np.sum(profile[h_left:h_right])
    if q3 <= q1 or h_sum <= 0 or profile[triplet] <= 0 or profile[wing] <= 0 or profile[k2r] <= 0:
        return False
    row[0] = top / exposure_time
    row[1] = k_left + q2
    row[2] = q3 - q1
    row[3] = ((q3 - q2) - (q2 - q1)) / (q3 - q1)
    row[4] = np.sum(profile[k_right:h_left]) / top
    row[5] = np.log(profile[triplet] / profile[wing])
    row[6] = np.sum(profile[k_left:k_right]) / h_sum
    row[7] = profile[k3] / top
    row[8] = profile[k2v] / profile[k2r]
    row[9] = k2r - k2v
    return np.all(np.isfinite(row))


@without_lock
def measure_all(spectra, exposure_time, lower, weight, marks, features, good):
    """Fill features (n_spectra, 10) and good (n_spectra,); rows that cannot be measured become zeros."""
    profile = np.empty(len(lower))
    for i in range(len(spectra)):
        top = resample(spectra[i], lower, weight, profile)
        if top > 0.0 and exposure_time[i] > 0.0:
            good[i] = measure_profile(profile, top, exposure_time[i], marks, features[i])
        if not good[i]:
            features[i] = 0.0


def measure_in_threads(spectra, exposure_time, lower, weight, marks, features, good):
    """Fill features and good as `measure_all` does, equal shares of the spectra on one thread per core."""
    n_threads = max(1, min(config.NUMBA_NUM_THREADS, len(spectra) // SMALLEST_SHARE))
    if n_threads == 1:
        measure_all(spectra, exposure_time, lower, weight, marks, features, good)
        return
    edges = np.linspace(0, len(spectra), n_threads + 1).astype(int)
    shares = [slice(start, stop) for start, stop in zip(edges[:-1], edges[1:], strict=True)]

    def measure(share):
        measure_all(spectra[share], exposure_time[share], lower, weight, marks, features[share], good[share])

    with ThreadPoolExecutor(n_threads) as threads:
        list(threads.map(measure, shares))


@without_lock
def normalise_all(spectra, lower, weight, profiles, good):
    """Fill profiles (n_spectra, 240) with each spectrum on the grid over its maximum; incomplete ones are zeros."""
    profile = np.empty(len(lower))
    for i in range(len(spectra)):
        top = resample(spectra[i], lower, weight, profile)
        good[i] = top > 0.0 and np.isfinite(top)
        if good[i]:
            profiles[i] = profile / top


@without_lock
def peaks_all(profiles, good, marks, found):
    """Fill found (n_spectra, 3) with the k2v, k3 and k2r positions of each good normalised profile."""
    for i in range(len(profiles)):
        if good[i]:
            found[i] = find_peaks(profiles[i].astype(np.float64), marks[6], marks[7], marks[8], 1.0)
