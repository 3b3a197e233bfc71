"""The Mg II h&k window: wavelengths of the lines, the common grid, and the names of the ten features."""

import numpy as np

FEATURES = (
    "intensity",
    "line_center",
    "line_width",
    "asymmetry",
    "total_continuum",
    "triplet",
    "kh_ratio",
    "k3_height",
    "peak_ratio",
    "peak_separation",
)


GRID = np.linspace(2794.14, 2805.72, 240)  # Angstrom, vacuum


K_CORE, H_CORE = 2796.34, 2803.52


TRIPLET, TRIPLET_WING = 2798.77, 2799.32


WINDOW = 3.0  # Angstrom, full width of the k and of the h window


PEAK_RANGE = 1.0  # Angstrom to either side of k in which k2v and k2r are sought


LIGHT_SPEED = 299792.458  # km/s
