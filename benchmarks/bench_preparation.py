"""One AIA image of 4096 pixels from file to encoder input, against sunpy's and aiapy's own path, on one core."""

import tempfile
import warnings
from importlib.resources import files
from pathlib import Path
from time import process_time

import astropy.units as u
import numpy as np
from astropy.io import fits
from threadpoolctl import threadpool_limits

from benchmarks.measure import at_most, compare

LARGE, SIZE, REPEATS, GOAL = 4096, 128, 5, 1.5  # pixels of file and grid; runs; seconds
SAMPLE = files("flarebook.solarchip") / "data" / "aia_171_20110215.fits"


def run():
    """Benchmark records of reading, calibrating and registering the image: a ratio, and processor time."""
    import sunpy.map
    from aiapy.calibrate import register

    from flarebook.solarchip.images.prepare import prepare_image
    from flarebook.solarchip.images.read import read_image

    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of cards that break the standard
        path = write_large_image(Path(folder) / "aia.fits")

        def ours():
            prepare_image(read_image(path), SIZE)

        def theirs():
            registered = register(sunpy.map.Map(path))
            (registered / registered.exposure_time).superpixel([LARGE // SIZE] * 2 * u.pix, func=np.mean)

        peer = "sunpy and aiapy: map, registration, exposure, mean of blocks; without degradation"
        yield compare("solarchip.prepare.vs_sunpy", peer, ours, theirs, goal=1.0, repeats=REPEATS)
        yield at_most("solarchip.prepare.seconds", [processor_seconds(ours) for _ in range(REPEATS)], "s", GOAL)


def write_large_image(path):
    """Write the shipped image, each pixel as a block with its own noise, Rice-compressed as the JSOC does."""
    small = fits.getdata(SAMPLE).clip(0)
    factor = LARGE // len(small)
    data = np.random.default_rng(1).poisson(np.kron(small, np.ones((factor, factor)))).astype(np.int16)
    header = fits.getheader(SAMPLE)
    for axis in "12":
        header["CDELT" + axis] /= factor
        header["CRPIX" + axis] = (header["CRPIX" + axis] - 0.5) * factor + 0.5
    header.remove("BLANK", ignore_missing=True)
    image = fits.CompImageHDU(data, header, compression_type="RICE_1")
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path, output_verify="silentfix")
    return path


def processor_seconds(function):
    """Processor time of one call, s."""
    start = process_time()
    function()
    return process_time() - start
