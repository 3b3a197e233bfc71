"""Colours of the figures: eight for series, and one each for what is real, simulated and published.

The eight are those of Okabe and Ito, in Wong (2011, Nature Methods 8, 441), which readers with red-green blindness tell
apart; REAL was chosen so that it stays apart from them, BLUE above all.
"""

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PINK, SKY, YELLOW, BLACK = "#CC79A7", "#56B4E9", "#F0E442", "#000000"
GREY = "#606060"  # baselines and references

REAL = "#5A189A"  # measured on the Sun
SIMULATED = VERMILION  # where it shares axes with real data
PUBLISHED = BLACK  # a number that is quoted from a paper or poster

SERIES = (BLUE, ORANGE, GREEN, VERMILION, PINK, SKY, YELLOW, BLACK)  # in the order in which axes take them

SEQUENTIAL = (
    "viridis",
    "magma",
    "inferno",
    "cividis",
    "Blues",
    "gray_r",
    "copper",
)  # lightness rises or falls all along
DIVERGING = ("RdBu_r", "gray")  # about zero or another centre; grey is the custom for magnetograms
