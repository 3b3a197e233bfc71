"""Turn Mg II h&k spectra into the ten features of Panos & Kleint 2020, section 2.1.

The definitions follow the text and, where it leaves room, the feature code that the group published with
IRISreader: the grid, half-open windows of 3.0 A in all (the text says 2 A) and quartiles of a running sum that
starts at zero.  Every spectrum is interpolated, normalised and measured in one compiled pass.
"""

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.iris.features.kernels import measure_in_threads, normalise_all, peaks_all
from flarebook.iris.mg2 import FEATURES, GRID, H_CORE, K_CORE, LIGHT_SPEED, PEAK_RANGE, TRIPLET, TRIPLET_WING, WINDOW


def grid_index(wavelength):
    """Index of the grid point nearest to a wavelength in Angstrom."""
    return int(np.abs(GRID - wavelength).argmin())


def window_edges(window=WINDOW):
    """Half-open grid ranges of the k and the h window, (k_left, k_right, h_left, h_right).

    window: full width in Angstrom, 0.5 to 4.4 so that both windows lie inside the grid.
    Raises InputError for any other width.
    """
    if not 0.5 <= window <= 4.4:
        raise InputError(f"The integration window is {window} A wide; choose a width between 0.5 and 4.4 A.")
    return tuple(grid_index(core + side * window / 2) for core in (K_CORE, H_CORE) for side in (-1, 1))


def feature_marks(window=WINDOW):
    """Grid indices of what the features are measured at, in the order of the compiled code: {name: int}.

    window: as for `window_edges`.
    """
    edges = dict(zip(("k_left", "k_right", "h_left", "h_right"), window_edges(window), strict=True))
    points = {"triplet": TRIPLET, "wing": TRIPLET_WING, "blue": K_CORE - PEAK_RANGE, "core": K_CORE}
    points["red"] = K_CORE + PEAK_RANGE
    return edges | {name: grid_index(wavelength) for name, wavelength in points.items()}


def extract_features(
    spectra: np.ndarray, wavelength: np.ndarray, exposure_time: float | np.ndarray, window: float = WINDOW
) -> tuple[np.ndarray, np.ndarray]:
    """Measure the ten features of each spectrum.

    Parameters
    ----------
    spectra : ndarray, shape (n_spectra, n_wavelengths)
        Counts in DN; missing values are NaN or -200.
    wavelength : ndarray, shape (n_wavelengths,)
        Ascending vacuum wavelengths in Angstrom.
    exposure_time : float or ndarray, shape (n_spectra,)
        Exposure time in seconds.
    window : float
        Full width of the k and of the h integration window in Angstrom, 0.5 to 4.4.

    Returns
    -------
    features : ndarray, shape (n_spectra, 10)
        float32, in the order of `FEATURES`; a row of zeros where a spectrum cannot be measured.
    good : ndarray of bool, shape (n_spectra,)
        False where a spectrum cannot be measured.

    Raises
    ------
    InputError
        When the shapes do not fit or the wavelengths do not cover the grid.

    References
    ----------
    Panos & Kleint (2020), section 2.1.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook import iris
    >>> wavelength = np.linspace(2793, 2806, 500)
    >>> lines = sum(np.exp(-0.5 * ((wavelength - core) / 0.2) ** 2) for core in (2796.34, 2803.52))
    >>> features, good = iris.extract_features(100 * lines[None] + 5, wavelength, 2.0)
    >>> ratio = features[0, list(iris.FEATURES).index("kh_ratio")]
    >>> bool(good[0]), round(float(ratio), 2)
    (True, 1.0)
    """
    spectra, exposure_time = _checked(spectra, wavelength, exposure_time)
    lower, weight = grid_weights(wavelength)
    marks = tuple(feature_marks(window).values())
    features = np.zeros((len(spectra), len(FEATURES)), np.float32)
    good = np.zeros(len(spectra), np.bool_)

    measure_in_threads(spectra, exposure_time, lower, weight, marks, features, good)
    return features, good


