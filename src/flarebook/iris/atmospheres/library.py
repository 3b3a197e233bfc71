"""The Mg II profile library: packing, loading, broadening, shifting and the distance of any spectrum to it."""

import functools
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter1d

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError

LIBRARY = files("flarebook.iris") / "data" / "mg2_profile_library.npz"
SPEED_OF_LIGHT = 299792.458  # km/s
RESOLUTION = 0.053  # Angstrom, full width at half maximum of the spectrograph
SAMPLING = 0.02546  # Angstrom, spectral pixel
WAVELENGTH = 2793.0 + SAMPLING * np.arange(535)  # vacuum


@dataclass(frozen=True)
class Library:
    """Synthetic Mg II h and k profiles with the atmospheres they come from.

    profiles: (n_profiles, n_wavelengths) float32, W m-2 Hz-1 sr-1; wavelength: (n_wavelengths,) Angstrom, vacuum;
    parameters: one row per profile, columns and units as in `radiative_transfer.PARAMETERS`.
    """

    profiles: np.ndarray
    wavelength: np.ndarray
    parameters: pd.DataFrame


def instrument_sampling(intensity, fine_wavelength):
    """Profiles as the spectrograph resolves and samples them.

    intensity: (..., n_fine) on an even grid `fine_wavelength` (Angstrom).  Returns (..., 535) float32 on `WAVELENGTH`.
    """
    sigma = RESOLUTION / 2.3548 / (fine_wavelength[1] - fine_wavelength[0])
    smooth = gaussian_filter1d(np.asarray(intensity, float), sigma, axis=-1, mode="nearest")
    sampled = np.apply_along_axis(lambda profile: np.interp(WAVELENGTH, fine_wavelength, profile), -1, smooth)
    return sampled.astype(np.float32)


def pack(folder, path=LIBRARY):
    """Pack a folder of synthesised atmospheres into the library file that ships with the package.

    folder: files `NNNN.npy`, NNNN being the row of `design_atmospheres`.  Returns the number of profiles.
    Raises InputError when the folder holds none.
    """
    from flarebook.iris.atmospheres.radiative_transfer import FINE_WAVELENGTH, PARAMETERS, design_atmospheres

    files = sorted(Path(folder).glob("[0-9][0-9][0-9][0-9].npy"))
    if not files:
        raise InputError(
            f"{folder} holds no NNNN.npy file; run python -m flarebook.iris.atmospheres.radiative_transfer {folder}."
        )
    index = np.array([int(file.stem) for file in files])
    design = design_atmospheres(512)[index]
    arrays = {
        "profiles": instrument_sampling(np.stack([np.load(file) for file in files]), FINE_WAVELENGTH),
        "wavelength": WAVELENGTH,
        "parameters": design,
        "index": index,
        "names": np.array(list(PARAMETERS)),
        "units": np.array([text for *_, text in PARAMETERS.values()]),
        "intensity_unit": np.array("W m-2 Hz-1 sr-1"),
    }
    with atomic_write(path) as partial, open(partial, "wb") as file:
        np.savez_compressed(file, **arrays)
    return len(files)


@functools.cache
def load_library(path=LIBRARY):
    """The profile library that ships with the package.

    Raises InputError when the file is missing or not a library.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            parameters = pd.DataFrame(file["parameters"], index=file["index"], columns=[str(n) for n in file["names"]])
            return Library(file["profiles"], file["wavelength"], parameters)
    except (OSError, KeyError, ValueError, EOFError) as error:
        raise InputError(f"{path} is not a profile library ({error}); reinstall the package.") from error


def broaden(profiles, speed):
    """Profiles smoothed by an isotropic macroturbulence, the unresolved motions of a real pixel.

    profiles: (..., n_wavelengths) on the library's sampling; speed: km/s, standard deviation.
    """
    return gaussian_filter1d(profiles, speed / SPEED_OF_LIGHT * 2800 / SAMPLING, axis=-1, mode="nearest")


def doppler_shift(profiles, wavelength, speed):
    """Profiles moved by a line-of-sight speed, linear interpolation.

    profiles: (n, n_wavelengths); speed: (n,) km/s, positive towards the red (downflow).
    """
    moved = [
        np.interp(wavelength / (1 + v / SPEED_OF_LIGHT), wavelength, p)
        for p, v in zip(profiles, np.broadcast_to(speed, len(profiles)), strict=True)
    ]
    return np.asarray(moved, dtype=np.float32)
