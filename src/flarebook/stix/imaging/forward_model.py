"""From a model sky to what STIX would measure: counts in four pixels per sub-collimator, and visibilities from them."""

from dataclasses import dataclass

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.stix.imaging.source_model import total_flux, visibilities_of
from flarebook.stix.imaging.visibilities import SUB_COLLIMATORS, Visibilities

MODULATION = 32 * np.sin(np.pi / 4) / np.pi**3  # 0.73: of the count pattern over the four wide pixels of a detector
SYSTEMATIC_ERROR = 0.05  # of each amplitude, which the pipeline adds to the error from the counts
BACKGROUND_EXPOSURE = 10.0  # of the measured background, over the flare's


@dataclass(frozen=True)
class Conditions:
    """What an observation suffers from.

    background: expected counts per detector; background_scale: by which the subtracted one is wrong; amplitude_error:
    relative, phase_error: degrees, standard deviations of the calibration; dead: labels of sub-collimators without
    data.
    """

    background: float = 0.0
    background_scale: float = 1.0
    amplitude_error: float = 0.05
    phase_error: float = 6.0
    dead: tuple = ()


PIPELINE = Conditions()


def simulate_visibilities(sky, counts_per_detector, rng, conditions=PIPELINE):
    """Observe a model sky through the 30 sub-collimators.

    sky: list of Components, the instrument's axes, from the optical axis; counts_per_detector: expected, from the sky.
    Returns Visibilities (phase centre on the axis) and background-subtracted counts (4, n) of pixels A to D.
    Massa et al. 2023; the fixed phase of the wide pixels (46.1 degrees) cancels in calibration.
    """
    _check(sky, counts_per_detector, conditions)
    alive = ~np.isin(SUB_COLLIMATORS.label, conditions.dead)
    u, v, label = (getattr(SUB_COLLIMATORS, name)[alive] for name in ("u", "v", "label"))
    flux = total_flux(sky)
    seen = miscalibrate(visibilities_of(sky, u, v) / flux, conditions.amplitude_error, conditions.phase_error, rng)
    counts, variance = count(seen, counts_per_detector, conditions.background, conditions.background_scale, rng)
    scale = flux / (counts_per_detector * MODULATION / 2)  # real part C - A, imaginary part D - B
    value = scale * ((counts[2] - counts[0]) + 1j * (counts[3] - counts[1]))
    error = scale * np.sqrt(np.maximum(variance.sum(axis=0), 1) / 2)
    return Visibilities(u, v, value, np.hypot(error, SYSTEMATIC_ERROR * np.abs(value)), label), counts


def _check(sky, counts_per_detector, conditions):
    """InputError for an empty sky, counts that are not positive, or sub-collimators that do not exist."""
    if not len(sky) or not total_flux(sky) > 0:
        raise InputError("The sky holds no flux: give at least one Component whose flux is above 0")
    if not (counts_per_detector > 0 and conditions.background >= 0):
        raise InputError(
            f"counts_per_detector {counts_per_detector} and background {conditions.background} cannot be observed: "
            "the first must be above 0, the second not below"
        )
    if unknown := sorted(set(map(str, conditions.dead)) - set(SUB_COLLIMATORS.label)):
        raise InputError(f"There is no sub-collimator {', '.join(unknown)}: they are named 1a to 10c")


def miscalibrate(relative, amplitude_error, phase_error, rng):
    """Visibilities with a calibration error of their own each; amplitude_error: relative, phase_error: degrees."""
    amplitude = 1 + amplitude_error * rng.standard_normal(len(relative))
    return relative * amplitude * np.exp(1j * np.radians(phase_error) * rng.standard_normal(len(relative)))


def count_pattern(relative):
    """Expected counts of pixels A to D, in units of a quarter of the detector's counts.

    relative: (n,) visibilities over the total flux.  Returns (4, n), never negative.
    """
    pattern = np.stack([-relative.real, -relative.imag, relative.real, relative.imag])
    return np.clip(1 + MODULATION * pattern, 0, None)


def count(relative, counts_per_detector, background, background_scale, rng):
    """Counts after subtraction of the measured background, and their variance: two arrays (4, n)."""
    raw = rng.poisson(counts_per_detector / 4 * count_pattern(relative) + background / 4)
    scale = background_scale / BACKGROUND_EXPOSURE
    measured = rng.poisson(background / 4 * BACKGROUND_EXPOSURE, raw.shape) * scale
    return raw - measured, raw + measured * scale
