"""The constants of the Mg II study: lines, grid, and the names and colours of features and regions in every figure."""

from importlib.resources import files

import numpy as np
import pandas as pd
import yaml

from flarebook.compendium.appearance.palette import REAL

_DATA = files("flarebook.iris") / "data" / "features.yaml"
FEATURE_TABLE = pd.DataFrame(yaml.safe_load(_DATA.read_text(encoding="utf-8"))).T  # name, label, unit, paper_rank
FEATURES = tuple(FEATURE_TABLE.index)
FEATURE_NAMES = FEATURE_TABLE["name"].to_dict()
_UNITS = FEATURE_TABLE["unit"].map(lambda unit: f" [{unit}]" if unit else "")
FEATURE_LABELS = (FEATURE_TABLE["label"] + _UNITS).to_dict()  # of axes
FEATURE_HEADS = (FEATURE_TABLE["name"] + _UNITS).to_dict()  # of rows and columns of tables
FEATURE_RANKING = tuple(FEATURE_TABLE["paper_rank"].sort_values().index)

GRID = np.linspace(2794.14, 2805.72, 240)  # Angstrom, vacuum
PROFILE = tuple(f"{wavelength:.3f}" for wavelength in GRID)  # columns of a table that holds whole profiles
K_CORE, H_CORE = 2796.34, 2803.52
TRIPLET, TRIPLET_WING = 2798.77, 2799.32
WINDOW = 3.0  # Angstrom, full width of the k and of the h window
PEAK_RANGE = 1.0  # Angstrom to either side of k in which k2v and k2r are sought
LIGHT_SPEED = 299792.458  # km/s

REGIONS = ("QS", "SS", "AR", "PF")  # the order of panels and legends: from quiet to about to flare

REGION_NAMES = {"QS": "quiet Sun", "SS": "sunspot", "AR": "active region", "PF": "pre-flare"}

# The paper draws PF orange, QS cyan, SS black, AR green.  These tones keep those names and stay apart
# for readers with protanopia, deuteranopia or tritanopia (tests/iris/test_mg2.py measures it).
REGION_COLOURS = {"QS": "#3DB7E9", "SS": "#000000", "AR": "#006B4F", "PF": "#F0941E"}
REGION_DASHES = {"QS": "-", "SS": ":", "AR": "-.", "PF": "-"}  # of lines, for a print without colours
REAL_COLOUR = REAL  # anything measured on the Sun, where it shares axes with simulated curves
NEUTRAL_COLOUR = "#8A8A8A"
