"""Simulate the image archive: each selected event observed, located, mapped, scaled to eight bits, with its truth."""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from flarebook.stix.imaging.forward_model import Conditions, simulate_visibilities
from flarebook.stix.imaging.pipeline import image_flare, locate, to_instrument, to_solar
from flarebook.stix.imaging.source_model import Component, moved, render
from flarebook.stix.maps.preprocess import HALF_WIDTH, flag, normalise
from flarebook.stix.maps.quantities import SOLAR_RADIUS_1AU
from flarebook.stix.simulation import artefacts
from flarebook.stix.simulation.population import BANDS, choices
from flarebook.stix.simulation.source_kinds import draw_source

COARSE_PIXEL, BEAM = 3.0, 20.0  # arcsec; grid of the comparison with the truth, and the CLEAN beam (FWHM)


BATCH = 50  # images per task of a process


class SimulatedImage(NamedTuple):
    """One image and its truth: image (177, 177) uint8, truth a dict, hdus {name: (257, 257)} of the archive's file."""

    image: np.ndarray
    truth: dict
    hdus: dict


def simulate_image(event, seed):
    """Simulate one image of the archive.

    event: dict, a row of `select_images` joined with one of `draw_artefacts`, and its kind of source; seed: of its
    own random numbers (an int or a sequence of them).  Returns a SimulatedImage, archive axes.
    """
    rng = np.random.default_rng(seed)
    widest = None if np.isnan(event["width"]) else event["width"]  # of a very extended source
    sky, count = draw_source(event["kind"], event["band"], event["distance"], rng, widest, event.get("n_wanted"))
    place = to_instrument(event["x"], event["y"])
    flux = photon_flux(event)
    source = moved([part._replace(flux=part.flux * flux) for part in sky], *place)
    visibilities = observe_event(event, source, flux, rng)
    made = image_flare(visibilities, SOLAR_RADIUS_1AU / event["distance"], centre=map_centre(event, visibilities, rng))
    hdus = corrupt_map(made.archive_hdus(), event["blank"])
    truth = ground_truth(source, count, place, made, hdus["clean"])
    return SimulatedImage(normalise(hdus["clean"]), truth, hdus)


def photon_flux(event):
    """Photons cm-2 s-1 keV-1 that give the expected counts, by the rough effective area of a detector."""
    low, high = BANDS[event["band"]]
    area = choices()["imaging"]["effective_area"]
    return event["counts_per_detector"] / (area * (high - low) * event["exposure"])


def observe_event(event, source, flux, rng):
    """Visibilities of a source with everything that goes wrong in this event."""
    sky, counts = source, event["counts_per_detector"]
    if event["second_flux"] > 0:
        sky, counts = [*source, second_flare(event, flux, rng)], counts * (1 + event["second_flux"])
    background, scale = event["background_per_detector"], event["background_scale"]
    dead = artefacts.pick_dead(event["n_dead"], rng)
    conditions = Conditions(background, scale, event["amplitude_error"], event["phase_error"], dead)
    visibilities, _ = simulate_visibilities(sky, counts, rng, conditions)
    if scale == 1:
        return visibilities
    false = artefacts.false_visibilities(visibilities.label, scale, background, event["counts_per_detector"], flux)
    return replace(visibilities, value=visibilities.value + false)


def second_flare(event, flux, rng):
    """A compact flare elsewhere on the disk, in the same interval."""
    radius = SOLAR_RADIUS_1AU / event["distance"]
    turn, reach = rng.uniform(0, 2 * np.pi), radius * np.sqrt(rng.uniform(0, 0.9))
    return Component(reach * np.cos(turn), reach * np.sin(turn), flux * event["second_flux"], 15, 12)


def map_centre(event, visibilities, rng):
    """Centre of the map: where the pipeline finds the flare, or off it by the event's offset; instrument's axes.

    An expert ("located") takes the right one.
    """
    if event.get("located"):
        return to_instrument(event["x"], event["y"])
    centre = locate(visibilities, SOLAR_RADIUS_1AU / event["distance"])
    turn = rng.uniform(0, 2 * np.pi)
    return centre[0] + event["offset"] * np.cos(turn), centre[1] + event["offset"] * np.sin(turn)


