"""The Mg II profile library: loading, broadening, shifting, mixing, and which real profiles it covers."""

import functools
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from flarebook.compendium.errors import InputError
from flarebook.iris.mg2 import LIGHT_SPEED
from flarebook.learning.compiled import compiled

LIBRARY = files("flarebook.iris") / "data" / "mg2_profile_library.npz"
SAMPLING = 0.02546  # Angstrom, spectral pixel
WAVELENGTH = 2793.0 + SAMPLING * np.arange(535)  # vacuum
SPEEDS = (4.0, 7.0, 10.0, 14.0, 19.0)  # km/s of macroturbulence that are tried
SHIFTS = (-20.0, -10.0, -4.0, 0.0, 4.0, 10.0, 20.0)  # km/s of bulk motion that are tried
PARAMETER_UNITS = {
    "transition_region_shift": "dex",
    "chromosphere_heating": "K",
    "chromosphere_log_mass": "log10 of kg/m2",
    "low_heating": "K",
    "low_log_mass": "log10 of kg/m2",
    "velocity": "m/s, upward > 0",
    "velocity_depth": "dex",
    "microturbulence": "factor",
    "photosphere": "K",
}
# Of rows of tables.
PARAMETER_HEADS = {name: f"{name.replace('_', ' ')} [{unit}]" for name, unit in PARAMETER_UNITS.items()}
COVERED = 0.05  # root mean square difference, as a share of the peak, up to which a shape counts as covered


@dataclass(frozen=True)
class Library:
    """Synthetic Mg II h and k profiles with the atmospheres they come from.

    profiles: (n_profiles, n_wavelengths) float32, W m-2 Hz-1 sr-1; wavelength: (n_wavelengths,) Angstrom, vacuum;
    parameters: one row per profile, columns and units as in scripts/iris/synthesise_library.py.
    """

    profiles: np.ndarray
    wavelength: np.ndarray
    parameters: pd.DataFrame


