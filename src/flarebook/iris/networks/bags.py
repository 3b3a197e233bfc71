"""Observations as bags of spectra in bins of time, and simulated bags whose right answer is known."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.iris.classifiers.ablation import quiet_light_known
from flarebook.iris.classifiers.splits import POSITIVE, Spectra, select_spectra
from flarebook.iris.mg2 import FEATURES
from flarebook.iris.observations import WINDOW_END, WINDOW_MINUTES
from flarebook.iris.simulation.dataset import build_dataset
from flarebook.iris.simulation.observation import load_calibration

MINUTES, QUIET = "minutes", "quiet_fraction"
HALF_WAY = [-13.5, 3.0]  # minutes to onset and rise time of a state that is half on in the middle of the window


@dataclass(frozen=True)
class Bags:
    """One bag of spectra per observation, with one label.

    values: (n_observations, n_times, n_each, 10) float32, zero where absent; present: (n_observations, n_times, n_each)
    bool; quiet: the same shape, share of quiet-Sun light, NaN where absent or unknown; spectra: all that the bags were
    drawn from, in the same order of observations.
    """

    values: np.ndarray
    present: np.ndarray
    quiet: np.ndarray
    spectra: Spectra

    @property
    def label(self):
        """1 for each pre-flare observation, (n_observations,) float32."""
        return self.spectra.positive.astype(np.float32)


def window_minutes(table, observations):
    """Minutes from the start of the 25-minute window to each spectrum, (n,).

    table: rows with observation, exposure and minutes_to_onset (NaN but for pre-flare observations); observations: of
    `observation_table`, whose cadence places the exposures of the others.
    """
    cadence = observations.set_index("observation")["step_cadence"]
    since_start = table["exposure"] * table["observation"].astype(str).map(cadence) / 60
    return (table["minutes_to_onset"] - WINDOW_END + WINDOW_MINUTES).fillna(since_start)


def make_bags(table, observations, rng, n_times=10, n_each=10):
    """Draw at most `n_each` spectra in each of `n_times` bins of every observation's window.

    table: of iris/3-observations; observations: of `observation_table`.  The spectra are those that the per-spectrum
    classifiers learn from, as many of one class as of the other.  Raises InputError for fewer than one bin or spectrum.
    """
    if min(n_times, n_each) < 1:
        raise InputError(f"A bag of {n_times} times {n_each} spectra is empty: raise n_times and n_each to 1 or more.")
    known = [QUIET] if quiet_light_known(table) else []
    table = table.assign(**{MINUTES: window_minutes(table, observations)})
    spectra = select_spectra(table, rng, (*FEATURES, MINUTES, *known))
    rows = bag_rows(spectra, rng, n_times, n_each)
    present = rows >= 0
    values = np.where(present[..., None], spectra.features[rows], 0)
    quiet = np.where(present, values[..., -1], np.nan) if known else np.full(present.shape, np.nan)
    n_features = len(FEATURES)
    spectra = replace(spectra, features=spectra.features[:, :n_features], columns=FEATURES)
    return Bags(values[..., :n_features], present, quiet, spectra)


def bag_rows(spectra, rng, n_times, n_each):
    """Rows of the spectra in each place of the bags, -1 where none is left: (n_observations, n_times, n_each) int."""
    minutes = spectra.features[:, spectra.columns.index(MINUTES)]
    time = np.clip((minutes / WINDOW_MINUTES * n_times).astype(int), 0, n_times - 1)
    order = rng.permutation(len(minutes))
    drawn = pd.DataFrame({"observation": spectra.observation[order], "time": time[order]})
    place = drawn.groupby(["observation", "time"]).cumcount().to_numpy()
    kept = place < n_each
    rows = np.full((len(spectra.names), n_times, n_each), -1)
    rows[drawn["observation"][kept], drawn["time"][kept], place[kept]] = order[kept]
    return rows


def small_cores(observations, library, seed, number, share=0.1):
    """Table of simulated AR and PF observations whose active core fills a smaller share of the field of view.

    share: mean share of the core, .62 in the book's calibration.  Zbinden et al. 2024: this share drives the score.
    """
    calibration = load_calibration()
    for region in ("AR", "PF"):
        calibration["regions"][region]["core"] = [share, 0.2 * share]
    return build_dataset(observations, library, seed, number, calibration=calibration)


def order_control(observations, library, seed, number):
    """Table of simulated observations that differ in the order of time alone: what only a sequence model can tell.

    In all of them the pre-flare state switches on in the middle of the window; those called AR then run backwards.
    """
    calibration = load_calibration() | {"preflare_rise": HALF_WAY, "preflare_growth": 0.0}
    table = build_dataset(observations.assign(region=POSITIVE), library, seed, number, calibration=calibration)
    region = table["observation"].astype(str).str[:2]
    forward = WINDOW_END - WINDOW_MINUTES, WINDOW_END
    minutes = table["minutes_to_onset"].where(region == POSITIVE, sum(forward) - table["minutes_to_onset"])
    return table.assign(region=region, minutes_to_onset=minutes)
