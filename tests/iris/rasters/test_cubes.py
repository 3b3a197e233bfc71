"""What ndcube, sunraster and irispy hold gives the numbers of the file it came from, or is refused."""

import warnings
from dataclasses import replace

import astropy.units as u
import numpy as np
import pytest
from astropy.time import Time

from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.iris.classifiers.inference import load_ensemble
from flarebook.iris.classifiers.realtime_score import score_file
from flarebook.iris.features.tables import feature_table
from flarebook.iris.rasters.raster import FLAGS
from flarebook.iris.rasters.read import iter_exposures, read_raster
from flarebook.iris.rasters.samples import real_raster, sample_path

ndcube = pytest.importorskip("ndcube", reason="ndcube is not installed (extra `peers`)")
pytestmark = pytest.mark.filterwarnings("ignore::astropy.units.UnitsWarning")
NUMBERS = ("spectra", "wavelength", "time", "exposure_time", "x", "y", "slit_offset", "quality", "slit_direction")


@pytest.fixture
def raster():
    """REAL, cut to 60 slit pixels."""
    return read_raster(sample_path("iris_20140329_mg2_raster.fits"), slit=(500, 560))


def assert_same(found, expected):
    for name in NUMBERS:
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=1e-9, err_msg=name)
    assert abs((found.start - expected.start).sec) < 1e-9


def test_a_cube_gives_the_raster_that_it_was_made_from():
    before = real_raster()
    with warnings.catch_warnings():
        warnings.simplefilter("error", MetadataWarning)
        assert_same(read_raster(before.to_ndcube()), before)


def test_features_and_scores_of_a_cube_are_those_of_the_file():
    path, cube, ensemble = sample_path("iris_20140329_mg2_raster.fits"), real_raster().to_ndcube(), load_ensemble()
    ours, theirs = feature_table(read_raster(path)), feature_table(cube)
    np.testing.assert_allclose(theirs.astype(float), ours.astype(float), rtol=1e-9)
    ours, theirs = score_file(path, ensemble), score_file(cube, ensemble)
    np.testing.assert_array_equal(theirs[["slit", "score", "spread"]], ours[["slit", "score", "spread"]])
    assert (theirs["flag"] == ours["flag"]).all() and (ours["flag"] != "").any()


def test_a_sliced_cube_is_the_sliced_raster(raster):
    found = read_raster(raster.to_ndcube()[1:3, 10:30])
    assert_same(found, replace(raster, **{name: getattr(raster, name)[1:3] for name in NUMBERS[2:6]},
                               spectra=raster.spectra[1:3, 10:30], slit_offset=raster.slit_offset[10:30],
                               quality=raster.quality[1:3, 10:30]))  # fmt: skip


def test_rates_become_counts_and_other_units_are_refused(raster):
    cube = raster.to_ndcube()
    rates = (cube.data / raster.exposure_time[:, None, None]).astype(np.float32)
    found = read_raster(ndcube_of(raster, data=rates, unit="DN / s"))
    np.testing.assert_allclose(found.spectra, raster.spectra, rtol=1e-6)
    for unit, words in ((None, "states no unit"), ("K", "neither DN nor DN/s"), ("DN2", "neither DN nor DN/s")):
        with pytest.raises(InputError, match=words):
            read_raster(ndcube_of(raster, unit=unit))


def ndcube_of(raster, data=None, unit="DN", mask=None, meta=None, names=("x", "y", "exposure_time")):
    """A plain NDCube as a user makes one: data and wcs of `to_ndcube`, and chosen extra coordinates."""
    cube = raster.to_ndcube()
    meta = dict(cube.meta) if meta is None else meta
    other = ndcube.NDCube(cube.data if data is None else data, cube.wcs, unit=unit, mask=mask, meta=meta)
    units = {"x": u.arcsec, "y": u.arcsec, "exposure_time": u.s}
    for name in names:
        other.extra_coords.add(name, (0,), getattr(raster, name) * units[name])
    for name, part in zip(("slit_x", "slit_y"), raster.slit_direction, strict=True):
        other.extra_coords.add(name, (1,), part * raster.slit_offset * u.arcsec)
    return other


def test_an_exposure_time_in_milliseconds_is_read_in_seconds_and_none_is_refused(raster):
    cube = ndcube_of(raster, names=("x", "y"))
    with pytest.raises(InputError, match="no exposure time with a unit for each exposure"):
        read_raster(cube)
    cube.extra_coords.add("exposure time", (0,), 1000 * raster.exposure_time * u.ms)
    np.testing.assert_allclose(read_raster(cube).exposure_time, raster.exposure_time)
    cube = ndcube_of(raster, names=("x", "y"), meta={"TELESCOP": "IRIS", "exposure time": raster.exposure_time * u.s})
    np.testing.assert_array_equal(read_raster(cube).exposure_time, raster.exposure_time)


