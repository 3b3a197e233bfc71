"""Encoders beside each other: the same images, seeds, folds and rules for all, and the rank of each."""

import numpy as np
import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.evaluation.bootstrap import resample_counts
from flarebook.stix.clustering.cluster_quality import TRUTHS, nmi_weighted, quality, silhouette
from flarebook.stix.clustering.clusters import k_means, principal_components
from flarebook.stix.clustering.filtering import keep_clusters, oracle, removal_scores
from flarebook.stix.clustering.probes import SCORES, probe

HEADLINE = "nmi appearance"  # the score by which encoders are ranked: clusters against what an expert would see
PCA_NAMES = {True: "PCA", False: "no PCA"}
CELLS = {  # (measure, score): name of the gated metric, column of the overview
    ("clusters, PCA", HEADLINE): ("nmi", "NMI, PCA"),
    ("clusters, no PCA", HEADLINE): ("nmi_without_pca", "NMI, no PCA"),
    ("clusters, PCA", "ari appearance"): ("ari", "ARI, PCA"),
    ("clusters, PCA", "purity appearance"): ("purity", "purity, PCA"),
    ("clusters, PCA", "artefact recall"): ("artefact_recall", "artefact recall"),
    ("clusters, PCA", "silhouette"): ("silhouette", "silhouette"),
}
for target, score in SCORES.items():
    CELLS["k-NN", f"{target} {score}"] = (None, f"{target}, k-NN")
    CELLS["linear", f"{target} {score}"] = (f"linear_{target}", f"{target}, linear")


def available_encoders(table, wanted=()):
    """Rows of the encoders table that have features, in its order; those named in `wanted` when it names any.

    Raises InputError for a wanted encoder that is unknown or has no features, and when none is left.
    """
    for name in wanted:
        row = table[table["encoder"] == name]
        if row.empty:
            raise InputError(f"encoder {name!r} is unknown: choose among {', '.join(table['encoder'])}")
        if not row["available"].all():
            raise InputError(f"encoder {name!r} has no features here ({row['reason'].iloc[0]}): leave it out")
    rows = table[table["available"].astype(bool) & (table["encoder"].isin(wanted) | (not wanted))]
    if rows.empty:
        raise InputError("no encoder has features: run stix/3-encoders with at least one that is available")
    return rows.reset_index(drop=True)


def cluster_scores(features, truth, k, seeds, pca_variance):
    """Cluster quality of one encoder with and without principal components, for each seed of k-means.

    features: (n_images, n_features); truth: of `cluster_quality.truth_table`.
    Returns (DataFrame: pca, n_components, seed, score, value; {(pca, seed): labels}).
    """
    rows, labels = [], {}
    for pca in (True, False):
        space = principal_components(features, pca_variance if pca else None)
        for seed in seeds:
            labels[pca, seed] = k_means(space, k, seed)
            values = clustering_scores(space, labels[pca, seed], truth, np.random.default_rng(seed))
            rows += [(pca, space.shape[1], seed, score, value) for score, value in values.items()]
    return pd.DataFrame(rows, columns=["pca", "n_components", "seed", "score", "value"]), labels


def clustering_scores(space, labels, truth, rng):
    """All scores of one clustering: {"nmi appearance": value, ..., "silhouette": value, "artefact recall": value}.

    The artefact scores are those of the filtering step when each cluster with a majority of artefacts leaves.
    """
    values = {f"{score} {name}": value for name in TRUTHS for score, value in quality(labels, truth[name]).items()}
    values["silhouette"] = silhouette(space, labels, rng)
    is_artefact = truth["is_artefact"]
    removal = removal_scores(keep_clusters(labels, oracle(labels, is_artefact)), is_artefact)
    return values | {f"artefact {name}": removal[name] for name in ("recall", "precision", "f1")}


