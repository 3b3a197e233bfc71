"""The poster's protocol on one encoder: filtering by clusters, anomalies by a forest, several sources by a probe.

The poster ran it on CLIP, the pages that follow on one encoder of this book.  Here every encoder gives a row a score.
"""

import numpy as np
import pandas as pd

from flarebook.stix.clustering.anomalies import anomaly_targets, area_under_roc, forest_scores, group_of_anomalies
from flarebook.stix.clustering.clusters import k_means, principal_components
from flarebook.stix.clustering.filtering import clusters_to_remove, draw_flags, keep_clusters, oracle, removal_scores

SCORES = {  # column: what it says
    "filtering.precision": "artefacts among the removed images, automatic rule",
    "filtering.recall": "artefacts that are removed, automatic rule",
    "filtering.oracle_recall": "artefacts that are removed, with the truth",
    "anomalies.flagged_multiple": "images with several sources among the flagged labelled ones",
    "anomalies.chance": "probability that a random group holds as many",
    "anomalies.artefact_auc": "artefacts of the archive, forest of the labelled images",
    "anomalies.several_auc": "several sources in the archive, forest of the labelled images",
    "sources.average_precision": "several sources in the archive, probe of the labelled images",
}


def filter_scores(features, is_artefact, k, pca_variance, n_flagged, seeds):
    """Scores of the removal of clusters for each start of k-means and draw of flagged images: one row each.

    features: (n_images, d); is_artefact: (n_images,), missing where the truth is.
    """
    space, rows = principal_components(features, pca_variance or None), []
    for seed in seeds:
        labels = k_means(space, k, seed)
        looked_at = draw_flags(is_artefact, n_flagged, np.random.default_rng(seed))
        rule = removal_scores(keep_clusters(labels, clusters_to_remove(labels, *looked_at)), is_artefact)
        best = removal_scores(keep_clusters(labels, oracle(labels, is_artefact)), is_artefact)
        row = {"precision": rule["precision"], "recall": rule["recall"], "oracle_recall": best["recall"]}
        rows.append({f"filtering.{name}": value for name, value in row.items()})
    return pd.DataFrame(rows)


def forest_table(features, labelled, records, seeds, n_trees):
    """Scores of forests fitted to the labelled images, as published, for each seed: one row each.

    features: (n_images, d) of the archive; labelled: LabelledSet; records: of the archive.
    """
    targets, rows = anomaly_targets(records), []
    usable = (records["flag"] == "").to_numpy()
    for seed in seeds:
        scores = forest_scores(labelled.features, np.concatenate([labelled.features, features]), seed, n_trees)
        own, archive = scores[: len(labelled)], scores[len(labelled) :]
        group = group_of_anomalies(own, labelled.n_sources)
        row = {"flagged_multiple": group["flagged_multiple"], "chance": group["chance"]}
        for name, short in (("artefact", "artefact_auc"), ("several sources", "several_auc")):
            asked = usable & ~np.isnan(targets[name])
            row[short] = area_under_roc(targets[name][asked], archive[asked])[0]
        rows.append({f"anomalies.{name}": value for name, value in row.items()})
    return pd.DataFrame(rows)


def summarise_protocol(encoder, *tables):
    """Mean and standard deviation of each score over the rows of its table: encoder, score, mean, sd, n."""
    rows = []
    for name, values in ((name, table[name]) for table in tables for name in table):
        rows.append((encoder, name, values.mean(), values.std(), len(values)))
    return pd.DataFrame(rows, columns=["encoder", "score", "mean", "sd", "n"])
