"""Tables of scores, the bootstrap over observations, ablations and explanations, on a small toy table."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from flarebook.compendium.errors import InputError
from flarebook.evaluation.classification import METRICS
from flarebook.iris.classifiers import ablation, protocol
from flarebook.iris.classifiers.ensemble import TrainingConfig, train_ensemble
from flarebook.iris.classifiers.splits import TEST, draw_splits, select_spectra

TRAINING = TrainingConfig(epochs=4, batch_size=64, seed=1, learning_rate=0.01)


@pytest.fixture(scope="module")
def table(toy_table):
    return toy_table(np.random.default_rng(30), effect=1.2, between=0.5)


@pytest.fixture(scope="module")
def spectra(table):
    return select_spectra(table, np.random.default_rng(31))


@pytest.fixture(scope="module")
def splits(spectra):
    return draw_splits(spectra, np.random.default_rng(32), 12, n_test=2, n_validation=1)


@pytest.fixture(scope="module")
def trained(spectra, splits):
    return train_ensemble(spectra, splits, (16, 8), TRAINING)


@pytest.fixture(scope="module")
def scores(trained, spectra, splits):
    return protocol.test_scores(trained.weights["validation"], spectra, splits)


def test_score_table_is_tidy_and_complete(scores, spectra, splits):
    table = protocol.score_table("B", "validation", scores, spectra, splits)
    assert list(table.columns) == ["model", "split", "selection", "metric", "value"]
    assert len(table) == 12 * len(METRICS) and table["value"].between(-1, 1).all()
    summary = protocol.summarise_splits(table).set_index("metric")
    assert summary["mean"]["auc"] == pytest.approx(table[table["metric"] == "auc"]["value"].mean())
    assert (summary["n"] == 12).all()


def test_the_paper_selection_is_at_least_as_accurate_on_the_test_set(trained, spectra, splits):
    values = {
        selection: protocol.score_table("B", selection, protocol.test_scores(w, spectra, splits), spectra, splits)
        for selection, w in trained.weights.items()
    }
    accuracy = {s: t[t["metric"] == "accuracy"]["value"].to_numpy() for s, t in values.items()}
    assert (accuracy["test"] >= accuracy["validation"] - 1e-9).all()


def test_pair_aucs_average_to_the_auc(scores, spectra, splits):
    one, first = splits.first(1), scores[:1]
    aucs = protocol.pair_aucs(first, spectra, one)
    whole = roc_auc_score(spectra.label[one.rows(0, TEST, spectra)], first[0])
    assert np.nanmean(aucs) == pytest.approx(whole, abs=1e-6)


def test_bootstrap_surrounds_the_mean_and_is_wider_than_nothing(scores, spectra, splits):
    rates = protocol.observation_rates(scores, spectra, splits)
    aucs = protocol.pair_aucs(scores, spectra, splits)
    draws = protocol.bootstrap_observations(rates, aucs, spectra, np.random.default_rng(0), n_draws=300)
    ranges = protocol.confidence_ranges(draws).set_index("metric")
    mean = protocol.summarise_splits(protocol.score_table("B", "v", scores, spectra, splits)).set_index("metric")[
        "mean"
    ]
    for metric in ("tss", "auc", "accuracy"):
        low, high = ranges.loc[metric, ["low", "high"]]
        assert low - 0.1 < mean[metric] < high + 0.1 and high - low > 0.005


def test_a_split_by_spectrum_inflates_the_scores_when_observations_differ(toy_table):
    rng = np.random.default_rng(33)
    table = toy_table(rng, effect=0.2, between=1.5, regions=("AR", "PF"))
    spectra = select_spectra(table, rng)
    splits = draw_splits(spectra, rng, 6, 2, 1)
    variants = [v for v in ablation.ablation_variants(table, rng) if v.name in ("model B", "split by spectrum")]
    runs = [ablation.run_variant(v, splits, spectra.names, rng, TRAINING) for v in variants]
    change = ablation.paired_differences(pd.concat(runs), {"split by spectrum": "model B"}).set_index("metric")
    assert change["difference"]["auc"] > 0.1


def test_variants_keep_all_observations_and_drop_what_they_say(table):
    variants = {v.name: v for v in ablation.ablation_variants(table, np.random.default_rng(0), narrow=table)}
    assert "intensity" not in variants["without intensity"].columns
    assert (variants["without quiet-Sun spectra"].table["quiet_fraction"] <= 0.5).all()
    share = len(variants["without faint spectra"].table) / len(table)
    assert share == pytest.approx(0.7, abs=0.02)
    assert set(variants["without faint spectra"].table["observation"]) == set(table["observation"])
    assert variants["model C with dropout"].dropout > 0 and "narrow windows" in variants


def test_real_spectra_go_on_without_the_variant_that_only_a_simulation_allows(table, spectra, splits):
    rng = np.random.default_rng(0)
    real = table.assign(quiet_fraction=np.where(np.arange(len(table)) % 3, np.nan, table["quiet_fraction"]))
    assert ablation.quiet_light_known(table) and not ablation.quiet_light_known(real)
    names = [[v.name for v in ablation.ablation_variants(t, rng, narrow=t)] for t in (table, real)]
    assert names[1] == [name for name in names[0] if name != ablation.QUIET]
    for variant in ablation.ablation_variants(real, rng)[:3]:
        scores = ablation.run_variant(variant, splits, spectra.names, rng, TRAINING)
        assert scores["value"].notna().all()


def test_a_variant_that_loses_an_observation_is_told(table, spectra, splits):
    lost = ablation.Variant("too strict", table[table["observation"] != "PF 2"])
    with pytest.raises(InputError, match="no spectra of PF 2"):
        ablation.run_variant(lost, splits, spectra.names, np.random.default_rng(0), TRAINING)


def test_important_features_are_those_that_differ(trained, spectra, splits):
    losses = protocol.permutation_importance(
        trained.weights["validation"], spectra, splits, np.random.default_rng(0), 4
    )
    order = losses.groupby("feature")["loss"].mean().sort_values(ascending=False).index
    assert set(order[:2]) == {"intensity", "triplet"}


def test_thresholds_from_p_to_r_trade_false_alarms_for_misses(scores, spectra, splits):
    pooled = protocol.pooled_scores(scores, spectra, splits)
    rates = protocol.threshold_rates(pooled)
    assert rates["hit_rate"].is_monotonic_decreasing and rates["false_alarm_rate"].is_monotonic_decreasing
    curve = protocol.roc_table(pooled)
    assert curve.groupby("split")["hit_rate"].apply(lambda hit: (np.diff(hit) >= 0).all()).all()
