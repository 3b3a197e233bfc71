"""Write a raster in the level-2 format of the IRIS archive, so that any IRIS reader opens it."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from astropy.io import fits
from astropy.time import TimeDelta

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError
from flarebook.iris.rasters.raster import Raster
from flarebook.iris.rasters.window import MISSING

BSCALE, BZERO = 0.25, 7992.0  # DN a step and DN at 0, as in the archive: -200 to 16183.75 DN
SLIT_STEP = 0.16635  # arcsec a slit pixel
FORMAT = yaml.safe_load((files("flarebook.iris") / "data" / "level2_format.yaml").read_text(encoding="utf-8"))
COLUMNS = FORMAT["auxiliary"]


def write_raster(raster: Raster, path: str | Path, stored: np.ndarray | None = None) -> Path:
    """Write one Mg II window as a level-2 file.

    Values are rounded to 0.25 DN and clipped to -199.75 to 16183.75; missing ones become -200.  A raster whose time
    descends was reversed by the reader and is reversed again, with STEPS_AV negative.

    Parameters
    ----------
    raster : Raster
        What to write.
    path : str or Path
        File to write, `.fits` or `.fits.gz`.
    stored : ndarray of int16, shape as that of the spectra, optional
        The spectra as `scaled_integers` gives them, for a raster whose counts fill no memory: of its own spectra, the
        shape counts alone.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        When the arrays do not fit together, or the folder is read-only.

    Examples
    --------
    >>> from flarebook import iris
    >>> raster = iris.real_raster()
    >>> path = iris.write_raster(raster, "raster.fits")
    >>> iris.read_raster(path).spectra.shape == raster.spectra.shape
    True
    """
    _check(raster)
    order = np.argsort(raster.time, kind="stable")
    primary = _primary(raster, order)
    tables = _auxiliary(raster, order), _file_names(raster, order)
    stored = scaled_integers(raster.spectra) if stored is None else stored
    hdus = fits.HDUList([primary, _window(raster, stored[order], primary.header), *tables])
    with atomic_write(path) as partial:
        hdus.writeto(partial)
    return Path(path)


def _check(raster):
    """Raise InputError when an array of the raster has another length than its spectra."""
    n_exposures, _, n_wavelengths = raster.spectra.shape
    lengths = {"wavelength": n_wavelengths} | dict.fromkeys(("time", "exposure_time", "x", "y"), n_exposures)
    for name, length in lengths.items():
        if len(getattr(raster, name)) != length:
            raise InputError(
                f"The raster has {len(getattr(raster, name))} values of {name} where its spectra ask for {length}; "
                "make them agree before writing."
            )


def _steps(raster, order):
    """Mean step between exposures in arcsec, from the header or from the pointing; 0 for sit-and-stare."""
    if "STEPS_AV" in raster.header:
        return float(raster.header["STEPS_AV"])
    step = float(np.median(np.diff(raster.x[order]))) if len(order) > 1 else 0.0
    return step if abs(step) >= 0.01 else 0.0


def _primary(raster, order):
    """Primary header: what the archive's readers look up, completed by what the raster brought along."""
    first, last = (raster.start + TimeDelta(raster.time[i], format="sec") for i in (order[0], order[-1]))
    wavelength, steps = raster.wavelength, _steps(raster, order)
    header = {"ENDOBS": last.isot, "DATE_OBS": first.isot, "DATE_END": last.isot} | FORMAT["primary"]
    header |= {key: value for key, value in raster.header.items() if key in header or key == "SIMULATD"}
    header |= FORMAT["one_window"] | {
        "STARTOBS": raster.start.isot,  # from which the table's times count, whatever the header says
        "XCEN": float(np.mean(raster.x)), "YCEN": float(np.mean(raster.y)), "FOVX": abs(steps) * len(order) or 0.33,
        "FOVY": raster.spectra.shape[1] * _slit_step(raster), "EXPTIME": float(np.mean(raster.exposure_time)),
        "EXPMIN": float(np.min(raster.exposure_time)), "EXPMAX": float(np.max(raster.exposure_time)),
        "NEXP": len(order), "NEXPOBS": len(order), "NRASTERP": len(order) if steps else 1, "STEPS_AV": steps,
        "TWMIN1": float(wavelength[0]), "TWMAX1": float(wavelength[-1]),
    }  # fmt: skip
    return fits.PrimaryHDU(header=fits.Header(header.items()))


