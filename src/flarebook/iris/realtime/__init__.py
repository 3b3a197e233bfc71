"""Rasters scored as they arrive: what is new in a folder or at an address, the log of scores, and its page."""
