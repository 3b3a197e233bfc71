"""The figures of the classifiers can be drawn, and show what they are given."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from flarebook.evaluation.classification import METRICS
from flarebook.iris.classifiers.protocol import PAPER_B
from flarebook.iris.figures import architectures, performance


def test_number_of_weights_of_a_perceptron_and_of_model_b():
    assert architectures.n_weights(()) == 11
    assert architectures.n_weights((32, 16)) == 11 * 32 + 33 * 16 + 17


def test_architectures_are_drawn_for_other_widths():
    figure = architectures.plot_architectures({"A": (), "B": (4, 3), "C": (5, 4, 3, 2)}, np.random.default_rng(0))
    assert [axes.get_title()[0] for axes in figure.axes] == ["A", "B", "C"]
    figure.draw_without_rendering()


def test_paper_values_stand_at_model_b():
    keys = [(m, s, metric) for m in "ABCD" for s in ("test", "validation") for metric in METRICS]
    table = pd.DataFrame(keys, columns=["model", "selection", "metric"]).assign(mean=0.7, sd=0.05)
    figure = performance.plot_performance(table, PAPER_B)
    stars = [axes.collections[-1].get_offsets()[0] for axes in figure.axes]
    assert [star[0] for star in stars] == [1] * 6
    assert [star[1] for star in stars] == [PAPER_B[metric] for metric in METRICS]


def test_space_time_figures_hold_three_panels():
    rng = np.random.default_rng(0)
    metrics = ["recall", "tss", "auc", "auc_against_ar"]
    tables = {}
    for name, windows in (("space", [5, 15]), ("time", [-20, -10]), ("negative", [0, 10])):
        keys = [(w, m) for w in windows for m in metrics]
        tables[name] = pd.DataFrame(keys, columns=["window", "metric"]).assign(mean=rng.random(len(keys)), sd=0.1)
    figure = performance.plot_windows(tables, 10.0)
    assert isinstance(figure, Figure) and len(figure.axes) == 3
    figure.draw_without_rendering()


def test_running_mean_leaves_missing_pixels_out():
    values = np.array([1.0, np.nan, 3.0, 3.0])
    assert performance.running_mean(values, 3) == pytest.approx([1.0, 2.0, 3.0, 3.0])


def test_a_family_shows_every_flare_of_every_variant():
    windows, flares = np.arange(-80.0, 0, 10), pd.DataFrame({"activity_onset": [-60.0, -20.0]})
    index = pd.MultiIndex.from_product([[0, 1], windows, ["accuracy"]], names=["flare", "window", "metric"])
    table = pd.DataFrame({"value": np.linspace(0, 1, len(index))}, index=index).reset_index()
    figure = performance.plot_family({"placed": table, "drawn": table}, flares, 10.0, [(-35.0, 0.8)])
    panels = figure.axes[:2]
    assert [len(axes.lines) for axes in panels] == [4, 4]  # two flares, their mean, and one half
    assert panels[1].lines[0].get_xdata()[0] == -75