@functools.cache
def load_library(path: str | Path = LIBRARY) -> Library:
    """Load the profile library that ships with the package.

    Parameters
    ----------
    path : str or Path
        Another library file.

    Returns
    -------
    Library
        Profiles (n_profiles, n_wavelengths) in W m-2 Hz-1 sr-1, wavelengths in Angstrom, and the parameters of the
        atmospheres.

    Raises
    ------
    InputError
        When the file is missing or not a library.

    Examples
    --------
    >>> from flarebook import iris
    >>> library = iris.load_library()
    >>> len(library.profiles) == len(library.parameters)
    True
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            parameters = pd.DataFrame(file["parameters"], index=file["index"], columns=[str(n) for n in file["names"]])
            return Library(file["profiles"], file["wavelength"], parameters)
    except (OSError, KeyError, ValueError, EOFError) as error:
        raise InputError(f"{path} is not a profile library ({error}); reinstall the package.") from error


def broadening(speed):
    """Standard deviation in spectral pixels of the library that a macroturbulence in km/s causes."""
    return speed / LIGHT_SPEED * 2800 / SAMPLING


def broaden(profiles, speed):
    """Profiles smoothed by an isotropic macroturbulence, the unresolved motions of a real pixel.

    profiles: (..., n_wavelengths) on the library's sampling; speed: km/s, standard deviation.
    """
    return gaussian_filter1d(profiles, broadening(speed), axis=-1, mode="nearest")


def doppler_shift(profiles, wavelength, speed):
    """Profiles moved by a line-of-sight speed, linear interpolation.

    profiles: (n, n_wavelengths); speed: (n,) km/s, positive towards the red (downflow).
    """
    moved = [
        np.interp(wavelength / (1 + v / LIGHT_SPEED), wavelength, p)
        for p, v in zip(profiles, np.broadcast_to(speed, len(profiles)), strict=True)
    ]
    return np.asarray(moved, dtype=np.float32)


def blanketing(wavelength, lines):
    """Transmission of the narrow photospheric lines between h and k that the library lacks, (n_wavelengths,)."""
    transmission = np.ones_like(wavelength)
    for centre, depth, sigma in lines:
        transmission *= 1 - depth * np.exp(-0.5 * ((wavelength - centre) / sigma) ** 2)
    return transmission


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
            rest = wavelength / (1 + shift / LIGHT_SPEED)
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
    from sklearn.metrics import pairwise_distances_argmin_min  # a second, which most processes need not spend

    index, distance = pairwise_distances_argmin_min(normalised(spectra), normalised(references))
    return index, distance / np.sqrt(spectra.shape[-1])


def compare_with_library(
    spectra: np.ndarray, wavelength: np.ndarray, library: Library, lines: list
) -> tuple[np.ndarray, pd.DataFrame]:
    """Find the nearest library shape of each spectrum.

    Parameters
    ----------
    spectra : ndarray, shape (n, n_wavelengths)
        Profiles in any unit.
    wavelength : ndarray, shape (n_wavelengths,)
        Vacuum wavelengths in Angstrom.
    library : Library
        Of `load_library`.
    lines : list
        Narrow absorption lines, each (centre in Angstrom, depth, sigma in Angstrom); the calibration's `blanketing`.

    Returns
    -------
    nearest : ndarray, shape (n, n_wavelengths)
        Normalised library shapes.
    comparison : DataFrame
        distance (root mean square, as a share of the peak), covered (bool), and the profile, macroturbulence and shift
        (km/s) of the nearest.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook import iris
    >>> from flarebook.iris.atmospheres.library import broaden
    >>> library, wavelength = iris.load_library(), np.linspace(2795, 2798, 80)
    >>> spectrum = np.interp(wavelength, library.wavelength, broaden(library.profiles[0], 7.0))
    >>> _, comparison = iris.compare_with_library(spectrum[None], wavelength, library, [])
    >>> bool(comparison["covered"][0])
    True
    """
    profiles, origin = candidates(library, wavelength, lines)
    index, distance = nearest_profiles(spectra, profiles)
    rows = origin.iloc[index].reset_index(drop=True)
    return normalised(profiles[index]), rows.assign(distance=distance, covered=distance <= COVERED)


def uncovered_groups(spectra, comparison, number, seed=0):
    """Mean shapes of the spectra that the library does not cover, largest group first.

    spectra: (n, n_wavelengths); comparison: of `compare_with_library`.  Returns means (number, n_wavelengths) and
    the index of the spectra in each group, a list of (n_i,).
    """
    missed = np.flatnonzero(~comparison["covered"])
    number = min(number, len(missed))
    if number == 0:
        return np.empty((0, spectra.shape[1])), []
    from sklearn.cluster import KMeans

    label = KMeans(number, n_init=4, random_state=seed).fit_predict(normalised(spectra[missed]))
    groups = sorted((missed[label == k] for k in range(number)), key=len, reverse=True)
    return np.stack([normalised(spectra[group]).mean(axis=0) for group in groups]), groups


@dataclass(frozen=True)
class Mixer:
    """The library made ready for mixing.

    profiles: (n_levels, n_profiles, n_wavelengths) at each macroturbulence level of the calibration; tree: nearest
    atmospheres in units of `scale`, (9,).
    """

    library: Library
    calibration: dict
    profiles: np.ndarray
    tree: cKDTree
    scale: np.ndarray


def make_mixer(library, calibration):
    """Broaden the library to every macroturbulence level and index its atmospheres."""
    lines = blanketing(library.wavelength, calibration["blanketing"])
    levels = [broaden(library.profiles, speed) * lines for speed in calibration["macroturbulence"]["levels"]]
    scale = np.array([float(calibration["metric"][name]) for name in library.parameters.columns])
    tree = cKDTree(library.parameters.to_numpy() / scale)
    return Mixer(library, calibration, np.stack(levels).astype(np.float32), tree, scale)


@compiled(nogil=True, fastmath=True)
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
