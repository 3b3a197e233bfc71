"""The regions of a simulated Sun: where and when they emerge over the cycle, how large, and of which flux patches."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

CYCLE_START, CYCLE_LENGTH = "2008-12-01", 4018.0  # solar cycle 24; days
TYPICAL_FLUX = 5e21  # Mx in each polarity, median of the regions
WARM_UP = 240.0  # days of earlier births, so that old flux is there on the first day
BIRTHS_AT_MAXIMUM = 1.6  # regions per day on the whole Sun
COLUMNS = ("birth", "latitude", "longitude", "flux", "life", "tilt", "leading", "complexity", "twist")


@dataclass(frozen=True, eq=False)
class Population:
    """Every region that emerges, and the concentrations of flux that each is made of.

    regions: table with COLUMNS, one row per region in order of birth (days since the first image, degrees, Mx, days,
    degrees, sign of the leading polarity, 0 to 1, signed).  spots: region, west, north (degrees from the centre),
    share (signed, of the region's flux), begin, end (fractions of the region's life).  cycle_day: of the first image.
    network_seed: of the quiet Sun's network.
    """

    regions: pd.DataFrame
    spots: pd.DataFrame
    cycle_day: float
    network_seed: int = 0


def cycle_number_and_phase(cycle_day):
    """Cycle (24 and later) and days since its start."""
    return 24 + np.floor_divide(cycle_day, CYCLE_LENGTH).astype(int), np.mod(cycle_day, CYCLE_LENGTH)


def activity(days):
    """Level of activity, 1 at maximum, so many days after the start of a cycle (Hathaway, Wilson & Reichmann 1994)."""
    scaled = np.maximum(days, 1.0) / 30.44 / 51.0
    return scaled**3 / (np.exp(scaled**2) - 0.71) / 0.504


def belt_latitude(days):
    """Latitude of the activity belts in degrees, so many days after the start of a cycle (Hathaway 2011)."""
    return 28.0 * np.exp(-days / 30.44 / 90.0)


def rotation_rate(latitude):
    """Synodic rotation of magnetic features in degrees per day (Snodgrass 1983)."""
    square = np.sin(np.deg2rad(latitude)) ** 2
    return 14.366 - 2.297 * square - 1.624 * square**2 - 0.9856


def sample_population(n_days, rng, cycle_day):
    """Draw all regions that matter for images of n_days days, as a Population.

    cycle_day: of the first image, days after the start of cycle 24.  Births are a Poisson process at the cycle's rate.
    """
    n_trials = rng.poisson(1.3 * BIRTHS_AT_MAXIMUM * (n_days + WARM_UP))
    birth = np.sort(rng.uniform(-WARM_UP, n_days, n_trials))
    birth = birth[rng.random(n_trials) * 1.3 < birth_rate(birth + cycle_day)]
    regions = sample_regions(birth, birth + cycle_day, rng)
    regions = gather_in_nests(regions, rng)
    return Population(regions, sample_spots(regions, rng), cycle_day, int(rng.integers(2**31)))


def birth_rate(cycle_day):
    """Births relative to the maximum's; the new cycle and the end of the old one overlap, and never less than 5 %."""
    _, days = cycle_number_and_phase(cycle_day)
    return np.maximum(activity(days) + activity(days + CYCLE_LENGTH), 0.05)


def sample_regions(birth, cycle_day, rng):
    """Table of regions born at the given days: belts, Hale's polarities, Joy's tilt, log-normal flux (COLUMNS)."""
    n = len(birth)
    cycle, days = cycle_of_birth(cycle_day, rng)
    north = np.where(rng.random(n) < 0.5, 1, -1)
    latitude = north * np.clip(rng.normal(belt_latitude(days), 4.5), 2, 45)
    flux = TYPICAL_FLUX * np.exp(rng.normal(0, 0.85, n))
    size = flux / TYPICAL_FLUX
    table = {"birth": birth, "latitude": latitude, "flux": flux}
    table["complexity"] = np.clip(rng.beta(1.2, 4, n) * size**0.2, 0, 1)
    table["longitude"] = rng.uniform(-180, 180, n)
    table["life"] = np.clip(9 * size**0.6 * np.exp(rng.normal(0, 0.25, n)), 2.5, 60)
    table["tilt"] = 0.5 * latitude + rng.normal(0, 12, n) * size**-0.2
    exceptions = np.where(rng.random(n) < 0.04, -1, 1)  # from Hale's law
    table["leading"] = np.where(cycle % 2 == 0, -north, north) * exceptions
    table["twist"] = -north * rng.normal(0.5, 0.8, n)  # mostly left-handed in the north (Pevtsov et al. 1995)
    return pd.DataFrame(table)[list(COLUMNS)]


