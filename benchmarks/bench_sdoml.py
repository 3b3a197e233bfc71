"""Images out of a store in SDOML's layout, at one date a day and at 240, against zarr and xarray image by image."""

import importlib.util
import tempfile
from itertools import groupby

import numpy as np
import pandas as pd

from benchmarks.measure import at_most, compare, rate, seconds

SIZE, CHUNK, REPEATS = 512, 15, 5
CHANNELS = ("171", "193", "304", "1600")
DAYS = pd.date_range("2011-01-01", periods=4)
YEAR = pd.date_range("2011-01-01", "2011-12-31T23:54", freq="6min")
GOAL, OPEN = 8.0, 1.0  # times an image at a time; s to open an array of a year


def run():
    """Benchmark records; the files are in the page cache, as after a first run."""
    import zarr

    from flarebook.solarchip.datasets.sdoml_days import prepare_dates
    from flarebook.solarchip.images.sdoml import array_name, open_store, read_store_images

    with tempfile.TemporaryDirectory() as folder:
        write_store(folder)
        store, group = open_store(folder), zarr.open_group(folder, mode="r")
        arrays = {channel: store.array(array_name(2011, channel)) for channel in CHANNELS}
        plain = {channel: group[array_name(2011, channel)] for channel in CHANNELS}
        daily = [int(np.flatnonzero(YEAR == day)[0]) for day in DAYS]

        def ours(places):
            chunks = [list(found) for _, found in groupby(places, lambda place: place // CHUNK)]
            return [list(read_store_images(*arrays[c], found, c)) for found in chunks for c in CHANNELS]

        def theirs(places, arrays=plain):
            return [np.asarray(arrays[c][place], np.float32) for place in places for c in CHANNELS]

        for name, places in (("daily", daily), ("dense", list(range(CHUNK)))):
            yield compare(
                f"solarchip.sdoml.{name}.vs_zarr", "zarr 3, image by image",
                lambda places=places: ours(places), lambda places=places: theirs(places), GOAL, REPEATS,
            )  # fmt: skip
            if importlib.util.find_spec("xarray"):
                lazy = labelled(plain)
                yield compare(
                    f"solarchip.sdoml.{name}.vs_xarray", "xarray over zarr 3, image by image",
                    lambda places=places: ours(places), lambda places=places, lazy=lazy: theirs(places, lazy), GOAL,
                    REPEATS,
                )  # fmt: skip
        number = len(DAYS) * len(CHANNELS)

        def prepared():
            return list(prepare_dates(list(DAYS), folder, folder, channels=CHANNELS))

        unit = "images/s with the opening of their year"
        yield rate("solarchip.sdoml.daily.prepared", prepared, number, unit, 5.0, REPEATS)
        times = [seconds(lambda: open_store(folder).array("2011/171A")) for _ in range(REPEATS)]
        yield at_most("solarchip.sdoml.open_year", times, "s", OPEN)


def write_store(folder):
    """Write arrays of a whole year of which only the chunks of four midnights are there."""
    from tests.solarchip.sdoml_store import write_array

    places = [place for day in DAYS for place in np.flatnonzero(YEAR == day)]
    for channel in CHANNELS:
        write_array(folder, channel, YEAR, noisy_sun(), places)


def noisy_sun():
    """Function of a place to the shipped AIA image at 512 pixels with noise of its own, float32."""
    from flarebook.solarchip.datasets.load import load_real_aia

    axis = (np.arange(SIZE) - (SIZE - 1) / 2) * 4.8 / 19.18 + 63.5
    rows = np.clip(np.round(axis), 0, 127).astype(int)
    sun = load_real_aia().data[np.ix_(rows, rows)].astype(np.float32)

    def image(place):
        return sun + np.sqrt(np.abs(sun) + 1) * np.random.default_rng(place).normal(size=sun.shape).astype(np.float32)

    return image


def labelled(arrays):
    """Arrays as xarray has them, lazy."""
    import xarray
    from xarray.backends.zarr import ZarrArrayWrapper
    from xarray.core.indexing import LazilyIndexedArray

    axes = ("time", "y", "x")
    return {c: xarray.Variable(axes, LazilyIndexedArray(ZarrArrayWrapper(array))) for c, array in arrays.items()}
