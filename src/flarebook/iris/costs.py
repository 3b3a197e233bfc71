"""What spectra cost from archives to stored features, and to learn from: measured, and estimated for clusters."""

from importlib.resources import files

import numpy as np
import pandas as pd

DATA = files("flarebook.iris") / "data"
TABLE = DATA / "scale.csv"  # of scripts/iris/measure_scale.py
TRAINING = DATA / "training_costs.csv"  # of scripts/iris/measure_training.py
EPOCHS = 15  # of the paper, section 4.2
CLUSTERS = (16, 256)  # cores of the estimates


def measured_costs():
    """Measured rows: DataFrame size, workers, spectra, stored, parts, seconds, memory_mb, archive_bytes, store_bytes,
    n, low, high.

    size: asked for; spectra: those read; stored: those that could be used; memory_mb: of all processes
    together, at its highest; seconds: the median of n turns, between low and high.
    """
    return pd.read_csv(TABLE, comment="#")


def training_costs():
    """Measured trainings of the networks of all splits together, and the time of the paper's 15 epochs from theirs.

    Returns a DataFrame model, spectra, splits, epochs (measured), seconds, memory_mb, minutes (of 15 epochs).
    """
    table = pd.read_csv(TRAINING, comment="#")
    return table.assign(minutes=EPOCHS / 60 * table["seconds"] / table["epochs"])


def measured_where(table=TABLE):
    """Date and machine of a measurement, as one line of text."""
    return table.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")


def largest_rows(costs):
    """Rows of the largest size, by the number of workers: DataFrame with the index workers."""
    return costs[costs["size"] == costs["size"].max()].set_index("workers").sort_index()


def serial_fraction(costs):
    """Share of the work that does not run in parallel, from the times of one and two workers at the largest size.

    Amdahl's law: T(n) = T(1) (s + (1 - s) / n), so that s = 2 T(2) / T(1) - 1, which is 0 at least.
    """
    seconds = largest_rows(costs)["seconds"]
    return float(max(2 * seconds[2] / seconds[1] - 1, 0.0))


def amdahl_seconds(costs, cores):
    """Estimate the time in s of the largest size on `cores` cores, a number or an array, by `serial_fraction`."""
    fraction = serial_fraction(costs)
    return largest_rows(costs).loc[1, "seconds"] * (fraction + (1 - fraction) / cores)


def estimate_costs(costs, cores=CLUSTERS):
    """Time by Amdahl's law with the measured serial fraction, and by the longest part: an estimate, nothing measured.

    No cluster is faster than the largest observation, which is one part.  Returns a DataFrame cores, seconds, bound
    ("Amdahl" or "largest part").
    """
    table = pd.DataFrame({"cores": cores, "seconds": amdahl_seconds(costs, np.array(cores))})
    part = largest_rows(costs).loc[1, "seconds"] * largest_share(costs)
    table["bound"] = np.where(table["seconds"] < part, "largest part", "Amdahl")
    return table.assign(seconds=table["seconds"].clip(lower=part))


def largest_share(costs):
    """Share of the spectra that the largest observation has, among all at the largest size."""
    from flarebook.iris.observations import observation_table

    table = observation_table()
    return float((table["n_slit"] * table["n_exposures"]).max() / largest_rows(costs).loc[1, "spectra"])


def cost_summary(costs):
    """Costs in the units of a table: spectra, workers, time (s), microseconds a spectrum, memory (MB), bytes (GB)."""
    gigabytes = costs[["archive_bytes", "store_bytes"]] / 1e9
    return pd.DataFrame(
        {
            "spectra": costs["spectra"],
            "workers": costs["workers"],
            "time [s]": costs["seconds"],
            "per spectrum [µs]": 1e6 * costs["seconds"] / costs["spectra"],
            "peak memory [MB]": costs["memory_mb"],
            "archives [GB]": gigabytes["archive_bytes"],
            "stored features [GB]": gigabytes["store_bytes"],
        }
    )


def speed_up(costs, workers=2):
    """Ratio of the time of one worker to that of several, at the largest size."""
    seconds = largest_rows(costs)["seconds"]
    return float(seconds[1] / seconds[workers])
