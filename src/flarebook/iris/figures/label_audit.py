"""Timelines of the audit: each observation's window, and the flares around it by NOAA's list."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from flarebook.compendium.appearance.palette import VERMILION
from flarebook.compendium.appearance.style import WIDE
from flarebook.goes.classes import class_to_flux
from flarebook.iris.labels.audit import observation_times
from flarebook.iris.labels.verdicts import CONTRADICTED, DOUBTFUL, HOLDS
from flarebook.iris.mg2 import NEUTRAL_COLOUR, REAL_COLOUR, REGION_COLOURS, REGION_NAMES

OWN = REAL_COLOUR  # flares of the pointing's region
MARKS = {HOLDS: ("✓", "0.45"), DOUBTFUL: ("?", "#B26A00"), CONTRADICTED: ("✗", VERMILION)}
OPEN = {"facecolors": "white", "edgecolors": NEUTRAL_COLOUR, "zorder": 3}
HOURS = (-24, -12, -6, -3, -1, 0, 1, 3, 6, 12, 24)
LINEAR = 1.0  # hours around the end of the window that are drawn to a linear scale


def plot_timeline(region, flares, verdicts):
    """One class of observations, a row each: window, known observing time, and flares from a day before to one after.

    region: "PF", "AR", "SS" or "QS"; flares: of `audit.audit_flares`; verdicts: of `verdicts.label_verdicts`.  Hours
    count from the end of the window, beyond one hour in their logarithm.  Returns a figure.
    """
    times = observation_times().query("region == @region")
    figure, axis = plt.subplots(figsize=(WIDE, 1.2 + 0.24 * len(times)), layout="constrained")
    judged = verdicts.set_index("observation")["verdict"]
    for row, time in enumerate(times.itertuples()):
        start, first, known = (_hours(moment, time.window_end) for moment in time[3:5] + (time.known_end,))
        axis.plot([start, known], [row, row], color="0.6", lw=1.2, solid_capstyle="butt", zorder=1)
        axis.barh(row, -first, left=first, height=0.62, color=REGION_COLOURS[region], zorder=2)
        _draw_flares(axis, row, flares[flares["observation"] == time.observation], time.window_end)
        mark, colour = MARKS[judged[time.observation]]
        axis.text(1.015, row, f"{mark} {judged[time.observation]}", color=colour, va="center", ha="left",
                  transform=axis.get_yaxis_transform(), fontsize="small")  # fmt: skip
    axis.axvline(0, color="0.8", lw=0.8, zorder=0)
    axis.set_xscale("symlog", linthresh=LINEAR, linscale=1.1)
    axis.set(xlim=(-38, 30), ylim=(len(times) - 0.4, -0.6), xlabel="time from the end of the window [h]")
    axis.set_xticks(HOURS, [f"{hour:+d}".replace("-", "−") if hour else "0" for hour in HOURS])
    axis.xaxis.set_minor_locator(plt.NullLocator())
    axis.set_yticks(range(len(times)), times["observation"])
    figure.legend(handles=_legend(region), loc="outside upper center", ncols=4, handletextpad=0.4)
    return figure


def _hours(moment, zero):
    """Hours from one time to another."""
    return (moment - zero).total_seconds() / 3600


def _size(goes_class):
    """Area of a marker: larger for a larger flare."""
    return 26 * (1 + np.log10(max(class_to_flux(goes_class) / 1e-6, 1)))


def _draw_flares(axis, row, flares, zero):
    """Flares of one observation: filled at the pointing, open elsewhere; classes named where few are the region's."""
    for flare in flares.itertuples():
        first, last = _hours(flare.start, zero), _hours(flare.end, zero)
        style = {"color": OWN, "zorder": 4} if flare.same_region else OPEN
        axis.plot([first, last], [row, row], color=style.get("color", NEUTRAL_COLOUR), lw=1.6, zorder=style["zorder"])
        axis.scatter(first, row, s=0.45 * _size(flare.goes_class), lw=0.9, marker="o", **style)
    own = flares[flares["same_region"] & ~flares["goes_class"].str.startswith("C")]
    near = own[(own["start"] - zero).abs().dt.total_seconds() < 3600 * (30 if len(own) <= 2 else 0.55)]
    for flare in near.itertuples():
        place = _hours(flare.start, zero), row
        shift, side = ((-5, 0), "right") if flare.when == "window" else ((6, 5.5), "left")
        shift, side = ((3, 7), "right") if place[0] > 12 else (shift, side)  # else it would leave the axes
        axis.annotate(flare.goes_class, place, shift, textcoords="offset points",
                      fontsize="small", va="center", ha=side, color=OWN, zorder=5)  # fmt: skip


def _legend(region):
    """Entries of the legend."""
    dot = {"marker": "o", "ls": "", "markersize": 6}
    return [
        Patch(color=REGION_COLOURS[region], label=f"window ({REGION_NAMES[region]})"),
        Line2D([], [], color="0.6", lw=1.2, label="known to be observed"),
        Line2D([], [], color=OWN, **(dot | {"ls": "-"}), label="flare of the region, start to end"),
        Line2D([], [], markerfacecolor="white", markeredgecolor=NEUTRAL_COLOUR, **dot, label="flare elsewhere"),
    ]
