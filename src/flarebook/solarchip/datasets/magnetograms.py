"""Real magnetograms beside simulated ones of the same dates: how strong the field is, and on which scales it varies."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binned_statistic

from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.solarchip.datasets.load import FOLDER
from flarebook.solarchip.images.grid import SOLAR_RADIUS, Disk, solar_b0
from flarebook.solarchip.images.read import read_image
from flarebook.solarchip.sun.magnetic_field import magnetogram, radial_field
from flarebook.solarchip.sun.regions import CYCLE_START, sample_population
from flarebook.solarchip.sun.surface import surface_at

MAGNETOGRAM_DAYS = ("2011-12-17", "2016-07-07", "2019-06-21")
STRONG = 50.0  # G
QUANTITIES = {
    "median": "median of |B| [G]",
    "p99": "99th percentile of |B| [G]",
    "strong": "share of the disk above 50 G",
    "rms": "root mean square of B [G]",
}
CENTRE = 0.6  # solar radii: half width of the square whose power spectrum is taken
SCALES = np.geomspace(12.5, 400, 21)  # Mm: edges of the spectrum's bins, from twice a pixel of the 256-pixel grid on


def load_real_magnetogram(day=MAGNETOGRAM_DAYS[0], folder=FOLDER):
    """REAL: line-of-sight field of HMI, hmi.M_720s, of one of MAGNETOGRAM_DAYS: a SunImage of 256 pixels along a side.

    Averaged from 4096 pixels by scripts/solarchip/bin_magnetograms.py, turned by 180 degrees as HMI stores it.  QUALITY
    of the first and last day reports fewer averaged points than usual (`hmi_conditions`): read it in the header.
    Raises InputError for another day.
    """
    if day not in MAGNETOGRAM_DAYS:
        days = ", ".join(MAGNETOGRAM_DAYS)
        raise InputError(f"there is no real magnetogram of {day} in the package; choose one of {days}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MetadataWarning)
        return read_image(Path(folder) / f"hmi_m_720s_{day.replace('-', '')}.fits")


def simulate_magnetogram(day, seed, size=128):
    """Simulated line-of-sight field of one date on the standard grid, (size, size) in G, without its other channels.

    day: ISO date, which sets the phase of the solar cycle; seed: of the Sun and the noise.
    Raises InputError for a text that is no date.
    """
    rng, time = np.random.default_rng(seed), pd.to_datetime(day, errors="coerce")
    if pd.isna(time):
        raise InputError(f"{day!r} is not a date: give an ISO date such as 2014-04-01")
    cycle_day = (time - pd.Timestamp(CYCLE_START)) / pd.Timedelta("1D")
    population = sample_population(2, rng, cycle_day)
    disk = Disk(size, float(solar_b0(time.day_of_year)))
    field, _ = radial_field(disk, surface_at(population, 0.0), population.network_seed)
    return magnetogram(field, disk, rng)


def _square(field):
    """A field as an array of numbers; InputError unless it is square."""
    field = np.asarray(field, float)
    if field.ndim != 2 or field.shape[0] != field.shape[1]:
        raise InputError(f"the magnetogram has the shape {field.shape}: give a square one on the standard grid")
    return field


def field_strengths(field):
    """Strength of a line-of-sight field over the disk: {name of QUANTITIES: value}.

    field: (n, n) G on the standard grid; missing pixels NaN.  Raises InputError when all are missing, or
    it is not square.
    """
    field = _square(field)
    values = field[Disk(len(field)).on]
    values = values[np.isfinite(values)]
    if not len(values):
        raise InputError("the magnetogram has no finite value on the disk: give another one")
    strength = np.abs(values)
    return {
        "median": float(np.median(strength)),
        "p99": float(np.percentile(strength, 99)),
        "strong": float(np.mean(strength > STRONG)),
        "rms": float(np.sqrt(np.mean(values**2))),
    }


def strength_table(real, simulated):
    """Strength of the real field of each day beside that of simulated ones: one row for each day and quantity.

    real: {day: (n, n) G}; simulated: {day: [(n, n) G of each seed]}.  Columns day, quantity, real, simulated (mean over
    the seeds), spread (their standard deviation), ratio (simulated over real; NaN where the real value is 0).
    """
    rows = []
    for day, field in real.items():
        own, found = field_strengths(field), pd.DataFrame(map(field_strengths, simulated[day]))
        for name in QUANTITIES:
            mean, spread = found[name].mean(), found[name].std()
            row = {"day": day, "quantity": name, "real": own[name], "simulated": mean, "spread": spread}
            rows.append(row | {"ratio": mean / own[name] if own[name] else np.nan})
    return pd.DataFrame(rows)


def power_spectrum(field, scales=SCALES):
    """Power of the field near disk centre by scale: columns scale [Mm] and power [G^2 Mm^2], mean over directions.

    field: (n, n) G on the standard grid; scales: (k + 1,) Mm, edges of the bins.  The square around disk centre is
    weighted by a Hann window, whose mean square is divided out.  Bins without a frequency are left out.
    Raises InputError for missing pixels, or a field that is not square.
    """
    field = _square(field)
    disk = Disk(len(field))
    rows = np.flatnonzero(np.abs(disk.x[0]) < CENTRE)
    square = field[np.ix_(rows, rows)]
    if missing := np.count_nonzero(~np.isfinite(square)):
        raise InputError(f"{missing} of {square.size} pixels near disk centre are missing: give a field without gaps")
    window = np.hanning(len(rows))[:, None] * np.hanning(len(rows))
    pixel = disk.pixel * SOLAR_RADIUS / 1e8  # Mm
    power = np.abs(np.fft.fft2((square - square.mean()) * window)) ** 2 * pixel**2 / (window**2).sum()
    frequency = np.fft.fftfreq(len(rows), pixel)
    wave = np.hypot(frequency[:, None], frequency)
    inside = (wave > 0) & (wave <= frequency.max())
    edges = 1 / np.sort(scales)[::-1]
    means = binned_statistic(wave[inside], power[inside], "mean", edges).statistic
    table = pd.DataFrame({"scale": 1 / np.sqrt(edges[1:] * edges[:-1]), "power": means})
    return table.dropna().reset_index(drop=True)


def spectrum_table(real, simulated):
    """Spectra of the real fields and the mean over the seeds of the simulated ones: day, origin, scale, power.

    real, simulated: as of `strength_table`.
    """
    parts = []
    for day, field in real.items():
        parts.append(power_spectrum(field).assign(day=day, origin="real"))
        seeds = pd.concat(map(power_spectrum, simulated[day]))
        parts.append(seeds.groupby("scale", as_index=False)["power"].mean().assign(day=day, origin="simulated"))
    return pd.concat(parts, ignore_index=True)[["day", "origin", "scale", "power"]]