def compare_encoders(features, truth, targets, k, seeds, pca_variance, n_folds):
    """Both tables of all encoders, in long form, and the labels.

    features: function of an encoder's name, taken from its keys: {name: callable}.  Returns (clusterings: encoder,
    pca, n_components, seed, score, value; probes: encoder, probe, target, fold, score, value; labels:
    {(encoder, pca, seed): (n_images,)}).
    """
    clusterings, probes, labels = [], [], {}
    for encoder, load in features.items():
        own = load()
        table, found = cluster_scores(own, truth, k, seeds, pca_variance)
        clusterings.append(table.assign(encoder=encoder))
        labels |= {(encoder, *key): value for key, value in found.items()}
        probes += [probe(own, target, seeds[0], n_folds).assign(encoder=encoder) for target in targets.values()]
    return pd.concat(clusterings), pd.concat(probes) if probes else None, labels


def summarise_scores(clusterings, probes, encoders):
    """One row per encoder and score: mean, standard deviation, number of repetitions.

    Columns: encoder, family, measure ("clusters, PCA", "clusters, no PCA", "k-NN", "linear"), score, mean, sd, n.
    Probes keep the score named in SCORES and, for the artefacts, all three.
    """
    first = clusterings.assign(measure="clusters, " + clusterings["pca"].map(PCA_NAMES))
    parts = [first[["encoder", "measure", "score", "value"]]]
    if probes is not None:
        second = probes.assign(measure=probes["probe"], score=probes["target"] + " " + probes["score"])
        parts.append(second[["encoder", "measure", "score", "value"]])
    groups = pd.concat(parts).groupby(["encoder", "measure", "score"], sort=False)["value"]
    table = groups.agg(mean="mean", sd="std", n="count").reset_index()
    return table.merge(encoders[["encoder", "family"]], on="encoder")


def chance(truth, targets, k, rng):
    """Scores at chance: random clusters for the agreement, one class for the probes.

    truth: columns of TRUTHS; targets: {name: Target}.  Returns {score: value}.
    """
    guessed = rng.integers(0, k, len(truth))
    values = {f"{score} {name}": value for name in TRUTHS for score, value in quality(guessed, truth[name]).items()}
    values |= {f"{name} balanced_accuracy": 1 / len(target.classes) for name, target in targets.items()}
    if "artefact" in targets:  # a blind order has the share of artefacts as its precision
        values["artefact average_precision"] = float(targets["artefact"].label.mean())
    return {name: value for name, value in values.items() if np.isfinite(value)}


def counted(target):
    """Classes of a target with their numbers of images, as text."""
    counts = np.bincount(target.label)
    return ", ".join(f"{n} {name}" for name, n in zip(target.classes, counts, strict=True))


def gated_metrics(table):
    """The scores that a gate can watch: (encoder, short name, mean, standard deviation).

    table: of `summarise_scores`.
    """
    for row in table.itertuples():
        metric, _ = CELLS.get((row.measure, row.score), (None, None))
        if metric:
            yield row.encoder, metric, row.mean, row.sd


def overview_table(table, encoders):
    """The comparison as a reader wants it: one row per encoder, best first by HEADLINE with principal components.

    table: of `summarise_scores`.  Returns a DataFrame with plain numbers.
    """
    cells = table.set_index(["measure", "score", "encoder"])["mean"].sort_index()
    known = cells.index.droplevel("encoder")
    wide = encoders.set_index("encoder")[["family", "dimension", "input_size"]].copy()
    wide["time [ms]"] = 1000 * encoders.set_index("encoder")["seconds_per_image"]
    wide = wide.assign(**{name: cells[key] for key, (_, name) in CELLS.items() if key in known})
    return wide.sort_values("NMI, PCA", ascending=False).reset_index()


def bootstrap_ranks(labels, truth, rng, n_draws=400):
    """Rank of each encoder by NMI in each draw: images with replacement and one k-means seed, the same for all.

    labels: {(encoder, pca, seed): (n_images,)}, of which those with principal components count; truth: (n_images,)
    words, images without are left out.
    Returns a DataFrame (n_draws, n_encoders), 1 is best; empty when no image has a truth.
    """
    known = pd.notna(truth).to_numpy()
    if not known.any():
        return pd.DataFrame()
    numbers = pd.factorize(truth[known])[0]
    seeds = sorted({seed for _, pca, seed in labels if pca})
    encoders = list(dict.fromkeys(encoder for encoder, pca, _ in labels if pca))
    draws = []
    for weights in resample_counts(len(numbers), n_draws, rng):
        starts = zip(encoders, rng.choice(seeds, len(encoders)), strict=True)  # each has its own luck with the start
        draws.append({name: nmi_weighted(labels[name, True, seed][known], numbers, weights) for name, seed in starts})
    return pd.DataFrame(draws).rank(axis=1, ascending=False)


