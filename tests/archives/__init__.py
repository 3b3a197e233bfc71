"""Small archives with the real layouts, names and formats, written from simulations and served on loopback."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

STUDIES = ("iris", "stix", "solarchip")
N_OBSERVATIONS, N_MAPS, N_DAYS = 68, 200, 120
SUN = 4  # seed of a Sun with M flares in each part of the split


def write_archives(root, seed=1, studies=STUDIES):
    """Write the archives of a rehearsal below a folder, those of each study by a process of its own."""
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as executor:
        for written in [executor.submit(write_archive, root, study, seed) for study in studies]:
            written.result()


def write_archive(root, study, seed=1):
    """Write the archive of one study."""
    from tests.archives.spectra import write_rasters
    from tests.archives.sun_days import write_days
    from tests.archives.xray_maps import write_labelled, write_maps

    if study == "iris":
        write_rasters(root, seed=seed)
    if study == "stix":
        write_maps(root, N_MAPS, seed)
        write_labelled(root / "labelled", seed)
    if study == "solarchip":
        write_days(root, N_DAYS, seed=SUN)
