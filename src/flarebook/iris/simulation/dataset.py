"""Tables of simulated spectra: every observation on its own, in parallel, and two kinds that show what separable means.

No scheduler changes the results.
"""

import os
from typing import Any

import dask
import numpy as np
import pandas as pd

from flarebook.iris.atmospheres.library import Library, doppler_shift, make_mixer
from flarebook.iris.features.distributions import sample_spectra
from flarebook.iris.features.extract import extract_features, interpolate_profiles
from flarebook.iris.features.window_scan import measure_widths, width_columns
from flarebook.iris.mg2 import FEATURES, PROFILE, REGIONS, WINDOW
from flarebook.iris.observations import WINDOW_END, WINDOW_MINUTES, observation_table
from flarebook.iris.simulation.observation import (
    expose_spectra,
    load_calibration,
    render_spectra,
    simulate_observation,
    start_simulation,
)

CHUNK = 5_000  # spectra held in memory at a time
BRIGHTEST = 0.1  # share of the library, by peak intensity, that stands in for a flare
EXPOSURE = 4.0  # s
FLARE_SPEED = 15.0  # km/s, spread of the line shifts


def sample_pixels(simulation, number, rng):
    """Random exposures and slit pixels of one observation's window, in the order of observation; without repeats.

    number: None for all.  Returns exposure, slit: (n,) int.
    """
    observation, minutes = simulation.observation, simulation.scene.minutes
    n_exposures = max(1, int(60 * (minutes[-1] - minutes[0]) / observation["step_cadence"]))
    total = n_exposures * observation["n_slit"]
    chosen = np.arange(total) if number is None else np.sort(rng.choice(total, size=min(number, total), replace=False))
    return np.divmod(chosen, observation["n_slit"])


def observed_features(
    simulation, exposure, slit, rng, window=WINDOW, widths=(), profiles=False, share=1.0, scan_rng=None
):
    """Truth and features of chosen spectra; those that cannot be measured are left out.

    window, widths: of the features, Angstrom, see `measure_widths`; share: of the spectra that are measured at the
    further widths, drawn with scan_rng; profiles: whether the columns PROFILE follow, the spectra on the grid divided
    by their maximum.  Returns a DataFrame.
    """
    counts, truth = render_spectra(simulation, exposure, slit, rng)
    seconds, wavelength = simulation.observation["exposure_time"], simulation.mixer.library.wavelength
    sampled = None if share >= 1 else scan_rng.random(len(counts)) < share
    values, good = measure_widths(counts, wavelength, seconds, window, widths, sampled)
    rows = [truth, pd.DataFrame(values, columns=[*FEATURES, *width_columns(widths)])]
    if profiles:
        rows.append(pd.DataFrame(interpolate_profiles(counts, wavelength)[0], columns=list(PROFILE)))
    return pd.concat(rows, axis=1)[good]


def simulate_features(observation, mixer, seed, number, span=(WINDOW_END - WINDOW_MINUTES, WINDOW_END), **options):
    """The rows of one observation, in chunks so that memory stays flat; everything follows from `seed`.

    observation: a row of `observation_table`; mixer: of the library; seed: a SeedSequence; number: spectra, None for
    all; span: start and end in minutes to onset; options: see `observed_features`.  Returns a DataFrame.
    """
    rng = np.random.default_rng(seed)
    scan_rng = np.random.default_rng(np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, 1)))
    simulation = start_simulation(observation, mixer, rng, *span)
    exposure, pixel = sample_pixels(simulation, number, rng)
    chunks = [
        observed_features(simulation, exposure[i : i + CHUNK], pixel[i : i + CHUNK], rng, scan_rng=scan_rng, **options)
        for i in range(0, len(exposure), CHUNK)
    ]
    table = pd.concat(chunks, ignore_index=True)
    table.attrs["origin"] = "simulated"
    return table


def compute_tasks(tasks, scheduler="threads"):
    """Results of dask tasks: on the cluster that FLAREBOOK_SCHEDULER names, or with the local scheduler given."""
    address = os.environ.get("FLAREBOOK_SCHEDULER", "")
    if not address:
        return dask.compute(*tasks, scheduler=scheduler)
    from distributed import Client

    with Client(address) as client:
        return client.gather(client.compute(list(tasks)))


