"""Data sets: the manifest and downloads."""
