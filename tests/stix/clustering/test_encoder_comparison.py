"""Encoders beside each other: the better one is ranked first, and CLIP is judged only when it is there."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.clustering import encoder_comparison as comparison
from flarebook.stix.clustering.cluster_quality import truth_table
from flarebook.stix.clustering.probes import targets

ENCODERS = pd.DataFrame(
    {
        "encoder": ["dinov2-focus", "moments", "clip"],
        "family": ["natural images", "baseline", "natural images"],
        "available": [True, True, False],
        "reason": ["", "", "its weights are not on this machine"],
        "dimension": [12, 12, 512],
        "input_size": [98, 177, 224],
        "seconds_per_image": [0.02, 0.001, np.nan],
    }
)


@pytest.fixture(scope="module")
def compared():
    """Both tables, the labels and the truth for a telling encoder and one that sees noise."""
    rng = np.random.default_rng(1)
    bad, loop = rng.random(300) < 0.4, rng.random(300) < 0.5
    kind, artefact = np.where(loop, "loop", "compact"), np.where(bad, "low_counts", "none")
    records = pd.DataFrame({"kind": kind, "artefact": artefact, "n_sources": 1 + loop, "is_artefact": bad})
    telling = 6 * np.stack([bad, loop], axis=1) @ rng.normal(size=(2, 12)) + rng.normal(size=(300, 12))
    features = {"dinov2-focus": lambda: telling, "moments": lambda: rng.normal(size=(300, 12))}
    truth, asked = truth_table(records), targets(records)
    tables = comparison.compare_encoders(features, truth, asked, 8, [1, 2, 3], 0.95, 3)
    return *tables, truth, asked


def test_the_telling_encoder_wins_in_every_score_against_truth(compared):
    clusterings, probes, *_ = compared
    table = comparison.summarise_scores(clusterings, probes, ENCODERS)
    wide = table.pivot(index=["measure", "score"], columns="encoder", values="mean")
    against_truth = wide.drop("silhouette", level="score")
    assert (against_truth["dinov2-focus"] >= against_truth["moments"]).all()
    assert (wide["dinov2-focus"] > wide["moments"] + 0.2).loc[("clusters, PCA", "nmi appearance")]
    assert comparison.overview_table(table, ENCODERS[:2])["encoder"].tolist() == ["dinov2-focus", "moments"]


def test_blind_guessing_lies_where_noise_lies(compared):
    clusterings, probes, _, truth, asked = compared
    blind = comparison.chance(truth, asked, 8, np.random.default_rng(2))
    table = comparison.summarise_scores(clusterings, probes, ENCODERS).set_index(["encoder", "measure", "score"])[
        "mean"
    ]
    assert table["moments", "linear", "kind balanced_accuracy"] == pytest.approx(
        blind["kind balanced_accuracy"], abs=0.12
    )
    assert table["moments", "clusters, PCA", "nmi appearance"] == pytest.approx(blind["nmi appearance"], abs=0.05)


def test_ranks_are_sure_when_one_encoder_is_better_and_open_when_both_are_equal(compared):
    *_, labels, truth, _ = compared
    ranks = comparison.bootstrap_ranks(labels, truth["appearance"], np.random.default_rng(1), 60)
    table = comparison.rank_table(ranks).set_index("encoder")
    assert table.loc["dinov2-focus", "first"] == 1 and table.loc["dinov2-focus", "high"] == 1
    twins = {(name, True, seed): labels["moments", True, seed] for name in ("a", "b") for seed in (1, 2, 3)}
    even = comparison.rank_table(comparison.bootstrap_ranks(twins, truth["appearance"], np.random.default_rng(1), 200))
    assert even["rank"].to_numpy() == pytest.approx(1.5, abs=0.12)


def test_components_are_compared_start_by_start(compared):
    effect = comparison.pca_effect(compared[0]).set_index("encoder")
    rows = (
        compared[0][compared[0]["score"] == comparison.HEADLINE].groupby(["encoder", "pca"])["value"].mean().unstack()
    )
    assert effect["difference"].to_dict() == pytest.approx((rows[True] - rows[False]).to_dict())


def test_clip_is_judged_when_it_is_there_and_not_replaced_when_it_is_not():
    ranks = pd.DataFrame(
        {"encoder": ["clip", "moments"], "rank": [1.2, 1.8], "low": [1, 1], "high": [2, 2], "first": [0.8, 0.2]}
    )
    assert "rank 1.2 of 2" in comparison.verdict_on_clip(ranks, ENCODERS)
    assert "80% of the draws" in comparison.verdict_on_clip(ranks, ENCODERS)
    missing = comparison.verdict_on_clip(ranks[1:], ENCODERS)
    assert (
        "not tested" in missing
        and "weights are not on this machine" in missing
        and "clip-stix is no substitute" in missing
    )


def test_an_encoder_without_features_cannot_be_compared():
    assert comparison.available_encoders(ENCODERS)["encoder"].tolist() == ["dinov2-focus", "moments"]
    with pytest.raises(InputError, match="'clip' has no features here \\(its weights are not"):
        comparison.available_encoders(ENCODERS, ["clip"])
    with pytest.raises(InputError, match="'clap' is unknown"):
        comparison.available_encoders(ENCODERS, ["clap"])
    with pytest.raises(InputError, match="no encoder has features"):
        comparison.available_encoders(ENCODERS[2:])


def test_a_real_image_is_found_with_its_fellows_and_the_artefacts_among_them():
    records = pd.DataFrame({"image_id": list("abcd"), "origin": ["simulated"] * 3 + ["real"]})
    records["is_artefact"] = pd.array([True, False, True, None], dtype="boolean")
    labels = {("moments", True, 1): np.array([0, 1, 1, 1]), ("moments", False, 1): np.array([0, 0, 0, 1])}
    around = comparison.around_real(labels, records)
    assert around.to_dict("records") == [{"encoder": "moments", "image_id": "d", "images": 3, "artefacts": 0.5}]
