"""Which real Mg II profiles does the library cover?  Nearest library shapes, and the real shapes that have none."""

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import pairwise_distances_argmin_min

from flarebook.iris.atmospheres.library import SPEED_OF_LIGHT, broaden
from flarebook.iris.atmospheres.mixture import blanketing

SPEEDS = (4.0, 7.0, 10.0, 14.0, 19.0)  # km/s of macroturbulence that are tried
SHIFTS = (-20.0, -10.0, -4.0, 0.0, 4.0, 10.0, 20.0)  # km/s of bulk motion that are tried
COVERED = 0.05  # root mean square difference, as a share of the peak, up to which a shape counts as covered


def candidates(library, wavelength, lines):
    """Every library profile at every macroturbulence and Doppler shift tried.

    wavelength: (n_wavelengths,) Angstrom, where to compare; lines: the calibration's `blanketing`.  Returns profiles
    (n_candidates, n_wavelengths) float32 and a DataFrame with profile, macroturbulence and shift (km/s) of each.
    """
    transmission = blanketing(library.wavelength, lines)
    profiles, origin = [], []
    for speed in SPEEDS:
        broad = broaden(library.profiles, speed) * transmission
        for shift in SHIFTS:
            rest = wavelength / (1 + shift / SPEED_OF_LIGHT)
            profiles.append(np.stack([np.interp(rest, library.wavelength, one) for one in broad]).astype(np.float32))
            origin += [(index, speed, shift) for index in range(len(broad))]
    return np.concatenate(profiles), pd.DataFrame(origin, columns=["profile", "macroturbulence", "shift"])


def normalised(profiles):
    """Profiles divided by their maximum, (n, n_wavelengths)."""
    return profiles / profiles.max(axis=-1, keepdims=True)


def nearest_profiles(spectra, references):
    """Index of, and distance to, the reference of most similar shape.

    spectra: (n, n_wavelengths); references: (m, n_wavelengths) on the same wavelengths; both are divided by their
    maximum.  Returns index (n,) and distance (n,), the root mean square difference as a share of the peak.
    """
    index, distance = pairwise_distances_argmin_min(normalised(spectra), normalised(references))
    return index, distance / np.sqrt(spectra.shape[-1])


def compare(spectra, wavelength, library, lines):
    """Nearest library shape of each spectrum.

    spectra: (n, n_wavelengths) on `wavelength`.  Returns the normalised shapes (n, n_wavelengths) and a DataFrame with
    distance, covered (bool) and the profile, macroturbulence and shift of the nearest.
    """
    profiles, origin = candidates(library, wavelength, lines)
    index, distance = nearest_profiles(spectra, profiles)
    rows = origin.iloc[index].reset_index(drop=True)
    return normalised(profiles[index]), rows.assign(distance=distance, covered=distance <= COVERED)


def uncovered_groups(spectra, comparison, number, seed=0):
    """Mean shapes of the spectra that the library does not cover, largest group first.

    spectra: (n, n_wavelengths); comparison: of `compare`.  Returns means (number, n_wavelengths) and the index of the
    spectra in each group, a list of (n_i,).
    """
    missed = np.flatnonzero(~comparison["covered"])
    number = min(number, len(missed))
    if number == 0:
        return np.empty((0, spectra.shape[1])), []
    label = KMeans(number, n_init=4, random_state=seed).fit_predict(normalised(spectra[missed]))
    groups = sorted((missed[label == k] for k in range(number)), key=len, reverse=True)
    return np.stack([normalised(spectra[group]).mean(axis=0) for group in groups]), groups
