"""Write a raster in the level-2 format of the IRIS archive, so that any IRIS reader opens it."""

from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.time import TimeDelta

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError
from flarebook.iris.rasters.level2 import MISSING, Raster

BSCALE, BZERO = 0.25, 7992.0  # DN a step and DN at 0, as in the archive: -200 to 16183.75 DN
SLIT_STEP = 0.16635  # arcsec a slit pixel
COLUMNS = (
    "TIME PZTX PZTY EXPTIMEF EXPTIMEN SUMSPTRF SUMSPATF SUMSPTRN SUMSPATN DSRCFIX DSRCNIX LUTIDF LUTIDN XCENIX YCENIX "
    "OBS_VRIX OPHASEIX PC1_1IX PC1_2IX PC2_1IX PC2_2IX PC3_1IX PC3_2IX PC3_3IX PC2_3IX IT01PFUV IT06TFUV IT14SFUV "
    "IT15SFUV IT16SFUV IT17SFUV IT18SFUV IT19SFUV POFFXFUV POFFYFUV POFFFFUV IT01PNUV IT06TNUV IT14SNUV IT15SNUV "
    "IT16SNUV IT17SNUV IT18SNUV IT19SNUV POFFXNUV POFFYNUV POFFFNUV"
).split()
NAME_COLUMNS = {
    "FRMID": "A10", "FUVFDBID": "A10", "FUVCRSID": "A4", "NUVFDBID": "A10", "NUVCRSID": "A4", "FUVfilename": "A66",
    "NUVfilename": "A66",
}  # fmt: skip


def write_raster(raster: Raster, path: str | Path) -> Path:
    """Write one Mg II window as a level-2 file.

    Values are rounded to 0.25 DN and clipped to -199.75 to 16183.75; missing ones become -200.  A raster whose time
    descends was reversed by the reader and is reversed again, with STEPS_AV negative.

    Parameters
    ----------
    raster : Raster
        What to write.
    path : str or Path
        File to write, `.fits` or `.fits.gz`.

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
    hdus = fits.HDUList(
        [primary, _window(raster, order, primary.header), _auxiliary(raster, order), _names(len(order))]
    )
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
    ends = [(raster.start + TimeDelta(raster.time[i], format="sec")).isot for i in (order[0], order[-1])]
    wavelength, steps = raster.wavelength, _steps(raster, order)
    header = {
        "TELESCOP": "IRIS", "INSTRUME": "SPEC", "DATA_LEV": 2.0, "LVL_NUM": 2.0, "OBSID": "0000000000", "OBS_DESC": "",
        "STARTOBS": raster.start.isot, "ENDOBS": ends[1], "DATE_OBS": ends[0], "DATE_END": ends[1], "OBSREP": 1,
        "BTYPE": "Intensity",
        "ORIGIN": "Flarebook", "BUNIT": "Corrected DN", "SAT_ROT": 0.0, "DSUN_OBS": 1.496e11, "SAA": "0", "HLZ": 0,
        "AECNOBS": 0, "IAECFLAG": "NO", "IAECFLFL": "NO", "SUMSPTRN": 1, "SUMSPTRF": 1, "SUMSPAT": 1, "TR_MODE": "",
    }  # fmt: skip
    header |= {key: value for key, value in raster.header.items() if key in header}
    header |= {
        "XCEN": float(np.mean(raster.x)), "YCEN": float(np.mean(raster.y)), "FOVX": abs(steps) * len(order) or 0.33,
        "FOVY": raster.spectra.shape[1] * _slit_step(raster), "EXPTIME": float(np.mean(raster.exposure_time)),
        "EXPMIN": float(np.min(raster.exposure_time)), "EXPMAX": float(np.max(raster.exposure_time)),
        "NEXP": len(order), "NEXPOBS": len(order), "NRASTERP": len(order) if steps else 1, "RASTYPDX": 1, "RASTYPNX": 1,
        "RASRPT": 1, "RASNRPT": 1, "STEPS_AV": steps, "STEPS_DV": 0.0, "NWIN": 1, "TDET1": "NUV",
        "TDESC1": "Mg II k 2796", "TWAVE1": 2796.2, "TWMIN1": float(wavelength[0]), "TWMAX1": float(wavelength[-1]),
    }  # fmt: skip
    return fits.PrimaryHDU(header=fits.Header(header.items()))


def _slit_step(raster):
    """Distance of two slit pixels in arcsec."""
    offset = raster.slit_offset
    return SLIT_STEP if offset is None or len(offset) < 2 else float(offset[1] - offset[0])


def _window(raster, order, primary):
    """The spectra as scaled 16-bit integers with their coordinates."""
    spectra = np.nan_to_num(raster.spectra[order], nan=MISSING, posinf=np.inf, neginf=MISSING)
    spectra = np.where(spectra == MISSING, spectra, np.clip(spectra, MISSING + BSCALE, BZERO + BSCALE * 32767))
    window = fits.ImageHDU(spectra.astype(np.float64))
    window.scale("int16", bscale=BSCALE, bzero=BZERO)
    n_exposures, n_slit, n_wavelengths = spectra.shape
    coordinates = (
        ("WAVE", "Angstrom", raster.wavelength[0], 1.0, np.ptp(raster.wavelength) / (n_wavelengths - 1)),
        ("HPLT-TAN", "arcsec", primary["YCEN"], (n_slit + 1) / 2, _slit_step(raster)),
        ("HPLN-TAN", "arcsec", primary["XCEN"], (n_exposures + 1) / 2, primary["STEPS_AV"]),
    )
    for axis, values in enumerate(coordinates, 1):
        for key, value in zip(("CTYPE", "CUNIT", "CRVAL", "CRPIX", "CDELT"), values, strict=True):
            window.header[f"{key}{axis}"] = value
        window.header[f"PC{axis}_{axis}"] = 1.0
    for key in ("PC1_2", "PC2_1", "PC3_1", "PC3_2", "PC2_3"):
        window.header[key] = 0.0
    return window


def _auxiliary(raster, order):
    """The table of exposures, 47 columns named in its header, those unknown zero."""
    n = len(order)
    velocity, phase = (np.zeros(n) if a is None else a for a in (raster.observer_velocity, raster.orbital_phase))
    known = {
        "TIME": raster.time, "EXPTIMEF": raster.exposure_time, "EXPTIMEN": raster.exposure_time, "XCENIX": raster.x,
        "YCENIX": raster.y, "OBS_VRIX": velocity, "OPHASEIX": phase, "PZTX": raster.x - np.mean(raster.x),
    }  # fmt: skip
    known |= dict.fromkeys(
        ("SUMSPTRF", "SUMSPATF", "SUMSPTRN", "SUMSPATN", "PC1_1IX", "PC2_2IX", "PC3_3IX"), np.ones(n)
    )
    table = np.stack([np.asarray(known.get(key, np.zeros(n)), np.float64)[order] for key in COLUMNS], axis=1)
    hdu = fits.ImageHDU(table)
    for column, key in enumerate(COLUMNS):
        hdu.header[key] = (column, f"{key} (rowindex)")
    return hdu


def _names(n_exposures):
    """The table of level-1 file names; the archive's are unknown here, so its cells are empty."""
    columns = [fits.Column(name, form, array=np.full(n_exposures, "-")) for name, form in NAME_COLUMNS.items()]
    return fits.TableHDU.from_columns(columns)
