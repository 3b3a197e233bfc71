"""The simulated image archive."""
