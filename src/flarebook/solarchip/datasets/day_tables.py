"""A Sun of many dates, and the tables of a simulated one: images with labels and truth, regions, flares."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.goes.labels import label_table, largest_peak_flux
from flarebook.solarchip.datasets.splits import TRAIN, split_chronologically
from flarebook.solarchip.sun.flare_process import M1, SMALLEST, expected_visible, glowing_flares, xray_background


@dataclass(frozen=True, eq=False)
class SunDays:
    """Images of many dates, simulated or real, and what is known about them."""

    images: np.ndarray  # (n, 11, size, size) float16, G and DN/s; (n, 1, ...): magnetograms
    days: pd.DataFrame  # a row per image
    regions: pd.DataFrame
    flares: pd.DataFrame
    skipped: list = field(default_factory=list)  # a sentence for each file or date that could not be used


def build_tables(start, day, measured, rates, flares, population):
    """Tables of days, regions and flares with ISO times.

    start: Timestamp of the first image; day: (n,) of each image since then; measured: {column: (n,)} of what was
    measured on the images; rates: Rates; flares: of `draw_flares`.
    The column r_value is log10 of the simulator's own inversion-line flux, from the regions without noise and out to
    the limb, on which the rate of flares rests; no observer has it, and it is not Schrijver's R (see magnetic_indices).
    """
    times = iso_times(start, day)
    listed = flares.assign(**{name: iso_times(start, flares[name]) for name in ("start", "peak", "end")})
    regions = regions_table(rates, day, times, population)
    days = pd.DataFrame({"time": times, "r_value": total_r_value(regions, times), **measured})
    seen = listed[listed["visible"]]
    days = days.assign(
        **simulation_truth(rates, day), **label_table(seen, times), **past_xrays(start, day, seen, flares, regions)
    )
    days["n_regions"] = regions.groupby("time").size().reindex(times, fill_value=0).to_numpy()
    days["split"] = split_days(times)
    days["origin"] = "simulated"
    return days, regions, listed[(flares["peak"] >= 0).to_numpy()].reset_index(drop=True)


def simulation_truth(rates, day):
    """What is known of a simulated Sun alone: expected flares >= M1 in the next 24 h, chances of >= M1 and >= C1."""
    first = np.searchsorted(rates.day, day - 1e-9)
    after = first + round(1 / rates.length)
    expected = {}
    for name, smallest in (("m", M1), ("c", SMALLEST)):
        total = np.concatenate([[0], np.cumsum(expected_visible(rates, smallest))])
        expected[name] = total[after] - total[first]
    return {"rate_m": expected["m"], **{f"p_{name}": -np.expm1(-number) for name, number in expected.items()}}


def past_xrays(start, day, seen, flares, regions):
    """Soft X-rays in W/m^2 that GOES has seen: now, and the largest in the past 24 h."""
    fluxes = {time: rows.to_numpy() for time, rows in regions.groupby("time")["flux"]}
    now = []
    for moment, time in zip(day, iso_times(start, day), strict=True):
        _, glowing, visible = glowing_flares(flares, moment)
        now.append(xray_background(fluxes.get(time, np.zeros(0))) + glowing[visible].sum())
    earlier = largest_peak_flux(seen, iso_times(start, day - 1))
    return {"goes_now": np.array(now), "flux_max_past_24h": np.maximum(earlier, now)}


def regions_table(rates, day, times, population):
    """One row per image and region on the near side: time, region, latitude, longitude, flux, complexity, r_value."""
    first = np.searchsorted(rates.day, day - 1e-9)
    near = rates.table[rates.table["step"].isin(first) & (rates.table["longitude"].abs() < 90)]
    table = near[["region", "latitude", "longitude", "flux"]].reset_index(drop=True)
    table.insert(0, "time", pd.Series(times, index=first)[near["step"]].to_numpy())
    table["complexity"] = population.regions["complexity"].to_numpy()[table["region"]]
    table["r_value"] = np.log10(np.maximum(near["r_value"].to_numpy(), 1))
    return table


def total_r_value(regions, times):
    """log10 of the sum of the inversion-line flux over the regions on the near side, 0 when there is none, (n,)."""
    linear = np.where(regions["r_value"] > 0, 10 ** regions["r_value"], 0)
    total = pd.Series(linear).groupby(regions["time"].to_numpy()).sum().reindex(times, fill_value=0)
    return np.log10(np.maximum(total.to_numpy(), 1))


def split_days(times):
    """Chronological parts; dates too few for three parts are all "train"."""
    try:
        return split_chronologically(times)
    except InputError:
        return np.full(len(times), TRAIN)


def iso_times(start, days):
    """ISO times, to the second, of days after the first image."""
    moments = start + pd.to_timedelta(np.asarray(days, float), unit="D").round("s")
    return moments.strftime("%Y-%m-%dT%H:%M:%S").to_numpy(str)
