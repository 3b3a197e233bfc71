"""Simulated observations: library profiles mixed pixel by pixel as the scene tells, seen through the instrument."""

import functools
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from astropy.time import Time

from flarebook.compendium.errors import InputError
from flarebook.iris.atmospheres.library import (
    SAMPLING,
    Library,
    Mixer,
    make_mixer,
    mix_profiles,
    nearest_atmospheres,
)
from flarebook.iris.atmospheres.limb import limb_darkening
from flarebook.iris.matching import disk_positions
from flarebook.iris.mg2 import LIGHT_SPEED
from flarebook.iris.observations import SLIT_PIXEL, WINDOW_END, WINDOW_MINUTES, exposure_minutes
from flarebook.iris.rasters.read import Raster
from flarebook.iris.simulation.scene import Scene, build_scene

LINE = 2800.0  # Angstrom, where speeds become shifts
STATES = ("network", "umbra", "penumbra", "preflare", "brightening")


def load_calibration(path=None):
    """The calibration table, as nested dictionaries; every number of the simulator that was tuned.

    path: another table, None for the shipped one.  Raises InputError when it is absent or no YAML.
    """
    path = Path(path or files("flarebook.iris") / "data" / "calibration.yaml")
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise InputError(
            f"{path} is not a calibration table ({error}); give a YAML file like the shipped one."
        ) from error


def target_atmospheres(kind, state, calibration, offsets):
    """Target atmospheres of one component of the pixels, (n, 9).

    kind: "quiet" or "active"; state: of `pixel_state`; offsets: (9,), the observation's.
    """
    names = list(calibration[kind])
    mean, spread = (np.array([calibration[kind][name][i] for name in names], float) for i in (0, 1))
    values = mean + offsets + spread * state["textures"]
    for name in ("network",) if kind == "quiet" else STATES[1:]:
        change = np.array([calibration[name].get(parameter, 0.0) for parameter in names], float)
        values += state[name][:, None] * change
    return values


@dataclass(frozen=True)
class Simulation:
    """One simulated observation, ready to be rendered: its table row, scene, library and offsets (9,)."""

    observation: pd.Series
    scene: Scene
    mixer: Mixer
    offsets: np.ndarray


def start_simulation(observation, mixer, rng, start=WINDOW_END - WINDOW_MINUTES, end=WINDOW_END):
    """Draw what happens in one observation between two times (minutes to onset)."""
    scene = build_scene(observation, start, end, mixer.calibration, mixer.library.parameters.columns, rng)
    spread = np.array([mixer.calibration["between"].get(name, 0.0) for name in mixer.library.parameters])
    return Simulation(observation, scene, mixer, rng.standard_normal(len(spread)) * spread)


def pixel_state(simulation, minutes, x, y):
    """What the scene holds at times and places: core and state shares, bulk speed, textures.

    minutes, x, y: (n,).  Returns a dictionary of (n,) arrays and "textures" (n, 9).
    """
    sample = functools.partial(simulation.scene.sample, minutes=minutes, x=x, y=y)
    state = {name: sample(name) for name in ("core", *STATES)}
    state["textures"] = np.stack([sample(f"{name} texture") for name in simulation.mixer.library.parameters], axis=1)
    state["doppler"] = sample("doppler texture") * simulation.mixer.calibration["doppler_spread"]
    state["level"] = macroturbulence_level(simulation, state, sample("macroturbulence texture"))
    return state


def macroturbulence_level(simulation, state, texture):
    """Index of the library's macroturbulence level nearest to that of each pixel, (n,) int."""
    turbulence = simulation.mixer.calibration["macroturbulence"]
    stirred = sum(turbulence[name] * state[name] for name in ("preflare", "brightening")) * state["core"]
    speed = turbulence["mean"] + turbulence["spread"] * texture + stirred
    return np.abs(speed[:, None] - turbulence["levels"]).argmin(axis=1)


