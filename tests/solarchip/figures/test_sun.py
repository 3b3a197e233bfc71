"""Figures of solar images: what is beside what, and in which scaling."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets import load
from flarebook.solarchip.datasets import load as sample
from flarebook.solarchip.datasets.statistics import histogram_table
from flarebook.solarchip.figures import activity
from flarebook.solarchip.figures import sun as plot_sun
from flarebook.solarchip.figures.styles import HUES, SHOWN
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.images.prepare import prepare_image

DAYS = pd.DataFrame(
    {"time": pd.date_range("2012-01-01", periods=8).astype(str), "unsigned_flux": [5, 1, 4, 2, 8, 9, 3, 7.0]}
).assign(max_class=["", "M1.2", "", "", "", "X1.0", "", ""])


def test_shown_dates_go_from_quiet_to_active_and_lie_apart():
    rows = plot_sun.choose_dates(DAYS)
    assert DAYS["unsigned_flux"].iloc[rows].is_monotonic_increasing
    assert sorted(row // 2 for row in rows) == [0, 1, 2, 3]  # one of each quarter
    assert len(plot_sun.choose_dates(DAYS.head(2))) == 2


def test_real_and_simulated_images_share_their_scaling():
    images = np.ones((4, 11, 16, 16), np.float32)
    real = {"171": (np.ones((16, 16)), "real: AIA 171 Å"), "4500": (np.ones((16, 16)), "real: continuum")}
    figure = plot_sun.plot_dates(real, images, DAYS.iloc[:4])
    shown = {"simulated": figure.axes[plot_sun.COLUMNS.index("171")].images[0]}
    framed = [axis for axis in figure.axes if axis.get_title().startswith("real")]
    assert len(figure.axes) == 4 * len(plot_sun.COLUMNS) + 2 and len(framed) == 2
    shown["real"] = framed[0].images[0]
    assert shown["real"].get_clim() == shown["simulated"].get_clim() == SHOWN["171"]
    assert np.array_equal(shown["real"].get_array(), shown["simulated"].get_array())


def test_every_channel_is_drawn_once_with_a_colour_of_its_own():
    figure = plot_sun.plot_channels(np.ones((11, 16, 16), np.float32), "2012-01-01T00:00:00")
    assert len([axis for axis in figure.axes if axis.images]) == len(CHANNELS) == len(set(plot_sun.BY_HEIGHT))
    assert set(HUES) == set(CHANNELS[1:]) and len(set(HUES.values())) == 10 and set(SHOWN) == set(CHANNELS)


def test_continuum_gets_the_brightness_of_the_simulated_photosphere():
    grid = plot_sun.as_photosphere(prepare_image(sample.load_real_continuum(), 64))
    assert np.median(grid[Disk(64).radius < 0.5]) == pytest.approx(plot_sun.PHOTOSPHERIC)


def test_histograms_have_a_panel_a_quantity_and_real_ones_are_lines():
    rng = np.random.default_rng(1)
    samples = {("171 Å", "simulated"): rng.normal(2, 0.3, 500), ("171 Å", "real"): rng.normal(2, 0.3, 500)}
    samples["field", "simulated"] = rng.normal(0, 20, 500)
    figure = plot_sun.plot_histograms(histogram_table(samples, plot_sun.BINS))
    assert [axis.get_title() for axis in figure.axes] == ["171 Å", "field"]
    assert [patch.get_fill() for patch in figure.axes[0].patches] == [True, False]


def test_days_with_large_flares_are_marked_on_the_course():
    emerged = pd.DataFrame({"time": ["2012-01-01"], "latitude": [12.0], "flux": [3e21]})
    upper = activity.plot_activity(DAYS, emerged).axes[0]
    marked = {line.get_label()[0]: len(line.get_xdata()) for line in upper.lines[1:]}
    assert marked == {"M": 1, "X": 1}


def test_a_sun_comes_from_a_known_source():
    sun = load.load_sun(load.SunSource(n_days=2, size=16))
    assert sun.images.shape == (2, 11, 16, 16) and not sun.skipped
    with pytest.raises(InputError, match="choose one of"):
        load.load_sun(load.SunSource("invented"))


def test_facts_of_the_real_continuum_tell_that_it_is_turned():
    told = load.image_facts(sample.load_real_continuum())
    assert told["roll [degrees]"] == "179.93" and told["time [UTC]"].startswith("2014-03-01")
