"""IRIS level-2 rasters: reading, writing, samples, archive."""
