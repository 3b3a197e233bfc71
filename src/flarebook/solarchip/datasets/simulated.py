"""The simulated Sun of a seed: images of all channels, and tables of days, regions and flares."""

from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from flarebook.compendium.errors import InputError
from flarebook.compendium.mapped_arrays import growing_array, open_arrays
from flarebook.solarchip.datasets.day_tables import SunDays, build_tables
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.grid import Disk, solar_b0
from flarebook.solarchip.sun.flare_process import Rates, flare_rate, glowing_flares, list_flares, sample_flares
from flarebook.solarchip.sun.magnetic_indices import r_of_disk, region_r_values
from flarebook.solarchip.sun.regions import CYCLE_START, sample_population
from flarebook.solarchip.sun.surface import surface_at
from flarebook.solarchip.sun.telescope import render_magnetogram, render_sun

START = "2012-01-01"  # first image; the maximum of cycle 24 came in April 2014
IMAGES = "images.npz"
TEST_DAYS, TEST_IMAGES = "test_days", "test_images"  # of the other Sun that tests flare forecasts
CHUNK = 20  # dates that a process takes at a time; every date has its own random numbers


def simulate_sun(
    n_days: int,
    seed: int | list[int],
    size: int = 128,
    cadence_days: float = 1.0,
    start: str = START,
    n_jobs: int = 1,
    path: str | Path | None = None,
    magnetograms_only: bool = False,
) -> SunDays:
    """Simulate full-disk images, active regions and flares.

    Parameters
    ----------
    n_days : int
        Number of dates.
    seed : int or list of int
        Random seed; the result does not depend on `n_jobs`.
    size : int
        Image side in pixels.
    cadence_days : float
        Days between two dates: a whole number, or 1 divided by one.
    start : str
        ISO date of the first image, which sets the phase of the solar cycle.
    n_jobs : int
        Number of processes.
    path : str or Path, optional
        An npz file that receives the images while they are rendered and is then memory-mapped, for series that exceed
        the memory.
    magnetograms_only : bool
        Whether to leave out the AIA channels, which take most of the time; labels and tables do not need them.

    Returns
    -------
    SunDays
        Images (n_days, 11, size, size) in G and DN/s, or (n_days, 1, size, size) of the magnetograms only, and the
        tables days, regions and flares.

    Raises
    ------
    InputError
        For fewer than one date, or a cadence that does not fit into 24 hours.

    Examples
    --------
    >>> from flarebook.solarchip import simulate_sun
    >>> sun = simulate_sun(n_days=1, seed=7, size=32)
    >>> sun.images.shape
    (1, 11, 32, 32)
    """
    step = flare_step(n_days, cadence_days)
    start = pd.Timestamp(start)
    cycle_day = (start - pd.Timestamp(CYCLE_START)) / pd.Timedelta("1D")
    own, flare_seed, *date_seeds = np.random.SeedSequence(seed).spawn(2 + n_days)
    rng = np.random.default_rng(own)
    population = sample_population(n_days * cadence_days + 2, rng, cycle_day)
    phases = rng.random((6, 4))
    rates = flare_rates(population, n_days * cadence_days, step, n_jobs)
    flares = list_flares(sample_flares(rates, np.random.default_rng(flare_seed)), rates)
    day = np.arange(n_days) * cadence_days
    work = [(d, s, glowing_flares(flares, d)) for d, s in zip(day, date_seeds, strict=True)]
    chunks = [work[i : i + CHUNK] for i in range(0, n_days, CHUNK)]
    n_channels = 1 if magnetograms_only else len(CHANNELS)
    each = (delayed(render_dates)(chunk, population, phases, size, start, n_channels) for chunk in chunks)
    shape = (n_days, n_channels, size, size)
    images, measured = collect_images(Parallel(n_jobs, return_as="generator")(each), shape, path)
    return SunDays(images, *build_tables(start, day, measured, rates, flares, population))


