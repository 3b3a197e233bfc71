"""Time and memory by the number of spectra and of workers, and the estimate for clusters."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import NullLocator, ScalarFormatter

from flarebook.compendium.appearance.palette import BLUE, GREEN, VERMILION
from flarebook.compendium.appearance.style import WIDE
from flarebook.iris.costs import amdahl_seconds, estimate_costs, largest_rows
from flarebook.iris.mg2 import NEUTRAL_COLOUR

CORES = 256  # to which the estimate is drawn
WORKER_STYLES = {1: (BLUE, "o"), 2: (VERMILION, "s"), 4: (GREEN, "^")}


def plot_costs(costs):
    """Time and memory against the number of spectra, and time against cores with the estimate; returns a figure.

    costs: of `measured_costs`.
    """
    figure, (time, memory, cores) = plt.subplots(1, 3, figsize=(WIDE, 2.63), layout="constrained")
    for workers, rows in costs.groupby("workers"):
        colour, marker = WORKER_STYLES[workers]
        label = f"{workers} worker{'s' if workers > 1 else ''}"
        time.loglog(rows["spectra"], rows["seconds"], marker=marker, color=colour, label=label)
        memory.semilogx(rows["spectra"], rows["memory_mb"] / 1e3, marker=marker, color=colour, label=label)
    time.set(xlabel="spectra", ylabel="time [s]")
    memory.set(xlabel="spectra", ylabel="peak memory, all processes [GB]", ylim=(0, None))
    time.legend()
    largest, estimate, number = largest_rows(costs), estimate_costs(costs), np.geomspace(1, CORES, 60)
    cores.loglog(number, amdahl_seconds(costs, number), "--", color=NEUTRAL_COLOUR, label="estimate: Amdahl's law")
    cores.plot(
        estimate["cores"], estimate["seconds"], "D", mfc="white", color=NEUTRAL_COLOUR, label="estimate, bounded"
    )
    for workers, seconds in largest["seconds"].items():
        colour, marker = WORKER_STYLES[workers]
        cores.plot(workers, seconds, marker=marker, color=colour, ls="")
    cores.set(xlabel="workers or cores", ylabel=f"time of {largest['spectra'].max() / 1e6:.1f} million spectra [s]")
    cores.set_xticks([1, 4, 16, 64, 256], ["1", "4", "16", "64", "256"])
    cores.xaxis.set_minor_locator(NullLocator())
    cores.yaxis.set_minor_formatter(ScalarFormatter())  # the times span less than a decade
    cores.legend(loc="upper right")
    return figure
