"""Read SDOML version 2 (zarr, 512 pixels): AIA calibrated to DN/s, and HMI's vector field."""

from pathlib import Path

import numpy as np
import pandas as pd

from flarebook.compendium.data.header_values import parse_times
from flarebook.compendium.errors import InputError, reason_of
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.read import SunImage
from flarebook.solarchip.zarr_rows import read_rows

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
            array, times = open_store(hmi if channel == "hmi" else aia).array(array_name(time.year, channel))
            place = nearest_places(times, [time], tolerance)[0]
            if isinstance(place, str):
                raise LookupError(place)
            found[channel] = next(read_store_images(array, times, [place], channel))
            if isinstance(found[channel], LookupError):
                raise found.pop(channel)
        except LookupError as error:
            reasons.append(tell_missing(channel, time, error))
    return found, reasons


def tell_missing(channel, time, reason):
    """Sentence about an image that SDOML does not have, or that cannot be used."""
    return f"SDOML {channel} at {time:%Y-%m-%dT%H:%M}: {reason}"


def array_name(year, channel):
    """Name of a channel's array of a year in its store: 2011/Bz, 2011/171A."""
    return f"{year}/{'Bz' if channel == 'hmi' else channel + 'A'}"


class Store:
    """A zarr group whose arrays are opened, and their times read, once: a year's are 88,000."""

    def __init__(self, group):
        self.group, self.opened = group, {}

    def array(self, name):
        """An array and the times of its images.  Raises LookupError when there is none, or one without times."""
        if name not in self.opened:
            try:
                self.opened[name] = _open_array(self.group, name)
            except LookupError as error:
                self.opened[name] = error
        if isinstance(self.opened[name], LookupError):
            raise self.opened[name]
        return self.opened[name]


def _open_array(group, name):
    """An array of a group and the times of its images; LookupError when there is none that can be used."""
    try:
        array = group[name]
        times = observation_times(array)
    except KeyError:
        raise LookupError(f"the store has no array {name}") from None
    except InputError as error:
        raise LookupError(str(error)) from error
    except Exception as error:  # a description that is cut, a codec that is not known, the server
        raise LookupError(f"the array {name} cannot be opened ({type(error).__name__}: {reason_of(error)})") from error
    array.metadata.attributes.clear()  # lists of all header values of a year: hundreds of MB
    return array, times


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


def observation_times(array):
    """Times of an array's images: DatetimeIndex, UTC, from its attribute T_OBS (TAI for HMI)."""
    if array.ndim != 3:
        raise InputError(f"the array {array.name} has the shape {array.shape}, no stack of images: no SDOML v2")
    texts = array.attrs.get("T_OBS") or array.attrs.get("DATE-OBS")
    if not texts or len(texts) != array.shape[0]:
        raise InputError(f"the array {array.name} lists no time for each of its {array.shape[0]} images: no SDOML v2")
    return parse_times(texts, f"T_OBS of {array.name}")


def nearest_places(times, moments, tolerance="6min"):
    """Place of the image nearest to each moment, or the reason why there is none: [int | str].

    times: of the images, in their order; moments: [Timestamp], UTC.  An image that shares its time with another, or
    whose time does not lie between its neighbours', is refused: which image the time belongs to is not known.
    """
    values = times.to_numpy()
    order = np.argsort(values, kind="stable")
    ordered, wanted = values[order], pd.DatetimeIndex(moments).to_numpy().astype(values.dtype)
    right = np.clip(np.searchsorted(ordered, wanted), 0, len(order) - 1)
    left = np.maximum(right - 1, 0)
    nearest = np.where(np.abs(wanted - ordered[left]) <= np.abs(ordered[right] - wanted), left, right)
    far = np.abs(ordered[nearest] - wanted) > np.timedelta64(pd.Timedelta(tolerance))
    places = order[nearest]
    return [
        f"the nearest image is of {times[place]:%Y-%m-%dT%H:%M}" if is_far else _checked_place(times, place)
        for place, is_far in zip(places.tolist(), far, strict=True)
    ]


def _checked_place(times, place):
    """A place, or the reason why the time of its image is in doubt."""
    time, around = times[place], times[max(place - 1, 0) : place + 2]
    if around.is_monotonic_increasing and around.is_unique:
        return place
    if (times == time).sum() > 1:
        return f"several images have the time {time:%Y-%m-%dT%H:%M:%S}"
    return f"the time {time:%Y-%m-%dT%H:%M:%S} does not lie between those of the images before and after it"


def read_store_images(array, times, places, channel):
    """Yield the SunImage of each place, all of one chunk, or the LookupError that says why there is none.

    array, times: of `Store.array`.  The images are resized about the array's middle, which is the disk's centre: the
    array's CRPIX is a quarter of a pixel off there (512.5 / 2, where 256.5 is meant) and is not used.
    """
    try:
        rows, reason = read_rows(array, places[0] // array.chunks[0], places), None
    except Exception as error:  # codecs, fsspec and the server each have their own
        rows, reason = None, f"cannot be read ({type(error).__name__}: {reason_of(error)})"
    for number, place in enumerate(places):
        data, time = rows[number] if rows else None, times[place]
        if reason:
            yield LookupError(f"the image of {time:%Y-%m-%dT%H:%M} {reason}")
        elif data is None or (data == array.fill_value).all():  # what zarr gives for a chunk that is not in the store
            yield LookupError(f"the image of {time:%Y-%m-%dT%H:%M} is missing in the store, or holds no value")
        else:
            yield _sun_image(np.asarray(data, np.float32), channel, time, array.name)


def _sun_image(data, channel, time, name):
    """SunImage of an image of a store."""
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
        name=f"SDOML {name} {time:%Y-%m-%dT%H:%M}",
    )
