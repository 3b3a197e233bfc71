"""Small archives with the real layouts, names and formats, written from simulations and served on loopback."""

STUDIES = ("iris", "stix", "solarchip")
N_OBSERVATIONS, N_MAPS, N_DAYS = 68, 200, 120
SUN = 4  # seed of a Sun with M flares in each part of the split


def write_archives(root, seed=1, studies=STUDIES):
    """Write the archives of a rehearsal below a folder."""
    from tests.archives.spectra import write_rasters
    from tests.archives.sun_days import write_days
    from tests.archives.xray_maps import write_labelled, write_maps

    if "iris" in studies:
        write_rasters(root, seed=seed)
    if "stix" in studies:
        write_maps(root, N_MAPS, seed)
        write_labelled(root / "labelled", seed)
    if "solarchip" in studies:
        write_days(root, N_DAYS, seed=SUN)
