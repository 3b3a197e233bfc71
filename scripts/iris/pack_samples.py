"""Make the real samples that ship inside the package from the files that IRISreader and irispy-lmsal carry.

Run `python scripts/iris/pack_samples.py` with FLAREBOOK_MIRROR naming a folder that holds the original files
anywhere below it.  Only the Mg II window is kept.  Everything else about the files stays as it was found, keywords
that do not tell the truth included, because readers must cope with them.
"""

import hashlib
import os
from importlib.resources import files
from pathlib import Path

import numpy as np
import yaml
from astropy.io import fits

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError
from flarebook.iris.rasters.level2 import find_window
from flarebook.iris.rasters.read import open_level2

FOLDER = files("flarebook.iris") / "data"
BZERO = 7992.0  # DN, as in the archive
RASTERS = {  # output: (input pattern, first wavelength to keep, DN a step)
    "iris_20140329_mg2_raster.fits": ("iris_l2_20140329_140938_3860258481_raster_3steps.fits.gz", 2793.0, 0.25),
    "iris_20140329_mg2_coarse.fits": ("iris_l2_20140329_140938_3860258481_raster_t000_r000??.fits.gz", 0.0, 0.5),
    "iris_20210905_mg2_coarse.fits": ("iris_l2_20210905_001833_3620258102_raster_t000_r00000.fits.gz", 0.0, 0.5),
}
SLIT_JAWS = {  # output: (input pattern, frame, columns to keep to either side of the slit)
    "iris_20140329_sji_2796.fits": ("iris_l2_20140329_140938_3860258481_SJI_2796_t000.fits.gz", 1, 150),
    "iris_20210905_sji_2796.fits": ("iris_l2_20210905_001833_3620258102_SJI_2796_t000_deconvolved.fits.gz", 0, 999),
}
CENTROIDS = {"mg2k_centroids_panos2018.npz": "mg2k_centroids_panos2018.npz"}
CENTROID_RANGE = (2793.8501, 2799.3240)  # Angstrom, Panos et al. 2018


