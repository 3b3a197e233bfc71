"""GOES records as NOAA and the Solar Data Analysis Center write them."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

BITS = {  # of the products: (name of the variable, meanings, masks)
    "g16": ("flag", "good_data eclipse bad_data e_contam_significant e_correction_valid", (3, 1, 2, 4, 8)),
    "g15": ("flag", "good_data bad_data eclipsed_by_earth temperature_recovery e_correction_valid", (7, 1, 2, 4, 120)),
    "flx1s": ("flags", "good_data eclipse particle_spike calibration off_point", (65535, 1, 2, 4, 8)),
    "gxrs": (
        "flags",
        "good_data calibration off_pointed eclipsed_by_earth spike saturated",
        (1023, 1, 2, 4, 64, 256),
    ),
}


@pytest.fixture
def flare_curve():
    """Function of a peak flux: a day of minutes, (1440,) W/m2, with one flare at 10:00."""

    def curve(peak=2.5e-5, minutes=1440, quiet=3e-7):
        since = np.arange(minutes) - 600
        return quiet + peak * np.where(since < 0, np.exp(since / 3.0), np.exp(-since / 12.0)) * (since > -20)

    return curve


@pytest.fixture
def write_netcdf():
    """Function that writes a netCDF record with the flags of a product of BITS, and returns its path."""
    import h5py

    def write(path, long, day="2022-04-18", platform="g16", flag=None, product=None, prefix="xrs", **attributes):
        epoch = attributes.pop("epoch", "2000-01-01 12:00:00")
        times = (pd.Timestamp(day) - pd.Timestamp(epoch.split(" TAI")[0]).tz_localize(None)).total_seconds()
        ending, meanings, masks = BITS[product or platform]
        with h5py.File(path, "w") as file:
            file.attrs.update({"platform": platform} | attributes)
            file["time"] = times + 60.0 * np.arange(len(long))
            file["time"].attrs["units"] = f"seconds since {epoch}"
            for band, scale in (("b", 1), ("a", 0.1)):
                file[f"{prefix}{band}_flux"] = (scale * np.asarray(long)).astype("f4")
                file[f"{prefix}{band}_flux"].attrs.update({"_FillValue": np.float32(-99999), "units": b"W/m2"})
                file[f"{prefix}{band}_{ending}"] = np.zeros(len(long), "u2") if flag is None else np.asarray(flag, "u2")
                if product != "unnamed":
                    file[f"{prefix}{band}_{ending}"].attrs.update({"flag_meanings": meanings, "flag_masks": masks})
        return path

    return write


@pytest.fixture
def write_fits():
    """Function that writes a daily FITS record of minutes, and returns its path."""

    def write(path, long, day="2011-06-07", telescope="GOES 15", status=((0.0, 0, 0),), header=None):
        count, words = len(long), np.asarray(status, float)
        flux = np.stack([long, 0.1 * np.asarray(long)], axis=1)[None].astype("f4")
        columns = [
            fits.Column("TIME", f"{count}D", unit="s", array=60.0 * np.arange(count)[None]),
            fits.Column("FLUX", f"{2 * count}E", dim=f"(2,{count})", unit="W /m**2", array=flux),
        ]
        table = fits.BinTableHDU.from_columns(columns, name="FLUXES")
        mjd = (pd.Timestamp(day) - pd.Timestamp("1858-11-17")).days
        table.header.update(
            {"TELESCOP": telescope, "TIMEZERO": mjd, "MJDREF": 43874, "TIMESYS": "MJD"} | (header or {})
        )
        columns = [
            fits.Column("TIME", f"{len(words)}E", array=words[None, :, 0]),
            fits.Column("STATUS", f"{2 * len(words)}E", dim=f"(2,{len(words)})", array=words[None, :, 1:]),
        ]
        edges = fits.Column("EDGES", "4E", dim="(2,2)", array=np.array([[[1, 8], [0.5, 4]]]))
        primary = fits.PrimaryHDU()
        primary.header.update({"TELESCOP": telescope, "DATE-OBS": f"{pd.Timestamp(day):%d/%m/%Y}"})
        hdus = [fits.BinTableHDU.from_columns([edges], name="EDGES"), table]
        hdus.append(fits.BinTableHDU.from_columns(columns, name="STATUS"))
        fits.HDUList([primary, *hdus]).writeto(path, overwrite=True)
        return path

    return write