def noiseless_spectra(simulation, minutes, x, y):
    """Noiseless spectra at times and places, and the ground truth of them.

    minutes to onset, x and y arcsec: (n,).  Returns intensity (n, n_wavelengths) and a DataFrame with quiet_fraction
    (share of quiet-Sun light, 0 to 1) and activity (pre-flare state and brightenings, weighted by the active share).
    """
    state, mixer, calibration = pixel_state(simulation, minutes, x, y), simulation.mixer, simulation.mixer.calibration
    core, number = state["core"].astype(float), calibration["neighbours"]
    quiet, active = (
        nearest_atmospheres(mixer, target_atmospheres(kind, state, calibration, offsets), number)
        for kind, offsets in (("quiet", 0.0), ("active", simulation.offsets))
    )
    index = np.concatenate([quiet[0], active[0]], axis=1)
    weight = np.concatenate([quiet[1] * (1 - core)[:, None], active[1] * core[:, None]], axis=1)
    shift = state["doppler"] / LIGHT_SPEED * LINE / SAMPLING
    intensity = mix_profiles(mixer.profiles, state["level"], index, weight, shift)
    raised = state["preflare"] + state["brightening"]
    if calibration.get("limb"):
        mu = disk_positions(simulation.observation.to_frame().T)["mu"].iloc[0]
        intensity *= limb_darkening(mu, core, state["network"], raised)
    activity = core * raised
    return intensity, pd.DataFrame({"quiet_fraction": 1 - core, "activity": activity}, dtype=np.float32)


def pixel_positions(observation, exposure, slit):
    """Time (s after the first exposure), step position x and slit position y (arcsec) of spectra.

    exposure, slit: (n,) numbers of exposure and slit pixel.
    """
    seconds = exposure * observation["step_cadence"]
    return seconds, exposure % observation["steps"] * observation["step_size"], slit * SLIT_PIXEL


def render_spectra(simulation, exposure, slit, rng):
    """Counts of chosen spectra, cosmic rays included, and the ground truth of them.

    exposure, slit: (n,) int.  Returns counts (n, n_wavelengths) DN and the DataFrame of `noiseless_spectra`
    with exposure, slit and minutes_to_onset (NaN but for pre-flare observations).
    """
    seconds, x, y = pixel_positions(simulation.observation, exposure, slit)
    minutes = simulation.scene.minutes[0] + seconds / 60
    intensity, truth = noiseless_spectra(simulation, minutes, x, y)
    settings = simulation.mixer.calibration["instrument"]
    counts = expose_spectra(intensity, simulation.observation["exposure_time"], rng, settings)
    add_cosmic_rays(counts, rng, settings)
    onset = minutes if simulation.observation["region"] == "PF" else np.nan
    truth = truth.assign(
        exposure=exposure.astype(np.int32), slit=slit.astype(np.int32), minutes_to_onset=np.float32(onset)
    )
    return counts, truth[["exposure", "slit", "minutes_to_onset", "quiet_fraction", "activity"]]


def simulate_observation(
    observation: pd.Series,
    library: Library,
    rng: np.random.Generator,
    n_exposures: int | None = None,
    n_slit: int | None = None,
    calibration: dict | None = None,
) -> tuple[Raster, pd.DataFrame]:
    """Simulate a whole raster, with missing exposures and dust, and its ground truth.

    Parameters
    ----------
    observation : Series
        A row of `observation_table`.
    library : Library
        Of `load_library`.
    rng : Generator
        Source of every random number.
    n_exposures, n_slit : int, optional
        At most the observation's own numbers, which are the default.
    calibration : dict, optional
        Another calibration than the shipped one.

    Returns
    -------
    raster : Raster
        Counts in DN.
    truth : DataFrame
        One row a spectrum, exposures first: exposure, slit, minutes_to_onset, quiet_fraction and activity.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook import iris
    >>> observation, rng = iris.find_observation("QS 4"), np.random.default_rng(1)
    >>> raster, truth = iris.simulate_observation(observation, iris.load_library(), rng, n_exposures=2, n_slit=5)
    >>> raster.spectra.shape[:2], len(truth)
    ((2, 5), 10)
    """
    calibration = calibration or load_calibration()
    n_exposures = min(n_exposures or observation["n_exposures"], observation["n_exposures"])
    n_slit = min(n_slit or observation["n_slit"], observation["n_slit"])
    simulation = start_simulation(observation, make_mixer(library, calibration), rng)
    exposure, slit = np.repeat(np.arange(n_exposures), n_slit), np.tile(np.arange(n_slit), n_exposures)
    counts, truth = render_spectra(simulation, exposure, slit, rng)
    counts = counts.reshape(n_exposures, n_slit, -1)
    counts *= dust_transmission(n_slit, rng, calibration["instrument"])[:, None]
    counts[missing_exposures(n_exposures, rng, calibration["instrument"])] = np.nan
    return as_raster(observation, counts, library.wavelength), truth


