"""Methods are compared on the same days: paired differences, intervals over days, verdicts on the claims."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.evaluation.classification import best_threshold, check_classes
from flarebook.solarchip.flares import claims, comparison, scores
from flarebook.solarchip.flares import methods as flare_methods
from flarebook.solarchip.flares.baselines import label_subsets, published_skill
from flarebook.solarchip.flares.features import FlareDays, join_test_days, scale_inputs
from flarebook.solarchip.flares.scores import SCORES
from flarebook.solarchip.images.channels import CHANNELS

FRACTIONS = (0.05, 1.0)


@pytest.fixture(scope="module")
def sun():
    """Seven hundred days with their true probabilities: days, label, parts, draws of labels."""
    rng = np.random.default_rng(7)
    activity = np.convolve(rng.standard_normal(706), np.ones(7) / 7**0.5, "valid")
    truth = 1 / (1 + np.exp(1.5 - 2 * activity))
    label = (rng.random(700) < truth).astype(int)
    split = np.repeat(["train", "gap", "validation", "gap", "test"], [380, 10, 120, 10, 180])
    days = pd.DataFrame({"split": split, "label_m": label, "p_m": truth})
    parts = comparison.split_positions(days)
    return days, label, parts, label_subsets(label[parts["train"]], FRACTIONS, 3, seed=1)[0]


@pytest.fixture(scope="module")
def compared(sun):
    """Forecasts, table and samples of a good, a poor, and two SolarCHIP-like methods whose gain is with few labels."""
    days, label, parts, known = sun
    truth = days["p_m"].to_numpy()

    def blurred(share):
        return lambda known, seed: (1 - share) * truth + share * np.random.default_rng(seed).random(700)

    def learning(known, seed):  # from scratch: knows nothing of few labels, and as much as others of all
        return blurred(0.95 if len(known) < 100 else 0.1)(known, seed)

    forecasters = {"r-value": blurred(0.05), "natural": blurred(0.9)}
    forecasters |= {"vit-tiny.tuned": blurred(0.1), "vit-tiny.scratch": learning, "vit-tiny.frozen": blurred(0.5)}
    forecasters["vit-tiny.frozen-random"] = blurred(0.7)
    found = comparison.run_forecasts(forecasters, label, parts, known, truth)
    samples = comparison.bootstrap_scores(found, np.random.default_rng(2), 300)
    return found, comparison.summarize_scores(comparison.score_table(found), samples), samples


def test_a_day_without_a_label_is_no_flaring_day(sun):
    days, label, parts, _ = sun
    unknown = days.assign(label_m=pd.array(label, "Int64"))
    unknown.loc[[0, 699], "label_m"] = pd.NA
    found = comparison.split_positions(unknown)
    assert [len(parts[part]) - len(found[part]) for part in parts] == [1, 0, 1]
    quiet = np.where(np.arange(9) < 2, np.nan, 0.0)
    with pytest.raises(InputError, match="2 of the test days, 9, have no label"):
        check_classes(quiet, "the test days")


def test_every_method_forecasts_every_draw_and_the_ceiling_once(compared):
    forecasts, table, _ = compared
    assert len(forecasts.rows) == 6 * 2 * 3 + 1
    assert (forecasts.rows["method"] == "upper_bound").sum() == 1
    assert set(table["score"]) == set(SCORES)


def test_thresholds_come_from_validation_days(sun, compared):
    _, label, parts, _ = sun
    forecasts, _, _ = compared
    row = forecasts.rows[forecasts.rows["method"] == "vit-tiny.tuned"].iloc[0]
    probability = 0.9 * sun[0]["p_m"].to_numpy() + 0.1 * np.random.default_rng(1).random(700)
    days = parts["validation"]
    assert row["threshold"] == best_threshold(label[days], probability[days])
    assert len(np.unique(forecasts.rows["threshold"])) > 6


def test_intervals_hold_the_mean_and_nothing_beats_the_true_rate_by_more_than_chance(compared):
    _, table, _ = compared
    assert (table["low"] <= table["mean"]).mean() > 0.95 and (table["mean"] <= table["high"]).mean() > 0.95
    brier = table[table["score"] == "brier_skill"].set_index(["method", "fraction"])["mean"]
    assert brier["upper_bound", 1.0] == brier.max()


def test_the_better_forecast_is_chosen_on_validation_days(compared):
    forecasts, _, _ = compared
    assert comparison.best_on_validation(forecasts.rows, ["natural", "vit-tiny.tuned"]) == "vit-tiny.tuned"
    with pytest.raises(InputError, match="none of cnn-tiny.tuned has a forecast"):
        comparison.best_on_validation(forecasts.rows, ["cnn-tiny.tuned"])


def test_a_method_against_itself_differs_by_nothing(compared):
    _, table, samples = compared
    same = {("r-value", 1.0): 1.0}
    found = claims.score_difference(table, samples, "tss", same)
    assert found[0] == pytest.approx(
        table.query("method == 'r-value' and fraction == 1 and score == 'tss'")["mean"].item()
    )
    pair = {("vit-tiny.tuned", 1.0): 1, ("vit-tiny.scratch", 1.0): -1}  # with all labels both are the same forecast
    assert claims.score_difference(table, samples, "tss", pair) == (0, 0, 0)


def test_pairing_narrows_the_interval(compared):
    _, table, samples = compared
    key, other = ("vit-tiny.tuned", 1.0), ("r-value", 1.0)
    _, low, high = claims.score_difference(table, samples, "auc", {key: 1, other: -1})
    alone = np.ptp(np.quantile(samples[key]["auc"], [0.025, 0.975]))
    assert high - low < 0.5 * alone


def test_verdicts_on_skill(compared):
    _, table, samples = compared
    rows = claims.skill_rows(table, samples, "vit-tiny.tuned", ["natural", "vit-tiny.scratch"])
    assert [row["verdict"] for row in rows] == ["supported", "undecided at this size"]  # scratch is the same forecast
    assert (rows[0]["n"], rows[0]["draws"], rows[0]["score"]) == (180, 3, "auc")
    assert rows[0]["comparison"] == "vit-tiny fine-tuned against natural images"
    assert claims.skill_rows(table, samples, "natural", ["r-value"])[0]["verdict"] == "not supported"


def test_verdict_on_few_labels(compared):
    _, table, samples = compared
    rows = claims.few_label_rows(table, samples, ["vit-tiny"])
    assert [row["verdict"] for row in rows[:2]] == ["supported"] * 2 and rows[0]["n"] == 180
    gains = claims.pretraining_gains(table, samples, ["vit-tiny"]).set_index(["way", "fraction", "score"])["gain"]
    for way, (first, more) in {"tuned": rows[:2], "frozen": rows[2:]}.items():
        assert first["difference"] == pytest.approx(gains[way, 0.05, "auc"])
        assert more["difference"] == pytest.approx(gains[way, 0.05, "auc"] - gains[way, 1.0, "auc"])
    means = table.query("score == 'auc' and fraction == 0.05").set_index("method")["mean"]
    for way, untrained in {"tuned": "scratch", "frozen": "frozen-random"}.items():  # only the weights differ
        assert gains[way, 0.05, "auc"] == pytest.approx(means[f"vit-tiny.{way}"] - means[f"vit-tiny.{untrained}"])
    with pytest.raises(InputError, match="no share of the labels is 1% or less"):
        claims.few_label_rows(table, samples, ["vit-tiny"], few=0.01)


def test_to_lose_less_with_few_labels_is_no_gain(compared):
    _, table, samples = compared
    worse = {"vit-tiny.tuned": "natural", "vit-tiny.scratch": "r-value", "vit-tiny.frozen": "natural"}
    worse["vit-tiny.frozen-random"] = "r-value"
    swapped = {("a." + k.split(".")[1], f): samples[v, f] for k, v in worse.items() for f in FRACTIONS}
    parts = [table[table["method"] == v].assign(method="a." + k.split(".")[1]) for k, v in worse.items()]
    lost = claims.few_label_rows(pd.concat(parts), swapped, ["a"])
    assert lost[0]["difference"] < -0.1 and lost[0]["verdict"] == "not supported"


def test_two_draws_of_labels_decide_nothing(compared):
    _, table, samples = compared
    rows = claims.skill_rows(table.assign(n=2), samples, "vit-tiny.tuned", ["natural"])
    assert rows[0]["verdict"] == "undecided at this size" and rows[0]["low"] > 0


def test_the_error_of_a_mean_over_draws_is_not_understated():
    """A perfect and a wholly wrong draw, Brier scores 0 and 1: the variance of their mean is half of theirs, 1/4."""
    label = np.tile([0, 1], 60)
    rows = pd.DataFrame({"method": "natural", "fraction": 1.0, "draw": [0, 1], "threshold": 0.5})
    two = comparison.Forecasts(rows, np.array([label, 1 - label], float), label, 0.5)
    found = comparison.bootstrap_scores(two, np.random.default_rng(1), 2000)["natural", 1.0]["brier"]
    assert found.var() == pytest.approx(np.var([0, 1], ddof=1) / 2, rel=0.05)


def test_the_ceiling_bounds_no_score_of_other_thresholds(compared):
    table = compared[1]
    assert set(table.loc[table["method"] == "upper_bound", "score"]) == {"tss", "auc", "brier", "brier_skill"}


def test_small_bins_join_their_neighbour():
    bins = pd.DataFrame({"score": [0.1, 0.3, 0.5, 0.9], "observed": [0.0, 1.0, 0.5, 1.0], "n": [2, 6, 10, 1]})
    found = scores.merge_bins(bins)
    assert found["n"].tolist() == [8, 11]
    assert found["score"].tolist() == pytest.approx([(0.2 + 1.8) / 8, 5.9 / 11])
    assert scores.merge_bins(bins[:1]).equals(bins[:1])


def test_true_rates_are_reliable(compared):
    forecasts, _, _ = compared
    table = comparison.reliability_table(forecasts, ["upper_bound"])
    assert table["n"].sum() == 180
    inside = (table["low"] <= table["score"]) & (table["score"] <= table["high"])
    assert inside.mean() >= 0.8 and (table["low"] <= table["observed"]).all()


@pytest.mark.parametrize("part", comparison.PARTS)
def test_a_part_without_flares_is_told(sun, part):
    days = sun[0].copy()
    days.loc[days["split"] == part, "label_m"] = 0
    with pytest.raises(InputError, match=f"of the {part} days, .*, none is followed by a flare of M1.0"):
        comparison.split_positions(days)


def test_table_methods_learn_from_the_known_days_alone(sun):
    days, label, parts, _ = sun
    rng = np.random.default_rng(3)
    days = days.assign(
        time="2014-01-01", flux_max_past_24h=rng.choice([0, 2e-5], 700), goes_now=1e-7, r_measured=days["p_m"]
    )
    known = parts["train"][:50]
    methods = flare_methods.table_methods(days, label, parts, "label_m")
    assert set(methods) == {"climatology", "persistence", "r-value", "goes-flux"}
    assert "r-true" in flare_methods.table_methods(days.assign(r_value=days["p_m"]), label, parts, "label_m")
    assert "r-true" not in flare_methods.table_methods(days.assign(r_value=pd.NA), label, parts, "label_m")
    assert methods["climatology"](known, 1)[0] == label[known].mean()
    hidden = label.copy()
    hidden[parts["test"]] = 1 - hidden[parts["test"]]
    other = flare_methods.table_methods(days, hidden, parts, "label_m")
    assert all((methods[name](known, 1) == other[name](known, 1)).all() for name in methods)


def test_only_wanted_channels_are_scaled_and_binned():
    images = np.full((2, 11, 8, 8), 100.0)
    scaled = scale_inputs(images, ["hmi"], 4)
    assert scaled.shape == (2, 11, 4, 4)
    assert scaled[:, 0].min() > 0.1 and not scaled[:, 1:].any()
    assert scale_inputs(images, CHANNELS, 8).all()


def test_days_with_a_magnetogram_alone_follow_the_imaged_ones_in_its_place_and_scale():
    images = np.random.default_rng(4).normal(0, 100, (3, 11, 8, 8))
    scaled = scale_inputs(images[:2], ["hmi", "171"], 4, images[2:, :1])
    assert np.array_equal(scaled[:, 0], scale_inputs(images, ["hmi"], 4)[:, 0])
    assert not scaled[2, 1:].any() and scaled[:2, CHANNELS.index("171")].any()


def test_further_test_days_are_tested_and_neither_trained_nor_validated_on(sun):
    days, label, parts, _ = sun
    further = days[300:400].assign(split="test")
    joined = join_test_days(days, further)
    found = comparison.split_positions(joined)
    assert np.array_equal(found["train"], parts["train"]) and np.array_equal(found["validation"], parts["validation"])
    assert np.array_equal(found["test"], [*parts["test"], *range(700, 800)])
    assert np.array_equal(joined["label_m"][700:], label[300:400])
    assert join_test_days(days, further[:0]) is days
    with pytest.raises(InputError, match="part train, validation: run solarchip/1-simulated-sun again"):
        join_test_days(days, days[days["split"] != "gap"])
    with pytest.raises(InputError, match="100 further test days have magnetograms alone, not hmi, 171"):
        join_test_days(days, further, channels=("hmi", "171"))


def test_the_imaged_days_alone_have_their_own_test(sun):
    days, label, _, _ = sun
    joined = join_test_days(days, days[300:400].assign(split="test"))
    parts = comparison.split_positions(joined)
    both = FlareDays(np.arange(800.0)[:, None], joined["label_m"].to_numpy(), parts)
    imaged = both.first(700)
    assert len(imaged.images) == len(imaged.label) == 700 and np.array_equal(imaged.label, label)
    assert {part: len(rows) for part, rows in imaged.parts.items()} == {"train": 380, "validation": 120, "test": 180}


def test_the_gain_of_the_corona_is_paired_on_the_imaged_days(sun):
    days, label, parts, known = sun
    truth = days["p_m"].to_numpy()
    noise = np.random.default_rng(3).random(700)
    forecasters = {"vit-tiny.frozen": lambda *_: 0.3 * truth + 0.7 * noise, "vit-tiny.frozen-aia": lambda *_: truth}
    found = comparison.run_forecasts(forecasters, label, parts, known)
    samples = comparison.bootstrap_scores(found, np.random.default_rng(2), 200)
    table = comparison.summarize_scores(comparison.score_table(found), samples)
    gains = claims.coronal_gains(table, samples, ["vit-tiny"]).set_index("score")
    auc = gains.loc["auc"]
    assert auc["n_days"] == 180 and auc["gain"] == pytest.approx(auc["with_aia"] - auc["hmi"])
    assert 0 < auc["low"] < auc["gain"] < auc["high"]
    apart = [np.ptp(np.quantile(samples[name, 1.0]["auc"], [0.025, 0.975])) for name in forecasters]
    assert auc["high"] - auc["low"] < sum(apart), "the difference is taken day by day"


def test_names_of_methods():
    assert flare_methods.display_name("cnn-tiny.scratch") == "cnn-tiny from scratch"
    models = {name: SimpleNamespace(name=name) for name in ("vit-tiny", "vit-paper", "cnn-paper")}
    one_each = [models["vit-paper"], models["cnn-paper"]]  # metrics and texts have one name in all sizes
    assert flare_methods.models_by_kind(one_each) == dict(zip(("transformer", "convolutions"), one_each, strict=True))
    assert set(flare_methods.models_by_kind(models.values())) == {"vit-tiny", "vit-paper", "convolutions"}
    assert flare_methods.display_name("goes-flux") == "GOES flux"
    assert flare_methods.family("goes-flux") == "baseline" and flare_methods.family("vit-tiny.frozen") == "frozen"


def test_published_skill_stands_with_its_source():
    table = published_skill()
    assert table.notna().all().all() and table["source"].str.contains("arXiv|ApJL|openreview").all()
    assert table.set_index("method").loc["AlexNet", ["tss", "hss"]].tolist() == ["0.53", "0.37"]
    units = table.set_index("method")["unit"]
    assert set(units) == {"disk", "region", "X-ray series"}
    assert units["SigLIP2"] == units["VideoMAE"] == "region"  # cropped active regions, not the disk
    assert set(table["checked"]) == {"abstract", "not opened"}


def test_watched_scores_are_those_of_the_table(compared):
    _, table, samples = compared
    watched = {name: value for name, value, _ in comparison.gated_metrics(table, samples, few=0.05)}
    assert watched["vit-tiny.scratch.tss"] == comparison.mean_score(table, "vit-tiny.scratch", "tss")
    assert watched["vit-tiny.scratch.few_labels.tss"] < watched["vit-tiny.scratch.tss"]
    assert not any(name.endswith(("hss", "f1", "few_labels.brier_skill")) for name in watched)
