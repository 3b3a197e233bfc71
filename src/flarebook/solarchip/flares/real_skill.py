"""How well real flares are forecast: NOAA's lists and two issued records scored alike, or the tables that ship.

The lists do not ship.  Where all are at hand, in the folder FLAREBOOK_MIRROR or the cache, `real_results` computes the
tables from them; otherwise it reads those that `scripts/solarchip/score_real_forecasts.py` wrote.
"""

import warnings
from importlib.resources import files

import numpy as np
import pandas as pd

from flarebook.compendium.data.download import check_hash, locate
from flarebook.compendium.data.manifest import dataset
from flarebook.compendium.errors import MetadataWarning
from flarebook.goes.classes import LETTERS, power_law_index, reaches_class
from flarebook.goes.flare_list import flare_times, read_flare_list
from flarebook.goes.forecast_records import read_forecast_record, read_verification_list
from flarebook.goes.labels import largest_peak_flux
from flarebook.goes.region_summaries import read_region_summaries
from flarebook.solarchip.flares.region_forecasts import DAY, flare_days, real_forecasts
from flarebook.solarchip.flares.scores import reliability_bins, verify_forecast

LISTS = ("noaa-flares", "noaa-regions", "noaa-forecasts")  # of data-manifest.yaml
SPLIT, OWN_END = pd.Timestamp("2014-01-01"), pd.Timestamp("2018-07-06")  # training before; the flare list's last day
CLASSES = {"m": "M1.0", "c": "C1.0"}
PERIODS = {"test": "2014-01 to 2018-07", "issued": "2014-01 to 2016-07"}
MIDNIGHT = pd.Timedelta("6h")  # how far from it a forecast of the Met Office is one of the day
ACTIVE = (2012, 2015)  # years, the calendar of the simulated days
RECORDED = ("base_rate", "brier_skill", "auc", "tss", "tss_best", "first_auc", "clear_broken")  # as metrics
FOLDER = files("flarebook.solarchip") / "data"
TABLES = {  # files of the tables that ship
    "scores": "real_flare_scores.csv",
    "reliability": "real_flare_reliability.csv",
    "years": "real_flare_years.csv",
    "statistics": "real_flare_statistics.csv",
    "checks": "real_flare_checks.csv",
}
FLUX_EDGES = np.geomspace(LETTERS["C"], 3e-3, 22)  # W/m2
WAIT_EDGES = np.geomspace(0.05, 1000, 21)  # hours


def real_results():
    """Tables of real skill, and where they come from: ({name: DataFrame}, sentence).

    Names: TABLES.  Raises InputError when a list at hand is not the one that the manifest names.
    """
    if lists := read_lists():
        return score_lists(*lists), "computed in this run from NOAA's lists"
    return shipped_results()


def shipped_results():
    """Tables that ship, and that they do: ({name: DataFrame}, sentence)."""
    shipped = {name: pd.read_csv(FOLDER / file, comment="#") for name, file in TABLES.items()}
    return shipped, "read from the tables that ship, because the lists are not at hand"


def read_lists():
    """Flares, region summaries and {name: issued forecasts or flares of their verification}; None if a file is absent.

    Warnings about what the files leave open are not shown: the readers' documentation and the notebook tell them.
    """
    found = {}
    for file in (file for name in LISTS for file in dataset(name).files):
        _, path = locate(file)
        if path is None:
            return None
        found[file.name.split(".")[0]] = check_hash(path, file.sha256, "fetch it again")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MetadataWarning)
        flares = read_flare_list(found["swpc_flares_1996_2018"])
        regions = read_region_summaries(found["region_summaries_1996_2018"])
        issued = {name: read_forecast_record(found[f"{name}_fcast"]) for name in ("SWPC", "IFF")}
        return flares, regions, issued | {"MX": read_verification_list(found["MX_list"])}


def label_real_days(flares, goes_class):
    """Consecutive days from the list's first to its last: DataFrame time, label."""
    days = pd.date_range(flare_times(flares).min().floor("D"), OWN_END)
    flux = largest_peak_flux(flares, days)
    return pd.DataFrame({"time": days, "label": reaches_class(flux, goes_class).astype(int)})


def score_lists(flares, regions, issued, n_draws=1000):
    """Every table of TABLES from the lists of `read_lists`."""
    scores, curves = [], []
    for letter, goes_class in CLASSES.items():
        days = label_real_days(flares, goes_class)
        rate = days["label"][days["time"] < SPLIT].mean()
        own = {
            method: days.assign(probability=probability)
            for method, probability in real_forecasts(days, regions, flares, goes_class, SPLIT).items()
        }
        records = issued_forecasts(flares, issued) if letter == "m" else {}
        for period in PERIODS if records else ("test",):
            for method, record in _in_period(period, own, records).items():
                told = {"class": f">= {goes_class}", "period": PERIODS[period], "method": method}
                columns = record["time"], record["label"].to_numpy(), record["probability"].to_numpy()
                scores.append(verify_forecast(*columns, base_rate=rate, n_draws=n_draws).assign(**told))
                curves.append(reliability_bins(*columns[1:]).assign(**told))
    tables = {"scores": scores, "reliability": curves}
    tables = {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}
    return tables | {
        "years": year_table(flares),
        "statistics": flare_statistics(flares),
        "checks": check_table(flares, regions, issued),
    }


