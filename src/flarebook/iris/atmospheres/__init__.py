"""Radiative transfer and the library of Mg II profiles."""
