"""Compare what the readers read with what the field's own software reads, file by file.

    python scripts/compare_peers.py [FOLDER]

prints the largest differences in values, place (arcsec) and time (s).  The files are the real samples that ship and
those of sunpy's tests; FOLDER may hold further real ones (rasters of IRIS, a CLEAN map of STIX).  A peer that is not
installed (extra `peers`, and stixpy) gives no line.
"""

import argparse
import importlib.util
import shutil
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

import astropy.units as u
import numpy as np
import pandas as pd

from flarebook import goes, iris, solarchip, stix
from flarebook.compendium.errors import reason_of
from flarebook.solarchip.datasets.load import AIA_171, FOLDER

IMAGES = ("aia_171_level1.fits", "resampled_hmi.fits")
XRS = (
    "go1520110607.fits",
    "go1520120601.fits.gz",
    "sci_gxrs-l2-irrad_g15_d20131028_truncated.nc",
    "sci_xrsf-l2-avg1m_g16_d20210101_truncated.nc",
    "sci_xrsf-l2-flx1s_g17_d20201016_truncated.nc",
)
ARCHIVE_UNITS = {"arcsecs": u.arcsec, "meters": u.m}  # as the STIX pipeline writes them, which sunpy does not know


def compare_raster(path, peer="irispy-lmsal"):
    """Differences of `read_raster` and irispy, whose cubes are sunraster's: record as of `compare_all`.

    path: level-2 file, its name as the archive gives it.  Place: of every slit pixel; of the slit's centre where the
    file was resized and irispy takes its old scale.
    """
    from irispy.io import read_files

    ours, collection = iris.read_raster(path), read_files(path)
    cube = collection[next(name for name in collection if "Mg II" in str(name))][0]
    good, exposures = np.isfinite(ours.spectra), cube.exposure_time.to_value(u.s)
    times = cube.meta.get("auxiliary times")  # since irispy 0.9 the coordinate is the time of mid-exposure
    times = cube.axis_world_coords("time", wcs=cube.extra_coords)[0] if times is None else times
    sky, offset = cube.celestial, ours.slit_offset
    if any("a bin" in note for note in ours.notes):
        sky, offset = cube.meta["exposure FOV center"][:, None], np.zeros(1)
    x, y = (at[:, None] + part * offset for at, part in zip((ours.x, ours.y), ours.slit_direction, strict=True))
    return {
        "reader": "iris.read_raster",
        "peer": f"{peer} {version(peer)}",
        "file": Path(path).name,
        "values": largest(np.asarray(cube.data, np.float32)[good] - ours.spectra[good]),
        "unit": "DN",
        "arcsec": largest(np.hypot(sky.Tx.to_value(u.arcsec) - x, sky.Ty.to_value(u.arcsec) - y)),
        "seconds": max(largest((times - ours.start).sec - ours.time), largest(exposures - ours.exposure_time)),
    }


def compare_stix(path):
    """Differences of `stix.read_map` and sunpy.map: record as of `compare_all`.  path: CLEAN map of the archive."""
    import sunpy.map

    ours = stix.read_map(path)
    units = [u.def_unit(name, unit) for name, unit in ARCHIVE_UNITS.items()]
    with u.add_enabled_units(units):
        peer = sunpy.map.Map(ours.data, ours.header)
        rows, columns = np.indices(ours.data.shape)
        sky = peer.wcs.pixel_to_world(columns, rows)
        x, y = ours.coordinates()
        return {
            "reader": "stix.read_map",
            "peer": f"sunpy {version('sunpy')}",
            "file": Path(path).name,
            "values": largest(peer.data - ours.data),
            "unit": ours.unit_text,
            "arcsec": largest(np.hypot(sky.Tx.to_value(u.arcsec) - x, sky.Ty.to_value(u.arcsec) - y)),
            "seconds": abs((peer.date.utc.datetime64 - np.datetime64(ours.start)) / np.timedelta64(1, "s")),
        }


def compare_image(path):
    """Differences of `solarchip.read_image` and sunpy.map: record as of `compare_all`.  path: image of AIA or HMI."""
    import sunpy.map

    ours, peer = solarchip.read_image(path), sunpy.map.Map(path)
    rows, columns = np.indices(ours.data.shape)
    sky = peer.wcs.pixel_to_world(columns, rows)
    roll = np.deg2rad(ours.roll)
    right, up = (columns - ours.centre[0]) * ours.pixel, (rows - ours.centre[1]) * ours.pixel
    x, y = np.cos(roll) * right - np.sin(roll) * up, np.sin(roll) * right + np.cos(roll) * up
    time = getattr(peer, "reference_date", peer.date)
    return {
        "reader": "solarchip.read_image",
        "peer": f"sunpy {version('sunpy')}",
        "file": Path(path).name,
        "values": largest(peer.data - ours.data),
        "unit": str(peer.unit or "DN"),
        "arcsec": largest(np.hypot(sky.Tx.to_value(u.arcsec) - x, sky.Ty.to_value(u.arcsec) - y)),
        "seconds": abs((pd.Timestamp(time.utc.isot) - ours.time).total_seconds()),
    }