def pack_all(mirror, folder=FOLDER):
    """Write every sample and the table of their sha256 and sizes, samples.yaml.  Returns that table as a dict."""
    for name, (pattern, first, bscale) in RASTERS.items():
        pack_raster(find_files(mirror, pattern), folder / name, first, bscale)
    for name, (pattern, frame, margin) in SLIT_JAWS.items():
        pack_slit_jaw(find_files(mirror, pattern)[0], folder / name, frame, margin)
    for name, pattern in CENTROIDS.items():
        pack_centroids(find_files(mirror, pattern)[0], folder / name)
    table = {}
    for name in sorted([*RASTERS, *SLIT_JAWS, *CENTROIDS]):
        data = (folder / name).read_bytes()
        table[name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    with atomic_write(folder / "samples.yaml") as partial:
        partial.write_text(yaml.safe_dump(table), encoding="utf-8")
    return table


def find_files(mirror, pattern):
    """Files below the mirror folder whose name matches, sorted.  Raises InputError when there is none."""
    found = sorted(Path(mirror).rglob(pattern))
    if not found:
        raise InputError(f"No file {pattern} lies below {mirror}; set FLAREBOOK_MIRROR to the folder that holds it.")
    return found


def pack_raster(paths, out, first_wavelength, bscale):
    """Join the Mg II windows of one observation's rasters in a tile-compressed file.

    first_wavelength: Angstrom, bluer columns are dropped; bscale: DN a step of the 16-bit integers, .25 keeps the
    values of an original level-2 file exactly.
    """
    spectra, tables = [], []
    for path in paths:
        with open_level2(path) as hdus:
            index = find_window(hdus, "Mg II k", path)
            spectra.append(hdus[index].data)
            tables.append(hdus[-2].data)
            if path == paths[0]:
                primary, window, auxiliary = hdus[0].header.copy(), hdus[index].header.copy(), hdus[-2].header.copy()
    _keep_window(primary, index)
    spectra = np.concatenate(spectra)[:, :, _crop_blue(primary, window, first_wavelength) :]
    table = fits.ImageHDU(np.concatenate(tables), auxiliary)
    with atomic_write(out) as partial:
        fits.HDUList([fits.PrimaryHDU(header=primary), _compressed(spectra, window, bscale), table]).writeto(partial)


def _keep_window(primary, index):
    """Rename the keywords of window `index` to those of window 1 and drop the other windows'; NWIN stays as it was."""
    described = [key for key in primary if key.startswith(("T", "IPRP", "DATAP")) and key[-1].isdigit()]
    kept = {key: primary[f"{key}{index}"] for key in ("TDET", "TDESC", "TWAVE", "TWMIN", "TWMAX")}
    for key in described:
        del primary[key]
    primary.update({f"{key}1": value for key, value in kept.items()})


def _crop_blue(primary, window, first_wavelength):
    """Number of columns bluer than a wavelength; the headers are brought in line with dropping them."""
    n_dropped = max(0, int(np.ceil((first_wavelength - window["CRVAL1"]) / window["CDELT1"])))
    if n_dropped:
        window["CRVAL1"] += n_dropped * window["CDELT1"]
        primary["TWMIN1"] = window["CRVAL1"]
    return n_dropped


def _compressed(image, header, bscale):
    """Image HDU of 16-bit integers, Rice-compressed in tiles of one exposure."""
    scaled = fits.ImageHDU(image.astype(np.float64), header)
    scaled.scale("int16", bscale=bscale, bzero=BZERO)
    packed = fits.CompImageHDU(scaled.data, scaled.header, compression_type="RICE_1", tile_shape=(1, *image.shape[1:]))
    packed.header["BSCALE"], packed.header["BZERO"] = bscale, BZERO
    return packed


def pack_slit_jaw(path, out, frame, margin):
    """Keep one slit-jaw frame around the slit, with true coordinates, the slit's column and the time in its header."""
    with open_level2(path) as hdus:
        primary, table, columns = hdus[0].header, hdus[1].data, hdus[1].header
        image, values = hdus[0].data[frame], table[frame]
    shrunk = image.shape[1] / round(primary["FOVX"] / primary["CDELT1"])  # below 1 in the resized files
    slit = int(round(values[columns["SLTPX1IX"]] * shrunk)) - 1
    left, right = max(0, slit - margin), min(image.shape[1], slit + margin)
    step = primary["FOVX"] / image.shape[1], primary["FOVY"] / image.shape[0]
    header = fits.Header({key: primary[key] for key in ("TELESCOP", "INSTRUME", "OBSID", "OBS_DESC", "STARTOBS")})
    header.update(
        {"TDESC1": primary["TDESC1"], "TIME": values[columns["TIME"]], "EXPTIME": values[columns["EXPTIMES"]]}
    )
    header.update({"CRPIX1": (image.shape[1] + 1) / 2 - left, "CRVAL1": values[columns["XCENIX"]], "CDELT1": step[0]})
    header.update({"CRPIX2": (image.shape[0] + 1) / 2, "CRVAL2": values[columns["YCENIX"]], "CDELT2": step[1]})
    header["SLITCOL"] = slit - left
    packed = _compressed(image[None, :, left:right], header, 0.25)
    with atomic_write(out) as partial:
        fits.HDUList([fits.PrimaryHDU(), packed]).writeto(partial)


def pack_centroids(path, out):
    """Keep the 53 mean Mg II k profiles (53, 216) with their wavelengths."""
    with np.load(path) as arrays:
        centroids = np.ascontiguousarray(arrays["centroids"].T, np.float32)
    with atomic_write(out) as partial:
        np.savez(partial, centroids=centroids, wavelength=np.linspace(*CENTROID_RANGE, centroids.shape[1]))


if __name__ == "__main__":
    print(yaml.safe_dump(pack_all(os.environ.get("FLAREBOOK_MIRROR", "."))))
