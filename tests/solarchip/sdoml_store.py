"""Stores laid out as those of SDOML 2: zarr format 2, float32, Blosc with zstd, 15 images a chunk, times in .zattrs."""

import numpy as np
import pandas as pd
import zarr
from numcodecs import Blosc

from flarebook.solarchip.images.sdoml import array_name

ROWS = 15  # images of a chunk
TAI = pd.Timedelta("34s")  # ahead of UTC until June 2012
PACKED = Blosc(cname="zstd", clevel=5, shuffle=Blosc.SHUFFLE)


def write_array(store, channel, times, image, places=None, packed=PACKED):
    """Write a year's array of a channel; returns it.

    store: folder, extended; times: of all its images, UTC, of one year; image: function of a place to its (n, n)
    pixels; places: of the images whose chunks are written, default all, the others being absent from the store.
    """
    size = len(image(0))
    group = zarr.open_group(store, mode="a", zarr_format=2)
    array = group.create_array(
        array_name(times[0].year, channel),
        shape=(len(times), size, size),
        chunks=(ROWS, size, size),
        dtype="f4",
        fill_value=0,
        compressors=packed,
    )
    for chunk in sorted({place // ROWS for place in (range(len(times)) if places is None else places)}):
        span = range(chunk * ROWS, min((chunk + 1) * ROWS, len(times)))
        array[span.start : span.stop] = np.stack([image(place) for place in span])
    array.attrs["T_OBS"] = time_texts(times)
    return array


def time_texts(times):
    """Times as the store has them, TAI: 2011.06.07_00:00:34.00_TAI."""
    return list((times + TAI).strftime("%Y.%m.%d_%H:%M:%S.00_TAI"))
