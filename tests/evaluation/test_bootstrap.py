"""Draws of a bootstrap: as many units in each, the spread of a mean, and intervals that hold the share they name."""

import numpy as np
import pytest

from flarebook.evaluation.bootstrap import percentile_interval, resample_counts, resample_rows


def test_rows_and_counts_give_the_standard_error_of_a_mean():
    values = np.random.default_rng(0).normal(size=80)
    rows = [values[rows].mean() for rows in resample_rows(80, 3000, np.random.default_rng(1))]
    counts = [counts @ values / counts.sum() for counts in resample_counts(80, 3000, np.random.default_rng(1))]
    assert np.std(rows) == pytest.approx(values.std() / np.sqrt(80), rel=0.05)
    assert np.std(counts) == pytest.approx(np.std(rows), rel=0.05)


def test_each_draw_holds_as_many_units_as_there_are():
    assert all(counts.sum() == 9 for counts in resample_counts(9, 20, np.random.default_rng(1)))
    assert all(rows.shape == (9,) and rows.max() < 9 for rows in resample_rows(9, 20, np.random.default_rng(1)))


def test_interval_holds_its_share_of_the_draws_and_skips_missing_ones():
    draws = np.r_[np.arange(101.0), np.nan]
    assert percentile_interval(draws, 0.9) == pytest.approx([5, 95])
    assert percentile_interval(np.c_[draws, 2 * draws], 0.5) == pytest.approx(np.array([[25, 50], [75, 150]]))
