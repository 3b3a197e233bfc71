"""Scores, calibration, resampling, probes and tests of claims, for all studies."""
