"""From a model sky to what STIX would measure: counts in four pixels per sub-collimator, and visibilities from them."""

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.stix.imaging.source_model import total_flux, visibilities_of
from flarebook.stix.imaging.visibilities import SUB_COLLIMATORS, Visibilities

MODULATION = 32 * np.sin(np.pi / 4) / np.pi**3  # 0.73: of the count pattern over the four wide pixels of a detector
SYSTEMATIC_ERROR = 0.05  # of each amplitude, which the pipeline adds to the error from the counts


def simulate_visibilities(
    sky,
    counts_per_detector,
    rng,
    background=0.0,
    amplitude_error=0.05,
    phase_error=6.0,
    dead=(),
    background_exposure=10.0,
    background_scale=1.0,
    sub_collimators=SUB_COLLIMATORS,
):
    """Observe a model sky through the 30 sub-collimators.

    sky: list of Components, the instrument's axes, from the optical axis; counts_per_detector: expected, from the
    sky; background: expected counts per detector; amplitude_error: relative, phase_error: degrees, standard
    deviations of the calibration; dead: labels of sub-collimators without data; background_exposure: of the
    measured background, over the flare's; background_scale: by which the subtracted one is wrong.
    Returns Visibilities (phase centre on the axis) and background-subtracted counts (4, n) of pixels A to D.
    Massa et al. 2023; the fixed phase of the wide pixels (46.1 degrees) cancels in calibration.
    """
    _check(sky, counts_per_detector, background, dead, sub_collimators)
    alive = ~np.isin(sub_collimators.label, list(dead))
    u, v, label = sub_collimators.u[alive], sub_collimators.v[alive], sub_collimators.label[alive]
    flux = total_flux(sky)
    seen = visibilities_of(sky, u, v) / flux
    seen = miscalibrate(seen, amplitude_error, phase_error, rng)
    counts, variance = count(seen, counts_per_detector, background, background_exposure, background_scale, rng)
    return visibilities_from_counts(counts, variance, counts_per_detector, flux, u, v, label), counts


def _check(sky, counts_per_detector, background, dead, sub_collimators):
    """InputError for an empty sky, counts that are not positive, or sub-collimators that do not exist."""
    if not len(sky) or not total_flux(sky) > 0:
        raise InputError("The sky holds no flux: give at least one Component whose flux is above 0")
    if not (counts_per_detector > 0 and background >= 0):
        raise InputError(
            f"counts_per_detector {counts_per_detector} and background {background} cannot be observed: "
            "the first must be above 0, the second not below"
        )
    unknown = sorted(set(map(str, dead)) - set(sub_collimators.label))
    if unknown:
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


def count(relative, counts_per_detector, background, background_exposure, background_scale, rng):
    """Counts after subtraction of the measured background, and their variance: two arrays (4, n)."""
    expected = counts_per_detector / 4 * count_pattern(relative)
    raw = rng.poisson(expected + background / 4)
    measured = rng.poisson(background / 4 * background_exposure, raw.shape) * (background_scale / background_exposure)
    return raw - measured, raw + measured * (background_scale / background_exposure)


def visibilities_from_counts(counts, variance, counts_per_detector, flux, u, v, label):
    """Visibilities from the counts of pixels A to D: real part C - A, imaginary part D - B, in units of flux.

    counts, variance: (4, n).  Massa et al. 2023.
    """
    scale = flux / (counts_per_detector * MODULATION / 2)
    value = scale * ((counts[2] - counts[0]) + 1j * (counts[3] - counts[1]))
    error = scale * np.sqrt(np.maximum(variance.sum(axis=0), 1) / 2)
    return Visibilities(u, v, value, np.hypot(error, SYSTEMATIC_ERROR * np.abs(value)), label)
