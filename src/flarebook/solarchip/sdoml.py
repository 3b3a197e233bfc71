"""Read SDOML version 2 (zarr, 512 pixels): AIA calibrated to DN/s, and HMI's vector field."""

import re

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.solarchip.channels import CHANNELS
from flarebook.solarchip.read import SunImage, parse_time

AIA_STORE = "s3://gov-nasa-hdrl-data1/contrib/fdl-sdoml/fdl-sdoml-v2/sdomlv2.zarr"
HMI_STORE = "s3://gov-nasa-hdrl-data1/contrib/fdl-sdoml/fdl-sdoml-v2/sdomlv2_hmi.zarr"
RADIUS = 976.0  # arcsec: every image is resized so that the Sun has this radius (Galvez et al. 2019, section 3)
PIXEL_512 = 4.8  # arcsec, of the 512-pixel images
ABSENT = ("4500",)  # channels of ours that SDOML does not hold


def nearest_images(time, aia=AIA_STORE, hmi=HMI_STORE, channels=CHANNELS, tolerance="6min"):
    """Images nearest to a time: ({channel: SunImage}, reasons), the latter of channels that cannot be had.

    time: UTC; aia, hmi: zarr stores, a folder or an address that fsspec knows (s3 needs s3fs); tolerance: largest
    distance in time.  HMI is Bz, the line-of-sight component of the vector field in G.  AIA is in DN/s with the
    degradation taken out: `prepare(..., correct=False)`.  SDOML holds no 4500.
    Raises InputError when a store cannot be opened.
    """
    found, reasons = {}, []
    time = pd.Timestamp(time)
    for channel in channels:
        try:
            found[channel] = _nearest(open_store(hmi if channel == "hmi" else aia), time, channel, tolerance)
        except LookupError as error:
            reasons.append(f"SDOML {channel} at {time:%Y-%m-%dT%H:%M}: {error.args[0]}")
    return found, reasons


def open_store(store):
    """zarr group of a folder, an address, or a group already open.  Raises InputError when it cannot be opened."""
    import zarr

    if isinstance(store, zarr.Group):
        return store
    options = {"anon": True} if str(store).startswith("s3://") else None
    try:
        return zarr.open_group(str(store), mode="r", storage_options=options)
    except ImportError as error:
        raise InputError(f"{store} needs the package s3fs: install it, or copy the store to a folder") from error
    except Exception as error:  # zarr, fsspec and the server each have their own
        raise InputError(
            f"the zarr store {store} cannot be opened ({type(error).__name__}): check its address"
        ) from error


def _nearest(group, time, channel, tolerance):
    """SunImage of a channel nearest in time; LookupError says why there is none."""
    name = f"{time.year}/{'Bz' if channel == 'hmi' else channel + 'A'}"
    if channel in ABSENT or name not in group:
        raise LookupError(f"the store has no array {name}")
    array = group[name]
    times = observation_times(array)
    place = int(np.abs(times - time).argmin())
    if abs(times[place] - time) > pd.Timedelta(tolerance):
        raise LookupError(f"the nearest image is of {times[place]:%Y-%m-%dT%H:%M}")
    return image_at(array, place, channel, times[place])


def observation_times(array):
    """Times of an array's images: DatetimeIndex, UTC, from its attribute T_OBS (TAI for HMI)."""
    texts = array.attrs.get("T_OBS") or array.attrs.get("DATE-OBS")
    if not texts or len(texts) != array.shape[0]:
        raise InputError(f"the array {array.name} lists no time for each of its {array.shape[0]} images: no SDOML v2")
    return pd.DatetimeIndex([parse_time(re.sub(r"Z$", "", text), f"T_OBS of {array.name}") for text in texts])


def image_at(array, place, channel, time):
    """SunImage of one image of an array; it is resized about the array's middle, which is the disk's centre.

    The array's CRPIX is a quarter of a pixel off there (512.5 / 2, where 256.5 is meant) and is not used.
    """
    data = np.asarray(array[place], np.float32)
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
