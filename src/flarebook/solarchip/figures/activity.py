"""Figures of a Sun's activity: X-ray flux of a day, magnetic flux, butterfly diagram, flares and what they follow."""

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from flarebook.compendium.appearance.palette import BLUE, GREEN, PUBLISHED, REAL, VERMILION
from flarebook.compendium.appearance.style import WIDE
from flarebook.compendium.figures import bin_heights, draw_bins
from flarebook.goes.classes import LETTERS
from flarebook.solarchip.sun.magnetic_indices import UNIT

PUBLISHED_INDEX = 1.98  # of peak fluxes, +- 0.11, in 37 years of GOES data; Aschwanden & Freeland 2012, table 1
LAW_LOOKS = {"color": BLUE, "ls": "-"}, {"color": PUBLISHED, "ls": "--"}  # the fitted and the published power law
MAXWELL = 1e22  # unit of the drawn flux
R_LABEL = f"log₁₀ of the simulator’s inversion-line flux\n[{UNIT / 1e16:.1f} × 10¹⁶ Mx]"
R_STYLES = {
    "no flare ≥ M1.0 in 24 h": {"histtype": "stepfilled", "color": "0.6", "lw": 1.4},
    "flare ≥ M1.0": {"histtype": "step", "color": VERMILION, "lw": 1.4},
}


def plot_xrays(days):
    """X-ray flux of real days with the detected flares, a panel each.

    days: {title: (table of the drawn time and flux, W/m2; table of flares)}.
    """
    figure = Figure(figsize=(WIDE, 2.9), layout="constrained")
    axes = figure.subplots(1, len(days), sharey=True, squeeze=False)[0]
    for axis, (title, (curve, flares)) in zip(axes, days.items(), strict=True):
        axis.semilogy(curve["time"], curve["flux"], color=REAL, lw=0.8)
        for flare in flares.itertuples():
            axis.axvspan(flare.start, flare.end, color=VERMILION, alpha=0.2, lw=0)
            if flare.peak_flux >= LETTERS["C"]:
                look = {"xytext": (0, 3), "textcoords": "offset points", "ha": "center", "fontsize": "small"}
                axis.annotate(flare.goes_class, (flare.peak, flare.peak_flux), **look)
        axis.set(xlabel=f"{title}, UTC", xlim=tuple(curve["time"].iloc[[0, -1]]), ylim=(5e-8, 2e-4))
        axis.xaxis.set_major_formatter(mdates.DateFormatter("%H:%M"))
        axis.xaxis.set_major_locator(mdates.HourLocator(byhour=range(0, 24, 6)))
    axes[0].set_ylabel("flux, 1 to 8 Å [W/m²]")
    for letter, flux in LETTERS.items():  # GOES classes at the right edge
        if axis.get_ylim()[0] < flux * 3 < axis.get_ylim()[1]:
            axis.text(1.02, flux * 3.16, letter, transform=axis.get_yaxis_transform(), va="center", color="0.4")
            axis.axhline(flux, color="0.85", lw=0.7, zorder=0)
    return figure


def plot_activity(days, emerged):
    """The magnetic flux of the visible disk and the butterfly diagram, one above the other.

    days: with time, unsigned_flux (Mx), max_class; emerged: of `emergences`.
    """
    figure = Figure(figsize=(WIDE, 4.42), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[1, 1.2])
    times = pd.to_datetime(days["time"])
    upper.plot(times, days["unsigned_flux"] / MAXWELL, color="0.3", lw=0.9)
    for letter, colour in (("M", BLUE), ("X", VERMILION)):
        chosen = days["max_class"].str.startswith(letter).to_numpy(bool)
        label = f"{letter} flare within 24 h"
        upper.plot(times[chosen], days["unsigned_flux"][chosen] / MAXWELL, "o", ms=3, color=colour, label=label)
    upper.set(ylabel="unsigned flux\nof the disk [10²² Mx]", ylim=(0, 1.25 * days["unsigned_flux"].max() / MAXWELL))
    upper.legend(loc="upper left", ncols=2)
    sizes = 60 * emerged["flux"] / emerged["flux"].quantile(0.98)
    lower.scatter(pd.to_datetime(emerged["time"]), emerged["latitude"], s=sizes, c=GREEN, alpha=0.45, lw=0)
    lower.axhline(0, color="0.7", lw=0.8)
    lower.set(ylabel="latitude of new\nregions [degrees]", ylim=(-50, 50), xlabel="date of the simulated Sun")
    lower.xaxis.set_major_formatter(mdates.ConciseDateFormatter(lower.xaxis.get_major_locator()))
    return figure


