"""A population of flare events drawn from the fitted distributions, and which of them have an image, with reasons."""

from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd
import yaml

from flarebook.compendium.errors import InputError
from flarebook.stix.maps.quantities import SOLAR_RADIUS_1AU
from flarebook.stix.simulation.flare_statistics import distributions, upper_share

CHOICES = files("flarebook.stix") / "data" / "archive_choices.yaml"
BANDS = {"4-10": (4, 10), "16-28": (16, 28)}  # keV
REASONS = (
    "outside the dates of the images",
    "fewer than 10,000 counts, older pipeline",
    "no pixel data, or no image made of them",
    "image",
)


@cache
def choices():
    """The shipped assumptions of the simulated archive, each with its reason in the file."""
    return yaml.safe_load(CHOICES.read_text(encoding="utf-8"))


def draw_events(number: int, rng: np.random.Generator, fitted: dict | None = None) -> pd.DataFrame:
    """Draw flare events as the flare list has them, down to fainter ones than its threshold.

    Parameters
    ----------
    number : int
        Number of events.
    rng : numpy.random.Generator
        Source of random numbers.
    fitted : dict or None
        Fitted distributions; None takes the shipped ones.

    Returns
    -------
    DataFrame
        One row per event: start, peak_counts and hard_counts (above background, in 4 s), background and
        hard_background (same unit), significance (of the upper channel), attenuator, distance (AU), x and y
        (arcsec, solar), duration (s).  `attrs["units"]` holds these units for astropy.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook import stix
    >>> events = stix.draw_events(100, np.random.default_rng(1))
    >>> len(events), bool((events["peak_counts"] > 0).all())
    (100, True)
    """
    fitted = fitted or distributions()
    start, distance = draw_times(number, rng, fitted["months"])
    peak = draw_counts(number, rng, fitted["counts"], choices()["events"]["faintest"])
    decade = np.log10(peak)
    background = draw_normal(fitted["background"], number, rng)
    hard_background = draw_normal(fitted["hard_background"], number, rng)
    hard = peak * 10 ** draw_normal(fitted["hard_ratio"], number, rng)
    noise = rng.normal(fitted["hard_ratio"]["noise_mean"], fitted["hard_ratio"]["noise_std"], number)
    inserted = np.where(
        decade > fitted["attenuator"]["bend"] + 0.5, *(fitted["attenuator"][k] for k in ("bright", "faint"))
    )
    x, y = draw_places(distance, rng, fitted["place"])
    table = pd.DataFrame(
        {
            "start": start,
            "peak_counts": peak,
            "hard_counts": hard,
            "background": background,
            "hard_background": hard_background,
            "significance": hard / np.sqrt(hard_background) + noise,
            "attenuator": rng.random(number) < inserted,
            "distance": distance,
            "x": x,
            "y": y,
            "duration": draw_durations(decade, rng, fitted["duration"]),
        }
    )
    counts = dict.fromkeys(("peak_counts", "hard_counts", "background", "hard_background"), "ct")
    table.attrs["units"] = counts | {"distance": "AU", "x": "arcsec", "y": "arcsec", "duration": "s"}
    return table


def draw_normal(fitted, number, rng):
    """Numbers of a fitted normal distribution."""
    return rng.normal(fitted["mean"], fitted["std"], number)


def draw_counts(number, rng, law, faintest):
    """Peak counts above background of the broken power law, from `faintest` upwards to the brightest in the list."""
    beyond = (law["break"] / faintest) ** -law["low"]  # share of flares above the break
    least = beyond * (law["highest"] / law["break"]) ** -law["high"]  # above the brightest of the list: left out
    chance = rng.uniform(least, 1, number)  # share of flares that are brighter
    faint = faintest * chance ** (-1 / law["low"])
    bright = law["break"] * (chance / beyond) ** (-1 / law["high"])
    return np.where(chance > beyond, faint, bright)


def draw_durations(decade, rng, law):
    """Durations, s; decade: logarithm of the counts, on which they depend.  Longer ones than the list's are cut off."""
    from scipy.stats import truncnorm  # half a second to import, which reading maps does not need

    mean = law["mean"] + law["slope"] * (decade - 3)
    low, high = ((np.log10(law[edge]) - mean) / law["std"] for edge in ("shortest", "longest"))
    return 10 ** truncnorm.rvs(low, high, mean, law["std"], random_state=rng)


def draw_times(number, rng, months):
    """Start times in proportion to the list's flares per month, and the distance that the orbit had then.

    Months after the list's last have the mean rate of the six before them, and the distances of a year earlier.
    """
    table = pd.DataFrame.from_dict(months, orient="index", columns=["flares", "mean", "std"])
    table.index = pd.PeriodIndex(table.index, freq="M")
    table = pd.concat([table, later_months(table, choices()["events"]["extra_months"])])
    month = rng.choice(len(table), number, p=(table["flares"] / table["flares"].sum()).to_numpy())
    begin, days = table.index.start_time.to_numpy(), table.index.days_in_month.to_numpy()
    seconds = (rng.random(number) * days[month] * 86400).astype("timedelta64[s]")
    distance = rng.normal(table["mean"].to_numpy()[month], table["std"].to_numpy()[month])
    return begin[month].astype("datetime64[s]") + seconds, np.clip(distance, 0.29, 1.02)


