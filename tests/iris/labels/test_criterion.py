"""The paper's X-ray criterion on real observations: what violates it, and what is not known, is one sentence."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.goes.flare_list import read_flare_list
from flarebook.goes.scales import XrayFlux
from flarebook.iris.labels import criterion
from flarebook.iris.observations import find_observation

pytestmark = pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
HEAD = "start,peak,end,goes_class,hgs_lon,hgs_lat\n"
AROUND = "2015-01-01T00:00,2015-01-01T00:05,2015-01-01T00:10,C1.0,,\n{}2015-12-01T00:00,2015-12-01T00:05,,C1.0,,\n"


def times(first, minutes):
    """One exposure a minute."""
    return np.datetime64(first, "ns") + np.arange(minutes) * np.timedelta64(1, "m")


@pytest.fixture
def activity(tmp_path):
    """Function that makes an XrayActivity of rows of a flare list and of a flux curve (start, values)."""

    def make(rows=None, curve=None):
        path = tmp_path / "flares.csv"
        path.write_text(HEAD + AROUND.format(rows or ""))
        flux = [np.asarray(curve[1], float)] * 2 if curve else []
        records = [XrayFlux(times(curve[0], len(curve[1])), *flux, "GOES 15", "operational")] if curve else []
        return criterion.XrayActivity(records, [] if rows is None else [read_flare_list(path)])

    return make


def violations(name, used, activity, end=None):
    return criterion.criterion_violations(find_observation(name), used, used[0], end or used[-1], activity)


def test_pf_6_shares_most_of_its_window_with_an_m_flare_of_the_list(activity):
    rows = "2015-03-12T11:38,2015-03-12T11:50,2015-03-12T12:02,M1.6,5,-15\n"
    (sentence,) = violations("PF 6", times("2015-03-12T11:43", 25), activity(rows))
    assert "PF 6: 20 of 25 exposures of its window lie in the M1.6 flare of 2015-03-12 11:38 to 12:02" in sentence


def test_flux_at_the_limit_is_counted_with_its_exposures_and_below_it_is_not(activity):
    flux = np.full(40, 9.9e-6)
    used = times("2015-03-12T11:43", 25)
    assert violations("PF 6", used, activity(curve=("2015-03-12T11:40", flux))) == []
    flux[10:14] = 1e-5
    (sentence,) = violations("PF 6", used, activity(curve=("2015-03-12T11:40", flux)))
    assert "4 of 25 exposures of its window (numbers 7 to 10) have a GOES flux of 1e-05 W/m2 or above" in sentence


def test_ar_14_flared_while_it_was_observed_if_it_was_observed_for_longer_than_its_window(activity):
    rows = "2015-01-30T12:10,2015-01-30T12:16,2015-01-30T12:21,M2.4,-54,5\n"
    used = times("2015-01-30T11:27", 25)
    assert violations("AR 14", used, activity(rows)) == []
    (sentence,) = violations("AR 14", used, activity(rows), np.datetime64("2015-01-30T13:00", "ns"))
    assert "an M2.4 flare began at 2015-01-30 12:10 while it was observed" in sentence
    assert "arcsec from its pointing" in sentence


def test_a_list_that_ends_before_the_observation_does_is_reported(activity):
    used = times("2016-03-12T11:43", 25)
    (sentence,) = violations("PF 6", used, activity(""))
    assert "the X-ray criterion is not checked; it was observed until 2016-03-12 12:07" in sentence
    assert "(the last ends 2015-12-01 00:00)" in sentence


def test_a_flare_whose_list_states_its_peak_alone_is_found(activity):
    rows = ",2015-03-12T11:50,,M1.6,5,-15\n"
    (sentence,) = violations("PF 6", times("2015-03-12T11:43", 25), activity(rows))
    assert "1 of 25 exposures of its window lie in the M1.6 flare of 2015-03-12 11:50 to 11:50" in sentence


def test_a_list_of_other_days_does_not_hide_a_flare_of_the_record(activity):
    flux = np.full(24 * 60 * 3, 1e-6)
    flux[2000:2010] = np.geomspace(1.5e-6, 5e-5, 10)
    flux[2010:2060] = np.geomspace(5e-5, 1.1e-6, 50)
    begin = np.datetime64("2016-01-30T12:00", "ns")
    used, end = times(begin + np.timedelta64(1900, "m"), 25), begin + np.timedelta64(2100, "m")
    (alone,) = violations("AR 14", used, activity(curve=(begin, flux)), end)
    (beside,) = violations("AR 14", used, activity("", (begin, flux)), end)
    assert alone == beside and "an M5.0 flare began at 2016-01-31 21:19 while it was observed" in alone


def test_a_list_without_a_flare_covers_nothing(activity):
    empty = activity("").lists[0].iloc[:0]
    (sentence,) = violations("PF 6", times("2015-03-12T11:43", 25), criterion.XrayActivity([], [empty]))
    assert "the GOES records and flare lists do not cover all of it" in sentence


def test_nothing_to_read_is_refused_with_its_name(tmp_path):
    with pytest.raises(InputError, match="none of .*none.csv is a GOES record or a flare list"):
        criterion.read_activity([str(tmp_path / "none.csv")])


def test_the_flux_of_an_exposure_is_that_of_the_nearest_minute_and_unknown_beyond_one(activity):
    records = activity(curve=("2015-03-12T11:40", [1e-6, 2e-6, 3e-6])).records
    at = pd.to_datetime(["2015-03-12T11:41:20", "2015-03-12T11:41:40", "2015-03-12T11:44:00"]).to_numpy(
        "datetime64[ns]"
    )
    np.testing.assert_allclose(criterion.flux_at(at, records), [2e-6, 3e-6, np.nan])