def corrupt_map(hdus, kind):
    """The same maps, or what a failed run of the pipeline leaves: zeros, one value everywhere, or no numbers."""
    filling = {"blank": 0.0, "constant": 1e-3, "not a number": np.nan}
    return {name: np.full_like(image, filling[kind]) for name, image in hdus.items()} if kind else hdus


def ground_truth(source, count, place, made, image):
    """What is known of an image because it was simulated: places (arcsec, solar), counts, quality."""
    error = float(np.hypot(place[0] - made.centre[0], place[1] - made.centre[1]))
    inside = max(abs(place[0] - made.centre[0]), abs(place[1] - made.centre[1])) < HALF_WIDTH
    broken = flag(image)
    map_x, map_y = to_solar(*made.centre)
    return {
        "map_x": map_x,
        "map_y": map_y,
        "centre_error": error,
        "n_sources": count if inside and not broken else 0,
        "extent": extent(source),
        "fidelity": fidelity(source, made),
        "peak_flux": float(np.nanmax(image)) if np.isfinite(image).any() else np.nan,
        "residual_rms": float(np.sqrt(np.mean(made.clean.residual**2))),
        "flag": broken,
    }


def extent(sky):
    """Full width at half maximum of a sky as a whole, arcsec: the geometric mean of its axes, from second moments."""
    x, y, flux, major, minor, angle = np.array(sky).T
    share, turn = flux / flux.sum(), np.radians(angle)
    dx, dy = x - share @ x, y - share @ y
    across = (major**2 * np.sin(turn) ** 2 + minor**2 * np.cos(turn) ** 2) / 5.545
    along = (major**2 * np.cos(turn) ** 2 + minor**2 * np.sin(turn) ** 2) / 5.545
    mixed = share @ ((major**2 - minor**2) * np.sin(2 * turn) / 2 / 5.545 + dx * dy)
    determinant = (share @ (along + dx**2)) * (share @ (across + dy**2)) - mixed**2
    return float(2.3548 * max(determinant, 0) ** 0.25)


def fidelity(source, made):
    """Correlation of a map's central field with the true sky there, seen through the CLEAN beam."""
    sky = moved(source, -made.centre[0], -made.centre[1])
    widths = [(np.hypot(part.fwhm_major, BEAM), np.hypot(part.fwhm_minor, BEAM)) for part in sky]
    sky = [part._replace(fwhm_major=a, fwhm_minor=b) for part, (a, b) in zip(sky, widths, strict=True)]
    size = int(2 * HALF_WIDTH / COARSE_PIXEL)
    truth = render(sky, size, COARSE_PIXEL)
    edge = (len(made.clean.image) - (size - 1) * int(COARSE_PIXEL) - 1) // 2
    step = slice(edge, len(made.clean.image) - edge, int(COARSE_PIXEL))
    seen = made.clean.image[step, step]
    if truth.std() < 1e-12 * np.abs(seen).max():
        return 0.0
    return float(np.corrcoef(truth.ravel(), seen.ravel())[0, 1])