def issued_forecasts(flares, issued):
    """M1.0 forecasts of SWPC and the Met Office, one a day, with what came in their own 24 hours: {name: DataFrame}.

    Columns time (midnight of the day), issued (start of its 24 hours), label, probability.  Of the Met Office's two a
    day those within six hours of midnight.
    """
    found = {}
    for name, source in (("SWPC", "SWPC"), ("Met Office", "IFF")):
        record = issued[source]
        day = record["time"].dt.round("D")
        near = (record["time"] - day).abs() <= MIDNIGHT
        record, day = record[near], day[near]
        label = reaches_class(largest_peak_flux(flares, record["time"]), "M1.0").astype(int)
        table = pd.DataFrame({"time": day, "issued": record["time"], "label": label, "probability": record["m_1"]})
        found[name] = table.drop_duplicates("time", keep="last").reset_index(drop=True)
    return found


def _in_period(period, own, records):
    """Forecasts on the days of a period: {method: DataFrame}; of the issued ones those days that all have."""
    if period == "test":
        return {method: table[table["time"] >= SPLIT] for method, table in own.items()}
    common = sorted(set.intersection(*(set(table["time"]) for table in records.values())))
    return {method: table[table["time"].isin(common)] for method, table in (own | records).items()}


def year_table(flares):
    """Days and flares of each year: DataFrame year, days, share_c, share_m, share_x, flares_c, flares_m, flares_x."""
    table = pd.DataFrame({"time": label_real_days(flares, "C1.0")["time"]})
    flux = largest_peak_flux(flares, table["time"])
    years, peaks = table["time"].dt.year, flare_times(flares).dt.year
    rows = {"days": years.value_counts().sort_index()}
    for letter in "CMX":
        above = pd.Series(reaches_class(flux, f"{letter}1.0"))
        rows[f"share_{letter.lower()}"] = above.groupby(years).mean()
        rows[f"flares_{letter.lower()}"] = peaks[reaches_class(flares["peak_flux"], f"{letter}1.0")].value_counts()
    return pd.DataFrame(rows).fillna(0).rename_axis("year").reset_index()


def flare_statistics(flares, origin="real", periods=None):
    """Rates, class distribution and waiting times of flares: DataFrame origin, period, quantity, low, high, value.

    flares: with peak and peak_flux; periods: {name: (first day, last day)}.  Distributions are flares a day in bins of
    peak flux (W/m2), and shares per hour in bins of the time between peaks (h), of C1.0 and above.
    """
    first, last = flare_times(flares).min().floor("D"), flare_times(flares).max().floor("D")
    active = tuple(pd.Timestamp(f"{year}-{day}") for year, day in zip(ACTIVE, ("01-01", "12-31"), strict=True))
    periods = periods or {"1996 to 2018": (first, last), f"{ACTIVE[0]} to {ACTIVE[1]}": active}
    tables = [_statistics(flares, *days).assign(origin=origin, period=name) for name, days in periods.items()]
    return pd.concat(tables, ignore_index=True)


def _statistics(flares, first, last):
    """Rows of `flare_statistics` for the days from a first to a last."""
    times = flare_times(flares)
    kept = flares[(times >= first) & (times < last + DAY) & reaches_class(flares["peak_flux"], "C1.0")]
    flux, span = kept["peak_flux"].to_numpy(float), (last - first) / DAY + 1
    waits = np.diff(np.sort(flare_times(kept).to_numpy("datetime64[ns]"))) / np.timedelta64(1, "h")
    rows = [(f"flares >= {name} a day", reaches_class(flux, name).sum() / span) for name in ("C1.0", "M1.0", "X1.0")]
    index, error = power_law_index(flux, "M1.0") if reaches_class(flux, "M1.0").sum() > 9 else (np.nan, np.nan)
    for name in ("C1.0", "M1.0"):
        active = flare_times(kept[reaches_class(flux, name)]).dt.floor("D").nunique()
        rows.append((f"share of days with a flare >= {name}", active / span))
    rows += [("index of the peak fluxes above M1.0", index), ("its standard error", error)]
    rows += [("median time between flares [h]", np.median(waits)), ("mean time between flares [h]", waits.mean())]
    rows += [("standard deviation of the time over its mean", waits.std() / waits.mean())]
    rows += [("share of times below half an hour", np.mean(waits < 0.5))]
    table = pd.DataFrame(rows, columns=["quantity", "value"])
    parts = [table]
    for name, values, edges, whole in (("peak flux", flux, FLUX_EDGES, span), ("waiting time", waits, WAIT_EDGES, 0)):
        counts = np.histogram(values, edges)[0]
        density = counts / whole if whole else counts / max(len(values), 1) / np.diff(edges)
        parts.append(pd.DataFrame({"quantity": name, "low": edges[:-1], "high": edges[1:], "value": density}))
    return pd.concat(parts, ignore_index=True)


