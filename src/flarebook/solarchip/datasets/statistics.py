"""Numbers by which the simulated Sun is set beside the real one: profiles to the limb, histograms, flares, skill."""

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter
from scipy.stats import binned_statistic

from flarebook.goes.classes import reaches_class
from flarebook.solarchip.images.channels import CHANNELS

CLASSES = ("C1.0", "M1.0", "X1.0")
CENTRE = 0.5  # solar radii; medians inside this circle are the unit of the profiles


def limb_profile(image, radius, edges):
    """Mean of an image in rings, in units of its median near disk centre.

    image, radius: (n, n), any unit and solar radii; edges: (k + 1,) solar radii.  Returns (k,), NaN for empty rings.
    """
    image, good = np.asarray(image, float), np.isfinite(image)
    means = binned_statistic(radius[good], image[good], "mean", edges).statistic
    return means / np.median(image[good & (radius < CENTRE)])


def profile_table(images, radius, edges, origin):
    """Profiles to the limb of many dates: radius of each ring, median and the 5th and 95th percentile over the dates.

    images: (n, h, w) of one channel.
    """
    profiles = np.array([limb_profile(image, radius, edges) for image in images])
    low, middle, high = np.percentile(profiles, [5, 50, 95], axis=0)
    middles = (edges[1:] + edges[:-1]) / 2
    return pd.DataFrame({"radius": middles, "median": middle, "low": low, "high": high, "origin": origin})


def ring_contrast(image, radius, edges):
    """A photospheric image divided by the median of its ring: 1 the quiet Sun, below .9 spots; NaN off the disk.

    image, radius: (n, n); edges: of the rings, solar radii.
    """
    image, out = np.asarray(image, float), np.full(np.shape(image), np.nan)
    inside = (radius >= edges[0]) & (radius < edges[-1]) & np.isfinite(image)
    medians, _, ring = binned_statistic(radius[inside], image[inside], "median", edges)
    out[inside] = image[inside] / medians[ring - 1]
    return out


def histogram_table(samples, edges):
    """Density of each sample in bins: columns quantity, origin, low, high, density.

    samples: {(quantity, origin): values}; edges: {quantity: (k + 1,)}.  Values outside the bins count in the total.
    """
    parts = []
    for (quantity, origin), values in samples.items():
        values, bins = np.asarray(values, float), np.asarray(edges[quantity])
        values = values[np.isfinite(values)]
        density = np.histogram(values, bins)[0] / max(len(values), 1) / np.diff(bins)
        told = {"quantity": quantity, "origin": origin, "low": bins[:-1], "high": bins[1:]}
        parts.append(pd.DataFrame(told | {"density": density}))
    return pd.concat(parts, ignore_index=True)


def flare_rates(flares, days):
    """Flares of each class and above a day, and the share of dates followed by one within 24 hours.

    flares: with peak_flux; days: with time and peak_flux, one row a date.  Index: class.
    """
    span = _span(days["time"])
    rows = {}
    for goes_class in CLASSES:
        share = float(reaches_class(days["peak_flux"], goes_class).mean())
        rows[f">= {goes_class}"] = {
            "flares a day": float(reaches_class(flares["peak_flux"], goes_class).sum() / span),
            "share of dates": share,
            "error": float(np.sqrt(share * (1 - share) / len(days))),
        }
    return pd.DataFrame(rows).T.rename_axis("class")


def _span(times):
    """Days that the dates cover, the last one included."""
    times = pd.to_datetime(pd.Series(times))
    return (times.max() - times.min()) / pd.Timedelta("1D") + 1


def cumulative_table(flares, days):
    """Flares a day at or above each peak flux, brightest first: what a power law draws as a straight line."""
    fluxes = np.sort(flares["peak_flux"].to_numpy(float))[::-1]
    return pd.DataFrame({"peak_flux": fluxes, "flares a day": np.arange(1, len(fluxes) + 1) / _span(days["time"])})


def emerged_regions(regions):
    """First appearance of each region: time, latitude, longitude, its largest flux."""
    first = regions.sort_values("time", kind="stable").drop_duplicates("region")
    largest = regions.groupby("region")["flux"].max()
    kept = first[["region", "time", "latitude", "longitude"]]
    return kept.assign(flux=kept["region"].map(largest)).reset_index(drop=True)