def simulate_pixel(observation, library, rng, slit, span):
    """Every exposure of one slit pixel between two times.

    slit: pixel; span: start and end in minutes to onset.  Returns minutes (n,) and counts (n, n_wavelengths) DN.
    """
    simulation = start_simulation(observation, make_mixer(library, load_calibration()), rng, *span)
    minutes = exposure_minutes(observation, *span)
    counts, _ = render_spectra(simulation, np.arange(len(minutes)), np.full(len(minutes), slit), rng)
    return {"minutes": minutes, "counts": counts}


def as_raster(observation, counts, wavelength):
    """Counts as the Raster that the reader gives, with the pointing and times of the table.

    counts: (n_exposures, n_slit, n_wavelengths) DN, NaN where missing.
    """
    seconds, x, _ = pixel_positions(observation, np.arange(len(counts)), 0)
    header = {"OBSID": observation["obsid"], "TELESCOP": "IRIS", "ORIGIN": "Flarebook, SIMULATED"}
    header["SIMULATD"] = True  # no observation
    exposure_time = np.full(len(counts), observation["exposure_time"])
    pointing = {"x": observation["x"] + x - x.mean(), "y": np.full(len(counts), float(observation["y"]))}
    start, quality = Time(observation["start"]), np.isfinite(counts).all(axis=2)
    return Raster(counts, wavelength, seconds, exposure_time, start, quality=quality, header=header, **pointing)


def expose_spectra(intensity, exposure_time, rng, settings):
    """Counts of spectra of known intensity, with photon and read noise.

    intensity: (n, n_wavelengths) W m-2 Hz-1 sr-1; exposure_time: scalar or (n,) s; settings: the calibration's
    `instrument`.  Returns (n, n_wavelengths) float32 DN.
    """
    seconds = np.broadcast_to(np.asarray(exposure_time, np.float32), len(intensity))[:, None]
    counts = intensity * np.float32(settings["dn_per_unit"]) * seconds
    variance = counts / np.float32(settings["electrons_per_dn"]) + np.float32(settings["read_noise"] ** 2)
    np.sqrt(variance, out=variance)
    variance *= rng.standard_normal(counts.shape, dtype=np.float32)
    return counts + variance


def add_cosmic_rays(counts, rng, settings):
    """Add cosmic-ray hits in place, each to two neighbouring spectral pixels of one spectrum; returns their number.

    counts: (n, n_wavelengths) DN.
    """
    hits = rng.poisson(settings["cosmic_rays"] * len(counts))
    row, column = rng.integers(len(counts), size=hits), rng.integers(counts.shape[1] - 1, size=hits)
    charge = rng.exponential(settings["cosmic_ray_dn"], size=hits)
    np.add.at(counts, (row, column), charge)
    np.add.at(counts, (row, column + 1), 0.5 * charge)
    return hits


def dust_transmission(n_slit, rng, settings):
    """Transmission along the slit, (n_slit,): 1 but for a few pixels behind dust or a fiducial mark."""
    number, transmission = settings["dust"]
    along = np.ones(n_slit, np.float32)
    along[rng.choice(n_slit, size=min(number, n_slit), replace=False)] = transmission
    return along


def missing_exposures(n_exposures, rng, settings):
    """Which exposures carry no data, (n_exposures,) bool."""
    return rng.random(n_exposures) < settings["missing_exposures"]
