"""The poster's protocol finds what a simple archive holds, and says how much its starts and seeds scatter."""

import numpy as np
import pandas as pd
import pytest

from flarebook.stix.clustering import poster_protocol
from flarebook.stix.multiple_sources.labelled_set import labelled_set


@pytest.fixture
def archive():
    """Features of 300 images: 100 artefacts on one side of the good ones, 40 pairs of sources on the other."""
    rng = np.random.default_rng(1)
    features = rng.normal(size=(300, 6)).astype(np.float32)
    bad, several = np.arange(300) < 100, np.arange(300) >= 260
    features[bad] += 9
    features[several] -= 4
    records = pd.DataFrame({"is_artefact": pd.array(bad, dtype="boolean"), "flag": "", "kind": "compact"})
    records["artefact"] = np.where(bad, "low_counts", "none")
    return features, records.assign(n_sources=pd.array(np.where(several, 2, 1), dtype="Int64"))


def test_clusters_of_artefacts_leave(archive):
    features, records = archive
    table = poster_protocol.filter_scores(features, records["is_artefact"], 8, 0.95, 100, [1, 2, 3])
    assert len(table) == 3 and (table["filtering.recall"] > 0.95).all() and (table["filtering.precision"] > 0.95).all()
    assert (table["filtering.oracle_recall"] >= table["filtering.recall"] - 1e-9).all()


def test_the_forest_of_good_labelled_images_finds_artefacts(archive):
    features, records = archive
    chosen = np.r_[100:200, 260:264]
    labelled = labelled_set(features[chosen], records["n_sources"].to_numpy(int)[chosen])
    table = poster_protocol.forest_table(features, labelled, records, [42, 43], 50)
    assert (table["anomalies.several_auc"] > 0.95).all()  # the labelled images are good, and few of them pairs
    assert table["anomalies.artefact_auc"].between(0.7, 0.95).all()  # the pairs among the others are as rare
    assert table["anomalies.flagged_multiple"].between(0, 4).all() and table["anomalies.chance"].between(0, 1).all()


def test_the_summary_has_the_mean_and_spread_over_rows():
    table = poster_protocol.summarise_protocol("pixels", pd.DataFrame({"filtering.recall": [0.4, 0.6]}))
    row = table.iloc[0]
    assert (row["encoder"], row["score"], row["n"]) == ("pixels", "filtering.recall", 2)
    assert row["mean"] == pytest.approx(0.5) and row["sd"] == pytest.approx(np.sqrt(0.02))