def flare_fraction_by_r(days, n_bins=8):
    """Share of dates with a flare of M1.0 or above within 24 hours, and the true probability, in bins of r_value.

    days: with r_value, label_m, p_m.  The first bin holds the dates without a strong inversion line (0), the
    others as many dates each.
    """
    r = days["r_value"].to_numpy(float)
    edges = np.unique(np.quantile(r[r > 0], np.linspace(0, 1, n_bins + 1)))
    place = np.where(r > 0, np.digitize(r, edges[1:-1]) + 1, 0)
    groups = days.assign(bin=place).groupby("bin")
    table = groups.agg(r=("r_value", "mean"), share=("label_m", "mean"), probability=("p_m", "mean"), n=("p_m", "size"))
    return table.assign(error=np.sqrt(table["share"] * (1 - table["share"]) / table["n"])).reset_index(drop=True)


def tss_upper_bound(probability):
    """True skill statistic that nobody can exceed on these dates, expected over the outcomes, from true probabilities.

    probability: (n,) of an event on each date.  The best forecast calls each date whose probability exceeds their mean:
    it maximises the expected hits over expected events minus expected false alarms over expected non-events.
    """
    p = np.asarray(probability, float)
    called = p > p.mean()
    return p[called].sum() / p.sum() - (1 - p[called]).sum() / (1 - p).sum()


def image_samples(grids, images, radius, edges, most=200):
    """Values on the disk for histograms, real and simulated: {(quantity, origin): values}.

    grids: {"171", "4500": real image (n, n)}; images: (n_dates, 11, n, n), of which at most so many, evenly spread, are
    taken; edges: rings of the photosphere.  171 Å as log10 of DN/s, visible light as its contrast, the field in G.
    """
    chosen = images[:: max(1, len(images) // most)]
    own = {channel: chosen[:, CHANNELS.index(channel)].astype(np.float32) for channel in ("hmi", "171", "4500")}
    inside = radius < edges[-1]
    return {
        ("171 Å", "simulated"): _log10(own["171"][:, inside]),
        ("171 Å", "real"): _log10(grids["171"][inside]),
        ("visible light", "simulated"): np.concatenate([_contrasts(image, radius, edges) for image in own["4500"]]),
        ("visible light", "real"): _contrasts(grids["4500"], radius, edges),
        ("field", "simulated"): own["hmi"][:, inside].ravel(),
    }


def _log10(values):
    """Logarithms of the positive ones."""
    return np.log10(values[values > 0])


def _contrasts(image, radius, edges):
    """Contrasts of a photosphere as a list."""
    values = ring_contrast(image, radius, edges)
    return values[np.isfinite(values)]


def bright_fraction(light):
    """Share of the disk, in thousandths, that is brighter than three times its median; light: log10 of DN/s."""
    return 1e3 * np.mean(light > np.median(light) + np.log10(3))


def granularity(image, radius):
    """Spread of the quiet disk's log10 brightness on scales below 2 pixels, and from 3 to 6 pixels.

    image, radius: (n, n).  Within .65 radii, where the surroundings are less than 1.3 times as bright as the median.
    """
    image = np.asarray(image, float)
    inside = radius < 0.65
    quiet = inside & (gaussian_filter(image, 3) < 1.3 * np.median(image[inside]))
    layers = [np.log10(np.maximum(image, 1))]
    layers += [gaussian_filter(layers[0], width) for width in (1.4, 2.8, 5.6)]
    return (layers[0] - layers[1])[quiet].std(), (layers[2] - layers[3])[quiet].std()


def compare_suns(metrics, names):
    """Table of numbers that are known of both Suns: quantity, real, simulated, and their ratio.

    metrics: {name: value}; names: {stem of two metrics that end in .real and .simulated: quantity}.
    """
    rows = []
    for stem, quantity in names.items():
        real, simulated = (metrics[f"{stem}.{origin}"] for origin in ("real", "simulated"))
        rows.append({"quantity": quantity, "real": real, "simulated": simulated, "simulated / real": simulated / real})
    return pd.DataFrame(rows)