def check_table(flares, regions, issued):
    """Facts about the lists on which the scores rest: DataFrame quantity, value."""
    days, own = label_real_days(flares, "M1.0"), issued_forecasts(flares, issued)
    empty = ~days["time"].isin(regions["valid"])
    both = own["SWPC"].merge(own["Met Office"], on="time", suffixes=("", "_met"))
    hours = ((both["issued_met"] - both["time"]) / pd.Timedelta("1h")).quantile([0.05, 0.5, 0.95])
    rows = {
        "flares of the list, reports within two minutes merged": len(flares),
        "flares without a region": flares["region"].isna().sum(),
        "days": len(days),
        "days without a group": empty.sum(),
        "days without a group and with a flare >= M1.0": days["label"][empty].sum(),
        **_record_checks(flares, issued),
        "days that SWPC and the Met Office forecast": len(both),
        "labels that differ between their windows": (both["label"] != both["label_met"]).sum(),
        **{f"issue of the Met Office after midnight, quantile {q:.2f} [h]": value for q, value in hours.items()},
        "days from the last flare to the end of 2018": (pd.Timestamp("2018-12-31") - flare_days(flares).max()) / DAY,
    }
    return pd.DataFrame([(name, float(value)) for name, value in rows.items()], columns=["quantity", "value"])


def _record_checks(flares, issued):
    """Facts about SWPC's record: {quantity: value}.  It scores best against the day that its date means."""
    record, theirs, rows = issued["SWPC"], issued["MX"], {}
    for shift in (-1, 0, 1):
        label = reaches_class(largest_peak_flux(flares, record["time"] + shift * DAY), "M1.0")
        skill = 1 - np.mean((record["m_1"] - label) ** 2) / np.mean((label.mean() - label) ** 2)
        rows[f"Brier skill of SWPC against the day {shift:+d}"] = skill
    covered = record["time"][record["time"] + DAY <= flare_times(theirs).max()]
    labels = [reaches_class(largest_peak_flux(table, covered), "M1.0") for table in (flares, theirs)]
    weak = flares[~reaches_class(flares["peak_flux"], "X1.0")]
    largest, largest_weak = (largest_peak_flux(table, record["time"]) for table in (flares, weak))
    only_x = reaches_class(largest, "X1.0") & ~reaches_class(largest_weak, "M1.0")
    return rows | {
        "days of SWPC's record in the list of its verification": len(covered),
        "of these, labels that differ from that list": (labels[0] != labels[1]).sum(),
        "days of SWPC's record with an X flare and no M flare": only_x.sum(),
    }


def named_scores(scores):
    """What the notebook records, yielded as (name, value, standard error): scores of every method and M1.0 period.

    scores: table of `score_lists`.  The standard error is a quarter of the 95 % interval.
    """
    periods = {label: name for name, label in PERIODS.items()}
    for row in scores[scores["class"] == ">= M1.0"].itertuples():
        wanted = row.score in RECORDED and (row.method != "climatology" or row.score in ("brier_skill", "base_rate"))
        if wanted and np.isfinite(row.value):
            method = row.method.lower().replace(" ", "-")
            yield f"{periods[row.period]}.{method}.{row.score}", row.value, (row.high - row.low) / 4


def overview(table, columns=("brier_skill", "auc", "tss", "hss", "tss_best", "hss_best")):
    """Scores with their intervals as text, a row a method.  table: rows of one class and period."""
    text = [f"{row.value:.2f} ({row.low:.2f} to {row.high:.2f})" for row in table.itertuples()]
    wide = table.assign(text=text).pivot(index="method", columns="score", values="text")
    names = dict(zip(table["score"], table["name"], strict=True))
    order = list(dict.fromkeys(table["method"]))
    return wide.loc[order, list(columns)].rename(columns=names).rename_axis(index=None, columns=None)


def statistics_of_days(flares, days, origin):
    """`flare_statistics` of the Sun of notebook 1, whose flares behind the limb nobody lists.

    flares, days: its tables; origin: of them.
    """
    seen = flares[flares["visible"]] if "visible" in flares else flares
    seen = seen.assign(**{name: pd.to_datetime(seen[name]) for name in ("start", "peak", "end")})
    times = pd.to_datetime(days["time"]).dt.floor("D")
    return flare_statistics(seen, origin, {f"{len(days)} dates": (times.min(), times.max())})


def compare_statistics(real, simulated):
    """Rates, slope and waiting times side by side: DataFrame with a column for each origin, and their ratio."""
    columns = {}
    for part in (real, simulated):
        scalars = part[part["low"].isna()]
        name = f"{part['origin'].iloc[0]}, {part['period'].iloc[0]}"
        columns[name] = scalars.set_index("quantity")["value"]
    table = pd.DataFrame(columns)
    ratio = table.iloc[:, 1] / table.iloc[:, 0]
    return table.assign(ratio=ratio).loc[real["quantity"][real["low"].isna()]].rename_axis(index=None)
