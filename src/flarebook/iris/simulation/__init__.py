"""Simulated observations of the Mg II window."""