def later_months(table, number):
    """Rows for the months after the last one."""
    period = pd.period_range(table.index[-1] + 1, periods=number, freq="M")
    later = table.loc[[month - 12 for month in period], ["mean", "std"]].set_axis(period)
    return later.assign(flares=table["flares"].tail(6).mean())


def draw_places(distance, rng, place):
    """Places on the disk as seen from the spacecraft, arcsec (x west, y north): two belts, any longitude in sight.

    Flares that the list has beyond the limb are lifted above it, by the fitted height.
    """
    number, radius = len(distance), SOLAR_RADIUS_1AU / distance
    side = np.where(rng.random(number) < place["north"], 1, -1)
    latitude = np.radians(side * draw_normal(place["latitude"], number, rng))
    observer = np.radians(draw_normal(place["solo_latitude"], number, rng))
    beyond = rng.random(number) < place["beyond_limb"]
    limb = rng.choice([-90.0, 90.0], number)
    longitude = np.radians(np.where(beyond, limb, rng.uniform(-90, 90, number)))
    x = np.cos(latitude) * np.sin(longitude)
    y = np.sin(latitude) * np.cos(observer) - np.cos(latitude) * np.cos(longitude) * np.sin(observer)
    lift = np.where(beyond, (1 + rng.exponential(place["height"] / np.log(2), number)) / np.hypot(x, y), 1)
    return x * radius * lift, y * radius * lift


def select_images(
    events: pd.DataFrame, rng: np.random.Generator, images: int | None = None, fitted: dict | None = None
) -> pd.DataFrame:
    """Select the events that have an image, with its band and counts, and give a reason for each other event.

    Parameters
    ----------
    events : DataFrame
        Events of `draw_events`.
    rng : numpy.random.Generator
        Source of random numbers.
    images : int or None
        Number of events that have an image; None takes the poster's 9,000.
    fitted : dict or None
        Fitted distributions; None takes the shipped ones.

    Returns
    -------
    DataFrame
        The events with reason (of REASONS), band, exposure (s), total_counts (4-10 keV, all detectors),
        counts_per_detector and background_per_detector.

    Raises
    ------
    InputError
        When fewer events than `images` can have an image.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook import stix
    >>> rng = np.random.default_rng(1)
    >>> events = stix.select_images(stix.draw_events(200, rng), rng, images=5)
    >>> int((events["reason"] == "image").sum())
    5
    """
    images = images or choices()["events"]["images"]
    events = with_exposure(with_band(events, rng, fitted or distributions()), rng)
    settings = choices()["events"]
    day = events["start"].dt.strftime("%Y-%m-%d")
    dated = day.between(settings["first_image"], settings["last_image"])
    older = rng.random(len(events)) < settings["older_pipeline"]
    bright = ~(older & (events["total_counts"] < settings["minimum_counts"]))
    able = np.flatnonzero(dated & bright)
    if images > len(able):
        raise InputError(
            f"{images} images were asked for where {len(able)} of {len(events)} events can have one: ask for fewer"
        )
    chosen = np.zeros(len(events), bool)
    chosen[rng.choice(able, images, replace=False)] = True
    reason = np.select([~dated, ~bright, ~chosen], REASONS[:3], REASONS[3])
    return events.assign(reason=reason)


def with_band(events, rng, fitted):
    """Events with the band of their one image: 16-28 keV only where the upper channel shows signal."""
    chance = upper_share(events["significance"].to_numpy(), **fitted["upper_band"])
    return events.assign(band=np.where(rng.random(len(events)) < chance, "16-28", "4-10"))


def with_exposure(events, rng):
    """Events with exposure, and expected counts per detector of flare and background in the band of their image.

    Bright flares: 60 s about the peak; others: the whole file, where the mean flux is a fraction of the peak's.
    """
    settings = choices()["imaging"]
    hard = (events["band"] == "16-28").to_numpy()
    peak = np.where(hard, events["hard_counts"], events["peak_counts"])
    ground = np.where(hard, events["hard_background"], events["background"])
    bright = events["peak_counts"] + events["background"] > settings["bright"]
    exposure = np.where(bright, settings["exposure"], np.clip(events["duration"], 60, settings["longest"]))
    duty = np.where(bright, rng.uniform(0.6, 1, len(events)), rng.uniform(*settings["duty"], len(events)))
    per_count = exposure / 4 / settings["detectors"]  # quick-look counts are of 4 s and all detectors
    return events.assign(
        exposure=exposure,
        total_counts=events["peak_counts"] * duty * exposure / 4,
        counts_per_detector=np.maximum(peak * duty * per_count, 1.0),
        background_per_detector=ground * per_count,
    )


def selection_table(events):
    """How many events remain after each reason: event number taken out and left, in the order of the selection."""
    counts = events["reason"].value_counts().reindex(REASONS, fill_value=0)
    taken = counts.drop("image")
    left = len(events) - taken.cumsum()
    table = pd.DataFrame({"reason": taken.index, "taken out": taken.to_numpy(), "left": left.to_numpy()})
    first = pd.DataFrame({"reason": ["events in the database"], "taken out": [0], "left": [len(events)]})
    return pd.concat([first, table], ignore_index=True)