def cycle_of_birth(cycle_day, rng):
    """Cycle of each region born on a day, and days since its start: the old one ends while the new one begins."""
    cycle, days = cycle_number_and_phase(cycle_day)
    young, late = activity(days), activity(days + CYCLE_LENGTH)
    old = rng.random(len(days)) * (young + late) < late
    return cycle - old, days + old * CYCLE_LENGTH


def gather_in_nests(regions, rng, share=0.3):
    """Move a share of the births beside a region born up to ten births earlier, as activity nests do.

    A region that changes the hemisphere changes its polarities, tilt and twist with it.
    """
    latitude, longitude = regions["latitude"].to_numpy().copy(), regions["longitude"].to_numpy().copy()
    birth = regions["birth"].to_numpy()
    follows = np.flatnonzero((rng.random(len(regions)) < share) & (np.arange(len(regions)) > 10))
    for row in follows:
        host = row - rng.integers(1, 11)
        latitude[row] = latitude[host] + rng.normal(0, 2.0)
        longitude[row] = longitude_at(longitude[host], latitude[host], birth[row] - birth[host]) + rng.normal(0, 6.0)
    side = np.sign(latitude * regions["latitude"])
    mirrored = {name: regions[name] * side for name in ("leading", "tilt", "twist")}
    return regions.assign(latitude=latitude, longitude=longitude, **mirrored)


def sample_spots(regions, rng):
    """Concentrations of flux of all regions (see Population): compact leading, scattered following ones, intruders."""
    rows = []
    for region in regions.itertuples():
        size = (region.flux / TYPICAL_FLUX) ** 0.35
        separation = (2.2 + 3.0 * size) * (1 - 0.45 * region.complexity)
        for side, mean in ((1, 0.7), (-1, 2.0)):
            n = 1 + rng.poisson(mean * size)
            shares = side * region.leading * rng.dirichlet(np.full(n, 1.5))
            west = side * separation / 2 + rng.normal(0, 0.35 + 0.45 * size * (n > 1), n)
            north = rng.normal(0, 0.3 + 0.5 * size * (n > 1), n)
            rows += [(region.Index, w, v, s, 0.0, 1.0) for w, v, s in zip(west, north, shares, strict=True)]
        rows += sample_intruders(region, rows[-n:], size, rng)
    table = pd.DataFrame(rows, columns=["region", "west", "north", "share", "begin", "end"])
    tilt = np.deg2rad(regions["tilt"].to_numpy()[table["region"]])
    west, north, cosine, sine = table["west"].to_numpy(), table["north"].to_numpy(), np.cos(tilt), np.sin(tilt)
    return table.assign(west=west * cosine + north * sine, north=north * cosine - west * sine)


def sample_intruders(region, hosts, size, rng):
    """Spots of opposite polarity that emerge beside the hosts for part of the life: delta regions."""
    rows = []
    for _ in range(rng.poisson(0.5 + 4.5 * region.complexity)):
        _, west, north, share, _, _ = hosts[rng.integers(len(hosts))]
        begin = rng.uniform(0.02, 0.7)
        angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(0.7, 1.5) * size**0.5
        opposite = -np.sign(share) * rng.uniform(0.12, 0.4)
        place = west + distance * np.cos(angle), north + distance * np.sin(angle)
        rows.append((region.Index, *place, opposite, begin, begin + rng.uniform(0.15, 0.5)))
    return rows


def longitude_at(longitude, latitude, days):
    """Stonyhurst longitude in degrees, -180 to 180, after so many days of differential rotation."""
    return np.mod(longitude + rotation_rate(latitude) * days + 180, 360) - 180