def prepare(events: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Assign a kind of source and the artefacts to each event that has an image, in the order of time.

    Parameters
    ----------
    events : DataFrame
        Events of `select_images`.
    rng : numpy.random.Generator
        Source of random numbers.

    Returns
    -------
    DataFrame
        One row per image, with everything that `simulate_archive` needs.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook import stix
    >>> rng = np.random.default_rng(1)
    >>> len(stix.prepare(stix.select_images(stix.draw_events(200, rng), rng, images=5), rng))
    5
    """
    chosen = events[events["reason"] == "image"].sort_values("start").reset_index(drop=True)
    chosen = pd.concat([chosen, artefacts.draw_artefacts(chosen, rng)], axis=1)
    kinds = np.empty(len(chosen), dtype=object)
    for band, shares in choices()["kinds"].items():
        in_band = (chosen["band"] == band).to_numpy()
        kinds[in_band] = rng.choice(list(shares), in_band.sum(), p=np.array(list(shares.values())))
    return chosen.assign(kind=kinds)


def simulate_archive(chosen: pd.DataFrame, seed: int, processes: int | None = None) -> tuple[np.ndarray, pd.DataFrame]:
    """Simulate the images of prepared events.

    The result does not depend on the number of processes.

    Parameters
    ----------
    chosen : DataFrame
        Events of `prepare`.
    seed : int
        Random seed of all images.
    processes : int or None
        Number of processes; None takes one per core.

    Returns
    -------
    images : ndarray of shape (n, 177, 177), uint8
        One image per row of `chosen`.
    truth : DataFrame
        Ground truth of each image, same rows.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook import stix
    >>> rng = np.random.default_rng(1)
    >>> chosen = stix.prepare(stix.select_images(stix.draw_events(200, rng), rng, images=2), rng)
    >>> images, truth = stix.simulate_archive(chosen, seed=1, processes=1)
    >>> images.shape, len(truth)
    ((2, 177, 177), 2)
    """
    rows = chosen.to_dict("records")
    tasks = [(rows[first : first + BATCH], seed, first) for first in range(0, len(rows), BATCH)]
    processes = processes or len(os.sched_getaffinity(0))
    if processes == 1 or len(tasks) < 2:
        parts = [simulate_batch(*task) for task in tasks]
    else:
        with ProcessPoolExecutor(processes, get_context("spawn"), one_thread) as pool:
            parts = list(pool.map(simulate_batch, *zip(*tasks, strict=True)))
    images, truths = zip(*parts, strict=True)
    return np.concatenate(images), pd.DataFrame([truth for part in truths for truth in part])


def one_thread():
    """Keep a process to one thread of linear algebra: the processes share the cores already."""
    threadpool_limits(1)  # this module's import has loaded the libraries that it limits


def simulate_batch(rows, seed, first):
    """Images and truths of consecutive events; each has random numbers of its own, from seed and its place."""
    made = [simulate_image(row, (seed, first + number)) for number, row in enumerate(rows)]
    return np.stack([one.image for one in made]), [one.truth for one in made]


LABELLED = {1: 156, 2: 5, 3: 1, 4: 1}  # number of sources: images; Drozdova et al. 2024, section Data


ONE = ("compact", "extended", "loop")


TWO = ("two footpoints", "two sources")


def prepare_expert_set(events, rng, numbers=None):
    """Events whose images an expert makes: bright flares, the right centre, the best calibration, nothing broken.

    events: of `select_images`; numbers: {sources: images}, default the poster's.  Returns a table for
    `simulate_archive`, like that of `prepare`, with the column n_wanted (sources that the image must show).
    """
    numbers = numbers or LABELLED
    wanted = np.repeat(list(numbers), list(numbers.values()))
    bright = events[(events["counts_per_detector"] > 1000) & (events["reason"] != "image")]
    chosen = bright.sample(len(wanted), random_state=rng).reset_index(drop=True)
    kind = [pick_kind(count, band, rng) for count, band in zip(wanted, chosen["band"], strict=True)]
    careful = choices()["expert"]
    settings = {"phase_error": careful["phase"], "amplitude_error": careful["amplitude"], "n_dead": 0}
    settings |= {"background_scale": 1.0, "offset": 0.0, "width": np.nan, "second_flux": 0.0, "switched": False}
    return chosen.assign(**settings, blank="", kind=kind, n_wanted=wanted, located=True)


def pick_kind(count, band, rng):
    """A kind of source that shows so many sources, with the shares of its band among such kinds."""
    kinds = ONE if count == 1 else TWO if count == 2 else ("several sources",)
    shares = np.array([choices()["kinds"][band][kind] for kind in kinds])
    return rng.choice(kinds, p=shares / shares.sum())
