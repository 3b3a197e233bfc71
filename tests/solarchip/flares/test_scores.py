"""Scores of flare forecasts have the values that forecasters know, and thresholds come from validation days."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from flarebook.compendium.errors import InputError
from flarebook.evaluation import bootstrap, classification
from flarebook.solarchip.flares import scores


@pytest.fixture
def season():
    """Labels and forecasts of 200 days, drawn from the forecasts themselves: a calibrated forecaster."""
    rng = np.random.default_rng(3)
    probability = rng.beta(0.6, 2.0, 200)
    return (rng.random(200) < probability).astype(int), probability


def test_a_perfect_forecast_has_full_skill():
    label = np.array([0, 0, 1, 0, 1])
    found = scores.score_forecast(label, label.astype(float), 0.5, 0.3)
    assert [found[name] for name in scores.SCORES] == [1, 1, 1, 1, 0, 1]


def test_climatology_has_no_skill(season):
    label, _ = season
    found = scores.score_forecast(label, np.full(200, label.mean()), label.mean(), label.mean())
    assert [found[name] for name in ("tss", "hss", "auc", "brier_skill")] == pytest.approx([0, 0, 0.5, 0])


def test_hss_is_cohens_kappa(season):
    label, probability = season
    found = scores.score_forecast(label, probability, 0.3, 0.2)
    assert found["hss"] == pytest.approx(cohen_kappa_score(label, probability >= 0.3))


def test_brier_skill_is_measured_against_the_training_share(season):
    label, probability = season
    found = scores.score_forecast(label, probability, 0.3, 0.1)
    assert found["brier_skill"] == pytest.approx(1 - np.mean((probability - label) ** 2) / np.mean((0.1 - label) ** 2))


def test_threshold_has_the_largest_tss(season):
    label, probability = season
    chosen = classification.best_threshold(label, probability)
    tss = [scores.score_forecast(label, probability, t, 0.2)["tss"] for t in np.linspace(0.01, 0.99, 99)]
    assert scores.score_forecast(label, probability, chosen, 0.2)["tss"] >= max(tss)


def test_threshold_lies_between_flaring_and_quiet_days():
    assert classification.best_threshold([0, 0, 1, 1], [0.1, 0.2, 0.6, 0.9]) == pytest.approx(0.4)


def test_a_constant_forecast_gets_its_own_value_as_threshold():
    assert classification.best_threshold([0, 1, 0], [0.2, 0.2, 0.2]) == pytest.approx(0.2)


def test_true_probabilities_are_best_called_at_the_share_of_flaring_days():
    rng = np.random.default_rng(1)
    probability = rng.beta(0.6, 2.0, 40_000)
    label = rng.random(40_000) < probability
    assert classification.best_threshold(label, probability) == pytest.approx(label.mean(), abs=0.05)


def test_days_counted_once_give_the_plain_scores(season):
    label, probability = season
    drawn = scores.resampled_scores(label, probability, 0.3, 0.2, np.ones((1, 200)))
    plain = scores.score_forecast(label, probability, 0.3, 0.2)
    assert {name: values[0] for name, values in drawn.items()} == pytest.approx({name: plain[name] for name in drawn})


def test_a_day_counted_twice_is_two_days(season):
    label, probability = season
    probability = probability.round(1)  # ties
    weights = np.random.default_rng(0).integers(0, 4, size=(1, 200))
    drawn = scores.resampled_scores(label, probability, 0.3, 0.2, weights)
    days = np.repeat(np.arange(200), weights[0])
    assert drawn["auc"][0] == pytest.approx(roc_auc_score(label[days], probability[days]))
    plain = scores.score_forecast(label[days], probability[days], 0.3, 0.2)
    assert drawn["brier_skill"][0] == pytest.approx(plain["brier_skill"])
    assert drawn["hss"][0] == pytest.approx(plain["hss"])


def test_the_best_thresholds_have_the_largest_scores(season):
    label, probability = season
    chosen = scores.best_thresholds(label, probability)
    for name, threshold in chosen.items():
        others = [scores.score_forecast(label, probability, other, 0.2)[name] for other in probability]
        assert scores.score_forecast(label, probability, threshold, 0.2)[name] == pytest.approx(max(others))


def test_the_reference_of_a_draw_may_be_its_own_share(season):
    label, probability = season
    weights = np.random.default_rng(0).integers(0, 4, size=(1, 200))
    days = np.repeat(np.arange(200), weights[0])
    drawn = scores.resampled_scores(label, probability, 0.3, None, weights)
    plain = scores.score_forecast(label[days], probability[days], 0.3, label[days].mean())
    assert drawn["brier_skill"][0] == pytest.approx(plain["brier_skill"])


def test_forecasts_on_the_edges_of_bins_are_counted_where_they_lie():
    table = scores.reliability_bins(np.tile([0, 1], 50), np.repeat([0.1, 0.2, 0.3, 0.6, 0.7], 20))
    assert table["n"].sum() == 100 and table["score"].tolist() == pytest.approx([0.1, 0.2, 0.3, 0.6, 0.7])


def test_draws_without_a_flare_have_no_score():
    drawn = scores.resampled_scores([1, 0, 0], np.array([0.9, 0.2, 0.1]), 0.5, 0.3, np.array([[0, 2, 1], [1, 1, 1]]))
    assert np.isnan(drawn["tss"][0]) and drawn["tss"][1] == 1


def test_blocks_widen_the_interval_of_days_that_resemble_their_neighbours():
    rng = np.random.default_rng(5)
    state = np.repeat(rng.random(20) < 0.5, 15)  # active and quiet stretches of 15 days

    def spread(block):
        return (bootstrap.block_weights(300, 2000, rng, block) @ state).std()

    assert spread(14) > 2 * spread(1)


def test_every_draw_has_as_many_days_as_there_are_and_every_day_its_chance():
    weights = bootstrap.block_weights(50, 4000, np.random.default_rng(2))
    assert (weights.sum(axis=1) == 50).all()
    assert weights.mean(axis=0) == pytest.approx(np.ones(50), abs=0.15)


@pytest.mark.parametrize(("label", "kind"), [(np.zeros(9), "none is"), (np.ones(9), "every one is")])
def test_one_class_is_refused(label, kind):
    with pytest.raises(InputError, match=f"of the test days, 9, {kind} followed by a flare"):
        scores.check_classes(label, "the test days")
    with pytest.raises(InputError, match="nothing to tell apart"):
        classification.best_threshold(label, np.linspace(0, 1, 9))
