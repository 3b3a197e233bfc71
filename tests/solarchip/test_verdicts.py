"""A verdict follows from the difference and its interval, never from the difference alone."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip import verdicts


def test_an_interval_above_zero_supports_and_one_that_holds_zero_leaves_open():
    assert verdicts.verdict(0.2, 0.1, 0.3) == "supported"
    assert verdicts.verdict(0.2, -0.1, 0.5) == "undecided at this size"
    assert verdicts.verdict(-0.2, -0.3, -0.1) == "not supported"
    assert verdicts.verdict(0.2, np.nan, np.nan) == "undecided at this size"


def test_a_gain_too_small_to_matter_does_not_support():
    assert verdicts.verdict(0.01, 0.005, 0.015, margin=0.05) == "not supported"
    assert verdicts.verdict(0.0, -0.01, 0.01, margin=0.05) == "not supported"
    assert verdicts.verdict(0.04, 0.01, 0.07, margin=0.05) == "supported"
    assert verdicts.verdict(0.0, -0.1, 0.1, margin=0.05) == "undecided at this size"


def test_pairing_by_seed_removes_what_the_seeds_share():
    luck = np.random.default_rng(1).normal(0, 1, 5)
    low, high = verdicts.paired_interval(luck + 0.1 + 0.001 * np.arange(5), luck)[1:]
    assert 0.09 < low < 0.102 < high < 0.11


def test_interval_covers_the_true_difference_as_often_as_it_says():
    draws = np.random.default_rng(2).normal(0.3, 1, (2000, 4))
    intervals = [verdicts.paired_interval(row, np.zeros(4), level=0.9) for row in draws]
    covered = np.mean([low < 0.3 < high for _, low, high in intervals])
    assert covered == pytest.approx(0.9, abs=0.025)


def test_one_seed_decides_nothing():
    assert verdicts.judge("2", "a against b", "recall", [0.9], [0.1])["verdict"] == "undecided at this size"


def test_a_claim_needs_all_its_parts():
    up, down, noise = ([0.5, 0.52], [0.1, 0.11]), ([0.1, 0.12], [0.5, 0.51]), ([0.5, 0.1], [0.1, 0.4])
    rows = [verdicts.judge("1", "x", "recall", *up), verdicts.judge("1", "y", "recall", *noise)]
    rows += [verdicts.judge("2", "x", "recall", *up), verdicts.judge("2", "y", "recall", *down)]
    rows += [verdicts.judge("5", "x", "recall", *up)]
    table = verdicts.claims(rows).set_index("claim")
    words = ["undecided at this size", "not supported", "supported"]
    assert table["verdict"].tolist() == words
    assert table.loc["2", ["n_supported", "n_refuted", "n_open"]].tolist() == [1, 1, 0]


def test_what_cannot_be_judged_is_told():
    with pytest.raises(InputError, match="3 values cannot be paired with 2"):
        verdicts.paired_interval([1, 2, 3], [1, 2])
    with pytest.raises(InputError, match="outside its interval"):
        verdicts.verdict(1.0, 0.0, 0.5)
    with pytest.raises(InputError, match="smallest gain"):
        verdicts.verdict(1.0, 0.0, 2.0, margin=-1)
