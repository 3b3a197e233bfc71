"""What each ingredient is worth: model B retrained with one thing changed, on the same splits."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.evaluation.classification import METRICS
from flarebook.iris.classifiers.ensemble import ARCHITECTURES, train_ensemble
from flarebook.iris.classifiers.protocol import score_table, test_scores
from flarebook.iris.classifiers.splits import select_spectra, shuffle_observations, thin_out
from flarebook.iris.mg2 import FEATURES

QUIET = "without quiet-Sun spectra"


@dataclass(frozen=True)
class Variant:
    """One changed run: its name, the table it learns from, features, architecture and dropout."""

    name: str
    table: pd.DataFrame
    columns: tuple = FEATURES
    architecture: str = "B"
    dropout: float = 0.0


def all_features_but(feature):
    """The features but one, in their order."""
    return tuple(name for name in FEATURES if name != feature)


def drop_faint(table, share=0.3):
    """Rows above the `share` quantile of their observation's intensity: the data-count threshold of the outlook.

    The quantile of each observation, not of all, so that no observation disappears and exposure levels do not enter.
    """
    floor = table.groupby("observation", observed=True)["intensity"].transform("quantile", share)
    return table[table["intensity"] >= floor]


def ablation_variants(table, rng, narrow=None, most_quiet=0.5, faint_share=0.3, dropout=0.2):
    """The changed runs of the outlook (section 8) and of a careful reader; the first one changes nothing.

    narrow: the same spectra with features from narrower windows, or None; most_quiet: largest share of quiet-Sun light.
    Returns a list of Variant, without QUIET where the table lacks that share (`quiet_light_known`).
    """
    variants = [
        Variant("model B", table),
        Variant("split by spectrum", shuffle_observations(table, rng)),
        Variant("without faint spectra", drop_faint(table, faint_share)),
        Variant("without intensity", table, all_features_but("intensity")),
        Variant("without triplet", table, all_features_but("triplet")),
        Variant("model C", table, architecture="C"),
        Variant("model C with dropout", table, architecture="C", dropout=dropout),
    ]
    if quiet_light_known(table):
        variants.insert(2, Variant(QUIET, table[table["quiet_fraction"] <= most_quiet]))
    return variants + ([Variant("narrow windows", narrow)] if narrow is not None else [])


def restrict_field(table, share=0.25, around="brightening", n_bins=40):
    """Rows of each observation within a part of the slit: the targeted field of view that the outlook asks for.

    table: columns observation, slit, intensity; share: of the slit's length that is kept, whatever its pixels measure;
    around: "brightening", where the mean intensity of that part is highest over the window, or "pointing", the middle
    of the slit.  The steps of a raster are all kept.  Raises InputError for another place or share.
    """
    if around not in ("brightening", "pointing") or not 0 < share <= 1:
        raise InputError(
            f"The field of view is a share above 0 and up to 1 around 'brightening' or 'pointing'; got {share} "
            f"around {around!r}."
        )
    width = max(1, round(share * n_bins))
    kept = []
    for _, rows in table.groupby("observation", observed=True, sort=False):
        slit = rows["slit"].to_numpy(float)
        place = np.minimum(((slit - slit.min()) / max(np.ptp(slit), 1) * n_bins).astype(int), n_bins - 1)
        first = (n_bins - width) // 2
        if around == "brightening":
            light = np.bincount(place, rows["intensity"], n_bins), np.bincount(place, minlength=n_bins)
            total, number = (np.convolve(values, np.ones(width), "valid") for values in light)
            first = int(np.argmax(np.divide(total, number, out=np.zeros_like(total), where=number > 0)))
        kept.append(rows[(place >= first) & (place < first + width)])
    return pd.concat(kept).sort_index()


def field_variants(table, share, rng):
    """Model B on a part of the slit, and on as few spectra of the whole slit."""
    return [
        Variant("field around the brightening", restrict_field(table, share)),
        Variant("field around the pointing", restrict_field(table, share, "pointing")),
        Variant("as few spectra", thin_out(table, share, rng)),
    ]


def window_variants(scan, widths):
    """Model B on features of windows of other widths.

    scan: of `window_scan.stack_windows`; widths: Angstrom.  Raises InputError for a width that was not scanned.
    """
    missing = sorted(set(widths) - set(scan["window"]))
    if missing:
        raise InputError(
            f"The scan of iris/3-observations lacks the width {missing[0]:g} A: add it to scan_widths there."
        )
    return [Variant(f"windows of {width:g} A", scan[scan["window"] == width]) for width in widths]


def quiet_light_known(table):
    """Whether the share of quiet-Sun light of every spectrum is known: only a simulation gives it."""
    return bool(table["quiet_fraction"].notna().all())


def run_variant(variant, splits, names, rng, config):
    """Scores of one changed run on each split: DataFrame model (the variant's name), split, selection, metric, value.

    names: observations in the order that `splits` refers to; config: TrainingConfig, whose dropout the variant
    replaces.  Raises InputError when the variant lost one of the observations.
    """
    spectra = select_spectra(variant.table, rng, variant.columns)
    if spectra.names != tuple(names):
        lost = ", ".join(sorted(set(names) - set(spectra.names)))
        raise InputError(f"{variant.name!r} leaves no spectra of {lost}: choose a milder threshold.")
    widths = ARCHITECTURES[variant.architecture]
    trained = train_ensemble(spectra, splits, widths, replace(config, dropout=variant.dropout))
    scores = test_scores(trained.weights["validation"], spectra, splits)
    return score_table(variant.name, "validation", scores, spectra, splits)


def paired_differences(table, pairs):
    """Mean score of each variant and its paired difference to a reference run on the same splits.

    pairs: {variant: reference}.  Returns a DataFrame variant, reference, metric, mean, difference, sd (of the paired
    differences over splits), n.
    """
    wide = table.pivot(index=["model", "metric"], columns="split", values="value")
    rows = []
    for name, reference in pairs.items():
        for metric in METRICS:
            change = wide.loc[name, metric] - wide.loc[reference, metric]
            mean = wide.loc[name, metric].mean()
            rows.append((name, reference, metric, mean, change.mean(), change.std(ddof=0), len(change)))
    return pd.DataFrame(rows, columns=["variant", "reference", "metric", "mean", "difference", "sd", "n"])
