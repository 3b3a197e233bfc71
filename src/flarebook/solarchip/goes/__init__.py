"""GOES X-ray fluxes, flare lists and labels."""
