"""One look for all figures: colours with a meaning, type and widths, and what a figure must keep."""
