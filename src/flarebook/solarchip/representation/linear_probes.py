"""What frozen features know: a linear model and nearest neighbours, fitted on early dates, asked on late ones."""

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.linear_model import RidgeCV
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsRegressor
from sklearn.preprocessing import StandardScaler

from flarebook.compendium.errors import InputError
from flarebook.evaluation.probes import N_NEIGHBOURS, linear, neighbours
from flarebook.solarchip.representation.retrieval import PENALTIES

QUIET = 50.0  # G; weaker field is noise and network, and would drown the regions' balance
TARGETS = {  # column: number or class, and its name in tables and figures
    "unsigned_flux": ("number", "unsigned flux"),
    "r_value": ("number", "inversion-line flux"),
    "r_measured": ("number", "inversion-line flux, measured"),
    "hemisphere": ("class", "north or south"),
    "label_m": ("class", "flare in 24 h"),
}
KINDS = {column: kind for column, (kind, _) in TARGETS.items()}
NAMES = {column: name for column, (_, name) in TARGETS.items()}
FEWEST = 8  # dates of a class, or in all, below which a question is not asked


def probe_targets(days, magnetograms):
    """Targets of each date, one per column; flux as its logarithm, missing where nobody knows.

    days: table of notebook 1; magnetograms: (n, h, w) line-of-sight field, G, row 0 in the south.
    Returns a DataFrame of floats with the columns of TARGETS that are known of some date.  Of the two inversion-line
    fluxes the measured one is asked for where the simulator's own is not known, which is so for real days.
    """
    table = pd.DataFrame({"hemisphere": hemisphere(magnetograms)}, index=days.index)
    for name in set(TARGETS) & set(days.columns):
        table[name] = pd.to_numeric(days[name], errors="coerce").astype(float)
    if "unsigned_flux" in table:
        table["unsigned_flux"] = np.log10(table["unsigned_flux"].where(table["unsigned_flux"] > 0))
    known = [name for name in TARGETS if name in table and table[name].notna().any()]
    return table[[name for name in known if name != "r_measured" or "r_value" not in known]]


def hemisphere(magnetograms):
    """1 where the northern half of the disk has more unsigned flux than the southern, else 0: (n,) floats.

    magnetograms: (n, h, w), G, row 0 in the south.
    """
    field = np.nan_to_num(np.asarray(magnetograms, np.float32))
    strength = np.where(np.abs(field) > QUIET, np.abs(field), 0).sum(axis=2)
    middle = strength.shape[1] // 2
    return (strength[:, -middle:].sum(axis=1) > strength[:, :middle].sum(axis=1)).astype(float)


def available_targets(table, train, test):
    """Questions with enough known dates, and of both classes, in the training and in the test part: list of names.

    table: of `probe_targets`; train, test: (n,) bool.
    """
    return [
        name
        for name in table
        if min(_smallest_group(table[name][part].dropna(), KINDS[name]) for part in (train, test)) >= FEWEST
    ]


def _smallest_group(values, kind):
    """Number of dates, or of those in the smaller class; 0 when all are alike."""
    if values.nunique() < 2:
        return 0
    return len(values) if kind == "number" else int(values.value_counts().min())


def run_probes(features, answer, kind, train, test, tested=None):
    """Score of both probes on the test dates: {"linear": , "k-NN": }, 1 perfect, 0 chance.

    features: (n, d); answer: (n,) floats, dates without are left out; kind: "number" scores the rank correlation,
    "class" twice the area under the ROC curve less 1; train, test: (n,) bool; tested: (n, d) features of another
    channel to ask, default the same.  Raises InputError when a part holds no answer.
    """
    answer = np.asarray(answer, float)
    fit, ask = (np.flatnonzero(part & np.isfinite(answer)) for part in (np.asarray(train), np.asarray(test)))
    if not len(fit) or not len(ask):
        raise InputError("a probe needs dates with an answer to learn from and to be asked: take more days")
    scaler = StandardScaler().fit(features[fit])
    known = scaler.transform(features[fit])
    asked = scaler.transform((features if tested is None else tested)[ask])
    if kind == "class":
        label = answer[fit].astype(int)
        estimates = {"linear": linear(known, label, asked)[:, 1], "k-NN": neighbours(known, label, asked)[:, 1]}
    else:
        models = {"linear": RidgeCV(PENALTIES), "k-NN": KNeighborsRegressor(min(N_NEIGHBOURS, len(fit)))}
        estimates = {name: model.fit(known, answer[fit]).predict(asked) for name, model in models.items()}
    return {name: probe_skill(estimate, answer[ask], kind) for name, estimate in estimates.items()}


def probe_skill(estimate, truth, kind):
    """Skill in putting the dates in order, 1 perfect, 0 chance: rank correlation, or 2 AUC - 1 for two classes."""
    if kind == "class":
        return float(2 * roc_auc_score(truth, estimate) - 1)
    if np.ptp(estimate) < 1e-12:
        return 0.0  # one answer for all dates orders nothing
    return float(spearmanr(estimate, truth).statistic)
