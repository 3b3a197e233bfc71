"""Figures of flare forecasts show the numbers of their tables."""

import numpy as np
import pandas as pd
import pytest

from flarebook.solarchip.figures import flares
from flarebook.solarchip.flares.scores import SCORES

WAYS = ("frozen", "frozen-alone", "frozen-random", "tuned", "scratch")
METHODS = ("r-value", "natural", *(f"vit-tiny.{way}" for way in WAYS))


@pytest.fixture
def table():
    """Summary of seven methods at two shares of the labels, better in this order, and of the ceiling."""
    rows = [
        (method, fraction, score, 0.9 - 0.1 * k - 0.2 * (fraction < 1), 0.02, 0.1, 0.95, 3)
        for k, method in enumerate(METHODS)
        for fraction in (0.1, 1.0)
        for score in SCORES
    ]
    rows += [("upper_bound", 1.0, score, 0.93, np.nan, 0.85, 0.97, 1) for score in SCORES]
    return pd.DataFrame(rows, columns=["method", "fraction", "score", "mean", "sd", "low", "high", "n"])


def test_skill_puts_the_best_on_top_and_the_ceiling_as_a_line(table):
    figure = flares.plot_skill(table)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names[0] == "inversion-line flux, measured" and names[-1] == "vit-tiny from scratch" and len(names) == 7
    assert [axes.get_title() for axes in figure.axes] == ["TSS", "HSS", "F1", "AUC", "Brier skill"]
    ceilings = [any(list(line.get_xdata()) == [0.93, 0.93] for line in axes.lines) for axes in figure.axes]
    assert ceilings == [True, False, False, True, True]  # at other scores' thresholds it is no bound


def test_skill_cuts_a_long_interval_and_writes_it_at_the_edge(table):
    far = (table["method"] == "natural") & (table["score"] == "brier_skill") & (table["fraction"] == 1.0)
    table.loc[far, ["mean", "low"]] = -1.6, -7.4
    *others, brier = flares.plot_skill(table).axes
    assert brier.get_xlim()[0] == -1.0 and brier.get_xlim()[1] > 0.97
    assert [text.get_text() for text in brier.texts] == ["← −1.6 (−7.4)"]
    assert not any(axes.texts for axes in others)


def test_skill_can_do_without_a_ceiling(table):
    figure = flares.plot_skill(table[table["method"] != "upper_bound"])
    assert "upper_bound" not in " ".join(text.get_text() for text in figure.legends[0].get_texts())


def test_curves_fall_when_labels_are_taken_away(table):
    figure = flares.plot_label_efficiency(table, ["vit-tiny"])
    curves = [container.lines[0].get_ydata() for container in figure.axes[0].containers]
    assert len(curves) == 7 and all(few < many for few, many in curves)
    assert [label.get_text() for label in figure.axes[1].get_xticklabels()] == ["10 %", "100 %"]
    assert any(list(line.get_ydata()) == [0.93, 0.93] for line in figure.axes[0].lines)


def test_gains_stand_beside_each_other_with_their_intervals():
    gains = pd.DataFrame(
        [
            (name, way, f, score, g, g - 0.1, g + 0.2)
            for name, way, g in (("vit-tiny", "tuned", 0.2), ("vit-tiny", "frozen", 0.1))
            for f in (0.1, 1.0)
            for score in ("tss", "auc")
        ],
        columns=["backbone", "way", "fraction", "score", "gain", "low", "high"],
    )
    panel = flares.plot_gains(gains).axes[0]
    lower, upper = panel.containers[0].lines[2][0].get_segments()[0][:, 1]
    assert (lower, upper) == pytest.approx((0.1, 0.4))


def test_a_forecast_that_always_calls_is_hollow(table):
    table.loc[(table["method"] == "natural") & (table["score"] == "tss"), ["mean", "low", "high"]] = 0.0
    panel = flares.plot_skill(table).axes[0]
    hollow = [
        bars.lines[0].get_xdata()[0] for bars in panel.containers if bars.lines[0].get_markerfacecolor() == "white"
    ]
    assert hollow == [0.0]


def test_reliability_tells_how_many_days_stand_behind_each_point():
    rows = [("r-value", 0.1, 0.2, 30, 0.1, 0.4), ("r-value", 0.7, 0.6, 5, 0.2, 0.9)]
    table = pd.DataFrame(rows, columns=["method", "score", "observed", "n", "low", "high"])
    panel = flares.plot_reliability(table).axes[0]
    assert [text.get_text() for text in panel.texts] == ["30", "5"]


def test_days_with_a_flare_are_striped_in_every_panel():
    days = pd.DataFrame({"time": pd.date_range("2014-01-01", periods=20).astype(str), "label": [0, 1] * 10})
    figure = flares.plot_days(days, {"upper_bound": np.full(20, 0.3), "r-value": np.linspace(0, 1, 20)})
    assert [len(axes.collections[0].get_segments()) for axes in figure.axes] == [10, 10]