def rank_table(ranks):
    """Mean rank of each encoder, its standard deviation and middle 95 %, share of first places; best on top.

    ranks: of `bootstrap_ranks`.
    """
    columns = {"rank": ranks.mean(), "sd": ranks.std(), "first": (ranks == 1).mean()}
    columns |= {"low": ranks.quantile(0.025), "high": ranks.quantile(0.975)}
    table = pd.DataFrame(columns)[["rank", "sd", "low", "high", "first"]]
    return table.rename_axis("encoder").sort_values("rank").reset_index()


def pca_effect(clusterings, score=HEADLINE):
    """What principal components change, paired by seed: mean and standard deviation of the difference per encoder."""
    rows = clusterings[clusterings["score"] == score]
    wide = rows.pivot(index=["encoder", "seed"], columns="pca", values="value")
    groups = (wide[True] - wide[False]).rename("difference").groupby("encoder", sort=False)
    components = rows[rows["pca"]].groupby("encoder", sort=False)["n_components"].first()
    return groups.agg(difference="mean", sd="std").join(components).reset_index()


def size_effect(by_size, truth, k, seeds, pca_variance):
    """What a smaller input costs: NMI with the appearance for each input size of one encoder, over seeds.

    by_size: {input size in pixels: features (n_images, n_features)} of the same images; truth: (n_images,) words.
    Returns a DataFrame: input_size, mean, sd, n.
    """
    rows = []
    for size, features in by_size.items():
        space = principal_components(features, pca_variance)
        values = [quality(k_means(space, k, seed), truth)["nmi"] for seed in seeds]
        rows.append({"input_size": size, "mean": np.mean(values), "sd": np.std(values, ddof=1), "n": len(values)})
    return pd.DataFrame(rows).sort_values("input_size", ignore_index=True)


def verdict_on_clip(ranks, encoders):
    """The poster's "visually the best clustering was achieved with CLIP" as a sentence with numbers.

    ranks: of `rank_table`; encoders: the encoders table.  Without CLIP's weights the sentence says so.
    """
    row = encoders[encoders["encoder"] == "clip"]
    if ranks.empty:
        return "The truth of these images is not known, so that no encoder has a rank."
    if "clip" in set(ranks["encoder"]):
        own = ranks.set_index("encoder").loc["clip"]
        return (
            f"CLIP has rank {own['rank']:.1f} of {len(ranks)} (95 % of the draws between {own['low']:.0f} and "
            f"{own['high']:.0f}) and is first in {own['first']:.0%} of the draws."
        )
    reason = "it is not in the table" if row.empty else str(row["reason"].iloc[0]).strip().rstrip(".")
    return (
        f"The poster's CLIP was not tested in this run: {reason}. The encoder clip-stix is no substitute: it shares "
        "CLIP's objective, not its network, its training images or its text."
    )


def around_real(labels, records):
    """The cluster of each real image under each encoder, first start of k-means, and what else lies in it.

    labels: {(encoder, pca, seed): (n_images,)}; records: of the archive, same rows.  Returns a DataFrame: encoder,
    image_id, images (in the cluster), artefacts (their share among the simulated ones there; missing without truth).
    """
    rows, start = [], min(seed for *_, seed in labels)
    for (encoder, pca, seed), own in labels.items():
        for place in np.flatnonzero(records["origin"] == "real") if pca and seed == start else ():
            fellows = records[own == own[place]]
            known = fellows["is_artefact"].dropna().astype(float)
            rows.append((encoder, records["image_id"].iloc[place], len(fellows), known.mean()))
    return pd.DataFrame(rows, columns=["encoder", "image_id", "images", "artefacts"])
