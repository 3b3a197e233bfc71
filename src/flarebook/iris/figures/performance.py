"""Figures 12, 13, 15 and 16 of the paper, and further views of the classifiers' scores."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib import colormaps

from flarebook.compendium.appearance.palette import BLUE, GREEN, GREY, ORANGE, PUBLISHED, SIMULATED, VERMILION
from flarebook.compendium.appearance.style import NARROW, WIDE
from flarebook.compendium.figures import bin_heights, draw_bins
from flarebook.evaluation.classification import METRICS
from flarebook.iris.classifiers.protocol import MARKED_THRESHOLDS
from flarebook.iris.classifiers.realtime_score import show_column
from flarebook.iris.mg2 import FEATURE_NAMES, NEUTRAL_COLOUR, REAL_COLOUR, REGION_COLOURS

METRIC_NAMES = {name: name for name in METRICS} | {"tss": "TSS", "f1": "F1", "auc": "AUC"}
SELECTION_STYLE = {  # colours of the colour-blind-safe palette, filled for the paper's way, open for the honest one
    "test": {"color": BLUE, "markerfacecolor": BLUE, "label": "best epoch on the test set (as the paper)"},
    "validation": {"color": ORANGE, "markerfacecolor": "white", "label": "best epoch on validation observations"},
}
PAPER_STYLE = {"marker": "*", "s": 70, "color": PUBLISHED, "zorder": 4, "label": "paper, model B (real spectra)"}


def plot_performance(table, paper):
    """Figure 12: six scores of each model, mean and standard deviation over splits, both selections.

    table: of `summarise_splits`; paper: {metric: value} of model B.
    """
    figure, panels = plt.subplots(1, len(METRICS), figsize=(WIDE, 3.55), layout="constrained")
    models = list(dict.fromkeys(table["model"]))
    table = table.set_index(["metric", "selection", "model"]).sort_index()
    for axes, metric in zip(panels, METRICS, strict=True):
        for offset, (selection, style) in zip((-0.14, 0.14), SELECTION_STYLE.items(), strict=True):
            rows = table.loc[metric, selection].reindex(models)
            place = np.arange(len(models)) + offset
            axes.errorbar(place, rows["mean"], rows["sd"], fmt="o", capsize=2.5, markersize=5, **style)
        axes.scatter(models.index("B"), paper[metric], **PAPER_STYLE)
        style_metric_axes(axes, metric, models)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    return figure


def style_metric_axes(axes, metric, models):
    """Axes of one score: models below, a random guess as a line (0 for TSS, .5 for the rest)."""
    guess = 0.0 if metric == "tss" else 0.5
    axes.axhline(guess, color=NEUTRAL_COLOUR, linestyle=":", linewidth=1)
    axes.set(title=METRIC_NAMES[metric], xticks=range(len(models)), xticklabels=models, xlim=(-0.5, len(models) - 0.5))
    axes.set_ylim((-0.08, 1.0) if metric == "tss" else (0.42, 1.0))


def score_panels(pooled, rocs, rates):
    """What figure 13 plots, {panel: DataFrame}.

    pooled: of `pooled_scores`; rocs: of `roc_table`; rates: of `threshold_rates`.
    """
    scores = {name: pooled.loc[pooled["label"] == label, "score"] for label, name in enumerate(("AR", "PF"))}
    return {
        "scores": bin_heights(scores, np.linspace(0, 1, 51), density=True),
        "ROC curves": rocs,
        "mean ROC curve": rocs.groupby("false_alarm_rate", as_index=False)["hit_rate"].mean(),
        "thresholds": rates,
    }


def plot_score_distributions(panels):
    """Figure 13: densities f0 (AR) and f1 (PF) of the test scores with the thresholds p, q, r, and the ROC curve.

    panels: of `score_panels`.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDE, 3.49), layout="constrained")
    styles = {name: {"color": REGION_COLOURS[name], "alpha": 0.65} for name in ("AR", "PF")}
    styles["AR"]["label"], styles["PF"]["label"] = "$f_0$, AR", "$f_1$, PF"
    draw_bins(left, panels["scores"], styles)
    for name, threshold in MARKED_THRESHOLDS.items():
        left.axvline(threshold, color="black", linestyle="--", linewidth=0.9)
        left.text(threshold, 1.01, name, ha="center", va="bottom", transform=left.get_xaxis_transform(), style="italic")
    left.set(xlabel="score", ylabel="probability density", xlim=(0, 1))
    left.legend()
    plot_roc(right, panels["ROC curves"], panels["mean ROC curve"], panels["thresholds"])
    return figure


