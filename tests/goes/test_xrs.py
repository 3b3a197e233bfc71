"""A record holds what its file measures, on the scale and at the times that the file establishes, or is refused."""

import gzip
import shutil
import warnings

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.time import Time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.goes.classes import find_flares
from flarebook.goes.labels import label_days
from flarebook.goes.xrs import read_xrs, utc_times
from flarebook.solarchip.datasets.load import FOLDER

NAME = "sci_xrsf-l2-avg1m_g16_d20220418_v2-2-0.nc"
SAMPLES = ("go1520110607.fits", "goes_13_leap_second.nc", "sci_gxrs-l2-irrad_g13_d20170901_truncated.nc")
SAMPLES += ("sci_gxrs-l2-irrad_g15_d20131028_truncated.nc", "sci_xrsf-l2-avg1m_g15_d20190102_truncated.nc")
SAMPLES += ("sci_xrsf-l2-avg1m_g16_d20210101_truncated.nc", "sci_xrsf-l2-flx1s_g17_d20201016_truncated.nc")


def test_a_broken_record_is_named(tmp_path):
    with pytest.raises(InputError, match="cannot be opened .No such file"):
        read_xrs(tmp_path / "go1520110607.fits")
    packed = (FOLDER / "goes15_20110607.fits.gz").read_bytes()
    (tmp_path / "go15.fits").write_bytes(gzip.decompress(packed)[:200_000])
    (tmp_path / "go15.fits.gz").write_bytes(packed[:60_000] + bytes(100) + packed[60_100:])
    (tmp_path / "sci.nc").write_bytes(b"CDF")
    for name in ("go15.fits", "go15.fits.gz"):
        with pytest.raises(InputError, match=f"{name} is broken or not a GOES X-ray record"):
            read_xrs(tmp_path / name)
    with pytest.raises(InputError, match="sci.nc is a netCDF-3 file"):
        read_xrs(tmp_path / "sci.nc")


@pytest.mark.parametrize(
    "variable, attribute, value, reason",
    [
        ("time", "units", "seconds", "has times in 'seconds', none such as"),
        ("time", "units", "months since 2000-01-01", "has times in 'months since 2000-01-01'"),
        ("time", "units", "seconds since 1970-01-01", "of g16, has 1440 times from 1992-04"),
        ("xrsb_flux", "units", "erg/s", "has fluxes in 'erg/s', which is no unit of a flux"),
        ("xrsb_flux", "units", "Watts/meter^2", "is 'Watts/meter.2', which is no unit"),
        ("xrsb_flux", "scale_factor", 0.5, "packs the values of /xrsb_flux"),
        ("time", "add_offset", 60.0, "packs the values of /time"),
    ],
)
def test_attributes_that_change_the_values_are_honoured_or_refused(
    tmp_path, write_netcdf, flare_curve, variable, attribute, value, reason
):
    path = write_netcdf(tmp_path / NAME, flare_curve())
    with pytest.importorskip("h5py").File(path, "a") as file:
        file[variable].attrs[attribute] = value
    with pytest.raises(InputError, match=reason):
        read_xrs(path)


@pytest.mark.parametrize(
    "platform, product, bits",
    [("g16", "g16", {1: False, 2: False, 4: True, 8: True}), ("g15", "g15", {1: False, 2: False, 4: False, 8: True})]
    + [("g17", "flx1s", {1: False, 2: False, 4: False, 8: False})]
    + [("g13", "gxrs", {1: False, 2: False, 4: False, 64: False, 256: True})],
)
def test_flagged_fluxes_are_missing_by_the_meaning_of_their_product(
    tmp_path, write_netcdf, flare_curve, platform, product, bits
):
    flag = np.zeros(1440)
    flag[: len(bits)] = list(bits)
    path = tmp_path / f"sci_x_{platform}.nc"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MetadataWarning)  # saturated
        record = read_xrs(write_netcdf(path, flare_curve(), "2018-09-06", platform, flag, product))
    assert np.isfinite(record.long[: len(bits)]).tolist() == list(bits.values())
    assert np.isfinite(record.short[: len(bits)]).tolist() == list(bits.values()) and np.isfinite(record.long[9:]).all()


