"""Figures of the networks on whole observations and profiles."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from flarebook.iris.figures import networks as plots
from flarebook.iris.mg2 import GRID
from flarebook.iris.networks.attribution import BANDS, band_of_wavelength
from flarebook.iris.networks.whole_observations import half_widths


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_bars_of_an_auc_end_at_one():
    rows = [(name, m, 0.97, 0.1, 0.95, 0.8, 1.0) for name in ("first", "second") for m in ("mean", "LSTM")]
    table = pd.DataFrame(rows, columns=["data", "model", "mean", "sd", "auc", "low", "high"])
    figure = plots.plot_whole_scores(table)
    assert [axes.get_title() for axes in figure.axes] == ["first", "second"]
    for axes in figure.axes:
        ends = [x for bar in axes.collections for segment in bar.get_segments() for x in segment[:, 0]]
        assert max(ends) <= 1 + 1e-9
        assert min(ends) == pytest.approx(0.8)


def test_the_paper_s_number_of_observations_is_marked():
    figure = plots.plot_half_widths(half_widths([5, 18, 100]), 18)
    marked = [line for line in figure.axes[0].lines if set(line.get_xdata()) == {18}]
    assert len(marked) == 1


def test_names_stand_above_the_cores_and_the_triplet_once():
    rng = np.random.default_rng(1)
    columns = {name: rng.random(240) for name in ("AR", "PF", "attribution", "sd")}
    figure = plots.plot_attribution(pd.DataFrame({"wavelength": GRID, **columns}), band_of_wavelength())
    assert [text.get_text() for text in figure.axes[0].texts] == ["k core", "triplet", "h core"]
    assert not figure.axes[1].texts


def test_every_part_of_the_line_has_its_bars():
    columns = dict.fromkeys(("share", "share_sd", "width", "loss", "loss_sd"), 0.1)
    figure = plots.plot_band_shares(pd.DataFrame({"band": BANDS, **columns}))
    assert [len(axes.patches) for axes in figure.axes] == [2 * len(BANDS), len(BANDS)]


def test_reconstructions_stand_beside_the_errors():
    rng = np.random.default_rng(1)
    errors = {region: rng.uniform(0.01, 0.1, 50) for region in ("QS, held out", "AR", "PF")}
    one = {"wavelength": GRID, "profile": rng.random(240), "reconstruction": rng.random(240)}
    examples = pd.concat([pd.DataFrame({"kind": kind, **one}) for kind in ("quiet", "other")])
    figure = plots.plot_reconstruction(plots.reconstruction_panels(errors, 0.04, examples))
    histogram, *panels = figure.axes
    assert {text.get_text() for text in histogram.get_legend().get_texts()} == {*errors, "threshold"}
    assert [panel.get_title("left") for panel in panels] == ["quiet", "other"]


def test_unusable_real_pixels_stay_empty():
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"exposure": np.repeat([0, 1, 2], 30), "slit": np.tile(np.arange(30), 3)})
    table = table.assign(error=rng.random(90), score=rng.random(90)).drop(index=[4, 40])
    profile = pd.DataFrame({"wavelength": GRID, **dict.fromkeys(("mean", "high", "attribution"), rng.random(240))})
    figure = plots.plot_real_networks(table, profile, 0.1)
    maps = [axes.collections[0].get_array() for axes in figure.axes if axes.get_ylabel() == "exposure"]
    assert [np.ma.count_masked(np.ma.masked_invalid(one)) for one in maps] == [2, 2]
