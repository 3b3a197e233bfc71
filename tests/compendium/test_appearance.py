"""Figures look alike, their colours stay apart for every reader, and what departs from the look is named."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import colormaps
from matplotlib.colors import to_rgb
from skimage.color import deltaE_ciede2000, rgb2lab

from flarebook.compendium.appearance import palette
from flarebook.compendium.appearance.style import NARROW, figure_faults, use_style

# Linear RGB as readers without one kind of cone see it: Machado, Oliveira & Fernandes (2009), IEEE TVCG 15, 1291, table
# of severity 1.
READERS = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
APART = 11  # CIEDE2000; about 2 is just noticeable
ALL = (*palette.SERIES, palette.GREY, palette.REAL)


def seen(colours, reader):
    """CIE L*a*b* of colours, (n, 3), as a reader sees them."""
    rgb = np.array([to_rgb(colour) for colour in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.transpose(READERS[reader]), 0, 1)
    return rgb2lab(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize("reader", READERS)
def test_the_colours_of_the_palette_stay_apart_for_every_reader(reader):
    lab = dict(zip(ALL, seen(ALL, reader), strict=True))
    distances = {pair: float(deltaE_ciede2000(*map(lab.get, pair))) for pair in itertools.combinations(ALL, 2)}
    assert min(distances.values()) > APART, min(distances, key=distances.get)


@pytest.mark.parametrize("name", palette.SEQUENTIAL)
def test_lightness_rises_or_falls_all_along_a_sequential_colour_map(name):
    lightness = rgb2lab(colormaps[name](np.linspace(0, 1, 64))[None, :, :3])[0, :, 0]
    steps = np.diff(lightness) * np.sign(lightness[-1] - lightness[0])
    assert steps.min() > -0.05 and abs(lightness[-1] - lightness[0]) > 60


def test_a_diverging_colour_map_is_lightest_in_the_middle_and_alike_on_both_sides():
    lightness = rgb2lab(colormaps["RdBu_r"](np.linspace(0, 1, 65))[None, :, :3])[0, :, 0]
    assert lightness.argmax() == 32 and np.abs(lightness - lightness[::-1]).max() < 10


def sound():
    """Figure without a fault: (figure, axes)."""
    figure, axes = plt.subplots(figsize=(NARROW, 3), layout="constrained")
    axes.plot([0, 1, 2], [3, 4, 5])
    axes.set(xlabel="time [s]", ylabel="share of flares")
    return figure, axes


BREAKS = {
    "inches wide": lambda figure, axes: figure.set_figwidth(9),
    "type below": lambda figure, axes: axes.text(1, 4, "note", fontsize=6),
    "lines thinner": lambda figure, axes: axes.axhline(3.5, lw=0.3),
    "colour map jet": lambda figure, axes: axes.scatter([0, 1], [3, 4], c=[0, 1], cmap="jet"),
    "an x axis without a unit: ''": lambda figure, axes: axes.set_xlabel(""),
    "a y axis without a unit: 'flux'": lambda figure, axes: axes.set_ylabel("flux"),
}


@pytest.fixture(autouse=True)
def style():
    with plt.rc_context():
        use_style()
        yield
    plt.close("all")


@pytest.mark.parametrize("fault", BREAKS)
def test_a_figure_that_departs_from_the_look_is_told_in_what(fault):
    figure, axes = sound()
    BREAKS[fault](figure, axes)
    figure.draw_without_rendering()
    (found,) = figure_faults(figure)
    assert fault in found


def test_labels_may_stand_on_shared_axes_and_names_need_none():
    figure, panels = plt.subplots(2, 2, figsize=(NARROW, 3), sharex=True, sharey=True)
    for axes in panels.flat:
        axes.plot([0, 1], [0, 1])
    panels[1, 0].set_xlabel("time [s]")
    figure.supylabel("flux [W/m²]")
    named, axes = plt.subplots(figsize=(NARROW, 3))
    axes.barh(["QS", "PF"], [1, 2])
    axes.set_xlabel("number")
    for one in (figure, named):
        one.draw_without_rendering()
        assert figure_faults(one) == []


def test_an_axis_of_dates_whose_ticks_are_years_needs_no_unit():
    figure, axes = plt.subplots(figsize=(NARROW, 3), layout="constrained")
    axes.plot(np.array(["1996-01-01", "2008-01-01", "2020-01-01"], "datetime64[D]"), [0, 1, 2])
    axes.set_ylabel("number")
    figure.draw_without_rendering()
    assert {len(label.get_text()) for label in axes.get_xticklabels()} == {4}
    assert figure_faults(figure) == []