@pytest.mark.parametrize("named", [True, False])
def test_a_particle_spike_is_no_flare_and_an_eclipse_moves_no_start(tmp_path, write_netcdf, flare_curve, named):
    flux, flag = flare_curve(3e-6), np.zeros(1440)
    flux[900:906], flag[899:907] = [3.2e-7, 2e-5, 8e-5, 2e-4, 4e-4, 3e-4], 2
    flux[300:360], flux[360:366], flag[299:366] = 1.2e-9, np.linspace(2e-8, 3e-7, 6), 1
    path = write_netcdf(tmp_path / NAME, flux, flag=flag)
    if not named:  # the product decides where the file names no bits
        with pytest.importorskip("h5py").File(path, "a") as file:
            for band in "ab":
                file[f"xrs{band}_flag"].attrs.clear()
    flares, days, _ = label_days([path])
    assert flares["goes_class"].tolist() == ["C3.3"] and days["label_m"].tolist() == [0]
    assert flares["start"].tolist() == [pd.Timestamp("2022-04-18T09:50")]
    with pytest.raises(InputError, match="no value that is not missing or flagged"):
        read_xrs(write_netcdf(tmp_path / NAME, flux, flag=np.full(1440, 2)))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sets(st.integers(0, 1439), max_size=700), st.floats(1e-8, 9e-3))
def test_no_flagged_value_is_left(tmp_path, write_netcdf, flare_curve, places, spike):
    flux, flag, places = flare_curve(), np.zeros(1440), sorted(places)
    flux[places], flag[places] = spike, 2
    record = read_xrs(write_netcdf(tmp_path / NAME, flux, flag=flag))
    assert np.flatnonzero(np.isnan(record.long)).tolist() == places
    kept = np.delete(flare_curve().astype("f4").astype(float), places)
    assert np.array_equal(record.long[np.isfinite(record.long)], kept)


def test_status_words_of_a_fits_record_are_honoured(tmp_path, write_fits, flare_curve):
    """Each holds until the next: 05:00 to 06:00 eclipsed, 15:00 to 15:10 calibrated, 20:00 saturated."""
    words = [(0, 0, 0), (300 * 60, 0o1000, 0), (360 * 60, 0, 0), (900 * 60, 0, 2), (910 * 60, 0, 0)]
    words += [(1200 * 60, 0, 0o200), (1201 * 60, 0, 0)]
    with pytest.warns(MetadataWarning, match="saturated"):
        record = read_xrs(write_fits(tmp_path / "go15.fits", flare_curve(), status=words))
    expected = [*range(300, 360), *range(900, 910)]
    assert np.flatnonzero(np.isnan(record.long)).tolist() == expected


@pytest.mark.parametrize("telescope", ["GOES 1", "GOES 7", "GOES 8", "GOES-13", "GOES 15"])
def test_archived_records_up_to_goes_15_are_on_the_operational_scale(tmp_path, write_fits, flare_curve, telescope):
    assert read_xrs(write_fits(tmp_path / "go.fits", flare_curve(), telescope=telescope)).scale == "operational"


def test_a_satellite_that_fits_records_do_not_have_is_refused(tmp_path, write_fits, flare_curve):
    for telescope in ("GOES 16", "RHESSI", ""):
        with pytest.raises(InputError, match="FITS records are of GOES 1 to 15"):
            read_xrs(write_fits(tmp_path / "go.fits", flare_curve(), telescope=telescope))
    with pytest.warns(MetadataWarning, match="does not name its satellite"):
        assert read_xrs(write_fits(tmp_path / "go.fits", flare_curve(), telescope="GOES")).scale == "operational"


