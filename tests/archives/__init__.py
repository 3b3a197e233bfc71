"""Small archives with the real layouts, names and formats, written from simulations and served on loopback."""

N_MAPS, N_DAYS = 200, 120
SUN = 4  # seed of a Sun with M flares in each part of the split


def write_archives(root, seed=1):
    """Write all archives of a rehearsal below a folder; returns what they hold: {"rasters", "maps", "sun"}."""
    from tests.archives.spectra import write_rasters
    from tests.archives.sun_days import write_days
    from tests.archives.xray_maps import write_maps

    rasters, maps = write_rasters(root, seed=seed), write_maps(root, N_MAPS, seed)
    return {"rasters": rasters, "maps": maps, "sun": write_days(root, N_DAYS, seed=SUN)}
