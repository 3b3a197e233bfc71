"""The flares that NOAA lists come out of the fluxes, with their times and class; classes mean fluxes."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from hypothesis import given, settings
from hypothesis import strategies as st

from flarebook.compendium.errors import InputError
from flarebook.goes.classes import (
    class_to_flux,
    find_flares,
    flux_to_class,
    minute_means,
    reaches_class,
)
from flarebook.solarchip.datasets.load import NOAA_FLARE, load_real_xrs


def curve(*flares, minutes=600, quiet=2e-7):
    """Quiet flux with flares (minute of the start, rise in minutes, decay time, peak flux), and its times."""
    minute = np.arange(minutes)
    flux = np.full(minutes, quiet)
    for start, rise, decay, peak in flares:
        since = minute - start
        up = quiet * (peak / quiet) ** np.clip(since / rise, 0, 1)
        flux = np.maximum(flux, np.where(since <= rise, up, quiet + (peak - quiet) * np.exp(-(since - rise) / decay)))
    return flux, pd.date_range("2014-01-01", periods=minutes, freq="min")


def test_the_m_flare_of_2011_june_7_is_found_as_noaa_lists_it():
    """REAL, GOES-15: start 06:16, peak 06:41, end 06:59 UT, M2.5, and nothing else that day."""
    record = load_real_xrs("2011-06-07")
    flares = find_flares(record.long, record.times)
    assert record.satellite == "GOES 15" and record.scale == "operational" and len(record.times) == 42177
    assert len(flares) == 1
    found = flares.iloc[0]
    assert [found["start"], found["peak"], found["end"]] == [pd.Timestamp(text) for text in NOAA_FLARE[:3]]
    assert found["goes_class"] == NOAA_FLARE[3] and found["peak_flux"] == pytest.approx(2.54e-5, rel=0.01)


def test_the_other_real_day_has_c_flares_only():
    """REAL, GOES-15, 2012-06-01."""
    record = load_real_xrs("2012-06-01")
    flares = find_flares(record.long, record.times)
    assert flares["goes_class"].tolist() == ["C2.1", "C1.1", "C2.4", "C1.8", "C3.3"]
    assert (flares["start"] < flares["peak"]).all() and (flares["peak"] < flares["end"]).all()
    assert flares["peak"].iloc[-1] == pd.Timestamp("2012-06-01T22:41")


def test_on_the_true_scale_the_same_flare_is_an_m3_6():
    record = load_real_xrs()
    assert find_flares(record.long / 0.7, record.times)["goes_class"].tolist() == ["M3.6"]


def test_a_flare_comes_out_where_it_was_put():
    flares = find_flares(*curve((100, 20, 30, 3.07e-5)))
    assert len(flares) == 1
    start, peak, end = ((flares[name].iloc[0] - pd.Timestamp("2014-01-01")).total_seconds() / 60 for name in COLUMNS)
    assert (start, peak) == (100, 120) and end == pytest.approx(120 + 30 * np.log(2), abs=1.5)
    assert flares["goes_class"].tolist() == ["M3.0"]


COLUMNS = ("start", "peak", "end")


def test_a_second_flare_in_the_decay_of_the_first_is_one_of_its_own():
    flares = find_flares(*curve((100, 10, 200, 1e-5), (180, 8, 30, 6e-5)))
    assert flares["goes_class"].tolist() == ["M1.0", "M6.0"]
    assert flares["end"].iloc[0] <= flares["start"].iloc[1]


def test_slow_growth_and_noise_are_no_flares():
    minutes = np.arange(1440)
    rng = np.random.default_rng(1)
    slow = 2e-7 * 10 ** (minutes / 1440) * (1 + 0.01 * rng.standard_normal(1440))
    assert find_flares(slow, pd.date_range("2014-01-01", periods=1440, freq="min")).empty


def test_a_flare_that_outlasts_the_record_has_no_end():
    flares = find_flares(*curve((560, 20, 300, 2e-5)))
    assert len(flares) == 1 and pd.isna(flares["end"].iloc[0])


def test_a_hole_in_the_record_makes_no_flare_and_hides_none():
    flux, times = curve((100, 20, 30, 3e-5), quiet=2e-7)
    flux[300:360] = -99999
    flux[360:] *= 5
    assert len(find_flares(flux, times)) == 1
    flux[:] = np.nan
    assert find_flares(flux, times).empty


def test_minutes_are_means_of_their_values():
    times = pd.date_range("2014-01-01", periods=90, freq="2s")
    flux, minutes = minute_means(np.r_[np.full(30, 1e-6), np.full(30, 3e-6), np.full(30, -1.0)], times)
    assert flux[:2] == pytest.approx([1e-6, 3e-6]) and np.isnan(flux[2]) and len(minutes) == 3


def test_a_minute_with_less_than_a_fifth_of_its_values_is_unknown():
    times = pd.date_range("2014-01-01", periods=150, freq="2s")
    second = np.arange(150) % 30 * 2
    flux = np.repeat([1e-6, 2e-6, 3e-6, 4e-6, 5e-6], 30)
    flux[30:60][second[30:60] > 0] = np.nan  # 1 of 30 left
    flux[90:120][second[90:120] > 10] = np.nan  # 6 of 30 left
    assert minute_means(flux, times)[0] == pytest.approx([1e-6, np.nan, 3e-6, 4e-6, 5e-6], nan_ok=True)


def test_a_class_of_a_saturated_sensor_is_its_lower_limit():
    assert class_to_flux("X28+") == pytest.approx(2.8e-3) and class_to_flux(">X17") == pytest.approx(1.7e-3)


def test_records_that_lie_years_apart_take_the_memory_of_their_own_minutes():
    """One wrong time once filled 145 years of minutes, 3.8 GB."""
    tracemalloc.start()
    flux, times = curve((100, 20, 30, 3e-5))
    flares = find_flares(np.tile(flux, 2), np.concatenate([times, times + pd.Timedelta("40000D")]))
    assert flares["goes_class"].tolist() == ["M3.0", "M3.0"] and tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


def test_a_flare_is_not_followed_over_a_long_hole():
    flux, times = curve((560, 20, 300, 2e-5))
    later = curve((100, 20, 30, 3e-5))
    flares = find_flares(np.r_[flux, later[0]], times.append(later[1] + pd.Timedelta("2D")))
    assert flares["goes_class"].tolist() == ["M2.0", "M3.0"] and flares["end"].isna().tolist() == [True, False]


@settings(deadline=None)  # the first call imports sunkit-instruments
@given(st.lists(st.floats(1e-8, 9.9e-3), min_size=1, max_size=50))
def test_classes_and_fluxes_are_those_of_sunkit_instruments(fluxes):
    goes_xrs = pytest.importorskip("sunkit_instruments.goes_xrs")
    for flux in fluxes:
        name = flux_to_class(flux)
        if name and class_to_flux(name):
            assert class_to_flux(name) == pytest.approx(goes_xrs.flareclass_to_flux(name).value)
            theirs = goes_xrs.flareclass_to_flux(goes_xrs.flux_to_flareclass(flux * u.W / u.m**2)).value
            assert class_to_flux(name) <= theirs * 1.001 and theirs < class_to_flux(name) * 1.2 + 1e-9  # they round


def test_times_out_of_order_are_refused():
    flux, times = curve((100, 20, 30, 3e-5))
    with pytest.raises(InputError, match="not in order"):
        find_flares(flux, times[::-1])


@pytest.mark.parametrize("flux, name", [(2.55e-5, "M2.5"), (1e-5, "M1.0"), (9.99e-5, "M9.9"), (1.7e-3, "X17.0")])
def test_classes_are_cut_after_one_decimal(flux, name):
    assert flux_to_class(flux) == name
    assert class_to_flux(name) <= flux * 1.0001 and flux - class_to_flux(name) < 0.1 * 10 ** np.floor(np.log10(flux))


def test_a_flux_of_single_precision_still_reaches_its_class():
    assert reaches_class(np.array([np.float32(1e-6), 0.999e-6, 1e-5]), "C1.0").tolist() == [True, False, True]


def test_no_flare_has_no_class_and_words_are_no_class():
    assert flux_to_class(0) == flux_to_class(np.nan) == "" and class_to_flux("") == 0
    assert class_to_flux("x17") == pytest.approx(1.7e-3) and class_to_flux("C") == 1e-6
    for text in ("M2.5.1", "Z3", "large", "X99999", "M25", "C0", "nan"):
        with pytest.raises(InputError, match="is not a GOES class"):
            class_to_flux(text)
