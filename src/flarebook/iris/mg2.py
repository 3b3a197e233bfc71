"""The constants of the Mg II study: lines, grid, and the names and colours of features and regions in every figure."""

import numpy as np

FEATURE_NAMES = {
    "intensity": "intensity",
    "line_center": "line centre",
    "line_width": "line width",
    "asymmetry": "asymmetry",
    "total_continuum": "total continuum",
    "triplet": "triplet emission",
    "kh_ratio": "k/h ratio",
    "k3_height": "k3 height",
    "peak_ratio": "peak ratio",
    "peak_separation": "peak separation",
}
FEATURES = tuple(FEATURE_NAMES)  # in the order of section 2.1 of the paper

GRID = np.linspace(2794.14, 2805.72, 240)  # Angstrom, vacuum
K_CORE, H_CORE = 2796.34, 2803.52
TRIPLET, TRIPLET_WING = 2798.77, 2799.32
WINDOW = 3.0  # Angstrom, full width of the k and of the h window
PEAK_RANGE = 1.0  # Angstrom to either side of k in which k2v and k2r are sought
LIGHT_SPEED = 299792.458  # km/s

REGIONS = ("QS", "SS", "AR", "PF")  # the order of panels and legends: from quiet to about to flare

REGION_NAMES = {"QS": "quiet Sun", "SS": "sunspot", "AR": "active region", "PF": "pre-flare"}

# The paper draws PF orange, QS cyan, SS black, AR green.  These tones keep those names and stay apart
# for readers with protanopia, deuteranopia or tritanopia (tests/iris/test_style.py measures it).
REGION_COLOURS = {"QS": "#3DB7E9", "SS": "#000000", "AR": "#006B4F", "PF": "#F0941E"}
REAL_COLOUR = "#7B3FBF"  # anything measured on the Sun, where it shares axes with simulated curves
NEUTRAL_COLOUR = "#8A8A8A"

FEATURE_LABELS = {
    "intensity": "intensity [DN/s]",
    "line_center": "line centre [grid points]",
    "line_width": "line width [grid points]",
    "asymmetry": "line asymmetry",
    "total_continuum": "total continuum [normalised sum]",
    "triplet": r"triplet $\ln(I_{2798.77}/I_{2799.32})$",
    "kh_ratio": "k/h ratio",
    "k3_height": "k3 height [share of maximum]",
    "peak_ratio": "peak ratio k2v/k2r",
    "peak_separation": "peak separation [grid points]",
}

# Panos & Kleint 2020, section 6.2 and conclusion 2, most descriptive first.  The abstract swaps
# line width and k/h ratio; Figure 5 shows bars without numbers.
FEATURE_RANKING = (
    "triplet",
    "intensity",
    "total_continuum",
    "line_width",
    "kh_ratio",
    "peak_separation",
    "k3_height",
    "peak_ratio",
    "asymmetry",
    "line_center",
)