def _slit_step(raster):
    """Distance of two slit pixels in arcsec."""
    offset = raster.slit_offset
    return SLIT_STEP if offset is None or len(offset) < 2 else float(offset[1] - offset[0])


def scaled_integers(spectra):
    """Counts as the integers of level 2, big-endian int16; spectra: (n_exposures, n_slit, n_wavelengths) DN."""
    stored = np.empty(spectra.shape, ">i2")
    for row, counts in enumerate(spectra):
        counts = np.nan_to_num(counts.astype(np.float64), nan=MISSING, posinf=np.inf, neginf=MISSING)
        inside = np.clip(counts, MISSING + BSCALE, BZERO + BSCALE * 32767)
        stored[row] = np.rint((np.where(counts == MISSING, counts, inside) - BZERO) / BSCALE)
    return stored


def _window(raster, stored, primary):
    """The spectra as scaled 16-bit integers with their coordinates."""
    window = fits.ImageHDU(stored, do_not_scale_image_data=True)
    window.header.update({"BSCALE": BSCALE, "BZERO": BZERO})
    n_exposures, n_slit, n_wavelengths = stored.shape
    window.header.update(FORMAT["window"])
    coordinates = (
        (raster.wavelength[0], 1.0, np.ptp(raster.wavelength) / (n_wavelengths - 1)),
        (primary["YCEN"], (n_slit + 1) / 2, _slit_step(raster)),
        (primary["XCEN"], (n_exposures + 1) / 2, primary["STEPS_AV"]),
    )
    for axis, values in enumerate(coordinates, 1):
        window.header.update({f"{key}{axis}": v for key, v in zip(("CRVAL", "CRPIX", "CDELT"), values, strict=True)})
    window.header.update(_directions(raster, primary["STEPS_AV"]))
    return window


def _directions(raster, steps):
    """Keywords PCi_j of the slit's direction, relative to the steps of slit and exposures."""
    (west, north), ratio = raster.slit_direction, (steps or _slit_step(raster)) / _slit_step(raster)
    return {"PC2_2": north, "PC3_2": west / ratio, "PC2_3": -west * ratio, "PC3_3": north}


def _auxiliary(raster, order):
    """The table of exposures, its columns named in its header, those unknown zero."""
    velocity, phase = (0.0 if a is None else a for a in (raster.observer_velocity, raster.orbital_phase))
    known = dict.fromkeys(FORMAT["ones"], 1.0) | {
        "TIME": raster.time, "EXPTIMEF": raster.exposure_time, "EXPTIMEN": raster.exposure_time, "XCENIX": raster.x,
        "YCENIX": raster.y, "OBS_VRIX": velocity, "OPHASEIX": phase, "PZTX": raster.x - np.mean(raster.x),
    } | {f"{key}IX": value for key, value in _directions(raster, _steps(raster, order)).items()}  # fmt: skip
    table = pd.DataFrame(0.0, index=range(len(order)), columns=COLUMNS).assign(**known)
    hdu = fits.ImageHDU(table.to_numpy(np.float64)[order])
    for column, key in enumerate(COLUMNS):
        hdu.header[key] = (column, f"{key} (rowindex)")
    return hdu


def _file_names(raster, order):
    """The table of level-1 files, unknown here but for the times of mid-exposure in their names, which irispy reads."""
    times = raster.start + TimeDelta((raster.time + raster.exposure_time / 2)[order], format="sec")
    stamps = [time.strftime("%Y%m%d_%H%M%S%f")[:17] for time in times]
    known = {f"{band}filename": [f"iris{stamp}_{band.lower()}.fits" for stamp in stamps] for band in ("FUV", "NUV")}
    columns = [
        fits.Column(name, form, array=np.array(known.get(name, ["-"] * len(order))))
        for name, form in FORMAT["file_names"].items()
    ]
    return fits.TableHDU.from_columns(columns)
