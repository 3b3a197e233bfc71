"""Verdicts on the labels of the paper's observations, from the facts of the audit by stated rules."""

import pandas as pd

from flarebook.goes.classes import class_to_flux, reaches_class
from flarebook.iris.labels.audit import MAJOR, NEAREST, observation_times
from flarebook.iris.observations import WINDOW_MINUTES, observation_table

HOLDS, DOUBTFUL, CONTRADICTED = "holds", "doubtful", "contradicted"
VERDICTS = (HOLDS, DOUBTFUL, CONTRADICTED)
PREFLARE = 35  # minutes before onset from which the paper finds the pre-flare signal (abstract)
RECENT = 120  # minutes that an M or X flare of the same region must be over before a PF onset
SHORTEST = WINDOW_MINUTES / 2  # minutes of its window that an observation must hold
ELSEWHERE = f"no region within {NEAREST:.0f} arcsec of the printed pointing"
RULES = {
    "PF": "contradicted: no flare of the printed class at the onset, or another M or X flare of the region in the "
    "window; doubtful: less than half of the window observed, such a flare ended less than two hours before onset, or "
    f"{ELSEWHERE}",
    "AR": "contradicted: an M or X flare of the region begins in the window or at most 35 minutes after it; doubtful: "
    f"one begins within 24 hours, or {ELSEWHERE}",
    "SS": f"contradicted: an M or X flare of the region begins in the window; doubtful: {ELSEWHERE}",
    "QS": "contradicted: a flare of class C or above at the pointing in the window; doubtful: a numbered region within "
    "100 arcsec",
}
QUIET_DISTANCE = 100.0  # arcsec


def label_verdicts(flares, nearest, observations=None):
    """Verdict on each label: DataFrame observation, region, label, noaa, verdict, window_minutes.

    flares: of `audit.audit_flares`; nearest: of `audit.nearest_regions`.  label: what the tables say; noaa: what the
    lists say, the reason of a verdict other than HOLDS first.  RULES states the rules.
    """
    table = observation_table() if observations is None else observations
    times, rows = observation_times(table), []
    for entry, time, region in zip(table.itertuples(), times.itertuples(), nearest.itertuples(), strict=True):
        own = flares[flares["observation"] == entry.observation]
        major = own[reaches_class(own["goes_class"].map(class_to_flux).astype(float), MAJOR)]
        held = (time.window_end - time.window_start).total_seconds() / 60
        verdict, reason = JUDGES[entry.region](entry, time, region, own, major[major["same_region"]])
        label = f"{entry.goes_class} at {time.onset:%Y-%m-%d %H:%M}" if entry.region == "PF" else LABELS[entry.region]
        rows.append((entry.observation, entry.region, label, reason or _nothing(region), verdict, held))
    columns = ["observation", "region", "label", "noaa", "verdict", "window_minutes"]
    return pd.DataFrame(rows, columns=columns)


LABELS = {"AR": "active, no M or X flare", "SS": "sunspot", "QS": "quiet Sun"}


def _nothing(region):
    """What is said of an observation to which no flare matters."""
    return f"NOAA {region.noaa_region} at {region.distance:.0f} arcsec"


def _misread(region):
    """Reason when no region lies at the printed pointing, "" otherwise."""
    if region.distance_as_printed <= NEAREST:
        return ""
    if region.reading == "as printed":
        return f"nearest region, NOAA {region.noaa_region}, {region.distance:.0f} arcsec from the pointing"
    return (
        f"nearest region {region.distance_as_printed:.0f} arcsec from the printed pointing; with {region.reading}, "
        f"NOAA {region.noaa_region} at {region.distance:.0f} arcsec"
    )


def _flare(flare, time, reference="the window"):
    """A flare in words, with the hours or minutes to a time."""
    minutes = (flare.start - time).total_seconds() / 60
    far = f"{abs(minutes) / 60:.1f} h" if abs(minutes) >= 120 else f"{abs(minutes):.0f} min"
    place = f", {flare.distance:.0f} arcsec from the pointing" if flare.distance == flare.distance else ""
    return f"{flare.goes_class} {far} {'after' if minutes >= 0 else 'before'} {reference}{place}"


