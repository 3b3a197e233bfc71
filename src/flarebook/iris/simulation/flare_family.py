"""A family of simulated flares of one observation, which differ in when, how fast and where their activity rises."""

from dataclasses import replace

import dask
import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.iris.atmospheres.library import make_mixer
from flarebook.iris.observations import SLIT_PIXEL
from flarebook.iris.simulation.dataset import compute_tasks, observed_features
from flarebook.iris.simulation.observation import load_calibration, start_simulation

STREAM = 16  # of the random streams: none of `build_dataset`, which have one key
VARIANTS = ("placed", "drawn", "patchy")  # one course for all; onset and rise time drawn; and the filled share


def draw_flares(n_flares, family, rng):
    """Draw the courses of a family; the onsets are stratified, so that any number covers the whole range.

    Parameters
    ----------
    n_flares : int
        Number of flares.
    family : dict
        The calibration's `flare_family`.
    rng : Generator
        Source of every random number.

    Returns
    -------
    DataFrame
        One row a flare: activity_onset (minutes to onset, ascending), rise_time (minutes) and filling (share).

    Raises
    ------
    InputError
        When no flare is asked for.
    """
    if n_flares < 1:
        raise InputError(f"n_flares must be at least 1 (got {n_flares})")
    stratum = (np.arange(n_flares) + rng.random(n_flares)) / n_flares
    low, high = np.log(family["rise_time"])
    return pd.DataFrame(
        {
            "activity_onset": np.interp(stratum, (0, 1), family["activity_onset"]),
            "rise_time": np.exp(rng.uniform(low, high, n_flares)),
            "filling": rng.uniform(*family["filling"], n_flares),
        }
    )


def flare_calibration(calibration, flare, variant):
    """The calibration of one flare of a variant; `placed` keeps the shipped course.

    flare: a row of `draw_flares`.  Raises InputError for an unknown variant.
    """
    if variant not in VARIANTS:
        raise InputError(f"variant {variant!r} is unknown: choose one of {', '.join(VARIANTS)}")
    if variant == "placed":
        return calibration
    course = {"preflare_rise": [flare["activity_onset"], flare["rise_time"]]}
    if variant == "patchy":
        course["preflare_patches"] = {
            "filling": flare["filling"],
            "size": calibration["flare_family"]["patch_size"],
        }
    return calibration | course


def chosen_pixels(simulation, slit, span, number, rng):
    """Random exposures within a span of minutes to onset and slit pixels of a range, in order of observation.

    Returns exposure, slit: (number,) int.
    """
    minutes = np.asarray(span) - simulation.scene.minutes[0]
    first, last = np.ceil(60 * minutes / simulation.observation["step_cadence"]).astype(int)
    exposure = np.sort(rng.integers(max(first, 0), max(last, first + 1), number))
    return exposure, rng.integers(*slit, number)


def simulate_flare(observation, mixer, seed, regions, window=3.0):
    """Features of spectra drawn from parts of one simulated flare.

    seed: a SeedSequence; regions: list of (slit range, span in minutes to onset, number of spectra); window: width of
    the integration windows in Angstrom.  Returns the table of `observed_features`.
    """
    rng = np.random.default_rng(seed)
    start = min(span[0] for _, span, _ in regions)
    simulation = start_simulation(observation, mixer, rng, start - 1.0, -1.0)
    n_slit = int(observation["slit_length"] / SLIT_PIXEL)
    drawn = [chosen_pixels(simulation, (slit[0], min(slit[1], n_slit)), span, n, rng) for slit, span, n in regions]
    exposure, pixel = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    return observed_features(simulation, exposure, pixel, rng, window)


def simulate_family(observation, library, flares, variant, seed, regions, scheduler="threads", calibration=None):
    """Simulate a family of flares of one observation; a flare has a random stream of its own, shared by the variants.

    Parameters
    ----------
    observation : Series
        A row of `observation_table`.
    library : Library
        Of `load_library`.
    flares : DataFrame
        Of `draw_flares`.
    variant : str
        One of `VARIANTS`.
    seed : int
        Of the spectra.
    regions : list
        Parts of each flare that are observed: (slit range, span in minutes to onset, number of spectra).
    scheduler : str
        Dask's "threads", "processes" or "synchronous"; the result does not depend on it.
    calibration : dict, optional
        Another calibration than the shipped one.

    Returns
    -------
    DataFrame
        One row a spectrum: flare (int), exposure, slit, minutes_to_onset, quiet_fraction, activity and the ten
        features.
    """
    calibration = calibration or load_calibration()
    mixer = make_mixer(library, calibration)
    tasks = []
    for number, (_, flare) in enumerate(flares.iterrows()):
        own = replace(mixer, calibration=flare_calibration(calibration, flare, variant))
        stream = np.random.SeedSequence(seed, spawn_key=(STREAM, number))
        tasks.append(dask.delayed(simulate_flare, pure=False, traverse=False)(observation, own, stream, regions))
    tables = compute_tasks(tasks, scheduler)
    return pd.concat(tables, keys=range(len(tables)), names=["flare"]).reset_index("flare").reset_index(drop=True)
