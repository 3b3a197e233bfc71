"""How the score of held-out observations changes along the slit and towards the flare (section 5 of the paper)."""

import numpy as np
import pandas as pd
from sklearn.metrics import roc_curve

from flarebook.compendium.errors import InputError
from flarebook.evaluation.classification import METRICS, confusion, count_scores, ranking_probability
from flarebook.iris.classifiers.inference import ensemble_scores
from flarebook.iris.classifiers.protocol import FALSE_ALARM_RATE
from flarebook.iris.classifiers.splits import NEGATIVE, TEST
from flarebook.iris.mg2 import FEATURES

HELD_OUT = ("PF 16", "AR 1")  # the X1.6 flare of 2014-09-10 and the non-flaring region; never trained on
BIN_PIXELS = 60  # 10 arcsec of .166 arcsec
ACTIVE_SLIT = (400, 700)  # section 5: pixels with heightened activity in the 1400 A slit-jaw images


def held_out_observations(table):
    """Rows of the two held-out observations, flare first; InputError when one is not in the table."""
    held_out = [table[table["observation"] == name] for name in HELD_OUT]
    missing = [name for name, rows in zip(HELD_OUT, held_out, strict=True) if rows.empty]
    if missing:
        raise InputError(
            f"The table long holds no spectra of {' and '.join(missing)}: fetch the raster and run "
            "iris/3-observations again."
        )
    return held_out


