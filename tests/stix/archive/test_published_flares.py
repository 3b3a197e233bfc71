"""Images meet the flare list by request and time, and what cannot be matched is told apart."""

import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.archive import published_results
from flarebook.stix.archive.published_flares import (
    FAILURES,
    JOINS,
    flare_features,
    join_table,
    listed_flares,
    match_flares,
    printed_uids,
    real_lists,
)


@pytest.fixture
def flares():
    """Four flares of three requests; the last two overlap in time."""
    start = pd.to_datetime(["2022-01-01T00:00", "2022-01-01T02:00", "2022-01-02T05:00", "2022-01-02T05:05"])
    table = pd.DataFrame({"uid": ["1", "1", "2", "3"], "start": start, "end": start + pd.Timedelta("20min")})
    for name in ("excess", "medium_excess", "hard_excess", "highest_excess", "duration", "distance", "radius"):
        table[name] = [1.0, 2.0, 3.0, 4.0]
    return table.assign(goes_flux=1e-6, visible_from_earth=[True, False, True, True], attenuator=False)


def image(uid, start):
    return {"uid": uid, "start": start}


@pytest.mark.parametrize(
    ("uid", "start", "join", "row"),
    [
        ("1", "2022-01-01T02:10", "request and time", 1),  # the second flare of the request
        ("1", "2022-01-01T01:59:30", "request and time", 1),  # an image spans a minute around the peak
        ("1", "2022-01-01T01:00", "other time", -1),  # between both
        ("9", "2022-01-01T00:05", "time", 0),
        ("9", "2022-01-02T05:10", "several flares", -1),
        ("2", "2022-01-02T05:10", "request and time", 2),  # the request tells the two apart
        ("9", "2022-01-03T00:00", "no flare", -1),
        ("9", "2021-01-01T00:00", "before the list", -1),
        ("9", None, "misread", -1),
    ],
)
def test_request_and_time_find_the_flare_of_an_image(flares, uid, start, join, row):
    found = match_flares(pd.DataFrame([image(uid, start)]), listed_flares(flares)).iloc[0]
    assert (found["join"], found["flare"]) == (join, row)


def test_an_image_has_the_features_of_its_own_flare_and_none_without_one(flares):
    images = pd.DataFrame([image("2", "2022-01-02T05:10"), image("9", "2022-01-03T00:00"), image("8", None)])
    listed = listed_flares(flares)
    matched = match_flares(images, listed).assign(hard_band=1.0)
    features = flare_features(matched, listed)
    assert features["uid"].tolist() == ["2", "9"]
    assert features["excess"].iloc[0] == 3.0 and features["excess"].isna().tolist() == [False, True]
    assert features["month"].tolist() == ["2022-01", "2022-01"]


def test_a_goes_flux_counts_only_where_earth_sees_the_flare(flares):
    assert listed_flares(flares)["goes_flux"].notna().tolist() == [True, False, True, True]


def test_every_image_is_counted_once_in_the_table_of_joins(flares):
    images = pd.DataFrame([image("2", "2022-01-02T05:10"), image("9", "2022-01-03T00:00"), image("8", None)])
    found = match_flares(images, listed_flares(flares))
    table = join_table(found, found.head(1))
    assert table["printed"].sum() == 3 and table["kept"].sum() == 1
    assert table["join"].tolist() == [*JOINS, *FAILURES]


def test_the_shipped_results_are_whole_and_hold_no_identifier():
    results = published_results.read_results(published_results.SHIPPED)
    assert results.join["printed"].sum() == 1009 and results.join["kept"].sum() == 4758
    printed = set(printed_uids()["uid"])
    assert not printed & set(published_results.SHIPPED.read_text().replace(",", "\n").split())
    assert {f"cluster {number}" for number in printed_uids()["cluster"].dropna()} <= set(results.typical["group"])


def test_a_table_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="match_published_flares"):
        published_results.read_results(path)


@pytest.mark.slow
def test_the_shipped_results_follow_from_the_real_lists():
    flares, names = real_lists()
    if flares is None:
        pytest.skip("needs FLAREBOOK_MIRROR with the flare list and the published names")
    found = published_results.compute_results(flares, names)
    shipped = published_results.read_results(published_results.SHIPPED)
    for own, expected in zip(found, shipped, strict=True):
        pd.testing.assert_frame_equal(own, expected, check_dtype=False, rtol=1e-4)


def test_without_the_lists_the_shipped_table_is_shown(monkeypatch):
    monkeypatch.setattr(published_results, "real_lists", lambda: (None, None))
    assert published_results.published_results()[1] == "shipped"


def test_overview_of_effects_marks_what_stays_significant_and_what_was_not_compared():
    rows = [
        ("list", "excess", 9, 0.12, 0.06, 0.19, 0.001, 0.004),
        ("rows", "hard_band", 9, -0.03, -0.09, 0.03, 0.4, 1.0),
    ]
    shown = published_results.overview_tests(pd.DataFrame(rows, columns=published_results.KINDS["tests"]))
    assert shown.loc["peak, 4-10 keV [counts in 4 s]"].to_dict() == {"list": "+0.12 (+0.06 to +0.19)*", "rows": "–"}
    assert shown.loc["image at 16-28 keV [share]", "rows"] == "-0.03 (-0.09 to +0.03)"