def peaks(spectra, wavelength):
    """Grid indices of k2v, k3 and k2r, all three equal for a single peak.

    spectra: (n_spectra, n_wavelengths), any unit; wavelength: (n_wavelengths,) Angstrom.  Returns (n_spectra, 3) int;
    spectra with missing values give k in all three.  Panos & Kleint 2020, section 2.1, features 8 to 10.
    """
    profiles, good = interpolate_profiles(spectra, wavelength)
    found = np.full((len(profiles), 3), grid_index(K_CORE))
    peaks_all(profiles, good, tuple(feature_marks().values()), found)
    return found


def interpolate_profiles(spectra: np.ndarray, wavelength: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Interpolate spectra onto the 240-point grid and divide each by its maximum.

    Parameters
    ----------
    spectra : ndarray, shape (n_spectra, n_wavelengths)
        Counts in DN; missing values are NaN or -200.
    wavelength : ndarray, shape (n_wavelengths,)
        Ascending vacuum wavelengths in Angstrom.

    Returns
    -------
    profiles : ndarray, shape (n_spectra, 240)
        float32, at most 1; a spectrum with missing values becomes zeros.
    good : ndarray of bool, shape (n_spectra,)
        False where a spectrum has missing values.

    Raises
    ------
    InputError
        When the shapes do not fit or the wavelengths do not cover the grid.

    References
    ----------
    Panos & Kleint (2020), figure 1.

    Examples
    --------
    >>> from flarebook import iris
    >>> raster = iris.real_raster()
    >>> profiles, good = iris.interpolate_profiles(raster.flat()[0], raster.wavelength)
    >>> profiles.shape, float(profiles.max())
    ((3282, 240), 1.0)
    """
    spectra, _ = _checked(spectra, wavelength, 1.0)
    lower, weight = grid_weights(wavelength)
    profiles = np.zeros((len(spectra), len(GRID)), np.float32)
    good = np.zeros(len(spectra), np.bool_)
    normalise_all(spectra, lower, weight, profiles, good)
    return profiles, good


def line_center_velocity(line_center):
    """Doppler velocity in km/s, positive away from the observer, of a line centre given as grid index."""
    step = GRID[1] - GRID[0]
    return (GRID[0] + np.asarray(line_center, np.float64) * step - K_CORE) / K_CORE * LIGHT_SPEED


def grid_weights(wavelength):
    """Left neighbour and weight of the right one for linear interpolation from a wavelength axis to the grid.

    wavelength: (n_wavelengths,) Angstrom, ascending.  Returns lower (240,) int and weight (240,) float.
    Raises InputError when the axis does not ascend or does not cover 2794.14 to 2805.72 A.
    """
    wavelength = np.asarray(wavelength, np.float64)
    if wavelength.ndim != 1 or len(wavelength) < 2 or not np.all(np.diff(wavelength) > 0):
        raise InputError("The wavelength axis must be one ascending row of at least two wavelengths in Angstrom.")
    if wavelength[0] > GRID[0] + 1e-6 or wavelength[-1] < GRID[-1] - 1e-6:
        raise InputError(
            f"The spectra cover {wavelength[0]:.2f} to {wavelength[-1]:.2f} A; the Mg II h&k features need "
            f"{GRID[0]:.2f} to {GRID[-1]:.2f} A."
        )
    lower = np.clip(np.searchsorted(wavelength, GRID, side="right") - 1, 0, len(wavelength) - 2)
    weight = (GRID - wavelength[lower]) / (wavelength[lower + 1] - wavelength[lower])
    return lower, np.clip(weight, 0.0, 1.0)


def _checked(spectra, wavelength, exposure_time):
    """Spectra as a float32 table and one exposure time a spectrum, or an InputError about shapes that do not fit."""
    spectra = np.asarray(spectra)
    if spectra.ndim != 2 or spectra.shape[1] != len(wavelength):
        raise InputError(
            f"The spectra have the shape {spectra.shape}; give (n_spectra, n_wavelengths) with one column for each of "
            f"the {len(wavelength)} wavelengths."
        )
    spectra = np.ascontiguousarray(spectra, np.float32)
    try:
        times = np.broadcast_to(np.asarray(exposure_time, np.float64), len(spectra))
    except ValueError:
        raise InputError(
            f"There are {len(spectra)} spectra but {np.size(exposure_time)} exposure times; give one, or one each."
        ) from None
    return spectra, np.ascontiguousarray(times)