def compare_xrs(path):
    """Differences of `goes.read_xrs` and sunpy.timeseries, flagged values aside: record as of `compare_all`."""
    import sunpy.timeseries

    ours, peer = goes.read_xrs(path), sunpy.timeseries.TimeSeries(path, source="XRS")
    table = peer.to_dataframe()
    good = np.isfinite(ours.long)
    late = (table.index.to_numpy("datetime64[ns]") - ours.times) / np.timedelta64(1, "s")
    return {
        "reader": "goes.read_xrs",
        "peer": f"sunpy {version('sunpy')}",
        "file": Path(path).name,
        "values": largest(table["xrsb"].to_numpy(float)[good] - ours.long[good]),
        "unit": "W / m2",
        "arcsec": np.nan,
        "seconds": largest(late),
    }


def compare_grids():
    """Differences of the (u, v) points of STIX and those of stixpy: record as of `compare_all`, values in 1/arcsec."""
    from stixpy.calibration.visibility import get_uv_points_data

    from flarebook.stix.imaging.visibilities import SUB_COLLIMATORS as ours

    peer = get_uv_points_data()
    order = [list(ours.label).index(str(label)) for label in peer["label"]]
    points = np.hypot(
        peer["u"].to_value(1 / u.arcsec) - ours.u[order], peer["v"].to_value(1 / u.arcsec) - ours.v[order]
    )
    record = {"reader": "stix.SUB_COLLIMATORS", "peer": f"stixpy {version('stixpy')}", "file": "grids"}
    return record | {"values": largest(points), "unit": "1 / arcsec", "arcsec": np.nan, "seconds": np.nan}


def compare_imaging(size=65):
    """Differences of our back-projection of the real visibilities and xrayvision's: record as of `compare_all`."""
    from xrayvision.imaging import vis_to_image
    from xrayvision.visibility import Visibilities

    seen = stix.real_visibilities()
    theirs = Visibilities(seen.value * u.ct, seen.u / u.arcsec, seen.v / u.arcsec, phase_center=np.zeros(2) * u.arcsec)
    peer = vis_to_image(theirs, shape=(size, size) * u.pix, pixel_size=np.ones(2) * 2 * u.arcsec / u.pix).value
    ours = stix.back_project(seen, size, 2.0)
    scale = np.abs(peer).max() / np.abs(ours).max()
    record = {"reader": "stix.back_project", "peer": f"xrayvisim {version('xrayvisim')}", "file": "visibilities"}
    values = largest(peer - scale * ours) / np.abs(peer).max()
    return record | {"values": values, "unit": "of the peak", "arcsec": np.nan, "seconds": np.nan}


def largest(differences):
    """Largest absolute value, NaN left out: float."""
    return float(np.nanmax(np.abs(np.asarray(differences, float)), initial=0.0))


def compare_all(folder=None):
    """Compare every reader with every peer that is installed, on the files at hand: list of records.

    A record has reader, peer (with its version), file, values (in unit), arcsec and seconds: largest differences, NaN
    where a reader gives none.  folder: of further real files, or None.
    """
    found = sorted(Path(folder).rglob("*")) if folder else []
    jobs = []
    with tempfile.TemporaryDirectory() as scratch:
        if installed("irispy"):
            written = iris.write_raster(iris.real_raster(), Path(scratch) / "iris_l2_20140329_raster_t000_r00000.fits")
            rasters = [path for path in found if "_raster_t" in path.name]
            jobs += [(compare_raster, path) for path in (written, *rasters)]
            jobs += [(lambda path: compare_raster(path, "sunraster"), written)]
        if installed("sunpy"):
            jobs += [(compare_stix, path) for path in found if path.name.endswith("_clean_map.fits")]
            images = (FOLDER / AIA_171, FOLDER / "hmi_continuum_20140301.fits", *sunpy_samples(IMAGES, scratch))
            jobs += [(compare_image, path) for path in images]
            jobs += [(compare_xrs, path) for path in sunpy_samples(XRS, scratch)]
        jobs += [(lambda _: compare_grids(), None)] if installed("stixpy") else []
        jobs += [(lambda _: compare_imaging(), None)] if installed("xrayvision") else []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the peers, and what the readers tell about the samples
            return [record for compare, path in jobs for record in attempted(compare, path)]


def attempted(compare, path):
    """The record of one comparison in a list, empty with a line printed when reader or peer refuses the file."""
    try:
        return [compare(path)]
    except Exception as error:  # whatever a peer raises
        print(f"{Path(path).name}: {reason_of(error)}")
        return []


def installed(module):
    """Whether a package can be imported."""
    return importlib.util.find_spec(module) is not None


def sunpy_samples(names, scratch):
    """Paths of the real files of sunpy's own tests, copied into a folder: list."""
    from sunpy.data.test import get_test_filepath

    return [Path(shutil.copy(get_test_filepath(name), Path(scratch) / name)) for name in names]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?")
    table = pd.DataFrame(compare_all(parser.parse_args().folder))
    print(table.to_string(index=False, float_format="%.3g", na_rep=""))