def collect_images(observed, shape, path=None):
    """Images of all dates, and what is measured on them: {column: (n,)}.

    observed: yields images and unsigned flux of some dates; shape: of all images; path: see `simulate_sun`.
    """
    parts, measured = [], {"r_measured": [], "unsigned_flux": []}
    with growing_array(path, "images", shape, np.float16) if path else nullcontext(parts.append) as keep:
        for images, flux in observed:
            keep(images)
            measured["r_measured"] += [r_of_disk(field) for field in images[:, 0].astype(np.float32)]
            measured["unsigned_flux"] += list(flux)
    return open_arrays(path)["images"] if path else np.concatenate(parts), measured


def flare_step(n_days, cadence_days):
    """Length in days of the steps for which flare rates hold: a day, or the cadence when it is shorter."""
    if n_days < 1 or n_days != int(n_days):
        raise InputError(f"a simulated Sun of {n_days} dates cannot be made: give a whole number of at least 1")
    per_day = max(1, round(1 / cadence_days)) if cadence_days > 0 else 0
    if cadence_days <= 0 or not (np.isclose(cadence_days * per_day, 1) or cadence_days == int(cadence_days)):
        raise InputError(
            f"a cadence of {cadence_days} days does not fit into the 24 hours of a label: give a whole number or 1/n"
        )
    return 1 / per_day


def flare_rates(population, span, step, n_jobs):
    """Rates of all regions from a day before the first image to a day after the last, every step days."""
    day = np.arange(-1.0, span + 1.0 - 1e-9, step)
    parts = np.array_split(np.arange(len(day)), max(1, len(day) // 200))
    tables = Parallel(n_jobs)(delayed(region_rates)(population, part, day[part]) for part in parts)
    return Rates(pd.concat(tables, ignore_index=True), day, step)


def region_rates(population, steps, days):
    """Rows of Rates.table for some steps: the regions alive, their R and their flare rate."""
    tables = []
    twist = population.regions["twist"].to_numpy()
    flux = population.regions["flux"].to_numpy()
    for step, day in zip(steps, days, strict=True):
        surface = surface_at(population, day)
        value = region_r_values(surface)
        row = {"step": step, "region": surface.regions, "latitude": surface.latitude, "longitude": surface.longitude}
        row |= {"flux": flux[surface.regions] * surface.strength, "r_value": value}
        tables.append(pd.DataFrame(row | {"rate": flare_rate(value, twist[surface.regions])}))
    return pd.concat(tables, ignore_index=True)


def render_dates(work, population, phases, size, start, n_channels):
    """Images (n, n_channels, size, size) float16 and unsigned flux (n,) in Mx of some dates.

    work: list of (day since the first image, SeedSequence, flares that glow), each date with its own random numbers;
    n_channels: all, or 1 for the magnetogram.
    """
    images, fluxes = np.empty((len(work), n_channels, size, size), np.float16), np.empty(len(work))
    for row, (day, seed, (regions, flux, _)) in enumerate(work):
        disk = Disk(size, float(solar_b0((start + pd.Timedelta(days=day)).day_of_year)))
        flash = {int(r): float(flux[regions == r].sum()) for r in regions}
        surface, rng = surface_at(population, day), np.random.default_rng(seed)
        if n_channels == 1:
            images[row], field = render_magnetogram(disk, surface, population, rng)
        else:
            images[row], field = render_sun(disk, surface, population, phases, rng, flash)
        fluxes[row] = (np.abs(field) * disk.pixel_area).sum()
    return images, fluxes


def save_sun(run, sun, origin="simulated", tests=None):
    """Save a SunDays as results of the run that made it: images.npz, unless they lie there, and three tables.

    tests: SunDays of magnetograms, further days that test flare forecasts; without them an empty table is saved.
    """
    if getattr(sun.images, "filename", None) != (run.folder / IMAGES).resolve():
        run.save_arrays(Path(IMAGES).stem, compress=False, images=sun.images)
    for name in ("days", "regions", "flares"):
        run.save_table(name, getattr(sun, name), origin=origin)
    run.save_table(TEST_DAYS, tests.days if tests else sun.days.iloc[:0], origin=origin)
    run.save_arrays(TEST_IMAGES, compress=False, images=tests.images if tests else np.array(sun.images[:0, :1]))
