"""The page of thresholds holds the counts it was given, and its table has the scores of the days themselves."""

import numpy as np
import pytest
from bs4 import BeautifulSoup
from sklearn.metrics import balanced_accuracy_score

from flarebook.compendium.book.verify import borrows, loads
from flarebook.compendium.errors import InputError
from flarebook.evaluation.threshold_page import Forecasts, count_forecasts, threshold_page, threshold_table


@pytest.fixture(scope="module")
def days():
    """Labels (n,) and calibrated probabilities (n,) of 3,000 days."""
    rng = np.random.default_rng(4)
    probability = rng.beta(0.7, 2.5, 3000)
    return (rng.random(3000) < probability).astype(int), probability


def test_binned_forecasts_keep_their_numbers_and_means(days):
    label, probability = days
    values, events, others = count_forecasts(label, probability, 20)
    assert events.sum() == label.sum() and (events + others).sum() == len(label)
    assert np.average(values, weights=events + others) == pytest.approx(probability.mean())
    assert len(values) <= 20 and np.all(np.diff(values) > 0)


def test_table_of_thresholds_has_the_skill_of_the_days(days):
    label, probability = days
    forecasts = Forecasts("days", "SIMULATED", "", *count_forecasts(label, probability, 10))
    table = threshold_table(forecasts, [0.0, 0.3, 0.6])  # between bins, so that no day changes sides
    expected = [balanced_accuracy_score(label, probability >= one, adjusted=True) for one in table["threshold"]]
    np.testing.assert_allclose(table["tss"], expected)


def test_page_needs_no_other_file_and_names_what_it_scores():
    forecasts = Forecasts("SWPC", "REAL", "Days.", np.array([0.1, 0.6]), np.array([2, 5]), np.array([9, 3]))
    page = threshold_page([forecasts], "Thresholds <1>", "about", "a flare", "no flare")
    soup = BeautifulSoup(page, "html.parser")
    assert list(loads(soup)) == [] and list(borrows(soup)) == []
    assert soup.title.string == "Thresholds <1>" and soup.find("option").string == "SWPC (real)"
    for tag in soup.find_all(["select", "input"]):
        assert tag.find_parent("label"), tag


def test_forecasts_that_were_all_followed_by_the_same_are_refused():
    quiet = Forecasts("quiet", "REAL", "", np.array([0.1]), np.array([0]), np.array([9]))
    with pytest.raises(InputError, match="'quiet' were all followed by the same"):
        threshold_page([quiet], "T", "about", "a flare", "no flare")
