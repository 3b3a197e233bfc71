"""The ablation trains what it says, the same way each time, and its verdicts follow."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.pretraining.pretrain import pretrain
from flarebook.solarchip.pretraining.settings import PretrainingConfig
from flarebook.solarchip.representation import ablation, ablation_tables
from flarebook.solarchip.representation.scores import HEADLINE, MEAN_PROBE

N = 90
SETTINGS = PretrainingConfig(n_steps=2, batch_size=8, aia_per_step=1, every=2, device="cpu")


@pytest.fixture(scope="module")
def dates():
    rng = np.random.default_rng(1)
    days = pd.DataFrame({"time": pd.date_range("2011-01-01", periods=N).astype(str)})
    days["split"] = np.repeat(["train", "test"], [50, 40])
    return ablation.prepare_evaluation_set(rng.normal(0, 80, (N, 11, 64, 64)).astype(np.float32), days, 32)


def test_every_row_of_the_study_is_there():
    rows = ablation.ablation_variants(["vit-mini", "cnn-mini"])
    assert len(rows) == 2 * (8 + 2) == len(set(rows))
    added = [set(ablation.TERMS[name]) for name in ("reconstruction", "+ CLS", "+ CLS + patch", ablation.ALL_TERMS)]
    assert [len(terms) for terms in added] == [1, 2, 3, 4]
    assert all(small < large for small, large in zip(added, added[1:], strict=False))


def test_the_random_row_is_what_every_other_row_begins_with(dates):
    images = dates.images[dates.train]
    still = replace(SETTINGS, n_steps=1, learning_rate=0.0)
    random, begun = (
        ablation.train_variant(ablation.Variant("vit-mini", row), images, still)[0] for row in ("random", "+ CLS")
    )
    weights = begun.state_dict()
    assert all(np.array_equal(value.detach(), weights[name]) for name, value in random.named_parameters())


def test_binning_keeps_the_mean_brightness():
    images = np.random.default_rng(2).gamma(2, 50, (3, 11, 32, 32))
    assert ablation.bin_images(images, 8).mean() == pytest.approx(images.mean(), rel=1e-5)
    with pytest.raises(InputError, match="divisor of 32"):
        ablation.bin_images(images, 12)


def made_up(values):
    """Table of an ablation with the given score values, {row: [one per seed]}, the same for both deciding scores."""
    rows = [
        ("vit-mini", "two", row, seed, score, value, 0.1)
        for row, own in values.items()
        for seed, value in enumerate(own)
        for score in (HEADLINE, MEAN_PROBE)
    ]
    return pd.DataFrame(rows, columns=list(ablation.COLUMNS))


def test_a_term_that_adds_is_told_from_one_that_does_not():
    luck = np.array([0.0, 0.3, -0.2])
    levels = {"random": 0.1, "reconstruction": 0.2, "+ CLS": 0.4, "+ CLS + patch": 0.4, ablation.ALL_TERMS: 0.3}
    wobble = {"random": 0.002, "+ CLS": 0.01, "+ CLS + patch": -0.005}
    table = made_up({row: level + luck + wobble.get(row, 0) * np.arange(3) for row, level in levels.items()})
    verdicts = ablation_tables.claim_table(table)
    own = verdicts[(verdicts["claim"] == "2") & (verdicts["score"] == MEAN_PROBE)]["verdict"].tolist()
    assert own == ["supported", "undecided at this size", "not supported"]
    assert verdicts.loc[verdicts["claim"] == "5", "verdict"].eq("supported").all()


def on_the_plateau(table, row):
    """The table with one more score: a contrast of that row that answers its own question by guessing."""
    rows = table[(table["row"] == row) & (table["score"] == HEADLINE)]
    return pd.concat([table, rows.assign(score="recall@1, all dates", value=0.02, chance=0.0195)], ignore_index=True)


def test_a_contrast_that_still_guesses_decides_nothing():
    wobble = 0.001 * np.arange(3)
    levels = {"random": 0.4, "reconstruction": 0.4, ablation.ALL_TERMS: 0.1}
    table = made_up({row: level + wobble * level for row, level in levels.items()})
    learnt = ablation_tables.claim_table(table)
    assert learnt.loc[learnt["claim"].isin(["1", "5"]), "verdict"].eq("not supported").all()
    guessing = ablation_tables.claim_table(on_the_plateau(table, ablation.ALL_TERMS))
    assert len(guessing) == len(learnt) and guessing["verdict"].eq("undecided at this size").all()


def test_claim_1_is_held_against_what_needs_no_learning():
    wobble = 0.001 * np.arange(3)
    table = made_up({"reconstruction": 0.2 + wobble, ablation.ALL_TERMS: 0.8 - wobble})
    alone, both = (ablation_tables.claim_table(table, untrained_features=known) for known in (None, {HEADLINE: 0.95}))
    assert alone.loc[alone["claim"] == "1", "verdict"].tolist() == ["supported"]
    assert both.loc[both["claim"] == "1", "verdict"].tolist() == ["supported", "not supported"]
    assert "|B| blocks" in both["comparison"][1]


def test_claim_1_has_a_verdict_without_what_the_paper_does_not_compare_with():
    wobble = 0.001 * np.arange(3)
    table = made_up({"reconstruction": 0.2 + wobble, ablation.ALL_TERMS: 0.8 - wobble})
    rows, claims = ablation_tables.assess_trainings({"this run": (table, {HEADLINE: 0.95})})
    claims = claims.set_index("claim")
    assert claims.loc["1", ["n_supported", "n_refuted", "verdict"]].tolist() == [1, 1, "not supported"]
    own = claims.loc[ablation_tables.WITHOUT_BLOCKS]
    assert own[["n_supported", "n_refuted", "verdict"]].tolist() == [1, 0, "supported"]
    assert own["mean_difference"] == pytest.approx(0.6 - 2 * 0.001)
    assert not rows.loc[rows["claim"] == ablation_tables.WITHOUT_BLOCKS, "comparison"].str.contains("blocks").any()


def test_every_loss_of_a_training_is_kept_and_gated(dates):
    table = ablation.run_variant(ablation.Variant("vit-mini", ablation.ALL_TERMS), dates, SETTINGS, ["171"])
    losses = table[table["score"].str.startswith("training loss")].set_index("score")["value"]
    assert losses.index.tolist() == [ablation.loss_score(term) for term in ablation.TERMS[ablation.ALL_TERMS]]
    history = pretrain(dates.images[dates.train], replace(SETTINGS, size="vit-mini"))[1]
    assert losses.tolist() == history[list(ablation.TERMS[ablation.ALL_TERMS])].iloc[-1].tolist()
    names = [name for name, *_ in ablation_tables.gated_metrics(ablation_tables.summarize_ablation(table))]
    assert {f"ablation.transformer.all.loss.{term}" for term in ("reconstruction", "cls", "patch", "intra")} <= set(
        names
    )


def test_rows_are_counted_whose_contrasts_exceed_chance():
    table = made_up({"reconstruction": [0.2, 0.2], "+ CLS": [0.3, 0.3]})
    assert ablation_tables.count_above_chance(on_the_plateau(table, "+ CLS")) == {"vit-mini": 0}
    learnt = on_the_plateau(table, "+ CLS").replace({"value": {0.02: 0.5}})
    assert ablation_tables.count_above_chance(learnt) == {"vit-mini": 1}


def test_mean_and_spread_are_those_of_the_seeds():
    table = ablation_tables.summarize_ablation(made_up({"random": [0.1, 0.2, 0.6]}))
    assert table["mean"].to_numpy() == pytest.approx(0.3)
    assert table["sd"].to_numpy() == pytest.approx(np.std([0.1, 0.2, 0.6], ddof=1))
    assert table["n"].tolist() == [3, 3]


def test_metrics_have_one_name_in_all_sizes_of_a_network():
    rows = made_up({ablation.ALL_TERMS: [0.1, 0.3]})
    rows = pd.concat([rows, rows.assign(backbone="cnn-paper")], ignore_index=True)
    names = [name for name, *_ in ablation_tables.gated_metrics(ablation_tables.summarize_ablation(rows))]
    assert {"ablation.transformer.all.probe", "ablation.convolutions.all.probe"} <= set(names)
