"""Figures of real skill show every method with its interval, and every point of a reliability curve."""

import numpy as np
import pandas as pd
import pytest

from flarebook.solarchip.figures import real_flares
from flarebook.solarchip.flares import real_skill

TABLES = real_skill.shipped_results()[0]


def test_each_panel_has_a_row_per_method():
    rows = TABLES["scores"].query("`class` == '>= M1.0' and period == @real_skill.PERIODS['issued']")
    figure = real_flares.plot_scores(rows, real_flares.SKILL)
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == list(dict.fromkeys(rows["method"])) and len(figure.axes) == 4


def test_a_single_record_has_one_panel_with_its_points():
    bins = pd.DataFrame({"score": [0.1, 0.5], "observed": [0.2, 0.4], "low": [0.1, 0.3], "high": [0.3, 0.6]})
    figure = real_flares.plot_reliability_panels(bins.assign(n=[10, 20], method="mine"))
    assert len(figure.axes) == 1 and figure.axes[0].get_title() == "mine"
    assert {text.get_text() for text in figure.axes[0].texts} == {"10", "20"}


def test_both_suns_are_drawn_in_both_panels():
    real = TABLES["statistics"].query("period == '2012 to 2015'")
    figure = real_flares.plot_flare_statistics(pd.concat([real, real.assign(origin="simulated", period="240 dates")]))
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [
        "real, 2012 to 2015", "simulated, 240 dates"
    ]  # fmt: skip
    curves = [line for line in figure.axes[1].get_lines() if len(line.get_xdata()) > 2]
    assert len(curves) == 2 and np.array_equal(curves[0].get_xdata(), curves[1].get_xdata())


def test_base_rates_are_per_cent_of_days():
    axes = real_flares.plot_base_rates(TABLES["years"]).axes[0]
    year = TABLES["years"].set_index("year").loc[2014]
    line = next(line for line in axes.get_lines() if "M1.0" in line.get_label())
    assert 100 * year["share_m"] in np.asarray(line.get_ydata())


def test_the_page_s_groups_of_days_hold_the_flares_of_the_scored_days():
    """The shipped reliability and score tables were computed from the same days."""
    for one in real_flares.page_forecasts(TABLES["reliability"]):
        method, kind, period = one.name.split(", ")
        kind = kind.removeprefix("flares ")
        rate = TABLES["scores"].query(
            "method == @method and `class` == @kind and period == @period and score == 'base_rate'"
        )
        days = one.events.sum() + one.others.sum()
        assert days == rate["n"].item() and one.events.sum() / days == pytest.approx(rate["value"].item(), abs=1e-3)