def plot_roc(axes, rocs, mean, rates):
    """ROC curves of all splits, their mean, and the marked thresholds."""
    for _, curve in rocs.groupby("split"):
        axes.plot(curve["false_alarm_rate"], curve["hit_rate"], color=NEUTRAL_COLOUR, linewidth=0.6, alpha=0.4)
    style = {"color": REGION_COLOURS["PF"], "linewidth": 1.6, "label": "mean of the splits"}
    axes.plot(mean["false_alarm_rate"], mean["hit_rate"], **style)
    axes.plot([0, 1], [0, 1], "k--", linewidth=0.9, label="random guess")
    axes.scatter(rates["false_alarm_rate"], rates["hit_rate"], color="black", s=22, zorder=4)
    for row in rates.itertuples():
        place = row.false_alarm_rate, row.hit_rate
        axes.annotate(row.name, place, (7, -11), textcoords="offset points", style="italic")
    axes.set(xlabel="false positive rate", ylabel="true positive rate", xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.legend(loc="lower right")


def plot_training(history):
    """Mean accuracy over splits after each epoch, on the test and on the validation observations."""
    figure, axes = plt.subplots(figsize=(NARROW, 2.66), layout="constrained")
    for selection, rows in history.groupby("selection"):
        accuracy = rows.groupby("epoch")["accuracy"].agg(["mean", "sem"])
        style = {**SELECTION_STYLE[selection], "label": f"on the {selection} observations"}
        axes.errorbar(accuracy.index, accuracy["mean"], accuracy["sem"], fmt="o-", markersize=4, **style)
    axes.set(xlabel="epoch", ylabel="accuracy at equal class weights")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(loc="lower right")
    return figure


def plot_importance(table):
    """Permutation importance beside the F-score, both as shares of their largest value.

    table: feature, loss, loss_sd, f_score; most important feature on top.
    """
    figure, axes = plt.subplots(figsize=(NARROW, 3.2), layout="constrained")
    place, top = np.arange(len(table))[::-1], table["loss"].max()
    loss = {"xerr": table["loss_sd"] / top, "color": BLUE, "label": "loss of AUC when shuffled"}
    axes.barh(place + 0.2, table["loss"] / top, 0.38, **loss)
    axes.barh(place - 0.2, table["f_score"] / table["f_score"].max(), 0.38, color=ORANGE, label="F-score")
    axes.set_yticks(place, table["feature"].map(FEATURE_NAMES))
    axes.set_xlabel("share of the largest")
    axes.axvline(0, color="black", linewidth=0.7)
    axes.legend(loc="lower right")
    return figure


def plot_reliability(table, brier):
    """Share of pre-flare spectra among those of similar score, and how many spectra each point stands for."""
    figure, axes = plt.subplots(figsize=(NARROW, 4.78), layout="constrained")
    axes.plot([0, 1], [0, 1], "k--", linewidth=0.9, label="calibrated")
    axes.plot(table["score"], table["observed"], color=BLUE)
    area = 15 + 150 * table["n"] / table["n"].max()
    label = f"model B, Brier score {brier:.3f}"
    axes.scatter(table["score"], table["observed"], s=area, color=BLUE, zorder=3, label=label)
    axes.set(xlabel="score", ylabel="share of pre-flare spectra", xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.legend(loc="upper left")
    return figure


def plot_ablations(table):
    """Paired difference of TSS and AUC of each variant to its reference run: mean and standard deviation over splits.

    table: of `ablation.paired_differences`.
    """
    size = WIDE, 0.8 + 0.36 * table["variant"].nunique()
    figure, panels = plt.subplots(1, 2, sharey=True, figsize=size, layout="constrained")
    for axes, metric in zip(panels, ("tss", "auc"), strict=True):
        rows = table[table["metric"] == metric]
        place = np.arange(len(rows))[::-1]
        axes.errorbar(rows["difference"], place, xerr=rows["sd"], fmt="o", capsize=3, color=BLUE)
        axes.axvline(0, color=NEUTRAL_COLOUR, linestyle=":", linewidth=1)
        names = [f"{row.variant}\nagainst {row.reference}".replace(" A\n", " Å\n") for row in rows.itertuples()]
        axes.set_yticks(place, names)
        axes.set(xlabel=f"change of {METRIC_NAMES[metric]}", ylim=(-0.6, len(rows) - 0.4))
        axes.locator_params(axis="x", nbins=5)  # longer labels would run into each other
    return figure


SMOOTHING = 15  # slit pixels of the running mean, 2.5 arcsec


def running_mean(values, width=SMOOTHING):
    """Mean over `width` neighbouring slit pixels, missing ones left out; (n_slit,)."""
    return pd.Series(values).rolling(width, center=True, min_periods=1).mean().to_numpy()


def plot_real_score(table):
    """Map of the score by exposure and slit pixel, and its mean over exposures with the spread of the networks.

    table: of `score_file`.
    """
    options = {"width_ratios": [1, 1.7], "sharey": True, "layout": "constrained"}
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDE, 4.94), **options)
    shown = show_column(left, table, "score", vmax=1.0, cmap="RdBu_r")
    figure.colorbar(shown, ax=left, label="score", location="left")
    left.set(xlabel="exposure", ylabel="slit pixel", xticks=range(table["exposure"].max() + 1))
    plot_along_slit(right, table)
    return figure


