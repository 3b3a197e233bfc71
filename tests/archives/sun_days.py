"""Days of AIA and HMI as the JSOC holds them, and the X-ray fluxes of GOES-15 as NOAA does."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from astropy.io import fits

from flarebook.goes.archive import xrs_folder
from flarebook.solarchip.datasets.simulated import simulate_sun
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.grid import solar_b0
from flarebook.solarchip.images.jsoc import image_url
from flarebook.solarchip.images.write import channel_cards, world_cards

RADIUS = 960.0  # arcsec
EXPOSURE = 2.9  # s
QUIET = 4e-7  # W/m2, between flares
EPOCH = "2000-01-01 12:00:00"
FLAGS = ("good_data bad_data eclipsed_by_earth temperature_recovery e_correction_valid", (7, 1, 2, 4, 120))


def write_days(root, number, start="2014-01-01", seed=1, size=128):
    """Write the eleven images of dates, and the X-ray fluxes of their days and of those before: the simulated Sun."""
    sun = simulate_sun(number, seed, size, 1.0, start)
    for row, time in enumerate(pd.to_datetime(sun.days["time"])):
        for channel, image in zip(CHANNELS, sun.images[row].astype(np.float32), strict=True):
            write_image(Path(root), time, channel, image)
        for day in (time - pd.Timedelta("1D"), time):
            write_fluxes(Path(root), day, sun.flares[sun.flares["visible"]])
    return sun


def write_image(root, time, channel, image):
    """One image as the JSOC's file: compressed, AIA in DN upright, HMI in gauss and turned by 180 degrees."""
    path = root / image_url(f"{time:%Y-%m-%d}", channel).partition("://")[2]
    path.parent.mkdir(parents=True, exist_ok=True)
    time = time + pd.Timedelta("2min" if channel == "1700" else "8s")
    cards = world_cards(len(image), time.isoformat(timespec="milliseconds"), RADIUS, solar_b0(time.day_of_year))
    cards |= channel_cards(channel) | {"SIMULATD": (True, "T: computed, not observed"), "QUALITY": 0}
    if channel == "hmi":
        cards |= {"TELESCOP": "SDO/HMI", "CONTENT": "MAGNETOGRAM", "CROTA2": 180.0}
        hdu = fits.CompImageHDU(image[::-1, ::-1].copy(), compression_type="GZIP_2")
    else:
        cards |= {"TELESCOP": "SDO/AIA", "BUNIT": "DN", "EXPTIME": EXPOSURE}
        hdu = fits.CompImageHDU(np.round(EXPOSURE * image).astype(np.int32), compression_type="RICE_1")
    hdu.header.update(cards)
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)


def write_fluxes(root, day, flares, version="v2-2-1"):
    """One-minute means of a day with the flares of a table, as NOAA's science-quality netCDF file of GOES-15."""
    minutes = (day - pd.Timestamp(EPOCH)).total_seconds() + 60.0 * np.arange(1440)
    flux = np.full(1440, QUIET)
    for flare in flares[(pd.to_datetime(flares["peak"]) - day).abs() < pd.Timedelta("2D")].itertuples():
        since = np.clip((day - pd.Timestamp(flare.peak)) / pd.Timedelta("1min") + np.arange(1440), -60, 1440)
        flux += flare.peak_flux * np.where(since < 0, np.exp(since / 3.0), np.exp(-since / 12.0)) * (since > -20)
    path = root / xrs_folder(day).partition("://")[2] / f"sci_xrsf-l2-avg1m_g15_d{day:%Y%m%d}_{version}.nc"
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file.attrs.update({"platform": "g15", "title": "XRS 1-minute averages, simulated", "id": path.name})
        file["time"] = minutes
        file["time"].attrs["units"] = f"seconds since {EPOCH}"
        for band, scale in (("b", 1.0), ("a", 0.1)):
            file[f"xrs{band}_flux"] = (scale * flux).astype("f4")
            file[f"xrs{band}_flux"].attrs.update({"_FillValue": np.float32(-9999), "units": "W/m2"})
            file[f"xrs{band}_flag"] = np.zeros(1440, "u2")
            file[f"xrs{band}_flag"].attrs.update({"flag_meanings": FLAGS[0], "flag_masks": FLAGS[1]})