def test_an_exposure_time_along_the_slit_is_refused(raster):
    cube = ndcube_of(raster, names=("x", "y"))
    cube.extra_coords.add("exposure_time", (1,), np.ones(60) * u.s)
    with pytest.raises(InputError, match="'exposure_time' of the cube does not run along its exposures"):
        read_raster(cube)


def test_masked_spectra_are_flagged_where_the_features_need_them(raster):
    mask = np.zeros(raster.spectra.shape, bool)
    mask[0, 3, 0] = True  # outside of the grid
    mask[1, 4, 200] = True
    flags = [FLAGS[one.flag[4]] for one in iter_exposures(ndcube_of(raster, mask=mask))]
    assert flags == ["", "masked", ""]
    found = read_raster(ndcube_of(raster, mask=mask))
    assert (
        raster.quality & ~found.quality
    ).sum() == 1 and "1 of 180 spectra are masked; they are not used." in found.notes


def test_what_a_cube_leaves_open_is_told_and_what_it_denies_is_refused(raster):
    with pytest.warns(MetadataWarning, match="states no telescope"):
        read_raster(ndcube_of(raster, meta={}))
    with pytest.warns(MetadataWarning, match="its place on the Sun is unknown"):
        found = read_raster(ndcube_of(raster, names=("exposure_time",)))
    assert np.isnan(found.x).all() and np.isfinite(feature_table(found)["intensity"]).all()
    with pytest.raises(InputError, match="is of Hinode, not of IRIS"):
        read_raster(ndcube_of(raster, meta={"TELESCOP": "Hinode"}))
    with pytest.raises(InputError, match="give exposures, slit and wavelength"):
        read_raster(raster.to_ndcube()[0])


def test_wavelengths_are_those_in_vacuum_or_refused(raster):
    from astropy.wcs import WCS

    wcs = WCS(naxis=3)
    wcs.wcs.ctype, wcs.wcs.cunit, wcs.wcs.crpix = (
        ["AWAV", "HPLT-TAN", "HPLN-TAN"],
        ["nm", "arcsec", "arcsec"],
        [1, 30.5, 1],
    )
    wcs.wcs.crval, wcs.wcs.cdelt = [raster.wavelength[0] / 10, 0, 0], [0.00254599921860017, 0.16635, 2]

    def cube():
        other = ndcube.NDCube(raster.spectra, wcs, unit="DN", meta={"TELESCOP": "IRIS"})
        other.extra_coords.add("time", (0,), raster.start + raster.time * u.s, physical_types="time")
        other.extra_coords.add("exposure_time", (0,), raster.exposure_time * u.s)
        return other

    with pytest.raises(InputError, match="no vacuum wavelengths"):
        read_raster(cube())
    wcs.wcs.ctype = ["WAVE", "HPLT-TAN", "HPLN-TAN"]
    found = read_raster(cube())
    np.testing.assert_allclose(found.wavelength, raster.wavelength, atol=1e-6)
    np.testing.assert_allclose(found.x, [0, 2, 4], atol=1e-6)
    np.testing.assert_allclose(found.slit_offset, raster.slit_offset - raster.slit_offset.mean(), atol=1e-4)
    assert found.time[0] == 0 and abs(found.start - raster.start - raster.time[0] * u.s) < 1e-6 * u.s


def test_times_in_tai_are_told_in_utc(raster):
    tai = Time((raster.start + raster.time * u.s).tai)
    from ndcube.extra_coords import QuantityTableCoordinate, TimeTableCoordinate

    wavelength = QuantityTableCoordinate(raster.wavelength[::-1] * u.AA, names="wavelength", physical_types="em.wl")
    slit = QuantityTableCoordinate(raster.slit_offset * u.arcsec, names="slit", physical_types="custom:pos.slit.offset")
    times = TimeTableCoordinate(tai, names="time", physical_types="time")
    other = ndcube.NDCube(
        raster.spectra[..., ::-1], (wavelength & slit & times).wcs, unit="DN", meta={"TELESCOP": "IRIS"}
    )
    other.extra_coords.add("exposure_time", (0,), raster.exposure_time * u.s)
    with pytest.warns(MetadataWarning, match="place on the Sun"):
        found = read_raster(other)
    assert found.start.scale == "utc" and found.time[0] == 0
    np.testing.assert_allclose((found.start - raster.start).sec + found.time, raster.time, atol=1e-6)
    np.testing.assert_array_equal(found.spectra, raster.spectra)  # a descending axis is turned


def test_sequences_and_collections_are_joined_by_window(raster):
    cubes = [raster.to_ndcube()[:2], raster.to_ndcube()[2:]]
    sequence = ndcube.NDCubeSequence(cubes, common_axis=0)
    assert_same(read_raster(sequence), raster)
    assert_same(read_raster({"C II 1336": None, "Mg II k 2796": sequence}), raster)
    with pytest.raises(InputError, match="no Mg II k window; its windows are: C II 1336"):
        read_raster({"C II 1336": sequence})
    assert [one.file for one in iter_exposures(sequence)] == [0, 0, 1]
