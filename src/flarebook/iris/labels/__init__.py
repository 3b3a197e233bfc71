"""The labels of the paper's observations against NOAA's flares: an audit of the tables, and a check of real rasters."""