def flare_regions(number, brightening, minutes, half_width, n_bins=8, start=-80.0):
    """Parts of a simulated flare that the two tests look at, half of the spectra each.

    Returns a list of (slit range, span in minutes to onset, number of spectra), as `simulate_family` takes it.
    """
    along_slit = (brightening - n_bins * BIN_PIXELS, brightening), (minutes - half_width, minutes + half_width)
    return [(ACTIVE_SLIT, (start, -1.0), number // 2), (*along_slit, number - number // 2)]


def space_windows(table, brightening=550, minutes=-17.0, half_width=2.5, n_bins=8):
    """Spectra of bins along the slit, from far to near the brightening, around a fixed time before onset.

    brightening: slit pixel; the paper shows it in an image only, the default is the middle of the active pixels.
    minutes, half_width: centre and half the span of exposure times, minutes to onset.
    Returns a DataFrame of the chosen rows with a column "window", distance from the brightening in arcsec (bin centre).
    """
    near = table[np.abs(table["minutes_to_onset"] - minutes) <= half_width]
    number = (brightening - near["slit"] - 1) // BIN_PIXELS
    near = near.assign(window=10.0 * number + 5.0)[(near["slit"] < brightening) & (number < n_bins)]
    return checked_windows(near, n_bins, "bins along the slit")


def time_windows(table, start=-80.0, width=10.0):
    """Spectra of the active slit pixels in windows of time towards onset; "window" is its start, minutes to onset."""
    rows = table[table["slit"].between(ACTIVE_SLIT[0], ACTIVE_SLIT[1] - 1) & (table["minutes_to_onset"] >= start)]
    number = (rows["minutes_to_onset"] - start) // width
    return checked_windows(rows.assign(window=start + width * number), int(-start / width), "time windows")


def quiet_windows(table, step_cadence, width=10.0):
    """Spectra of an observation without a flare in windows of time; "window" is minutes after its start.

    step_cadence: seconds between exposures.  A last window shorter than half its width is left out.
    """
    minutes = table["exposure"] * step_cadence / 60
    n_windows = int(minutes.max() / width + 0.5)
    rows = table.assign(window=width * (minutes // width))[minutes < n_windows * width]
    return checked_windows(rows, n_windows, "time windows")


def checked_windows(rows, expected, what):
    """The rows, or an InputError when a window is empty."""
    n_windows = rows["window"].nunique()
    if n_windows == expected:
        return rows
    raise InputError(
        f"Only {n_windows} of {expected} {what} hold spectra: raise long_spectra of iris/3-observations and run it "
        "again."
    )


def mirrored(scores):
    """Labels and scores of a single class beside its mirror image, score y -> 1 - y, as the absent other class.

    A test set of one class has no false-alarm rate.  The paper reports that recall, precision, F1 and accuracy
    coincide there and that ROC curves of AR lie below the diagonal; both follow when the absent class is the mirror
    image of the present one (TSS = 2 recall - 1), so this is how we read its section 5.
    """
    scores = np.asarray(scores, float)
    return np.repeat([1, 0], len(scores)), np.concatenate([scores, 1 - scores])


def mirrored_metrics(scores):
    """Six scores of a single class beside its mirror image, {name: float}; scores: (n,)."""
    values = count_scores(**confusion(*mirrored(scores)))
    return {name: float(values[name]) for name in METRICS[:-1]} | {"auc": ranking_probability(scores, 1 - scores)}


def scores_by_window(rows, weights):
    """Yield each window with the scores that each member gives to its spectra, (n_members, n).

    rows: with columns "window" and the features.  Raises InputError when the weights expect another number of features.
    """
    features = [name for name in FEATURES if name in rows]
    for window, group in rows.groupby("window"):
        yield window, ensemble_scores(weights, group[features].to_numpy(np.float32))


def window_scores(rows, weights, reference):
    """Scores of each window by each member.

    rows: with columns "window" and the features; reference: list of (n,) scores that each member gives to AR spectra
    of its own test set.  Returns a DataFrame window, member, metric, value; the six scores are of the mirrored class,
    "auc_against_ar" is the AUC against the reference, "score" the mean score.
    """
    results = []
    for window, scores in scores_by_window(rows, weights):
        for i, score in enumerate(scores):
            values = mirrored_metrics(score) | {"score": float(score.mean())}
            values["auc_against_ar"] = ranking_probability(score, reference[i])
            results += [(window, i, metric, value) for metric, value in values.items()]
    return pd.DataFrame(results, columns=["window", "member", "metric", "value"])


def family_scores(rows, weights, reference):
    """Scores of each window of each flare, mean over the ensemble.

    rows: as of `window_scores`, with a column "flare".  Returns a DataFrame flare, window, metric, value.
    """
    tables = {flare: window_scores(group, weights, reference) for flare, group in rows.groupby("flare")}
    scores = pd.concat(tables, names=["flare"]).reset_index("flare")
    return scores.groupby(["flare", "window", "metric"], sort=False)["value"].mean().reset_index()


def rise_times(scores, width=10.0, metric="recall"):
    """When the score of each flare first passes the middle between its lowest and highest value, minutes to onset.

    scores: of `family_scores` in time.  Returns (n_flares,), the middles of the windows, in the order of the flares.
    """
    wide = scores[scores["metric"] == metric].pivot(index="flare", columns="window", values="value")
    middle = (wide.min(axis=1) + wide.max(axis=1)) / 2
    return wide.gt(middle, axis=0).idxmax(axis=1).to_numpy() + width / 2


def compare_variants(courses, families, window=-30.0, level=0.1):
    """How flares differ half an hour before onset, by variant of the family.

    courses: {variant: of `family_scores` in time}; families: {variant: spectra, with `activity`}; window: start of the
    window of `saturated` and `in_state`, minutes to onset; level: distance from 0 or 1 that counts as saturated.
    Returns a DataFrame, one row a variant: auc_35min, tss_first, tss_last (means over the flares), saturated (share of
    the flares whose accuracy is at its floor or ceiling) and in_state (share of the active pixels in the pre-flare
    state or a brightening; NaN of real spectra).
    """
    rows = {}
    for name, scores in courses.items():
        wide = scores.pivot_table(index="window", columns="metric", values="value")
        accuracy = scores[(scores["metric"] == "accuracy") & (scores["window"] == window)]["value"]
        late = time_windows(families[name]).query("window == @window")
        rows[name] = {
            "auc_35min": wide["auc"][-40.0],
            "tss_first": wide["tss"][window],
            "tss_last": wide["tss"].iloc[-1],
            "saturated": ((accuracy < level) | (accuracy > 1 - level)).mean(),
            "in_state": (late["activity"].dropna() > 0.5).mean(),
        }
    return pd.DataFrame(rows).T


def window_rocs(rows, weights):
    """Mean ROC curve of each window over members, the mirrored class as reference.

    Returns a DataFrame window, false_alarm_rate, hit_rate, sd.
    """
    tables = []
    for window, scores in scores_by_window(rows, weights):
        curves = [np.interp(FALSE_ALARM_RATE, *roc_curve(*mirrored(score))[:2]) for score in scores]
        columns = {"hit_rate": np.mean(curves, axis=0), "sd": np.std(curves, axis=0)}
        tables.append(pd.DataFrame({"window": window, "false_alarm_rate": FALSE_ALARM_RATE, **columns}))
    return pd.concat(tables, ignore_index=True)


def reference_scores(scores, spectra, splits):
    """Scores that each member gives to the AR spectra of its test set, list of (n,) arrays.

    scores: of `protocol.test_scores`.
    """
    return [score[spectra.label[splits.rows(i, TEST, spectra)] == 0] for i, score in enumerate(scores)]


def quiet_reference(table, weights, spectra, splits, least=0.9):
    """Scores that each member gives to the quiet-Sun pixels of the AR observations of its test set, list of (n,).

    table: simulated spectra, with `quiet_fraction`; least: share of quiet-Sun light from which a pixel counts.
    """
    quiet = table[(table["region"] == NEGATIVE) & (table["quiet_fraction"] > least)]
    scores = ensemble_scores(weights, quiet[list(spectra.columns)].to_numpy(np.float32))
    names, observation = np.array(spectra.names), quiet["observation"].astype(str)
    return [score[observation.isin(names[role == TEST])] for score, role in zip(scores, splits.role, strict=True)]


def window_statistic(summary, window, metric):
    """Mean and standard deviation of one metric in one window."""
    row = summary[(summary["window"] == window) & (summary["metric"] == metric)].iloc[0]
    return float(row["mean"]), float(row["sd"])
