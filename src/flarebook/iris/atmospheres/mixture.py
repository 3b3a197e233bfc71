"""Mixtures of library profiles: broadened, blanketed, shifted and summed, fast enough for millions of spectra."""

from dataclasses import dataclass

import numba
import numpy as np
from scipy.spatial import cKDTree

from flarebook.iris.atmospheres.library import blanketing, broaden


@dataclass(frozen=True)
class Mixer:
    """The library made ready for mixing.

    profiles: (n_levels, n_profiles, n_wavelengths) at each macroturbulence of `levels` (km/s); tree: nearest
    atmospheres in units of `scale`, (9,); names: of the nine parameters.
    """

    names: tuple
    levels: np.ndarray
    wavelength: np.ndarray
    profiles: np.ndarray
    tree: cKDTree
    scale: np.ndarray


def make_mixer(library, calibration):
    """Broaden the library to every macroturbulence level and index its atmospheres."""
    levels = calibration["macroturbulence"]["levels"]
    lines = blanketing(library.wavelength, calibration["blanketing"])
    profiles = np.stack([broaden(library.profiles, speed) * lines for speed in levels]).astype(np.float32)
    scale = np.array([float(calibration["metric"][name]) for name in library.parameters.columns])
    tree = cKDTree(library.parameters.to_numpy() / scale)
    names = tuple(library.parameters.columns)
    return Mixer(names, np.asarray(levels, float), library.wavelength, profiles, tree, scale)


@numba.njit(nogil=True, cache=True, fastmath=True)
def mix_profiles(profiles, level, index, weight, shift):
    """Weighted sums of library profiles, each shifted by a fraction of a spectral pixel.

    profiles: (n_levels, n_profiles, n_wavelengths); level: (n,); index and weight: (n, k); shift: (n,) spectral pixels,
    positive towards the red.  Returns (n, n_wavelengths) float32.
    """
    n_wavelengths = profiles.shape[2]
    mixed = np.zeros((len(level), n_wavelengths), np.float32)
    for row in range(len(level)):
        whole = int(np.floor(shift[row]))
        part = np.float32(shift[row] - whole)
        first, last = max(0, whole + 1), min(n_wavelengths, n_wavelengths + whole)
        out = mixed[row]
        for j in range(index.shape[1]):
            if weight[row, j] > 0:
                source = profiles[level[row], index[row, j]]
                near, far = np.float32(weight[row, j]) * (1 - part), np.float32(weight[row, j]) * part
                for k in range(first, last):
                    out[k] += near * source[k - whole] + far * source[k - whole - 1]
        out[:first] = out[first]
        out[last:] = out[last - 1]
    return mixed


def nearest_atmospheres(mixer, targets, number):
    """Nearest atmospheres of the library and their inverse-distance weights, each (n, number)."""
    distance, index = mixer.tree.query(targets / mixer.scale, k=number)
    weight = 1 / (distance + 0.2) ** 2
    return index, weight / weight.sum(axis=1, keepdims=True)