def test_a_netcdf_record_of_unknown_product_or_satellite_is_refused(tmp_path, write_netcdf, flare_curve):
    for name, platform in (("g15_xrs_1m.nc", "g15"), ("minutes.nc", "")):
        with pytest.raises(InputError, match="its scale is unknown"):
            read_xrs(write_netcdf(tmp_path / name, flare_curve(), platform=platform, product="g15"))
    with pytest.raises(InputError, match=r"names the satellites GOES \[16, 17\]"):
        read_xrs(write_netcdf(tmp_path / NAME, flare_curve(), id="sci_xrsf-l2-avg1m_g17_d20220418.nc"))
    assert (
        read_xrs(write_netcdf(tmp_path / "sci_xrsf-l2-avg1m_g15_d20110607_v1.nc", flare_curve(), platform="g15")).scale
        == "true"
    )


def test_what_a_file_leaves_open_is_reported(tmp_path, write_netcdf, flare_curve):
    path = write_netcdf(tmp_path / NAME, flare_curve())
    with pytest.importorskip("h5py").File(path, "a") as file:
        for band in "ab":
            del file[f"xrs{band}_flag"], file[f"xrs{band}_flux"].attrs["units"]
    with pytest.warns(MetadataWarning) as caught:
        assert np.nanmax(read_xrs(path).long) == pytest.approx(2.53e-5)
    said = " ".join(str(warning.message) for warning in caught)
    assert "holds no quality flags" in said and "states no unit: W/m2 was taken" in said


@pytest.mark.parametrize("unit, factor", [("W/m2", 1.0), ("mW m-2", 1e-3), ("erg s-1 cm-2", 1e-3)])
def test_units_are_parsed(tmp_path, write_netcdf, flare_curve, unit, factor):
    path = write_netcdf(tmp_path / NAME, flare_curve() / factor)
    with pytest.importorskip("h5py").File(path, "a") as file:
        for band in "ab":
            file[f"xrs{band}_flux"].attrs["units"] = unit
    assert find_flares(read_xrs(path).long, read_xrs(path).times)["goes_class"].tolist() == ["M2.5"]


def test_a_flux_that_no_flare_reaches_is_missing(tmp_path, write_fits, flare_curve):
    flux = flare_curve()
    flux[1000] = 1e30
    with pytest.warns(MetadataWarning, match="1 fluxes above"):
        record = read_xrs(write_fits(tmp_path / "go15.fits", flux))
    assert np.flatnonzero(np.isnan(record.long)).tolist() == [1000]


@pytest.mark.parametrize("wrong", [-4.6e9, -4.6e8, 3e8, 2e5, np.nan, np.inf])
def test_one_wrong_time_is_refused_before_it_fills_years_of_minutes(
    tmp_path, write_fits, write_netcdf, flare_curve, wrong
):
    path = write_fits(tmp_path / "go15.fits", flare_curve())
    with fits.open(path, mode="update") as hdus:
        hdus["FLUXES"].data["TIME"][0][700] += wrong
    with pytest.raises(InputError, match="outside of its day|more than a century|broken"):
        read_xrs(path)
    path = write_netcdf(tmp_path / NAME, flare_curve())
    with pytest.importorskip("h5py").File(path, "a") as file:
        file["time"][700] += wrong
    if np.isfinite(wrong) and abs(wrong) > 3e5:
        with pytest.raises(InputError, match="at least one of which is wrong|more than a century"):
            read_xrs(path)


def test_fewer_fluxes_than_times_and_absurd_claims_are_refused(tmp_path, write_netcdf, flare_curve):
    h5py = pytest.importorskip("h5py")
    for shape in ((1406,), (1 << 40,), (10, 144)):
        path = write_netcdf(tmp_path / NAME, flare_curve())
        with h5py.File(path, "a") as file:
            del file["xrsb_flux"]
            file.create_dataset("xrsb_flux", shape, "f4", chunks=True)
        with pytest.raises(InputError, match="for 1440 times|claims"):
            read_xrs(path)


