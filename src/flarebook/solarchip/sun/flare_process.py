"""Flares of a simulated Sun: a Poisson process in each region, faster where much flux lies near inversion lines.

The constants below are calibrated to NOAA's list of 2012 to 2015: rates of C1.0 and M1.0 flares, share of days with an
M flare, slope of the peak fluxes and waiting times.  Notebook solarchip/6-real-flares shows how closely they agree.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from flarebook.goes.classes import flux_to_class
from flarebook.solarchip.sun.regions import longitude_at, rotation_rate

RATE_AT = 1.0e5  # inversion-line flux for which a region of middling twist makes RATE_M flares of at least M1 a day
RATE_M, R_POWER, TWIST_POWER = 0.45, 1.4, 0.6
INDEX = 2.2  # of the power law of peak fluxes
SMALLEST, LARGEST = 1e-6, 2.8e-3  # W/m^2: C1.0, the limit of the list, and X28, the largest measured (2003-11-04)
_TAIL = LARGEST ** (1 - INDEX)
M1 = 1e-5  # W/m^2
RISE = 1.4  # factor by which the flux of the whole Sun must grow for a flare to be listed (NOAA's rule)
BACKGROUND, BACKGROUND_OF_REGION = 2e-8, 1.2e-7  # W/m^2: quiet Sun, and a region of 1e22 Mx


@dataclass(frozen=True, eq=False)
class Rates:
    """Flare rates of all regions alive, step by step.

    table: one row per step and region: step, region, latitude, longitude (degrees), flux (Mx), r_value, rate (flares
    >= M1 per day).  day: (n_steps,) of each step since the first image; length: of a step in days.
    """

    table: pd.DataFrame
    day: np.ndarray
    length: float


def fraction_above(flux):
    """Share of the flares >= C1 with a peak flux above this one in W/m^2: power law of INDEX, cut at X28."""
    return (np.clip(flux, SMALLEST, LARGEST) ** (1 - INDEX) - _TAIL) / (SMALLEST ** (1 - INDEX) - _TAIL)


def sample_peak_flux(n, rng):
    """Peak fluxes of n flares in W/m^2, drawn from the power law of `fraction_above`."""
    return (SMALLEST ** (1 - INDEX) - rng.random(n) * (SMALLEST ** (1 - INDEX) - _TAIL)) ** (1 / (1 - INDEX))


def flare_rate(r_value, twist):
    """Flares of at least M1 per day that a region makes: a power law of its inversion-line flux times a factor.

    r_value: of `region_r_values`; twist: signed and hidden from all observers, sets the factor.
    """
    return RATE_M * (r_value / RATE_AT) ** R_POWER * np.exp(TWIST_POWER * (np.abs(twist) - 0.75))


def sample_flares(rates, rng):
    """Flare list, one row per flare in order of peak: start, peak, end (days), peak_flux, goes_class, region, place.

    The rate of a region holds for a whole step.  visible: whether it lies on the near side at its peak.
    """
    number = rng.poisson(rates.table["rate"] / fraction_above(M1) * rates.length)
    source = rates.table.iloc[np.repeat(np.arange(len(number)), number)]
    since = rng.random(len(source)) * rates.length
    peak = rates.day[source["step"]] + since
    flux = sample_peak_flux(len(source), rng)
    rise = np.exp(rng.normal(np.log(7), 0.6, len(source))) * (flux / SMALLEST) ** 0.1 / 1440
    latitude = source["latitude"].to_numpy()
    longitude = longitude_at(source["longitude"].to_numpy(), latitude, since)
    listed = {"start": peak - rise, "peak": peak, "end": peak + rise + 0.7 * decay_days(flux), "peak_flux": flux}
    listed |= {"goes_class": [flux_to_class(value) for value in flux], "region": source["region"].to_numpy()}
    listed |= {"latitude": latitude, "longitude": longitude, "visible": np.abs(longitude) < 90}
    return pd.DataFrame(listed).sort_values("peak", ignore_index=True)


def list_flares(flares, rates):
    """The flares that GOES would list, with all flares behind the limb: rows of `sample_flares`.

    A flare on the near side is listed when it raises the flux of the whole Sun by RISE or more, over the regions'
    background and the decay of earlier flares.  Of flares that overlap only the largest is listed.
    """
    near = flares[flares["visible"]]
    start, peak, end, flux = (near[name].to_numpy() for name in ("start", "peak", "end", "peak_flux"))
    step = np.clip(np.searchsorted(rates.day, start, side="right") - 1, 0, len(rates.day) - 1)
    before = visible_background(rates)[step]
    for row in range(len(near)):
        earlier = slice(np.searchsorted(peak, start[row] - 1.0), np.searchsorted(peak, start[row]))
        before[row] += (flux[earlier] * np.exp(-(start[row] - peak[earlier]) / decay_days(flux[earlier]))).sum()
    listed = flux >= (RISE - 1) * before
    for row in np.argsort(-flux):
        if listed[row]:
            within = slice(np.searchsorted(peak, start[row]), np.searchsorted(peak, end[row]))
            listed[within] &= flux[within] > flux[row]
            listed[row] = True
    return flares.drop(near.index[~listed]).reset_index(drop=True)


def visible_background(rates):
    """X-ray flux of the regions on the near side without flares, W/m^2, (n_steps,)."""
    near = rates.table[rates.table["longitude"].abs() < 90]
    groups = {step: flux.to_numpy() for step, flux in near.groupby("step")["flux"]}
    return np.array([xray_background(groups.get(step, np.zeros(0))) for step in range(len(rates.day))])


def decay_days(flux):
    """Days in which a flare of this peak flux in W/m^2 falls to 1/e in soft X-rays: larger ones last longer."""
    return 12 / 1440 * (flux / SMALLEST) ** 0.33


def expected_visible(rates, smallest=M1):
    """Expected flares on the near side in each step, (n_steps,); regions rotate in and out meanwhile.

    smallest: W/m^2, least peak flux, a number or (n_steps,).  What does not rise by RISE over the
    regions' background does not count.
    """
    table = rates.table
    start = table["longitude"].to_numpy()
    moved = rotation_rate(table["latitude"].to_numpy()) * rates.length
    seen = np.clip(np.minimum(start + moved, 90) - np.maximum(start, -90), 0, None)
    seen += np.clip(start + moved - 270, 0, None)  # back again at the east limb, in long steps
    strong = np.bincount(table["step"], table["rate"] * rates.length * seen / moved, minlength=len(rates.day))
    return strong * fraction_above(np.maximum(smallest, (RISE - 1) * visible_background(rates))) / fraction_above(M1)


def glowing_flares(flares, day):
    """Flares that still glow at a day: (regions, flux now in W/m^2, visible), each (n,); below 5 % it is over."""
    peak = flares["peak"].to_numpy()
    recent = flares.iloc[np.searchsorted(peak, day - 1.0) : np.searchsorted(peak, day)]
    flux = recent["peak_flux"].to_numpy()
    share = np.exp(-(day - recent["peak"].to_numpy()) / decay_days(flux))
    keep = share > 0.05
    return recent["region"].to_numpy()[keep], (flux * share)[keep], recent["visible"].to_numpy()[keep]


def xray_background(visible_flux):
    """GOES long-channel flux without flares in W/m^2, of near-side regions with this flux in Mx, (n,)."""
    return BACKGROUND + BACKGROUND_OF_REGION * float(np.sum((visible_flux / 1e22) ** 1.2))
