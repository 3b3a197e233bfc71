"""The audit of the labels: what NOAA's lists say of the paper's observations, and what may not be said."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from flarebook.compendium.data.download import in_mirror
from flarebook.compendium.errors import InputError
from flarebook.goes.flare_list import TIMES, read_flare_list
from flarebook.iris.labels import audit, verdicts
from flarebook.iris.observations import find_observation, observation_table
from flarebook.iris.rasters.samples import sample_path

pytestmark = pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")


@pytest.fixture(scope="module")
def facts():
    return audit.shipped_facts()


@pytest.fixture(scope="module")
def judged(facts):
    return verdicts.label_verdicts(*facts).set_index("observation")


def test_every_pf_onset_is_the_start_of_a_listed_flare_of_its_printed_class(facts):
    table = observation_table().query("region == 'PF'")
    assert (table["onset_source"] == "NOAA/SWPC event list").all()
    onsets = facts[0].assign(onset=facts[0]["start"].dt.strftime("%Y-%m-%dT%H:%M"))
    found = table.merge(onsets, on=["observation", "onset", "goes_class"])
    assert found["observation"].tolist() == table["observation"].tolist()
    assert found["same_region"].all()
    far = found[found["distance"] > 101]
    assert far["observation"].tolist() == ["PF 8"]  # NOAA's place of this flare, S82E06, is a misprint


def test_windows_of_pf_18_and_pf_9_hold_7_and_6_of_25_minutes(judged):
    short = judged[judged["window_minutes"] < 25]["window_minutes"]
    assert short.to_dict() == {"PF 9": 6, "PF 18": 7}


def test_ar_14_began_43_minutes_before_an_m_flare_22_arcsec_away(judged):
    assert judged.loc["AR 14", "verdict"] == "contradicted"
    assert judged.loc["AR 14", "noaa"] == "M2.4 43 min after the start, 22 arcsec from the pointing"
    assert judged.loc["AR 13", "verdict"] == "doubtful" and "M1.4 9.7 h after" in judged.loc["AR 13", "noaa"]


def test_pf_6_has_another_flare_of_its_region_in_the_window(judged):
    assert judged.loc["PF 6", "verdict"] == "contradicted"
    assert judged.loc["PF 6", "noaa"] == "M1.6 of the region in the window, 11:38 to 12:02"


def test_pf_2_follows_four_flares_of_its_region(facts, judged):
    own = facts[0].query("observation == 'PF 2' and when == 'observation' and same_region")
    assert own["goes_class"].tolist() == ["M1.9", "M2.4", "M7.1", "M1.0"]
    assert judged.loc["PF 2", "verdict"] == "doubtful"


def test_three_pointings_meet_a_region_only_with_a_sign_reversed(facts):
    readings = facts[1].set_index("observation").query("reading != 'as printed'")["reading"]
    assert readings.to_dict() == {
        "AR 4": "y / 10", "AR 9": "x reversed", "AR 12": "y reversed", "PF 9": "y reversed",
    }  # fmt: skip


def test_quiet_sun_holds_and_all_observations_are_judged(judged):
    assert (judged.query("region == 'QS'")["verdict"] == "holds").all() and len(judged) == 68
    assert verdicts.doubted(judged.reset_index())[:4] == ["AR 4", "AR 9", "AR 12", "AR 13"]


def test_a_place_turns_with_the_sun_by_about_13_degrees_a_day():
    distance = audit.pointing_distance(0, 0, "2014-03-20T00:00", [-13.2], [-7.05], ["2014-03-19T00:00"])
    assert distance[0] < 20  # B0 is -7.1 degrees then: the place arrives at the disk's centre
    assert np.isnan(audit.pointing_distance(0, 0, "2014-03-20T00:00", [np.nan], [np.nan], ["2014-03-19T00:00"]))[0]


def test_the_stated_end_of_pf_15_is_that_of_the_raster_s_header():
    header = fits.getheader(sample_path("iris_20140329_mg2_raster.fits"))
    assert (
        header["ENDOBS"].startswith(audit.STATED_ENDS["PF 15"])
        and header["OBSID"] == find_observation("PF 15")["obsid"]
    )


def test_ends_are_not_guessed_and_the_next_observation_bounds_them():
    times = audit.observation_times().set_index("observation")
    assert times.loc["PF 15", "known_end"] == pd.Timestamp("2014-03-29T17:54:20")  # the raster's header
    assert times.loc["AR 14", "known_end"] == times.loc["AR 14", "window_end"]
    assert times.loc["AR 1", "next_start"] == pd.Timestamp(find_observation("AR 2")["start"])


@pytest.fixture
def flares():
    row = {"start": "2014-03-29T17:35", "peak": "2014-03-29T17:48", "end": "2014-03-29T17:54", "goes_class": "X1.0"}
    row |= {"peak_flux": 1e-4, "region": 12017.0, "longitude": 32.0, "latitude": 10.0}
    table = pd.DataFrame([row]).astype(dict.fromkeys(("start", "peak", "end"), "datetime64[ns]"))
    times = list(TIMES)
    around = [table.assign(**(table[times] + pd.Timedelta(days=d))) for d in (-9, 9)]
    return pd.concat([around[0], table, around[1]], ignore_index=True)


def test_a_list_without_places_or_one_that_ends_too_early_is_refused(flares, facts):
    row = observation_table().query("observation == 'PF 15'")
    nearest = facts[1].query("observation == 'PF 15'")
    assert audit.audit_flares(flares, nearest, row)["goes_class"].tolist() == ["X1.0"]
    with pytest.raises(InputError, match="has no latitude and no longitude, so that no flare"):
        audit.audit_flares(flares.drop(columns=["longitude", "latitude"]), nearest, row)
    with pytest.raises(InputError, match="covers 2014-03-20 to 2014-03-29, and PF 15 was observed at 2014-03-29 14:09"):
        audit.audit_flares(flares[:2].assign(start=flares["start"] - pd.Timedelta("4h")), nearest, row)


def test_a_pointing_with_a_sign_reversed_is_the_place_that_flares_are_measured_from(flares, facts):
    row, nearest = (table.query("observation == 'PF 15'") for table in (observation_table(), facts[1]))
    printed, turned = audit.audit_flares(flares, nearest, row)["distance"], row.assign(y=-row["y"])
    found = audit.audit_flares(flares, nearest.assign(reading="y reversed"), turned)["distance"]
    assert found.tolist() == printed.tolist()
    assert audit.audit_flares(flares, nearest, turned)["distance"].item() > printed.item() + 100


@pytest.mark.skipif(not in_mirror("swpc_flares_1996_2018.csv.gz"), reason="NOAA's lists are not in FLAREBOOK_MIRROR")
def test_the_shipped_facts_follow_from_noaa_s_lists(facts):
    paths = audit.list_paths()
    computed = audit.compute_facts(paths)
    for shipped, found in zip(facts, computed, strict=True):
        pd.testing.assert_frame_equal(shipped, found, check_dtype=False, atol=0.15)
    assert audit.unmatched_flares(computed[0], paths).empty
    assert len(read_flare_list(paths["noaa-flares"])) > 23_000
