"""Removal of artefact clusters: scores by hand count, the rule and its limit, flags from a file."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.clustering import filtering, manual_selection

LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2])  # cluster 1 has three artefacts of four, cluster 2 none
ARTEFACT = np.array([0, 0, 0, 1, 1, 1, 1, 0, 0, 0], dtype=bool)
IDS = [f"{number:010d}" for number in range(300)]
TENS = np.repeat(np.arange(30), 10)


def test_scores_of_a_removal_counted_by_hand():
    scores = filtering.removal_scores(filtering.keep_clusters(LABELS, [1]), ARTEFACT)
    expected = {"precision": 3 / 4, "recall": 3 / 4, "contamination": 1 / 6, "good_lost": 1 / 6, "kept_share": 6 / 10}
    assert {name: scores[name] for name in expected} == pytest.approx(expected)


def test_the_oracle_removes_clusters_with_a_majority_of_artefacts():
    assert filtering.oracle(LABELS, ARTEFACT) == [1]
    assert filtering.oracle(LABELS, ARTEFACT, threshold=0.2) == [0, 1]


def test_the_rule_with_every_image_flagged_is_the_oracle():
    everything = np.arange(len(LABELS))
    assert filtering.clusters_to_remove(LABELS, everything, ARTEFACT, prior_images=0.0) == [1]


def test_a_cluster_nobody_looked_at_takes_the_overall_share():
    shares = filtering.flagged_shares(LABELS, np.array([0, 4, 5, 6]), np.array([False, True, True, True]))
    assert shares[2] == pytest.approx(3 / 4)
    assert shares[1] == pytest.approx((3 + 3 / 4) / 4)


def test_images_without_truth_count_for_the_share_kept_only():
    truth = pd.array([*ARTEFACT[:-1], None], dtype="boolean")
    scores = filtering.removal_scores(filtering.keep_clusters(LABELS, [1, 2]), truth)
    assert scores["kept_share"] == pytest.approx(0.4)
    assert scores["precision"] == pytest.approx(3 / 5)
    unknown = filtering.removal_scores(np.ones(3, dtype=bool), pd.array([None] * 3, dtype="boolean"))
    assert np.isnan(unknown["recall"]) and unknown["kept_share"] == 1


def test_the_curve_removes_the_worst_cluster_first_and_never_gives_artefacts_back():
    curve = filtering.removal_curve(LABELS, ARTEFACT)
    assert curve["cluster"].tolist() == [-1, 1, 0]
    assert curve["recall"].tolist() == pytest.approx([0, 3 / 4, 1])


def test_more_flagged_examples_come_nearer_to_the_oracle():
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 30, 4000)
    truth = rng.random(4000) < np.where(np.arange(30) < 12, 0.75, 0.1)[labels]
    best = filtering.removal_scores(filtering.keep_clusters(labels, filtering.oracle(labels, truth)), truth)
    effect = filtering.effect_of_examples([labels], truth, [30, 1000], 20, rng).groupby("n_flagged")["f1"].mean()
    assert effect[30] < effect[1000] - 0.05
    assert effect[1000] == pytest.approx(best["f1"], abs=0.02)


def test_a_number_that_is_no_cluster_is_refused():
    with pytest.raises(InputError, match=r"remove names \[7\], but the clusters have numbers 0 to 2"):
        filtering.keep_clusters(LABELS, [1, 7])


def test_flags_come_from_a_file(tmp_path):
    path = tmp_path / "flags.csv"
    path.write_text("image_id,is_artefact\n2206070002,yes\n2206070001,no\n")
    rows, flags = filtering.read_flags(path, ["2206070001", "2206070002", "2206070003"])
    assert rows.tolist() == [1, 0] and flags.tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("image_id\n1\n", "lacks image_id or is_artefact"),
        ("image_id,is_artefact\n9,yes\n", "'9' is no image of the archive"),
        ("image_id,is_artefact\n1,perhaps\n", "neither yes nor no"),
    ],
)
def test_a_bad_table_of_flags_is_told_in_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "flags.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=sentence):
        filtering.read_flags(path, ["1", "2"])


def test_a_missing_table_of_flags_is_told():
    with pytest.raises(InputError, match="there is no table of flags"):
        filtering.read_flags("nowhere.csv", ["1"])


@pytest.fixture
def choice():
    """Clusters 3 and 8 removed by eye, five exemplars each."""
    exemplars = [[IDS[row] for row in np.flatnonzero(TENS == number)[:5]] for number in range(30)]
    table = pd.DataFrame({"choice": "mine", "encoder": "pixels", "cluster": range(30), "exemplars": exemplars})
    return table.assign(remove=table["cluster"].isin([3, 8]))


def test_new_numbers_do_not_matter(choice):
    other = np.random.default_rng(1).permutation(30)
    name, remove, sentence = manual_selection.fitting_selection(choice, "pixels", IDS, other[TENS])
    assert name == "mine" and remove == sorted(other[[3, 8]])
    assert "100%" in sentence


def test_a_few_moved_images_do_not_matter_but_another_clustering_does(choice):
    moved = TENS.copy()
    moved[::25] = (moved[::25] + 1) % 30
    assert manual_selection.fitting_selection(choice, "pixels", IDS, moved)[1] == [3, 8]
    other = np.random.default_rng(1).integers(0, 30, 300)
    name, remove, sentence = manual_selection.fitting_selection(choice, "pixels", IDS, other)
    assert (name, remove) == ("", []) and "automatic rule decides" in sentence


def test_clusters_that_merged_do_not_fit(choice):
    assert manual_selection.carry_over(choice, IDS, TENS // 2)[1] == pytest.approx(0.5)


def test_a_choice_for_another_encoder_or_other_images_is_not_used(choice):
    assert manual_selection.fitting_selection(choice, "moments", IDS, TENS)[0] == ""
    assert manual_selection.fitting_selection(choice, "pixels", [f"other {i}" for i in IDS], TENS)[0] == ""


def test_the_shipped_choices_name_thirty_clusters_each_and_say_what_was_seen():
    shipped = manual_selection.read_selections()
    assert len(shipped)
    for _, rows in shipped.groupby("choice"):
        assert sorted(rows["cluster"]) == list(range(30))
        assert 0 < rows["remove"].sum() < 30
        assert (rows["seen"].str.len() > 3).all() and (rows["exemplars"].str.len() > 0).all()


def test_a_table_without_exemplars_is_refused(tmp_path):
    path = tmp_path / "choice.csv"
    path.write_text("choice,encoder,cluster,remove,seen\n")
    with pytest.raises(InputError, match="lacks the columns exemplars"):
        manual_selection.read_selections(path)
