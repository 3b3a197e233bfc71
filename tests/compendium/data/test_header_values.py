"""Numbers, units and times of a header come out with their value, or are refused in one sentence."""

import astropy.units as u
import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from flarebook.compendium.data.header_values import count_unit, number, parse_time, parse_times, parse_unit, time_of
from flarebook.compendium.errors import InputError


@pytest.mark.parametrize("value", ["abc", "1,5", np.nan, np.inf, True, 1e30, -1])
def test_a_value_that_is_no_number_within_bounds_is_refused(value):
    with pytest.raises(InputError, match="EXPTIME of x.fits is "):
        number({"EXPTIME": value}, "EXPTIME", "x.fits", (0, 120))


@pytest.mark.parametrize("value", [fits.card.Undefined(), "", None])
def test_an_absent_value_is_the_default_or_refused(value):
    assert number({"EXPTIME": value}, "EXPTIME", "x.fits", default=None) is None
    with pytest.raises(InputError, match="the header of x.fits has no value of EXPTIME"):
        number({"EXPTIME": value}, "EXPTIME", "x.fits")


def test_a_number_written_as_text_is_a_number():
    assert number({"TWMIN1": "2793.0"}, "TWMIN1", "x.fits") == 2793.0


@given(st.sampled_from(["DN", "dn", "count", "ct", "adu"]), st.sampled_from(["s", "sec", "min", "ms"]))
def test_counts_per_time_are_told_from_counts_in_any_spelling(counts, time):
    assert count_unit(counts, "BUNIT") == (1.0, False)
    factor, per_second = count_unit(f"{counts} {time}-1", "BUNIT")
    assert per_second and factor == pytest.approx({"min": 1 / 60, "ms": 1000}.get(time, 1.0))
    assert count_unit(f"{counts} / ({time} pixel)", "BUNIT") == (pytest.approx(factor), True)


@pytest.mark.parametrize("unit", ["DN2", "s", "1/DN", "erg", "DN/m", "DN / s2", "log10(DN)", "furlongs"])
def test_other_units_are_refused_by_their_spelling(unit):
    with pytest.raises(InputError, match="BUNIT of x.fits is "):
        count_unit(unit, "BUNIT of x.fits")


def test_the_names_that_the_pipelines_in_idl_give_units_are_known():
    assert parse_unit("photons cm-2 asec-2 s-1 keV-1", "UNITS") == u.ph / (u.cm**2 * u.arcsec**2 * u.s * u.keV)


def test_a_time_is_utc_whatever_its_scale():
    header = {"DATE-OBS": "2014-03-29T14:10:13", "TIMESYS": "TAI"}
    assert time_of(header, ("DATE_OBS", "DATE-OBS"), "x.fits", "2013-01-01") == pd.Timestamp("2014-03-29T14:09:38")
    assert parse_time("2016-12-31T23:59:60.5") == pd.Timestamp("2017-01-01T00:00:00.5")
    assert parse_time("2017-01-01T00:00:00") == pd.Timestamp("2017-01-01T00:00:00")  # the second after a leap second
    assert parse_time("2017-01-01T00:00:36.5", scale="tai") == pd.Timestamp("2017-01-01T00:00:00.5")
    assert time_of({}, ("DATE-OBS",), "x.fits", "2013-01-01") is None
    with pytest.raises(InputError, match="the time scale of DATE-OBS of x.fits is 'moon'"):
        time_of(header | {"TIMESYS": "MOON"}, ("DATE-OBS",), "x.fits", "2013-01-01")


@pytest.mark.parametrize("written", ["1970-01-01T00:00:00", "2161-05-01", "not a time", "1234567890"])
def test_a_time_at_which_nothing_was_observed_is_refused(written):
    with pytest.raises(InputError, match="DATE-OBS of x.fits is "):
        time_of({"DATE-OBS": written}, ("DATE-OBS",), "x.fits", "2013-01-01")


def test_a_year_of_times_is_what_each_of_them_is_alone():
    texts = ["2014.03.01_00:01:25_TAI", "2010.05.01_00:00:00.13_TAI", "2011-06-07T00:00:01.129Z", "2011-06-07 00:00:01"]
    texts += ["2012.07.01_00:00:33_TAI", "2012.07.01_00:00:34.5_TAI", "2012.07.01_00:00:35_TAI"]  # about a leap second
    texts += [
        "2012-06-30T23:59:60.5Z",
        "2012.06.30_23:59:59.9996_TAI",
        "2014-03-29T10:00:00+02:00",
        "29/03/14 01:00:00",
    ]
    found = parse_times(texts)
    assert found.tolist() == [parse_time(written) for written in texts] and found.tz is None
    assert found[4:7].tolist() == [
        pd.Timestamp(f"2012-{end}") for end in ("06-30T23:59:59", "07-01T00:00:00.5", "07-01")
    ]


def test_a_year_of_times_with_one_that_is_none():
    with pytest.raises(InputError, match="T_OBS of 2011/171A is '2011-13-01T00:00:00Z', which is no time"):
        parse_times(["2011-01-01T00:00:00Z", "2011-13-01T00:00:00Z"], "T_OBS of 2011/171A")
