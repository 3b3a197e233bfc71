"""Features as one would first write them, profile by profile with numpy: the peer of the feature benchmark.

Written after the steps that the group's published code takes (vectorised sums, a Python loop over profiles for the
k2 peaks); it is no copy of it, and serves speed only: the values are checked in tests/iris/features_reference.py.
"""

import numpy as np

from flarebook.iris.features.extract import grid_index, window_edges
from flarebook.iris.mg2 import GRID, K_CORE, TRIPLET, TRIPLET_WING


def features_loop(spectra, wavelength, exposure_time):
    """Ten features (n_spectra, 10) of spectra (n_spectra, n_wavelengths)."""
    on_grid = np.array([np.interp(GRID, wavelength, spectrum) for spectrum in spectra])
    top = on_grid.max(axis=1)
    profiles = on_grid / top[:, None]
    k_left, k_right, h_left, h_right = window_edges()
    running = np.cumsum(profiles[:, k_left:k_right], axis=1)
    shares = running / running[:, -1:]
    q1, q2, q3 = (np.abs(shares - level).argmin(axis=1) for level in (0.25, 0.5, 0.75))
    peaks = np.array([peak_loop(profile) for profile in profiles])
    triplet = np.log(profiles[:, grid_index(TRIPLET)] / profiles[:, grid_index(TRIPLET_WING)])
    kh_ratio = profiles[:, k_left:k_right].sum(axis=1) / profiles[:, h_left:h_right].sum(axis=1)
    asymmetry = ((q3 - q2) - (q2 - q1)) / (q3 - q1)
    continuum = profiles[:, k_right:h_left].sum(axis=1)
    first = [top / exposure_time, q2 + k_left, q3 - q1, asymmetry, continuum, triplet, kh_ratio]
    return np.column_stack([*first, peaks])


def peak_loop(profile):
    """k3 height, peak ratio and peak separation of one normalised profile."""
    blue, core, red = (grid_index(K_CORE + offset) for offset in (-1.0, 0.0, 1.0))
    highest = blue + profile[blue:red].argmax()
    walk = np.arange(highest, red) if highest < core else np.arange(highest, blue - 1, -1)
    turns = np.where(np.diff(np.sign(np.gradient(profile[walk]))))[0] if len(walk) > 1 else []
    if highest == core or len(turns) < 2 or profile[walk[turns[0]]] < 0.15:
        return profile[highest], 1.0, 0
    k2v, k2r = sorted((highest, walk[turns[1]]))
    return profile[walk[turns[0]]], profile[k2v] / profile[k2r], k2r - k2v
