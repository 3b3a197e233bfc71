"""The solar surface at one time: where the spots, plage and old flux of all regions stand, and how strong they are."""

from dataclasses import dataclass

import numpy as np

from flarebook.solarchip.images.grid import SOLAR_RADIUS
from flarebook.solarchip.sun.regions import CYCLE_LENGTH, TYPICAL_FLUX, cycle_number_and_phase, longitude_at

SPOT_FIELD = 1800.0  # G, in the middle of a flux concentration
DEGREE = np.deg2rad(1.0) * SOLAR_RADIUS  # cm
DIFFUSION = 2.5e12  # cm^2/s, of flux that has left the spots (Schrijver & Zwaan 2000)
POLEWARD = 0.078  # degrees per day at 45 degrees latitude, 11 m/s
FADING = 15.0  # days in which old flux cancels to 1/e


@dataclass(frozen=True, eq=False)
class Patches:
    """Round patches of radial field: region (n,), latitude, longitude (degrees), peak (G, signed), width (degrees)."""

    region: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    peak: np.ndarray
    width: np.ndarray

    @property
    def flux(self):
        """Signed flux of each patch in Mx, (n,)."""
        return 2 * np.pi * (self.width * DEGREE) ** 2 * self.peak


def join_patches(*patches):
    """Several Patches as one."""
    return Patches(*(np.concatenate([getattr(p, name) for p in patches]) for name in Patches.__dataclass_fields__))


@dataclass(frozen=True, eq=False)
class Surface:
    """One time: day since the first image; rows of the regions alive in the population's table, (n,), and their places.

    latitude, longitude: (n,) degrees, Stonyhurst; strength: (n,) share of their flux in spots; spots, plage: Patches.
    """

    day: float
    regions: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    strength: np.ndarray
    spots: Patches
    plage: Patches
    polar_field: float  # G at the north pole


def surface_at(population, day):
    """Surface of a Population at a day; positions are Stonyhurst.  Returns a Surface."""
    table = {name: population.regions[name].to_numpy() for name in population.regions}
    age = day - table["birth"]
    living = np.flatnonzero((age > 0) & (age < table["life"]))
    recent = np.flatnonzero((age > 0) & (age < 200))
    spots = living_spots(population.spots, table, age)
    plage = plage_and_old_flux(table, age, recent)
    latitude = table["latitude"][living]
    longitude = longitude_at(table["longitude"][living], latitude, age[living])
    alive = spot_fraction(age[living], table["life"][living])
    return Surface(day, living, latitude, longitude, alive, spots, plage, polar_field(population.cycle_day + day))


def emerged_fraction(age, life):
    """Share of a region's flux that has emerged, 0 to 1."""
    return np.clip(age / np.maximum(0.18 * life, 1.0), 0, 1)


def spot_fraction(age, life):
    """Share of a region's flux in spots: up in a sixth of the life, then down to nothing at its end."""
    late = np.clip((age / life - 0.18) / 0.82, 0, 1)
    return emerged_fraction(age, life) * (1 - late) ** 1.3


def living_spots(spots, table, age):
    """Spots of the regions alive, drifting apart while they emerge; widths follow from flux and field.  Patches."""
    fraction = age[spots["region"]] / table["life"][spots["region"]]
    living = spots[(fraction > spots["begin"]) & (fraction < spots["end"])]
    names = ("region", "begin", "end", "share", "west", "north")
    region, begin, end, share, west, north = (living[name].to_numpy() for name in names)
    fraction = age[region] / table["life"][region]
    rise, fall = (np.clip(4 * part / (end - begin), 0, 1) for part in (fraction - begin, end - fraction))
    life = np.where(end < 1, rise * fall, 1)
    flux = 0.65 * table["flux"][region] * spot_fraction(age[region], table["life"][region]) * np.abs(share) * life
    spread = 0.5 + 0.5 * np.clip(fraction / 0.25, 0, 1)
    latitude = table["latitude"][region] + north * spread
    middle = longitude_at(table["longitude"][region], table["latitude"][region], age[region])
    longitude = middle + west * spread / np.cos(np.deg2rad(latitude))
    width = np.sqrt(np.maximum(flux, 1e18) / (2 * np.pi * SPOT_FIELD)) / DEGREE
    return Patches(region, latitude, longitude, SPOT_FIELD * np.sign(share), width)


def plage_and_old_flux(table, age, rows):
    """Two broad patches per region, one per polarity: plage, then old flux that spreads and drifts poleward."""
    age, life = age[rows], table["life"][rows]
    size = (table["flux"][rows] / TYPICAL_FLUX) ** 0.35
    decayed, fading = np.clip(age / life, 0, 1) ** 1.5, np.exp(-np.maximum(age - life, 0) / FADING)
    flux = table["flux"][rows] * emerged_fraction(age, life) * (0.35 + 0.4 * decayed) * fading
    spread = np.sqrt(2 * DIFFUSION * 86_400 * np.maximum(age - 0.2 * life, 0)) / DEGREE
    width = np.sqrt((1.1 + 1.0 * size) ** 2 + spread**2)
    patches = []
    for side in (1, -1):
        apart = side * (1.1 + 1.6 * size) * emerged_fraction(age, life)
        tilt = np.deg2rad(table["tilt"][rows])
        start = table["latitude"][rows] - apart * np.sin(tilt)
        latitude = start + POLEWARD * np.sin(2 * np.deg2rad(start)) * age
        east_west = apart * np.cos(tilt) / np.cos(np.deg2rad(start))
        longitude = longitude_at(table["longitude"][rows] + east_west, 0.5 * (start + latitude), age)
        peak = side * table["leading"][rows] * flux / (2 * np.pi * (width * DEGREE) ** 2)
        patches.append(Patches(rows, latitude, longitude, peak, width))
    return join_patches(*patches)


def polar_field(cycle_day, strongest=3.0):
    """Radial field at the north pole in G: it has the leading polarity's sign at minimum and reverses at maximum."""
    cycle, days = cycle_number_and_phase(np.asarray(cycle_day, float))
    return float(np.where(cycle % 2 == 0, -1, 1) * strongest * np.cos(np.pi * days / CYCLE_LENGTH))