def _judge_preflare(entry, time, region, flares, major):
    """Verdict and reason for a PF observation."""
    onset = major[(major["start"] - time.onset).abs() <= pd.Timedelta("2min")]
    if not (onset["goes_class"] == entry.goes_class).any():
        return CONTRADICTED, f"no {entry.goes_class} of the region begins at {time.onset:%H:%M}"
    others = major.drop(onset.index)
    during = others[others["when"] == "window"]
    if len(during):
        first = during.iloc[0]
        return CONTRADICTED, f"{first.goes_class} of the region in the window, {first.start:%H:%M} to {first.end:%H:%M}"
    held = (time.window_end - time.window_start).total_seconds() / 60
    recent = others[(others["end"] <= time.window_start) & (others["end"] > time.onset - pd.Timedelta(minutes=RECENT))]
    before = others[others["when"] == "observation"]
    reasons = [f"{held:.0f} of {WINDOW_MINUTES:.0f} minutes observed"] if held < SHORTEST else []
    reasons += [f"{_flare(row, time.onset, 'onset')}" for row in recent.itertuples()]
    if len(recent) and len(before) > len(recent):
        reasons.append(f"{len(before)} M or X flares of the region earlier in the observation")
    reasons += [_misread(region)] if _misread(region) else []
    found = onset.iloc[0]
    place = f", {found.distance:.0f} arcsec from the pointing"
    return (
        (DOUBTFUL, "; ".join(reasons)) if reasons else (HOLDS, f"{found.goes_class} of NOAA {found.noaa_region}{place}")
    )


def _judge_active(entry, time, region, flares, major):
    """Verdict and reason for an AR observation."""
    later = major[major["start"] >= time.window_start]
    soon = later[later["start"] <= time.window_end + pd.Timedelta(minutes=PREFLARE)]
    if len(soon):
        return CONTRADICTED, _flare(soon.iloc[0], time.start, "the start")
    within = later[later["start"] <= time.start + pd.Timedelta("24h")]
    reasons = [_flare(within.iloc[0], time.start, "the start")] if len(within) else []
    reasons += [_misread(region)] if _misread(region) else []
    earlier = major[major["start"] < time.start]
    note = f"{_nothing(region)}; {_flare(earlier.iloc[-1], time.start, 'the start')}" if len(earlier) else ""
    return (DOUBTFUL, "; ".join(reasons)) if reasons else (HOLDS, note)


def _judge_spot(entry, time, region, flares, major):
    """Verdict and reason for an SS observation."""
    during = major[(major["start"] >= time.window_start) & (major["start"] < time.window_end)]
    if len(during):
        return CONTRADICTED, _flare(during.iloc[0], time.start, "the start")
    later = major[major["start"] >= time.start]
    note = f"{_nothing(region)}; {_flare(later.iloc[0], time.start, 'the start')}" if len(later) else ""
    return (DOUBTFUL, _misread(region)) if _misread(region) else (HOLDS, note)


def _judge_quiet(entry, time, region, flares, major):
    """Verdict and reason for a QS observation."""
    near = flares[(flares["when"] == "window") & flares["same_region"]]
    if len(near):
        return CONTRADICTED, _flare(near.iloc[0], time.start, "the start")
    return (DOUBTFUL if region.distance <= QUIET_DISTANCE else HOLDS), f"nearest: {_nothing(region)}"


JUDGES = {"PF": _judge_preflare, "AR": _judge_active, "SS": _judge_spot, "QS": _judge_quiet}


def verdict_counts(verdicts):
    """Number of observations of each region with each verdict: DataFrame, regions by VERDICTS."""
    counts = pd.crosstab(verdicts["region"], verdicts["verdict"]).reindex(columns=list(VERDICTS), fill_value=0)
    return counts.reindex(["PF", "AR", "SS", "QS"]).rename_axis(columns=None)


def doubted(verdicts, regions=("PF", "AR")):
    """Names of the observations whose label does not hold: list of str."""
    chosen = verdicts["region"].isin(regions) & (verdicts["verdict"] != HOLDS)
    return verdicts.loc[chosen, "observation"].tolist()
