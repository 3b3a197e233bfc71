"""Ten features of real spectra: compiled and shared among the cores, against a loop over profiles in Python."""

import numpy as np

from benchmarks.measure import compare, rate
from benchmarks.published_loop import features_loop
from flarebook.iris.features.extract import extract_features
from flarebook.iris.rasters.samples import real_raster

N_OURS, N_LOOP = 200_000, 2_000  # spectra a turn; the loop does a hundredth


def run():
    """Benchmark records of the feature extraction, interpolation to the grid included."""
    raster = real_raster()
    spectra = np.resize(raster.spectra[raster.quality], (N_OURS, len(raster.wavelength)))
    exposure_time = float(raster.exposure_time.mean())

    def ours():
        extract_features(spectra, raster.wavelength, exposure_time)

    def loop():
        features_loop(spectra[:N_LOOP], raster.wavelength, exposure_time)

    peer = "loop over profiles with numpy, in the manner of the group's published code, one core"
    yield compare("iris.features.vs_published_loop", peer, ours, loop, goal=45.0, weight=N_OURS / N_LOOP)
    yield rate("iris.features.spectra_per_second", ours, N_OURS, "spectra/s", goal=1_000_000)
