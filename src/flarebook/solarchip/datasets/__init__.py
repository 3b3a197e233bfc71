"""Data sets of days: simulated, real, splits, statistics."""
