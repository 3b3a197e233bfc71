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
