"""The table of costs is whole, and its estimate follows Amdahl's law."""

import numpy as np
import pandas as pd
import pytest

from flarebook.iris import costs
from flarebook.iris.figures.costs import plot_costs


@pytest.fixture
def table():
    """Ten per cent of the work is serial; memory in MB."""
    rows = [
        (size, n, size, size, 3, size * 1e-5 * (0.1 + 0.9 / n), 500, size * 600, size * 36)
        for size in (10**6, 9 * 10**6)
        for n in (1, 2, 4)
    ]
    columns = ["size", "workers", "spectra", "stored", "parts", "seconds", "memory_mb", "archive_bytes", "store_bytes"]
    return pd.DataFrame(rows, columns=columns)


def test_the_serial_fraction_and_the_estimate_follow_amdahl(table, monkeypatch):
    monkeypatch.setattr(costs, "largest_share", lambda costs: 0.12)
    assert costs.serial_fraction(table) == pytest.approx(0.1)
    assert costs.speed_up(table) == pytest.approx(1 / 0.55)
    estimate = costs.estimate_costs(table, (16, 256)).set_index("cores")
    assert estimate.loc[16, "seconds"] == pytest.approx(90 * (0.1 + 0.9 / 16)) and estimate.loc[16, "bound"] == "Amdahl"
    assert estimate.loc[256, "seconds"] == pytest.approx(0.12 * 90) and estimate.loc[256, "bound"] == "largest part"
    assert costs.serial_fraction(table.assign(seconds=1 / table["workers"])) == 0
    assert np.allclose(costs.amdahl_seconds(table, np.array([1, 2])), [90, 90 * 0.55])


def test_the_shipped_measurement_states_machine_and_date_and_keeps_its_bounds():
    measured = costs.measured_costs()
    assert " cores of " in costs.measured_where() and costs.measured_where()[:2] == "20"
    largest = costs.largest_rows(measured)
    assert largest.loc[2, "spectra"] >= 9e6 and largest.loc[2, "seconds"] <= 360 and largest.loc[2, "memory_mb"] <= 4096
    assert (measured["stored"] / measured["spectra"]).between(0.95, 1).all()
    assert costs.speed_up(measured) > 1.3
    assert (measured["low"] <= measured["seconds"]).all() and (measured["seconds"] <= measured["high"]).all()
    assert largest["n"].min() >= 3
    assert costs.largest_share(measured) < 0.15


def test_the_training_of_every_split_is_scaled_to_the_epochs_of_the_paper():
    training = costs.training_costs().set_index("model")
    assert list(training.index) == ["A", "B", "C"] and (training["splits"] == 100).all()
    assert training["minutes"]["B"] == pytest.approx(training["seconds"]["B"] / training["epochs"]["B"] * 15 / 60)
    assert training["minutes"]["B"] <= 25 and training["memory_mb"].max() <= 4096


def test_the_figure_shows_each_number_of_workers(table):
    figure = plot_costs(table)
    assert [len(axes.lines) for axes in figure.axes] == [3, 3, 5]
