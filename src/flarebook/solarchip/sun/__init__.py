"""The simulated Sun."""
