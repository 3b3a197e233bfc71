"""Forecasts of real days use what was known at their beginning, and the shipped tables follow from NOAA's lists."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.data.download import in_mirror
from flarebook.compendium.errors import InputError
from flarebook.solarchip.flares import real_skill, region_forecasts

DAYS = pd.date_range("2013-12-25", periods=14)
SPLIT = pd.Timestamp("2014-01-01")


@pytest.fixture
def regions():
    """A quiet group each day, and a complex one on every other day before the split."""
    quiet = pd.DataFrame({"valid": DAYS, "region": 1.0, "mcintosh": "AXX", "area": 10.0, "magnetic_class": "ALPHA"})
    busy = quiet[:7:2].assign(region=2.0, mcintosh="FKC", area=900.0, magnetic_class="BETA-GAMMA-DELTA")
    late = quiet[10:11].assign(region=3.0, mcintosh="FKC", area=900.0, magnetic_class="BETA-DELTA")
    return pd.concat([quiet, busy, late]).sort_values(["valid", "region"], ignore_index=True)


@pytest.fixture
def flares():
    """Two M flares a day of the complex group, one of them at the last moment of its day, and one of no region."""
    rows = []
    for day in DAYS[:7:2]:
        rows += [(day + pd.Timedelta("10h"), 2e-5, 2.0), (day + pd.Timedelta("24h"), 3e-5, 2.0)]
    rows += [(DAYS[1] + pd.Timedelta("3h"), 1e-5, np.nan), (DAYS[13] + pd.Timedelta("3h"), 2e-6, np.nan)]
    table = pd.DataFrame(rows, columns=["peak", "peak_flux", "region"])
    return table.assign(start=table["peak"], end=table["peak"])


def test_a_peak_at_midnight_belongs_to_the_day_before(flares):
    assert region_forecasts.flare_days(flares)[:2].tolist() == [DAYS[0], DAYS[0]]


def test_the_rate_of_a_class_is_its_flares_a_day_with_those_of_no_region_spread(regions, flares):
    rates, mean = region_forecasts.mcintosh_rates(regions, flares, "M1.0", SPLIT)
    assert mean == pytest.approx(9 / 11)  # nine flares of 7 + 4 group-days
    assert rates["FKC"] == pytest.approx((9 + mean) / 5) and rates["AXX"] == pytest.approx(mean / 8)


def test_rates_of_the_groups_on_the_disk_add_up_to_a_poisson_probability(regions):
    rates = pd.Series({"AXX": 0.1, "FKC": 1.0})
    found = region_forecasts.poisson_probability(regions, DAYS, rates, 0.3, 0.02)
    assert found[0] == pytest.approx(1 - np.exp(-1.1)) and found[1] == pytest.approx(1 - np.exp(-0.1))
    later = DAYS + pd.Timedelta("30D")
    assert region_forecasts.poisson_probability(regions, later, rates, 0.3, 0.02).tolist() == [0.02] * 14


def test_forecasts_of_a_day_know_nothing_of_it_nor_of_later_ones(regions, flares):
    days = pd.DataFrame({"time": DAYS, "label": [1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0]})
    before = region_forecasts.real_forecasts(days, regions, flares, "M1.0", SPLIT)
    last = DAYS[9]
    other = pd.concat([flares, flares[:1].assign(peak=last + pd.Timedelta("1h"), peak_flux=1e-3)], ignore_index=True)
    changed = days.assign(label=np.where(days["time"] >= last, 1, days["label"]))
    after = region_forecasts.real_forecasts(changed, regions, other, "M1.0", SPLIT)
    for method, probability in before.items():
        assert np.allclose(probability[:10], after[method][:10]), f"{method} knows the future"
    assert after["regions and past flares"][10] != before["regions and past flares"][10]
    assert after["persistence"][10] != before["persistence"][10]


def test_the_complex_group_raises_the_forecasts_of_its_day(regions, flares):
    days = pd.DataFrame({"time": DAYS, "label": [1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0]})
    found = region_forecasts.real_forecasts(days, regions, flares, "M1.0", SPLIT)
    for method in ("McIntosh rates", "regions"):
        assert found[method][10] > 2 * found[method][9], method
    assert len(set(found["climatology"])) == 1


def test_issued_forecasts_are_scored_on_their_own_day():
    times = pd.to_datetime(["2014-01-01T23:50", "2014-01-02T12:00", "2014-01-03T00:40"])
    record = pd.DataFrame({"time": times, "m_1": [0.1, 0.2, 0.3]})
    flares = pd.DataFrame({"peak": pd.to_datetime(["2014-01-03T00:20"]), "peak_flux": [2e-5]})
    flares = flares.assign(start=flares["peak"], end=flares["peak"])
    found = real_skill.issued_forecasts(flares, {"SWPC": record[:0], "IFF": record})["Met Office"]
    assert found["time"].tolist() == list(pd.to_datetime(["2014-01-02", "2014-01-03"]))  # the one of noon is of no day
    assert found["label"].tolist() == [0, 0]  # 00:20 comes after the first window and before the second is issued


def test_flares_behind_the_limb_are_not_counted():
    times = pd.date_range("2012-01-01T01:00", periods=40, freq="2h").astype(str)
    flares = pd.DataFrame({"start": times, "peak": times, "end": times, "peak_flux": 2e-6})
    flares["visible"] = np.arange(40) % 2 == 0
    days = pd.DataFrame({"time": ["2012-01-01T00:00:00", "2012-01-04T00:00:00"]})
    table = real_skill.statistics_of_days(flares, days, "simulated").set_index("quantity")["value"]
    assert table["flares >= C1.0 a day"] == 20 / 4 and table["median time between flares [h]"] == 4
    assert table["standard deviation of the time over its mean"] == pytest.approx(0)


def test_a_poisson_process_has_waiting_times_as_wide_as_their_mean():
    rng = np.random.default_rng(2)
    peaks = pd.Timestamp("2012-01-01") + pd.to_timedelta(np.cumsum(rng.exponential(3.0, 4000)), "h")
    flux = 1e-6 * rng.pareto(0.9, 4000) + 1e-6
    flares = pd.DataFrame({"start": peaks, "peak": peaks, "end": peaks, "peak_flux": flux})
    table = real_skill.flare_statistics(flares, "real", {"all": (peaks[0].floor("D"), peaks[-1].floor("D"))})
    scalars = table[table["low"].isna()].set_index("quantity")["value"]
    assert scalars["standard deviation of the time over its mean"] == pytest.approx(1, abs=0.05)
    assert scalars["index of the peak fluxes above M1.0"] == pytest.approx(1.9, abs=0.15)


def test_shipped_tables_hold_each_method_with_intervals_around_its_scores():
    tables, source = real_skill.shipped_results()
    assert "ship" in source and set(tables) == set(real_skill.TABLES)
    scores = tables["scores"].dropna(subset=["low"])
    assert ((scores["low"] <= scores["value"] + 1e-9) & (scores["value"] <= scores["high"] + 1e-9)).mean() > 0.97
    assert {"SWPC", "Met Office", "McIntosh rates", "climatology", "persistence"} <= set(scores["method"])
    text = (real_skill.FOLDER / "real_flare_scores.csv").read_text(encoding="utf-8")
    assert all(f"# {name}" in text for name in ("SWPC_fcast.txt", "IFF_fcast.txt", "MX_list.txt"))


@pytest.mark.slow
@pytest.mark.skipif(not in_mirror("SWPC_fcast.txt"), reason="NOAA's lists do not ship: set FLAREBOOK_MIRROR")
def test_the_shipped_tables_follow_from_the_lists():
    computed, source = real_skill.real_results()
    assert "computed in this run" in source
    for name, shipped in real_skill.shipped_results()[0].items():
        pd.testing.assert_frame_equal(computed[name], shipped, check_dtype=False, rtol=2e-3, atol=1e-4)


def test_a_list_that_changed_is_refused(tmp_path, monkeypatch):
    for name in real_skill.LISTS:
        for file in real_skill.dataset(name).files:
            (tmp_path / file.name).write_text("changed\n")
    monkeypatch.setenv("FLAREBOOK_MIRROR", str(tmp_path))
    with pytest.raises(InputError, match="has changed; fetch it again"):
        real_skill.real_results()


def test_without_the_lists_the_shipped_tables_are_read(tmp_path, monkeypatch):
    monkeypatch.setenv("FLAREBOOK_MIRROR", str(tmp_path))
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path))
    assert "read from the tables that ship" in real_skill.real_results()[1]


def test_persistence_is_the_share_of_flaring_days_after_a_day_with_a_flare():
    label = np.array([0, 1, 1, 0, 0, 0, 1, 0, 1])
    found = region_forecasts.persistence_forecast(label, np.arange(9) < 7)
    # of the first seven days two follow a flare, one of which has one; of the five others two have one
    assert found.tolist() == pytest.approx([0.4, 0.4, 0.5, 0.5, 0.4, 0.4, 0.4, 0.5, 0.4])


def test_climatology_is_the_share_of_the_days_before_the_split(regions, flares):
    days = pd.DataFrame({"time": DAYS, "label": [1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1]})
    found = region_forecasts.real_forecasts(days, regions, flares, "M1.0", SPLIT)
    assert set(found["climatology"]) == {4 / 7}


def test_past_flares_are_those_of_the_day_and_of_the_week_before(flares):
    table = region_forecasts.past_flares(flares, DAYS)
    assert table["largest"].tolist()[:3] == pytest.approx([-6, np.log10(3e-5), -5])  # none before is C1.0
    assert np.expm1(table["number"]).tolist()[:4] == pytest.approx([0, 2, 1, 2])
    assert np.expm1(table["week"]).tolist() == pytest.approx([0, 2, 3, 5, 5, 7, 7, 9, 7, 6, 4, 4, 2, 2])


def test_features_of_a_day_are_those_of_its_groups(regions):
    rates = pd.Series({"AXX": 0.1, "FKC": 1.0})
    table = region_forecasts.region_features(regions, DAYS.append(DAYS[-1:] + pd.Timedelta("1D")), rates, 0.3)
    both = table.iloc[0]
    assert np.expm1(both["area"]) == pytest.approx(910) and np.expm1(both["largest_area"]) == pytest.approx(900)
    assert both["n_groups"] == 2 and both["n_delta"] == 1 and np.exp(both["mcintosh"]) == pytest.approx(1.13)
    assert table.iloc[-1].tolist() == pytest.approx([0, 0, 0, 0, np.log(0.03)])


@pytest.fixture(scope="module")
def lists():
    """Lists of 2013-07 to 2018-07, made up: complex groups flare on six days of ten, and SWPC says so."""
    rng, days = np.random.default_rng(8), pd.date_range("2013-07-01", real_skill.OWN_END)
    busy = rng.random(len(days)) < 0.3
    strong, weak = busy & (rng.random(len(days)) < 0.6), rng.random(len(days)) < 0.5
    weak[0], region = True, np.arange(len(days)) + 1.0
    noon = days + pd.Timedelta("12h")
    parts = [
        pd.DataFrame({"peak": noon[rows], "peak_flux": flux, "region": region[rows]})
        for rows, flux in ((strong, 2e-5), (weak & ~strong, 2e-6))
    ]
    flares = pd.concat(parts).sort_values("peak", ignore_index=True)
    flares = flares.assign(start=flares["peak"], end=flares["peak"])
    regions = pd.DataFrame({"valid": days, "region": region, "mcintosh": np.where(busy, "FKC", "AXX")})
    regions = regions.assign(area=np.where(busy, 900.0, 10.0), magnetic_class=np.where(busy, "BETA-DELTA", "ALPHA"))
    record = pd.DataFrame({"time": days, "m_1": np.where(busy, 0.6, 0.02)})
    swpc = record[record["time"].between("2014-01-01", "2014-03-31")]
    met = record[record["time"].between("2014-02-01", "2014-04-30")]
    met = met.assign(time=met["time"] + pd.Timedelta("40min"))
    listed = flares[flares["peak_flux"] > 1e-5]
    return flares, regions, {"SWPC": swpc, "IFF": met, "MX": listed[listed["peak"] < "2014-04-01"]}


@pytest.fixture(scope="module")
def scored(lists):
    """Tables of the made-up lists."""
    return real_skill.score_lists(*lists, n_draws=10)


def score_of(scored, period, method, score):
    """One row of the scores of M1.0."""
    table = scored["scores"]
    rows = table[(table["class"] == ">= M1.0") & (table["period"] == real_skill.PERIODS[period])]
    return rows[(rows["method"] == method) & (rows["score"] == score)].squeeze()


def test_the_reference_is_the_rate_before_2014_so_that_climatology_has_no_skill(lists, scored):
    days = real_skill.label_real_days(lists[0], "M1.0")
    before, after = (days["label"][days["time"] < SPLIT].mean(), days["label"][days["time"] >= SPLIT].mean())
    assert abs(before - after) > 0.01
    assert score_of(scored, "test", "climatology", "brier_skill")["value"] == pytest.approx(0, abs=1e-12)
    assert score_of(scored, "test", "climatology", "base_rate")["value"] == pytest.approx(after)


def test_scores_are_of_the_days_after_the_split_and_of_those_that_all_forecast(scored):
    assert score_of(scored, "test", "regions", "brier_skill")["n"] == 1648  # 2014-01-01 to 2018-07-06
    for method in ("SWPC", "Met Office", "McIntosh rates"):
        assert score_of(scored, "issued", method, "brier_skill")["n"] == 59, method  # February and March 2014
    issued = scored["scores"][scored["scores"]["period"] == real_skill.PERIODS["issued"]]
    assert set(issued["class"]) == {">= M1.0"}


def test_years_count_flares_and_the_share_of_days_with_one(lists, scored):
    table = scored["years"].set_index("year")
    assert table["days"].tolist() == [184, 365, 365, 366, 365, 187] and (table["flares_x"] == 0).all()
    year = lists[0]["peak"].dt.year == 2015
    assert table.loc[2015, "flares_c"] == year.sum()
    assert table.loc[2015, "flares_m"] == (lists[0]["peak_flux"][year] > 1e-5).sum()
    assert table.loc[2015, "share_m"] == pytest.approx(table.loc[2015, "flares_m"] / 365)


def test_the_checks_describe_the_lists(lists, scored):
    found = scored["checks"].set_index("quantity")["value"]
    assert (
        found["flares of the list, reports within two minutes merged"] == len(lists[0])
        and found["days without a group"] == 0
    )
    assert found["days that SWPC and the Met Office forecast"] == 59
    assert found["issue of the Met Office after midnight, quantile 0.50 [h]"] == pytest.approx(40 / 60)
    assert found["of these, labels that differ from that list"] == 0
    best = [found[f"Brier skill of SWPC against the day {shift:+d}"] for shift in (-1, 0, 1)]
    assert best[1] > 0.2 > max(best[0], best[2])


def test_a_forecast_of_the_day_after_scores_best_against_that_day():
    days = pd.date_range("2014-01-01", periods=30)
    label = np.random.default_rng(3).random(31) < 0.4
    peaks = days.append(days[-1:] + pd.Timedelta("1D"))[label] + pd.Timedelta("5h")
    flares = pd.DataFrame({"start": peaks, "peak": peaks, "end": peaks, "peak_flux": 2e-5})
    flares.loc[0, "peak_flux"] = 3e-4
    record = pd.DataFrame({"time": days, "m_1": label[1:].astype(float)})
    found = real_skill._record_checks(flares, {"SWPC": record, "MX": flares[1:]})
    assert found["Brier skill of SWPC against the day +1"] == 1 > found["Brier skill of SWPC against the day -1"]
    assert found["days of SWPC's record with an X flare and no M flare"] == 1
    assert found["of these, labels that differ from that list"] == 1


def test_of_two_forecasts_about_midnight_the_later_counts():
    times = pd.to_datetime(["2014-01-01T23:30", "2014-01-02T00:40"])
    record = pd.DataFrame({"time": times, "m_1": [0.1, 0.3]})
    flares = pd.DataFrame({"start": times[:1], "peak": times[:1], "end": times[:1], "peak_flux": [2e-5]})
    found = real_skill.issued_forecasts(flares, {"SWPC": record[:0], "IFF": record})["Met Office"]
    assert found["time"].tolist() == [pd.Timestamp("2014-01-02")] and found["probability"].tolist() == [0.3]


def test_recorded_scores_have_a_quarter_of_their_interval_as_error(scored):
    found = {name: (value, error) for name, value, error in real_skill.named_scores(scored["scores"])}
    row = score_of(scored, "issued", "Met Office", "auc")
    assert found["issued.met-office.auc"] == pytest.approx((row["value"], (row["high"] - row["low"]) / 4))
    assert "test.climatology.auc" not in found and "test.climatology.brier_skill" in found


def test_the_ratio_is_that_of_the_simulated_to_the_real_sun():
    rows = [("flares >= C1.0 a day", np.nan, 2.0), ("peak flux", 1e-6, 5.0)]
    real = pd.DataFrame(rows, columns=["quantity", "low", "value"]).assign(origin="real", period="1996 to 2018")
    table = real_skill.compare_statistics(real, real.assign(origin="simulated", value=3.0))
    assert table.loc["flares >= C1.0 a day", "ratio"] == 1.5 and len(table) == 1
