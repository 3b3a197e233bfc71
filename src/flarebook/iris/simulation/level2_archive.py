"""Archives of simulated observations at full size, in the real archive's names and format.

With them the path of real data is measured and rehearsed: every file says of itself that it holds no observation.
"""

import os
import tarfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.atomic_files import own_folder
from flarebook.compendium.workflow.parts import run_tasks
from flarebook.iris.atmospheres.library import load_library, make_mixer
from flarebook.iris.matching import disk_positions
from flarebook.iris.observations import WINDOW_END, WINDOW_MINUTES
from flarebook.iris.rasters.write import scaled_integers, write_raster
from flarebook.iris.simulation.dataset import observation_seed
from flarebook.iris.simulation.observation import (
    as_raster,
    dust_transmission,
    load_calibration,
    missing_exposures,
    pixel_positions,
    render_spectra,
    start_simulation,
)

TOGETHER = 5_000  # spectra rendered at a time
PACKING = 1  # level of gzip: noise packs little better at any other


def archive_stem(observation):
    """Beginning of the names of an observation's files, iris_l2_YYYYMMDD_HHMMSS_OBSID; the tables give no seconds."""
    return f"iris_l2_{datetime.fromisoformat(observation['start']):%Y%m%d_%H%M%S}_{int(observation['obsid']):010d}"


def write_archives(folder, observations, seed, jobs=None, report=lambda name: None):
    """Write the archives of observations that a folder lacks, some at a time.

    observations: rows of `observation_table`; seed: of all of them; jobs: at a time, all cores by default; report:
    called with the name of each that is written.  Two rows of the tables that share start and OBSID share a file.
    Returns the number of archives written.  Raises InputError for a full disk and a process that was killed.
    """
    unique = observations.drop_duplicates(["start", "obsid"])
    tasks = {
        entry["observation"]: (write_one, entry, observation_seed(seed, row), archive_path(entry, folder))
        for row, entry in unique.iterrows()
        if not archive_path(entry, folder).exists()
    }
    for name, result in run_tasks(tasks, jobs=jobs):
        result()
        report(name)
    return len(tasks)


def write_one(observation, seed, path):
    """Write one archive; seed: a SeedSequence."""
    return write_archive(observation, make_mixer(load_library(), load_calibration()), np.random.default_rng(seed), path)


def archive_path(observation, folder):
    """Place of an observation's archive in a folder that FLAREBOOK_MIRROR may name."""
    return Path(folder) / f"{archive_stem(observation)}_raster.tar.gz"


def write_archive(observation, mixer, rng, path):
    """Simulate every spectrum of an observation's 25-minute window and write its archive.

    A raster of several steps has one file for each time that it is repeated, as in the archive; a sit-and-stare
    observation one.  What lies before the observation's start is left out.  The pointing is that of `pointed_on_disk`.
    observation: row of `observation_table`; mixer: of the library; path: of `archive_path`.
    Returns the number of spectra.
    """
    observation = pointed_on_disk(observation)
    simulation = start_simulation(observation, mixer, rng)
    n_exposures, n_slit, steps = (int(observation[name]) for name in ("n_exposures", "n_slit", "steps"))
    taken = np.arange(n_exposures)[exposure_seconds(observation, np.arange(n_exposures)) >= 0]
    settings = mixer.calibration["instrument"]
    blemishes = dust_transmission(n_slit, rng, settings), missing_exposures(n_exposures, rng, settings)
    in_file = n_exposures if steps == 1 else steps
    with own_folder(path) as work:
        with tarfile.open(work / path.name, "w:gz", compresslevel=PACKING) as archive:
            for number, first in enumerate(range(0, len(taken), in_file)):
                exposures = taken[first : first + in_file]
                file = work / f"{archive_stem(observation)}_raster_t000_r{number:05d}.fits"
                stored = render_stored(simulation, exposures, n_slit, blemishes, rng)
                write_raster(empty_raster(observation, exposures, stored.shape, mixer.library.wavelength), file, stored)
                archive.add(file, file.name)
                file.unlink()
        os.replace(work / path.name, path)
    return len(taken) * n_slit


def pointed_on_disk(observation):
    """Observation with a tenth of its printed y where it is printed off the disk: AR 4, as the label audit reads it.

    A telescope cannot have pointed there, and the reader refuses a file that says so.
    """
    on_disk = np.isfinite(disk_positions(pd.DataFrame([observation]))["mu"].item())
    return observation if on_disk else pd.Series({**observation, "y": observation["y"] / 10}, name=observation.name)


def render_stored(simulation, exposures, n_slit, blemishes, rng):
    """Counts of whole exposures as level 2 stores them, (n_exposures, n_slit, n_wavelengths) int16.

    exposures: their numbers; blemishes: transmission (n_slit,) and which exposures are missing, of all.
    """
    transmission, missing = blemishes
    stored = np.empty((len(exposures), n_slit, len(simulation.mixer.library.wavelength)), ">i2")
    together = max(1, TOGETHER // n_slit)
    for i in range(0, len(exposures), together):
        chosen = exposures[i : i + together]
        counts, _ = render_spectra(simulation, np.repeat(chosen, n_slit), np.tile(np.arange(n_slit), len(chosen)), rng)
        counts = counts.reshape(len(chosen), n_slit, -1)
        counts *= transmission[:, None]
        counts[missing[chosen]] = np.nan
        stored[i : i + together] = scaled_integers(counts)
    return stored


def exposure_seconds(observation, exposures):
    """Times of exposures in seconds after the start of the observation; some began when the window was already open.

    exposures: their numbers, counted from the beginning of the 25-minute window.
    """
    seconds, start = exposures * observation["step_cadence"], datetime.fromisoformat(observation["start"])
    if not observation["onset"]:
        return seconds
    opening = datetime.fromisoformat(observation["onset"]) + timedelta(minutes=WINDOW_END - WINDOW_MINUTES)
    return seconds + (opening - start).total_seconds()


def empty_raster(observation, exposures, shape, wavelength):
    """Raster of some exposures with times and pointing, whose counts stand elsewhere."""
    raster = as_raster(observation, np.broadcast_to(np.float32(0), shape), wavelength)
    _, x, _ = pixel_positions(observation, exposures, 0)
    centre = (observation["steps"] - 1) * observation["step_size"] / 2
    return replace(raster, time=exposure_seconds(observation, exposures), x=observation["x"] + x - centre)
