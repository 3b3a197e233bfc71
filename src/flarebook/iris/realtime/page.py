"""The page of a watch: scores along the slit and over time, alerts, and what was not scored, in one file of HTML.

It asks for nothing but itself, again every few seconds unless the reader holds it, so that it works from disk.
"""

import base64
import io
from importlib.resources import files

import numpy as np
import pandas as pd
from matplotlib import colormaps
from PIL import Image

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.batch_report import counted
from flarebook.compendium.interactive_pages.fill import TEXT, fill_page
from flarebook.iris.realtime.log import COPY, FILES, REFUSED, SCORED, SCORES

NAME = "index.html"
FOLDER = files("flarebook.iris") / "data" / "watch_page"
PARTS = ("page.html", "page.css", "page.js")
TITLE = "Pre-flare score"
SHOWN = 400  # exposures on the map, the last ones in order of time
LISTED = 50  # alerts and files in the page's tables, the last ones
GAP = 10.0  # times the median cadence: exposures further apart are not consecutive
TICKS = 5
COLOURS = colormaps["RdBu_r"].resampled(255)
FASTEST = 5  # s between two loads of the page


def write_page(log, ensemble, state, every, alert):
    """Write the page of a log; returns its path.

    state: of the watch, in words.  every: s after which the page asks for itself again.  alert: score.
    """
    every, alerts = max(FASTEST, round(every)), alert_history(log.scores, alert)[:LISTED]
    about = {"state": state, "every": every, "alert": alert, "alerts": alerts, "source": log.about["input"]}
    about |= {"title": f"{counted(len(alerts), 'alert')} · {TITLE}" if alerts else TITLE, "counts": counts(log)}
    about |= {"origin": ensemble.about.get("origin", "unknown"), "sha256": ensemble.sha256[:12]}
    about |= {"version": log.about["flarebook"], "scores": SCORES, "files": FILES}
    refused = sorted((row for row in log.files.values() if row.outcome == REFUSED), key=lambda row: row.looked)
    about |= pictures(log) | {"refused": refused[: -LISTED - 1 : -1]}
    page = fill_page([TEXT, *(FOLDER / name for name in PARTS)], {"every": every}, refresh=every, **about)
    with atomic_write(log.folder / NAME) as path:
        path.write_text(page, encoding="utf-8")
    return log.folder / NAME


def counts(log):
    """What was found, in words."""
    kinds = log.scores["raster"].value_counts()
    exposures = ", ".join(f"{number:,} {kind}" for kind, number in kinds.items()) or "no"
    scored, copies, refused = (len(log.names(outcome)) for outcome in (SCORED, COPY, REFUSED))
    return f"{exposures} exposures in {counted(scored, 'file')}; copies: {copies}, not scored: {refused}"


def gaps(times):
    """Whether each exposure comes long after the one before it, (n,) bool; times: Series in order."""
    cadence = times.diff().dt.total_seconds()
    return (cadence > GAP * cadence.median()).to_numpy()


def alert_history(scores, alert):
    """Runs of consecutive exposures whose mean score reaches the threshold, the last first: list of dict.

    Exposures without a usable spectrum end no run, gaps do.
    """
    usable = scores[scores["mean"].notna()]
    high = usable["mean"] >= alert
    number = (gaps(usable["time"]) | (high != high.shift())).cumsum()
    return [
        {"exposures": len(run), "top": run.loc[run["mean"].idxmax()], "first": run["time"].iloc[0]}
        | {"last": run["time"].iloc[-1], "files": ", ".join(run["file"].unique())}
        for _, run in usable[high].groupby(number[high])
    ][::-1]


def pictures(log):
    """What the page draws: map, curve, times and the last usable exposure; {} before the first."""
    rows = log.scores.tail(SHOWN).reset_index(drop=True)
    if rows.empty:
        return {}
    columns = np.insert(np.arange(len(rows)), np.flatnonzero(gaps(rows["time"])), -1)  # -1: an empty column
    image, shown = (
        np.pad(values, ((0, 1), (0, 0)), constant_values=np.nan)[columns]
        for values in (slit_scores(log, rows), rows[["mean", "spread"]].to_numpy())
    )
    ticks = np.maximum.accumulate(columns)[np.linspace(0, len(columns) - 1, TICKS).round().astype(int)]
    return {
        "last": rows[rows["mean"].notna()].tail(1).to_dict("records"),
        "map": png(image.T),
        "n_slit": image.shape[1],
        "curve": curve(shown),
        "width": len(columns),
        "ticks": rows["time"][ticks].tolist(),
        "n_shown": len(rows),
        "n_all": len(log.scores),
        "colours": ", ".join(f"rgb({r} {g} {b})" for r, g, b, _ in COLOURS(np.linspace(0, 1, 11), bytes=True)),
    }


def slit_scores(log, rows):
    """Scores along the slit of exposures, (n_exposures, n_slit), NaN where unusable or beyond a shorter slit."""
    parts = {}
    for name, own in rows.groupby("file"):
        table = pd.read_parquet(log.scores_path(name), columns=["exposure", "slit", "score"])
        table = table[table["exposure"].isin(own["exposure"])]
        image = table.pivot(index="exposure", columns="slit", values="score").loc[own["exposure"]]
        parts |= dict(zip(own.index, image.to_numpy(), strict=True))
    scores = np.full((len(rows), max(map(len, parts.values()))), np.nan)
    for row, part in parts.items():
        scores[row, : len(part)] = part
    return scores


def png(image):
    """Data address of a map of scores, slit pixel 0 below, transparent where NaN.  image: (n_slit, n_columns)."""
    numbers = np.where(np.isnan(image), 0, 1 + np.nan_to_num(image) * 254).round().astype(np.uint8)[::-1]
    picture = Image.fromarray(numbers)
    picture.putpalette([0, 0, 0, *COLOURS(np.arange(255), bytes=True)[:, :3].ravel().tolist()])
    written = io.BytesIO()
    picture.save(written, "PNG", transparency=0)
    return "data:image/png;base64," + base64.b64encode(written.getvalue()).decode()


def curve(shown):
    """Paths of SVG: the mean scores as lines, and the bands of their spread.

    shown: (n_columns, 2) mean and spread; NaN parts the curve.  x in columns, y 0 to 100 downwards from a score of 1.
    """
    lines, bands, present = [], [], np.isfinite(shown[:, 0])
    for run in np.split(np.arange(len(shown)), np.flatnonzero(np.diff(present)) + 1):
        if not present[run[0]]:
            continue
        mean, spread = shown[run].T
        x = run + 0.5
        edges = [*zip(x, mean + spread, strict=True), *zip(x[::-1], (mean - spread)[::-1], strict=True)]
        lines.append("M" + points([*zip(x, mean, strict=True), (x[-1], mean[-1])]))
        bands.append("M" + points(edges) + "Z")
    return {"line": "".join(lines), "band": "".join(bands)}


def points(places):
    """Places as SVG writes them; places: [(x, score)]."""
    return " ".join(f"{x:.1f},{100 * (1 - min(max(score, 0), 1)):.1f}" for x, score in places)
