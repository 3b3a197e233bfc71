"""Two kinds of simulated spectra that show what separable means: the quiet Sun, and flare-like profiles."""

import numpy as np
import pandas as pd

from flarebook.iris import observations
from flarebook.iris.atmospheres.library import doppler_shift
from flarebook.iris.features.distributions import sample_spectra
from flarebook.iris.features.extract import extract_features
from flarebook.iris.mg2 import FEATURES
from flarebook.iris.simulation.observation import expose_spectra, load_calibration, simulate_observation

BRIGHTEST = 0.1  # share of the library, by peak intensity, that stands in for a flare
EXPOSURE = 4.0  # s
FLARE_SPEED = 15.0  # km/s, spread of the line shifts


def flare_like_spectra(library, n, rng):
    """Noisy spectra of the library's brightest tenth, mixed two and two and shifted.

    No flare is simulated: these profiles come from strongly heated atmospheres with slow flows, so that only their
    brightness, triplet emission and flat continuum are those of a flare.  Returns (n, n_wavelengths), DN in four
    seconds.
    """
    peak = library.profiles.max(axis=1)
    bright = library.profiles[peak >= np.quantile(peak, 1 - BRIGHTEST)]
    pair, share = rng.integers(len(bright), size=(2, n)), rng.random((n, 1))
    mixed = share * bright[pair[0]] + (1 - share) * bright[pair[1]]
    moved = doppler_shift(mixed, library.wavelength, FLARE_SPEED * rng.standard_normal(n))
    return expose_spectra(moved, EXPOSURE, rng, load_calibration()["instrument"])


def quiet_sun_spectra(library, n, rng, n_observations=3):
    """Simulated spectra of the first quiet-Sun observations, drawn from one exposure of each.

    Returns spectra (n, n_wavelengths) DN and their exposure time (n,) s.
    """
    table = observations.observation_table()
    spectra, seconds = [], []
    for _, row in table[table["region"] == "QS"].head(n_observations).iterrows():
        raster, _ = simulate_observation(row, library, rng, n_exposures=2)
        usable = raster.spectra[raster.quality]
        spectra.append(usable)
        seconds.append(np.full(len(usable), raster.exposure_time[0]))
    chosen = rng.choice(sum(map(len, spectra)), n, replace=False)
    return np.concatenate(spectra)[chosen], np.concatenate(seconds)[chosen]


def baseline_spectra(library, n, rng):
    """Equally many quiet-Sun and flare-like spectra with their features.

    Returns spectra (2 n, n_wavelengths), and a table with a column region ("QS", "flare") and the ten features;
    rows that cannot be measured are left out of both.
    """
    quiet, seconds = quiet_sun_spectra(library, n, rng)
    spectra = np.concatenate([quiet, flare_like_spectra(library, n, rng)])
    features, good = extract_features(spectra, library.wavelength, np.concatenate([seconds, np.full(n, EXPOSURE)]))
    table = pd.DataFrame(features, columns=list(FEATURES))
    table.insert(0, "region", np.repeat(["QS", "flare"], n))
    return spectra[good], table[good].reset_index(drop=True)


def same_region_twice(table, n, rng, region="QS"):
    """2 n spectra of one region of which a random half is called by another name: what cannot be told apart.

    Returns the drawn rows of the table with region "QS" and "QS again".  Panos & Kleint 2020, Figure 8, right panel.
    """
    drawn = sample_spectra(table, (region,), 2 * n, rng)
    renamed = rng.permutation(2 * n) < n
    return drawn.assign(region=np.where(renamed, f"{region} again", region))
