"""IRIS level-2 rasters of Tables 1 and 2 as the archive of the Lockheed laboratory holds them."""

import tarfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from astropy.time import Time

from flarebook.iris.atmospheres.library import load_library, make_mixer
from flarebook.iris.observations import SLIT_PIXEL, observation_table
from flarebook.iris.rasters import archive
from flarebook.iris.rasters.write import write_raster
from flarebook.iris.simulation.level2_archive import pointed_on_disk
from flarebook.iris.simulation.observation import as_raster, load_calibration, render_spectra, start_simulation

HELD_OUT = {  # of the tests in space and time: exposures, slit pixels, minutes to onset or after the start
    "PF 16": (30, 722, (-80.5, -1.0)),
    "AR 1": (None, 8, (0.0, 45.0)),
}
USUAL = (16, 24)  # exposures and slit pixels of the others


def write_rasters(root, names=None, seed=1):
    """Write the archive's files of observations below root/www.lmsal.com/...: {name: (Path, number of spectra)}.

    names: of the observations, all 68 by default.  Exposures and slit pixels are thinned, the window and the tables
    are those of a level-2 file.  Each file says that it is simulated.
    """
    calibration = load_calibration()
    mixer, written = make_mixer(load_library(), calibration), {}
    for row, entry in observation_table().iterrows():
        if names is None or entry["observation"] in names:
            rng = np.random.default_rng([seed, row])
            written[entry["observation"]] = _write_observation(Path(root), entry, mixer, rng)
    return written


def _write_observation(root, entry, mixer, rng):
    """The packed archive of one observation, its folder named to the second; its path and number of spectra."""
    start = datetime.fromisoformat(entry["start"]) + timedelta(seconds=int(rng.integers(0, 60)))
    url = archive.raster_url(start, entry["obsid"])
    packed = root / url.partition("://")[2]
    packed.parent.mkdir(parents=True, exist_ok=True)
    raster = simulate_thin_raster(entry, mixer, rng, start)
    name = packed.name.replace(".tar.gz", "_t000_r00000.fits")
    file = write_raster(raster, packed.parent / name)
    with tarfile.open(packed, "w:gz", compresslevel=1) as stream:
        stream.add(file, name)
    file.unlink()
    return packed, raster.quality.size


def simulate_thin_raster(entry, mixer, rng, start):
    """A Raster with the times and the pointing of an observation, few of its exposures and slit pixels."""
    n_exposures, n_slit, span = HELD_OUT.get(entry["observation"], (*USUAL, (-26.0, -1.0)))
    if n_exposures is None:  # notebook 8 counts its exposures
        n_exposures = int(60 * span[1] / entry["step_cadence"])
    thin = pointed_on_disk(entry).copy()
    thin["step_cadence"] = 60 * (span[1] - span[0]) / n_exposures
    simulation = start_simulation(thin, mixer, rng, *span)
    exposure = np.repeat(np.arange(n_exposures), n_slit)
    along = np.linspace(0, entry["n_slit"] - 1, n_slit).round().astype(int)
    counts, _ = render_spectra(simulation, exposure, np.tile(along, n_exposures), rng)
    raster = as_raster(thin, counts.reshape(n_exposures, n_slit, -1), mixer.library.wavelength)
    first = 0.0
    if entry["onset"]:
        first = (datetime.fromisoformat(entry["onset"]) - start).total_seconds() + 60 * span[0]
    offset = (np.arange(n_slit) - (n_slit - 1) / 2) * SLIT_PIXEL * entry["n_slit"] / n_slit
    time = (raster.time + first)[raster.time + first >= 0]  # some flares begin minutes after the observation
    kept = slice(len(raster.time) - len(time), None)
    columns = {name: getattr(raster, name)[kept] for name in ("spectra", "exposure_time", "x", "y", "quality")}
    return replace(raster, time=time, start=Time(start), slit_offset=offset, **columns)
