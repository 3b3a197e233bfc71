"""The real coarse observation of 4.8 hours as 24 files, and a server of a folder."""

import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from scipy.interpolate import interp1d

from flarebook.iris.classifiers.inference import load_ensemble
from flarebook.iris.rasters.samples import quiet_region
from flarebook.iris.rasters.write import write_raster
from flarebook.iris.realtime.watch import open_watch

BY_EXPOSURE = ("spectra", "time", "exposure_time", "x", "y", "quality", "observer_velocity", "orbital_phase")
FINE = 0.1  # Angstrom: interpolated, for the score refuses the .26 of the file; these scores say nothing of the Sun


@pytest.fixture(scope="session")
def observation():
    """REAL, COARSE: 187 exposures of 2021-09-05 on an interpolated wavelength axis that the score accepts."""
    raster = quiet_region()
    wavelength = np.arange(raster.wavelength[0], raster.wavelength[-1], FINE)
    spectra = interp1d(raster.wavelength, raster.spectra, axis=-1)(wavelength).astype(np.float32)
    return replace(raster, spectra=spectra, wavelength=wavelength)


def write_exposures(raster, exposures, path, **header):
    """Write some exposures of a raster, a slice, as a level-2 file."""
    columns = {name: getattr(raster, name)[exposures] for name in BY_EXPOSURE}
    return write_raster(replace(raster, header={**raster.header, **header}, **columns), path)


@pytest.fixture(scope="session")
def pieces(observation, tmp_path_factory):
    """The observation in 24 files of at most 8 exposures, in order of time: [Path]."""
    folder = tmp_path_factory.mktemp("pieces")
    names = [f"iris_l2_20210905_001833_3620258102_raster_t000_r{number:05d}.fits" for number in range(24)]
    parts = [slice(8 * number, 8 * number + 8) for number in range(24)]
    return [write_exposures(observation, part, folder / name) for part, name in zip(parts, names, strict=True)]


@pytest.fixture
def arriving(tmp_path):
    """The folder that is watched."""
    folder = tmp_path / "arriving"
    folder.mkdir()
    return folder


@pytest.fixture
def watching(tmp_path, arriving):
    """Function that opens a watch of the folder, which takes what it finds as whole (every=0) unless told otherwise."""

    def watch(source=arriving, every=0.0, alert=0.8, ensemble=None):
        return open_watch(str(source), tmp_path / "out", ensemble or load_ensemble(), every, alert)

    return watch


class _Handler(SimpleHTTPRequestHandler):
    def send_head(self):
        self.server.asked.append((self.command, self.path))
        return super().send_head()

    def log_message(self, *_):
        pass


@pytest.fixture
def server(arriving, tmp_path, monkeypatch):
    """Server of the watched folder on this machine; `asked` lists the requests, `address` ends with a slash."""
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path / "cache"))
    monkeypatch.delenv("FLAREBOOK_MIRROR", raising=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(arriving)))
    server.asked, server.address = [], f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