def plot_along_slit(axes, table):
    """Running mean of the score along the slit, spread of the networks as a band."""
    columns = table.groupby("slit")[["score", "spread"]].mean()
    mean, spread = (running_mean(columns[name].to_numpy()) for name in ("score", "spread"))
    axes.axvline(0.5, color=NEUTRAL_COLOUR, linestyle=":", linewidth=1)
    axes.plot(columns["score"], columns.index, ".", color="0.75", markersize=2, label="mean of the exposures")
    axes.fill_betweenx(columns.index, mean - spread, mean + spread, color=REAL_COLOUR, alpha=0.25, linewidth=0)
    axes.plot(mean, columns.index, color=REAL_COLOUR, linewidth=1.5, label=f"over {SMOOTHING} pixels, band: networks")
    axes.set(xlabel="pre-flare score", xlim=(0, 1))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2)


PANELS = {  # name: title, axis, direction towards the flare
    "space": ("PF 16, 17 min before onset", "distance from the brightening [arcsec]", True),
    "time": ("PF 16, slit pixels 400 to 700", "window [min to onset]", False),
    "negative": ("AR 1, no flare", "window [min after the start]", False),
}
SERIES = {  # the mirrored scores coincide, so one of them stands for all
    "recall": ("accuracy = precision = recall = F1", BLUE, "o"),
    "tss": ("TSS", VERMILION, "s"),
    "auc": ("AUC, mirrored class", GREEN, "^"),
    "auc_against_ar": ("AUC against held-out AR", GREY, "D"),
}