def flare_panels(cumulative, indices, rates):
    """What `plot_flares` plots, {panel: DataFrame}: the power laws have as many flares of class M as were counted.

    cumulative: of `cumulative_table`; indices: {name: index of a power law}; rates: of `flare_rates`.
    """
    fluxes = np.geomspace(LETTERS["C"], 10 * LETTERS["X"], 20)
    at_m = float((cumulative["peak_flux"] >= LETTERS["M"]).sum()) * cumulative["flares a day"].iloc[0]
    laws = [
        pd.DataFrame({"law": name, "index": index, "peak_flux": fluxes}).assign(
            **{"flares a day": at_m * (fluxes / LETTERS["M"]) ** (1 - index)}
        )
        for name, index in indices.items()
    ]
    return {"flares": cumulative, "power laws": pd.concat(laws), "dates": rates}


def plot_flares(panels):
    """How many flares of which class: the cumulative distribution with its power law, and shares of dates with one.

    panels: of `flare_panels`.
    """
    cumulative, laws, rates = panels.values()
    figure = Figure(figsize=(WIDE, 3.11), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1.5, 1])
    left.loglog(cumulative["peak_flux"], cumulative["flares a day"], color="0.3", lw=1.4, label="simulated")
    for (name, law), look in zip(laws.groupby("law", sort=False), LAW_LOOKS, strict=True):
        label = f"{name}, index {law['index'].iloc[0]:.2f}"
        left.loglog(law["peak_flux"], law["flares a day"], lw=1.2, label=label, **look)
    left.set(xlabel="peak flux, 1 to 8 Å [W/m²]", ylabel="flares a day at or above")
    left.legend()
    names = [name.replace(">= ", "≥ ") for name in rates.index]
    right.bar(names, 100 * rates["share of dates"], yerr=100 * rates["error"], color=BLUE, alpha=0.8, capsize=3)
    right.set(ylabel="dates with one in the next 24 h [%]")
    for place, share in enumerate(rates["share of dates"]):
        right.text(place + 0.08, 100 * share, f" {100 * share:.0f} %", va="bottom", ha="left", fontsize="small")
    return figure


def r_value_panels(days, shares):
    """What `plot_r_value` plots, {panel: DataFrame}.

    days: with r_value and label_m; shares: of `flare_fraction_by_r`.
    """
    edges = np.linspace(0, np.ceil(days["r_value"].max() * 4) / 4, 33)
    values = {name: days["r_value"][days["label_m"] == label] for label, name in enumerate(R_STYLES)}
    return {"dates": bin_heights(values, edges), "share of dates": shares}


def plot_r_value(panels):
    """Inversion-line flux of dates with and without a flare of M1.0, and the share of flaring dates against it.

    panels: of `r_value_panels`.
    """
    dates, shares = panels.values()
    figure = Figure(figsize=(WIDE, 3.11), layout="constrained")
    left, right = figure.subplots(1, 2)
    draw_bins(left, dates, R_STYLES)
    left.set(xlabel=R_LABEL, ylabel="dates")
    left.legend(loc="upper left")
    look = {"fmt": "o", "ms": 5, "capsize": 2, "color": VERMILION, "label": "dates with a flare ≥ M1.0"}
    right.errorbar(shares["r"], 100 * shares["share"], 100 * shares["error"], **look)
    right.plot(shares["r"], 100 * shares["probability"], color="0.3", lw=1.5, label="mean true probability")
    right.set(xlabel=R_LABEL, ylabel="share of dates [%]", ylim=(0, None))
    right.legend(loc="upper left")
    return figure


def activity_table(days, emerged):
    """Flux and flares of the dates and the new regions, to save with their figure."""
    dates = days[["time", "unsigned_flux", "max_class"]].assign(kind="date")
    return pd.concat([dates, emerged.assign(kind="new region")], ignore_index=True)
