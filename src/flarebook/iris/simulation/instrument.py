"""From intensity to counts: exposure, photon and read noise, missing exposures, dust and cosmic rays."""

import numpy as np

MISSING = np.nan


def expose(intensity, exposure_time, rng, settings):
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