def plot_windows(summaries, width):
    """Figure 15: scores of each window, mean and standard deviation over the ensemble.

    summaries: {"space", "time", "negative": of `summarise_splits`}; width: of a time window, minutes.
    """
    figure, panels = plt.subplots(len(PANELS), 1, figsize=(WIDE, 7.6), layout="constrained")
    for axes, (name, (title, label, towards)) in zip(panels, PANELS.items(), strict=True):
        table = summaries[name]
        centre = 0 if name == "space" else width / 2
        for place, (metric, (text, colour, marker)) in enumerate(SERIES.items()):
            rows = table[table["metric"] == metric]
            aside = centre + (place - 1.5) * (-0.6 if towards else 0.6)  # bars beside each other, not on each other
            style = {"color": colour, "marker": marker, "markersize": 4.5, "capsize": 2.5, "label": text}
            axes.errorbar(rows["window"] + aside, rows["mean"], rows["sd"], **style)
        axes.axhline(0.5, color=NEUTRAL_COLOUR, linestyle=":", linewidth=1)
        axes.set(title=title, xlabel=label, ylabel="score", ylim=(-1.05, 1.05))
        if towards:
            axes.invert_xaxis()
    axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


VARIANT_TITLES = {
    "observed": "the real flare",
    "placed": "one course",
    "drawn": "onset drawn",
    "patchy": "onset and patches drawn",
}


def plot_family(courses, flares, width, paper, metric="accuracy"):
    """Course of every flare of each variant, coloured by its onset of activity, their mean, and the paper's values.

    courses: {variant: of `family_scores` in time}; flares: of `draw_flares`; width: of a window, minutes; paper: list
    of (minutes to onset, value).
    """
    figure, panels = plt.subplots(
        1, len(courses), figsize=(WIDE, 3.09), sharey=True, layout="constrained", squeeze=False
    )
    shades = plt.cm.ScalarMappable(plt.Normalize(-80, -10), "viridis")
    for axes, (name, table) in zip(panels[0], courses.items(), strict=True):
        wide = table[table["metric"] == metric].pivot(index="window", columns="flare", values="value")
        minutes = wide.index + width / 2
        for flare, onset in enumerate(flares["activity_onset"][: wide.shape[1]]):
            colour = NEUTRAL_COLOUR if name in ("observed", "placed") else shades.to_rgba(onset)
            axes.plot(minutes, wide[flare], color=colour, linewidth=0.9, alpha=0.8)
        axes.plot(
            minutes, wide.mean(axis=1), "o-", color=SIMULATED, linewidth=1.6, markersize=4, label="mean of the flares"
        )
        axes.scatter(*np.transpose(paper), **PAPER_STYLE | {"s": 110, "label": "paper (one real flare)"})
        axes.axhline(0.5, color=NEUTRAL_COLOUR, linestyle=":", linewidth=1)
        axes.set(title=VARIANT_TITLES[name], xlabel="time to onset [min]", ylim=(-0.03, 1.03))
    panels[0, 0].set_ylabel("share called pre-flare")
    figure.colorbar(shades, ax=panels[0, -1], label="onset of activity, drawn [min]")
    figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def plot_window_rocs(rocs, width):
    """Figure 16: mean ROC curve of each window, the mirrored class as the absent one; darker is nearer to the flare."""
    figure, panels = plt.subplots(1, len(PANELS), figsize=(WIDE, 3.8), layout="constrained")
    for axes, (name, (title, _, towards)) in zip(panels, PANELS.items(), strict=True):
        windows = np.sort(rocs[name]["window"].unique())[:: -1 if towards else 1]
        shades = colormaps["viridis_r"](np.linspace(0.1, 1.0, len(windows)))
        for window, colour in zip(windows, shades, strict=True):
            curve = rocs[name][rocs[name]["window"] == window]
            low, high = (window - 5, window + 5) if name == "space" else (window, window + width)
            text = f"{low:.0f} to {high:.0f}".replace("-", "−")
            axes.plot(curve["false_alarm_rate"], curve["hit_rate"], color=colour, linewidth=1.3, label=text)
        axes.plot([0, 1], [0, 1], "k--", linewidth=0.9)
        axes.set(title=title, xlabel="false positive rate", xlim=(0, 1), ylim=(0, 1), aspect="equal")
        unit = "arcsec" if name == "space" else "min"
        axes.legend(title=f"window [{unit}]", ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.2))
    figure.axes[0].set_ylabel("true positive rate")
    return figure
