"""What the figures of the simulation draw."""

import numpy as np
import pandas as pd
import pytest

from flarebook.iris import matching, observations
from flarebook.iris.atmospheres.library import load_library
from flarebook.iris.figures import profile_library, simulation
from flarebook.iris.mg2 import FEATURES
from flarebook.iris.simulation.observation import load_calibration


def test_quantiles_of_an_even_distribution_are_its_percentages():
    even = pd.DataFrame({name: np.linspace(0, 100, 1001) for name in FEATURES})
    quantiles = simulation.quantile_table({"even": even})
    np.testing.assert_allclose(quantiles.loc[("triplet", "even")], [5, 25, 50, 75, 95])


def test_strips_have_zero_mean_and_unit_variance():
    values = np.random.default_rng(0).normal(5, 3, (400, 10))
    strips = simulation.evolution_table(np.arange(400.0), values)[list(FEATURES)]
    np.testing.assert_allclose(strips.mean(), 0, atol=1e-3)
    np.testing.assert_allclose(strips.std(ddof=0), 1, atol=1e-3)


def test_disk_figure_leaves_out_the_position_off_the_disk():
    labels = [
        text.get_text() for text in simulation.plot_disk(observations.observation_table()).axes[0].legend_.get_texts()
    ]
    assert [label for label in labels if label.startswith("AR")] == ["AR  active region (17)"]


def test_calibration_table_shows_every_parameter_of_the_library_with_its_unit():
    table = simulation.calibration_table(load_calibration(), ["quiet", "preflare"])
    assert [head.split(" [")[0].replace(" ", "_") for head in table.index] == list(load_library().parameters.columns)
    assert float(table.loc["low heating [K]", "preflare"]) > 0
    assert all(head.endswith("]") for head in table.index)


def test_median_profiles_rise_with_a_deeper_transition_region():
    means = profile_library.parameter_means(load_library())
    rows = means[means["parameter"] == "transition_region_shift"]
    peaks = rows.groupby("value")["intensity"].max()
    assert peaks.is_monotonic_increasing
    assert peaks.iloc[-1] / peaks.iloc[0] == pytest.approx(8, rel=0.5)


def test_matching_shows_a_curve_of_each_class_in_both_panels():
    figure = simulation.plot_matching(matching.disk_positions(observations.observation_table()))
    assert [len(axes.lines) for axes in figure.axes] == [4, 4]