def build_dataset(
    observations: pd.DataFrame,
    library: Library,
    seed: int,
    number: int | None,
    window: float = WINDOW,
    scheduler: str = "threads",
    calibration: dict | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Simulate observations and measure the features of spectra drawn from each.

    Parameters
    ----------
    observations : DataFrame
        Rows of `observation_table`.
    library : Library
        Of `load_library`.
    seed : int
        Every observation has a random stream of its own under this seed.
    number : int or None
        Spectra per observation, None for all.
    window : float
        Full width of the k and of the h integration window in Angstrom.
    scheduler : str
        Dask's "threads", "processes" or "synchronous"; the result does not depend on it.
    calibration : dict, optional
        Another calibration than the shipped one.
    **options : dict
        `span` (start and end in minutes to onset), `profiles` (True for the columns PROFILE) and `widths` (further ones
        of the integration windows, whose features are the columns NAME@WIDTH).

    Returns
    -------
    DataFrame
        One row a spectrum: observation, region, exposure, slit, minutes_to_onset, quiet_fraction, activity and the ten
        features.

    Examples
    --------
    >>> from flarebook import iris
    >>> observations = iris.observation_table().query("observation == 'QS 4'")
    >>> table = iris.build_dataset(observations, iris.load_library(), seed=1, number=20)
    >>> len(table), table["region"].unique()[0]
    (20, 'QS')
    """
    simulate = dask.delayed(simulate_features, pure=False)
    mixer = dask.delayed(make_mixer(library, calibration or load_calibration()))  # one copy per worker, not per task
    tasks = [
        simulate(entry, mixer, observation_seed(seed, row), number, window=window, **options)
        for row, entry in observations.iterrows()
    ]
    return join_observations(compute_tasks(tasks, scheduler), observations)


def observation_seed(seed, row):
    """Seed of one observation, the same in any selection of them; row: its number in `observation_table`."""
    return np.random.SeedSequence(seed, spawn_key=(row,))


def join_observations(parts, observations):
    """One table of the observations' tables, with observation and region as categories in the order given."""
    which = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    region = pd.Categorical(observations["region"], categories=list(REGIONS)).codes[which]
    rows = pd.concat(parts, ignore_index=True)
    rows.insert(0, "observation", pd.Categorical.from_codes(which, list(observations["observation"])))
    rows.insert(1, "region", pd.Categorical.from_codes(region, list(REGIONS)))
    return rows


def flare_like_spectra(library, n, rng):
    """Noisy spectra of the library's brightest tenth, mixed two and two and shifted.

    No flare is simulated: these profiles come from strongly heated atmospheres with slow flows, so that only their
    brightness, triplet emission and flat continuum are those of a flare.  Returns (n, n_wavelengths), DN in four
    seconds.
    """
    peak = library.profiles.max(axis=1)
    bright = library.profiles[peak >= np.quantile(peak, 1 - BRIGHTEST)]
    pair, share = rng.integers(len(bright), size=(2, n)), rng.random((n, 1))
    mixed = share * bright[pair[0]] + (1 - share) * bright[pair[1]]
    moved = doppler_shift(mixed, library.wavelength, FLARE_SPEED * rng.standard_normal(n))
    return expose_spectra(moved, EXPOSURE, rng, load_calibration()["instrument"])


def quiet_sun_spectra(library, n, rng, n_observations=3):
    """Simulated spectra of the first quiet-Sun observations, drawn from two exposures of each.

    Returns spectra (n, n_wavelengths) DN and their exposure time (n,) s; fewer, where those exposures hold fewer.
    """
    quiet = observation_table().query("region == 'QS'").head(n_observations)
    rasters = [simulate_observation(row, library, rng, n_exposures=2)[0] for _, row in quiet.iterrows()]
    spectra = np.concatenate([raster.spectra[raster.quality] for raster in rasters])
    seconds = np.concatenate([np.full(raster.quality.sum(), raster.exposure_time[0]) for raster in rasters])
    chosen = rng.choice(len(spectra), min(n, len(spectra)), replace=False)
    return spectra[chosen], seconds[chosen]


def baseline_spectra(library, n, rng):
    """Equally many quiet-Sun and flare-like spectra with their features, n of each or as many as are simulated.

    Returns spectra (2 n, n_wavelengths), and a table with a column region ("QS", "flare") and the ten features;
    rows that cannot be measured are left out of both.
    """
    quiet, seconds = quiet_sun_spectra(library, n, rng)
    n = len(quiet)
    spectra = np.concatenate([quiet, flare_like_spectra(library, n, rng)])
    features, good = extract_features(spectra, library.wavelength, np.concatenate([seconds, np.full(n, EXPOSURE)]))
    table = pd.DataFrame(features, columns=list(FEATURES))
    table.insert(0, "region", np.repeat(["QS", "flare"], n))
    return spectra[good], table[good].reset_index(drop=True)


def same_region_twice(table, n, rng, region="QS"):
    """2 n spectra of one region of which a random half is called by another name: what cannot be told apart.

    Returns the drawn rows of the table with region "QS" and "QS again".  Panos & Kleint 2020, Figure 8, right panel.
    """
    drawn = sample_spectra(table, (region,), 2 * n, rng)
    renamed = rng.permutation(2 * n) < n
    return drawn.assign(region=np.where(renamed, f"{region} again", region))