def test_a_date_that_contradicts_the_times_is_refused(tmp_path, write_fits, flare_curve):
    path = write_fits(tmp_path / "go15.fits", flare_curve(), header={"TIMEZERO": 50000})
    with pytest.raises(InputError, match=r"is of '07/06/2011' by DATE-OBS and of 1995-10-10 by TIMEZERO"):
        read_xrs(path)
    with pytest.raises(InputError, match="none of UTC, TAI and TT"):
        read_xrs(write_fits(tmp_path / "go15.fits", flare_curve(), header={"TIMESYS": "GPS"}))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["UTC", "TAI", "TT", "MJD"]), st.integers(0, 86399), st.integers(1980, 2030))
def test_times_on_any_scale_are_those_of_astropy(scale, second, year):
    reference = np.datetime64(f"{year}-03-01", "ns")
    expected = Time(reference, scale="utc" if scale == "MJD" else scale.lower()).utc.datetime64
    found = utc_times(reference, np.array([second]), scale)[0]
    assert abs(found - expected - np.timedelta64(second, "s")) < np.timedelta64(1, "us")


def test_tai_epochs_are_not_35_seconds_off(tmp_path, write_netcdf, flare_curve):
    utc, tai = (
        read_xrs(write_netcdf(tmp_path / NAME, flare_curve(), epoch=f"2000-01-01 12:00:00{scale}"))
        for scale in ("", " TAI")
    )
    assert (utc.times - tai.times == np.timedelta64(37, "s")).all()


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_rows_changes_nothing(tmp_path, write_netcdf, flare_curve, seed):
    path = write_netcdf(tmp_path / NAME, flare_curve())
    expected, order = read_xrs(path), np.random.default_rng(seed).permutation(1440)
    with pytest.importorskip("h5py").File(path, "a") as file:
        for name in file:
            file[name][:] = file[name][:][order]
    found = read_xrs(path)
    assert np.array_equal(found.times, expected.times) and np.array_equal(found.long, expected.long)


def test_minutes_and_full_cadence_of_both_generations(tmp_path, write_netcdf, flare_curve):
    path = tmp_path / "sci_gxrs-l2-irrad_g13_d20120101.nc"
    epoch = "1970-01-01 00:00:00.0 UTC"
    write_netcdf(path, flare_curve(), "2012-01-01", "g13", product="gxrs", prefix="", epoch=epoch)
    record = read_xrs(path)
    assert record.times[0] == np.datetime64("2012-01-01") and record.scale == "true"


@pytest.mark.parametrize("name", SAMPLES)
def test_values_and_times_are_those_of_sunpy(tmp_path, name):
    """REAL: the records of sunpy's own tests, flagged values and fill values aside.

    On the day of a leap second sunpy's times run up to a second late: it takes the day to have 86,401 POSIX seconds.
    """
    timeseries, samples = pytest.importorskip("sunpy.timeseries"), pytest.importorskip("sunpy.data.test")
    shutil.copy(samples.get_test_filepath(name), tmp_path / name.replace("goes_13_leap", "sci_gxrs_g13_leap"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        series = timeseries.TimeSeries(samples.get_test_filepath(name), source="XRS")
        record = read_xrs(next(tmp_path.iterdir()))
    theirs = series.to_dataframe()
    late = np.abs(record.times - theirs.index.to_numpy("datetime64[ns]"))
    assert (late <= np.timedelta64(1000 if "leap" in name else 1, "ms")).all()
    for ours, column in ((record.long, "xrsb"), (record.short, "xrsa")):
        kept = np.isfinite(ours)
        assert kept.sum() > 40 and np.array_equal(ours[kept], theirs[column].to_numpy(float)[kept])
        assert (kept | (theirs[column].to_numpy() <= 0) | (theirs.get(f"{column}_quality", 0) > 0)).all()
    if "leap" not in name:  # sunpy finds no satellite there
        handed = read_xrs(series)
        assert handed.scale == record.scale and np.array_equal(handed.long, record.long, equal_nan=True)
    again = record.to_timeseries()
    assert again.units["xrsb"].to_string() == "W / m2" and len(again.to_dataframe()) == len(record.times)
