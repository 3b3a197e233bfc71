"""Read SDOML version 2 (zarr, 512 pixels): AIA calibrated to DN/s, and HMI's vector field."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.time import Time

from flarebook.compendium.data.header_values import parse_time
from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.read import SunImage

ARCHIVE = "s3://gov-nasa-hdrl-data1/contrib/fdl-sdoml/fdl-sdoml-v2"
STORES = ("sdomlv2.zarr", "sdomlv2_hmi.zarr")  # names of the stores of AIA and of HMI
AIA_STORE, HMI_STORE = (f"{ARCHIVE}/{name}" for name in STORES)
RADIUS = 976.0  # arcsec: every image is resized so that the Sun has this radius (Galvez et al. 2019, section 3)
PIXEL_512 = 4.8  # arcsec, of the 512-pixel images
ABSENT = ("4500",)  # channels of ours that SDOML does not hold


def nearest_images(time, aia=AIA_STORE, hmi=HMI_STORE, channels=CHANNELS, tolerance="6min"):
    """Images nearest to a time: ({channel: SunImage}, reasons), the latter of channels that cannot be had.

    time: UTC; aia, hmi: of `open_store`, or what it opens; tolerance: largest distance in time.  HMI is Bz, the
    line-of-sight component of the vector field in G.  AIA is in DN/s with the degradation taken out:
    `prepare(..., correct=False)`.  SDOML holds no 4500.
    Raises InputError when a store cannot be opened.
    """
    found, reasons = {}, []
    time = pd.Timestamp(time)
    for channel in channels:
        try:
            found[channel] = _nearest_image(open_store(hmi if channel == "hmi" else aia), time, channel, tolerance)
        except LookupError as error:
            reasons.append(f"SDOML {channel} at {time:%Y-%m-%dT%H:%M}: {error.args[0]}")
    return found, reasons


class Store:
    """A zarr group whose arrays are opened, and their times read, once: a year's are a hundred thousand."""

    def __init__(self, group):
        self.group, self.opened = group, {}

    def array(self, name):
        """An array and the times of its images.  Raises LookupError when there is none of this name."""
        if name not in self.opened:
            if name not in self.group:
                raise LookupError(f"the store has no array {name}")
            self.opened[name] = self.group[name], observation_times(self.group[name])
        return self.opened[name]


def find_stores(folder):
    """Addresses of AIA's and of HMI's store in a folder or below an address on S3, None for a folder without them."""
    if str(folder).startswith("s3://"):
        return tuple(f"{str(folder).rstrip('/')}/{name}" for name in STORES)
    found = tuple(Path(folder) / name for name in STORES)
    return found if any(store.exists() for store in found) else None


def open_store(store):
    """Store of a folder, an address that fsspec knows (s3 needs s3fs), or one already open.

    Raises InputError when it cannot be opened.
    """
    import zarr

    if isinstance(store, Store):
        return store
    options = {"anon": True} if str(store).startswith("s3://") else None
    try:
        return Store(zarr.open_group(str(store), mode="r", storage_options=options))
    except ImportError as error:
        raise InputError(f"{store} needs the package s3fs: install it, or copy the store to a folder") from error
    except Exception as error:  # zarr, fsspec and the server each have their own
        raise InputError(
            f"the zarr store {store} cannot be opened ({type(error).__name__}): check its address"
        ) from error


def _nearest_image(store, time, channel, tolerance):
    """SunImage of a channel nearest in time; LookupError says why there is none."""
    name = f"{time.year}/{'Bz' if channel == 'hmi' else channel + 'A'}"
    array, times = store.array(name)
    place = int(np.abs(times - time).argmin())
    if abs(times[place] - time) > pd.Timedelta(tolerance):
        raise LookupError(f"the nearest image is of {times[place]:%Y-%m-%dT%H:%M}")
    return read_store_image(array, place, channel, times[place])


def observation_times(array):
    """Times of an array's images: DatetimeIndex, UTC, from its attribute T_OBS (TAI for HMI)."""
    texts = array.attrs.get("T_OBS") or array.attrs.get("DATE-OBS")
    if not texts or len(texts) != array.shape[0]:
        raise InputError(f"the array {array.name} lists no time for each of its {array.shape[0]} images: no SDOML v2")
    texts = [re.sub(r"Z$", "", text) for text in texts]
    if all(text.endswith("_TAI") for text in texts):  # a year of them one by one would take a minute
        texts = _utc_of_tai(texts, array.name)
    return pd.DatetimeIndex([parse_time(text, f"T_OBS of {array.name}") for text in texts])


def _utc_of_tai(texts, name):
    """ISO texts in UTC of JSOC's 2014.03.01_00:01:25_TAI."""
    try:
        return Time([text[:-4].replace(".", "-", 2).replace("_", "T") for text in texts], scale="tai").utc.isot
    except ValueError as error:
        raise InputError(f"T_OBS of {name} has a text that is no time ({error}): no SDOML v2") from error


def read_store_image(array, place, channel, time):
    """SunImage of one image of an array; it is resized about the array's middle, which is the disk's centre.

    The array's CRPIX is a quarter of a pixel off there (512.5 / 2, where 256.5 is meant) and is not used.
    """
    try:
        data = np.asarray(array[place], np.float32)
    except Exception as error:  # codecs, fsspec and the server each have their own
        raise LookupError(f"the image of {time:%Y-%m-%dT%H:%M} cannot be read ({type(error).__name__})") from error
    if (data == array.fill_value).all():  # what zarr gives for a chunk that is not in the store
        raise LookupError(f"the image of {time:%Y-%m-%dT%H:%M} is missing in the store, or holds no value")
    rows, columns = data.shape
    return SunImage(
        data=np.where(np.isfinite(data), data, np.nan),
        channel=channel,
        time=time,
        pixel=PIXEL_512 * 512 / columns,
        centre=((columns - 1) / 2, (rows - 1) / 2),
        solar_radius=RADIUS,
        roll=0.0,
        exposure=1.0,
        header={"TELESCOP": "SDO/HMI" if channel == "hmi" else "SDO/AIA", "ORIGIN": "SDOML v2"},
        name=f"SDOML {array.name} {time:%Y-%m-%dT%H:%M}",
    )
