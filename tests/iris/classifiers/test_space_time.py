"""Windows along the slit and in time, and what a single class can tell."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.evaluation.classification import six_metrics
from flarebook.iris.classifiers import space_time
from flarebook.iris.classifiers.protocol import summarise_splits
from flarebook.iris.classifiers.splits import TEST, draw_splits, select_spectra
from flarebook.iris.mg2 import FEATURES


def slit_table(rng, n=4000):
    """Spectra all over the slit and the last 80 minutes; the triplet rises after -35 min and towards pixel 550."""
    rows = pd.DataFrame(rng.normal(size=(n, 10)).astype(np.float32), columns=list(FEATURES))
    rows["slit"], rows["minutes_to_onset"] = rng.integers(0, 722, n), rng.uniform(-80, -1, n)
    rows["triplet"] += 3.0 * (rows["minutes_to_onset"] > -35) * (rows["slit"] > 300)
    return rows.assign(exposure=np.arange(n))


def triplet_weights(n_members=3):
    """A perceptron that looks at the triplet and nothing else."""
    kernel = np.zeros((n_members, 10, 1), np.float32)
    kernel[:, FEATURES.index("triplet")] = 1.0
    standard = {"mean": np.zeros((n_members, 10), np.float32), "scale": np.ones((n_members, 10), np.float32)}
    return standard | {"dense_0/kernel": kernel, "dense_0/bias": np.full((n_members, 1), -1.5, np.float32)}


def test_scores_of_a_single_class_coincide_as_in_the_paper():
    scores = six_metrics(*space_time.mirrored(np.random.default_rng(0).beta(4, 2, 500)))
    assert scores["precision"] == pytest.approx(scores["recall"])
    assert scores["f1"] == pytest.approx(scores["recall"]) and scores["accuracy"] == pytest.approx(scores["recall"])
    assert scores["tss"] == pytest.approx(2 * scores["recall"] - 1)


def test_paper_numbers_fit_the_mirrored_class():
    # section 7: TSS .50 to .78; abstract: accuracy up to 90 %
    scores = six_metrics(*space_time.mirrored(np.repeat([0.9, 0.1], [89, 11])))
    assert scores["tss"] == pytest.approx(0.78) and scores["accuracy"] == pytest.approx(0.89)


def test_a_quiet_class_lies_below_the_diagonal():
    assert six_metrics(*space_time.mirrored(np.random.default_rng(0).beta(2, 5, 500)))["auc"] < 0.5


def test_bins_are_ten_arcsec_and_count_from_the_brightening():
    rows = space_time.space_windows(slit_table(np.random.default_rng(1)), half_width=10.0)
    assert sorted(rows["window"].unique()) == [5, 15, 25, 35, 45, 55, 65, 75]
    assert rows[rows["window"] == 5]["slit"].between(490, 549).all()
    assert rows[rows["window"] == 75]["slit"].between(70, 129).all()


def test_time_windows_hold_the_active_pixels_of_ten_minutes_each():
    rows = space_time.time_windows(slit_table(np.random.default_rng(2)))
    assert sorted(rows["window"].unique()) == list(range(-80, 0, 10))
    assert rows["slit"].between(400, 699).all()
    assert (rows["minutes_to_onset"] - rows["window"]).between(0, 10).all()


def test_the_score_rises_when_and_where_the_triplet_does():
    rng = np.random.default_rng(3)
    table, weights = slit_table(rng), triplet_weights()
    reference = [1 / (1 + np.exp(1.5 - rng.normal(size=200))) for _ in range(3)]
    in_time = space_time.window_scores(space_time.time_windows(table), weights, reference)
    in_time = summarise_splits(in_time, ["window", "metric"])
    recall = in_time[in_time["metric"] == "recall"].set_index("window")["mean"]
    assert recall[-80] < 0.25 and recall[-10] > 0.75
    against = in_time[in_time["metric"] == "auc_against_ar"].set_index("window")["mean"]
    assert against[-80] == pytest.approx(0.5, abs=0.1) and against[-10] > 0.9


def test_fast_scores_of_a_single_class_are_those_of_the_mirror_image():
    scores = np.random.default_rng(1).beta(3, 2, 301)
    expected = six_metrics(*space_time.mirrored(scores))
    assert space_time.mirrored_metrics(scores) == pytest.approx(expected, abs=1e-12)


def test_each_flare_rises_when_its_own_triplet_does():
    rng, onsets = np.random.default_rng(6), [-62.0, -35.0, -18.0]
    flares = []
    for flare, onset in enumerate(onsets):
        table = slit_table(rng).assign(triplet=rng.normal(size=4000).astype(np.float32), flare=flare)
        flares.append(table.assign(triplet=table["triplet"] + 3.0 * (table["minutes_to_onset"] > onset)))
    rows = space_time.time_windows(pd.concat(flares))
    scores = space_time.family_scores(rows, triplet_weights(), [rng.random(50)] * 3)
    found = space_time.rise_times(scores)
    assert np.abs(found - onsets).max() <= 10  # windows of ten minutes


def test_quiet_pixels_of_the_test_regions_are_the_reference_of_quiet_pixels(toy_table):
    rng = np.random.default_rng(7)
    table = toy_table(rng)
    spectra = select_spectra(table, rng)
    splits = draw_splits(spectra, rng, 3, excluded=())
    reference = space_time.quiet_reference(table, triplet_weights(), spectra, splits, least=0.5)
    names = np.array(spectra.names)
    for role, scores in zip(splits.role, reference, strict=True):
        tested = table["observation"].isin(names[role == TEST]) & (table["region"] == "AR")
        assert len(scores) == (tested & (table["quiet_fraction"] > 0.5)).sum() > 0


def test_variants_are_compared_half_an_hour_before_onset():
    table = slit_table(np.random.default_rng(8)).assign(flare=0)
    families = {"placed": table.assign(activity=1.0), "patchy": table.assign(activity=table["slit"] % 2)}
    scores = space_time.family_scores(space_time.time_windows(table), triplet_weights(), [np.zeros(5)] * 3)
    compared = space_time.compare_variants(dict.fromkeys(families, scores), families)
    assert compared.loc["placed", "in_state"] == 1
    assert compared.loc["patchy", "in_state"] == pytest.approx(0.5, abs=0.15)
    assert compared.loc["placed", "tss_last"] > 0.5


def test_rocs_start_and_end_in_the_corners():
    rows = space_time.time_windows(slit_table(np.random.default_rng(4)))
    rocs = space_time.window_rocs(rows, triplet_weights())
    ends = rocs.groupby("window")["hit_rate"].last()
    assert len(ends) == 8 and (ends == 1).all()


def test_windows_of_a_region_without_flare_count_from_its_start():
    table = pd.DataFrame({"exposure": np.arange(0, 600), "triplet": 0.0})
    rows = space_time.quiet_windows(table, step_cadence=6.0)
    assert sorted(rows["window"].unique()) == [0, 10, 20, 30, 40, 50]


def test_an_empty_window_is_told():
    table = slit_table(np.random.default_rng(5)).query("minutes_to_onset > -50")
    with pytest.raises(InputError, match="raise long_spectra"):
        space_time.time_windows(table)
