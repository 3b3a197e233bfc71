"""The page of thresholds gives the package's scores at any threshold, follows a base rate, and works from disk."""

import numpy as np
import pytest

from flarebook.evaluation.classification import count_scores, reliability
from flarebook.evaluation.threshold_page import Forecasts, threshold_page
from flarebook.solarchip.flares.scores import score_forecast
from tests.book.conftest import needs
from tests.book.every_page import (  # noqa: F401
    test_page_fits_its_width_in_both_schemes_and_axe_finds_nothing_serious,
    test_tab_reaches_every_control_and_shows_where_it_is,
    test_the_head_forbids_every_request,
)

pytestmark = needs("solarchip")
SCORES = """([threshold, rate, told]) => {
    const counts = atRate(state.series.forecasts, rate ?? baseRate(state.series.forecasts), told);
    return { ...callScores(counts, threshold), ...forecastScores(counts), shares: histogram(counts) };
}"""


@pytest.fixture(scope="module")
def days():
    """Labels (n,) and calibrated probabilities (n,) of 3,000 days, some of them equal."""
    rng = np.random.default_rng(4)
    probability = np.round(rng.beta(0.7, 2.5, 3000), 2)
    return (rng.random(3000) < probability).astype(int), probability


@pytest.fixture(scope="session")
def file(tmp_path_factory):
    """A page of two forecasts."""
    few = Forecasts(
        "regions and past flares, flares >= M1.0, 2014-01 to 2016-07",
        "REAL",
        "Four values.",
        np.array([0.1, 0.3, 0.6, 0.9]),
        np.array([1, 2, 5, 4]),
        np.array([20, 9, 3, 1]),
    )
    other = Forecasts(
        "other", "SIMULATED", "Two values.", np.array([0.2, 0.8]), np.array([3, 7]), np.array([6, 4]), 0.5
    )
    path = tmp_path_factory.mktemp("threshold") / "thresholds.html"
    path.write_text(threshold_page([few, other], "Thresholds", "A test.", "a flare", "none"), encoding="utf-8")
    return path


def own_file(tmp_path, label, probability):
    """A CSV as a reader has it."""
    path = tmp_path / "forecasts.csv"
    rows = [f"2014-01-01,{p},{y}" for y, p in zip(label, probability, strict=True)]
    path.write_text("\n".join(["date,probability,observed", *rows]))
    return path


def take(page, path):
    page.locator("#file").set_input_files(path)
    page.locator("#origin", has_text="YOURS").wait_for()


def test_a_reader_s_own_forecasts_have_the_scores_of_the_package(page, tmp_path, days):
    label, probability = days
    take(page, own_file(tmp_path, label, probability))
    for threshold in (0.0, 0.07, 0.25, 0.5, 1.0):
        found = page.evaluate(SCORES, [threshold, None, False])
        expected = score_forecast(label, probability, threshold, label.mean())
        for name in ("tss", "hss", "precision", "recall", "f1", "auc", "brier", "brier_skill"):
            assert found[name] == pytest.approx(expected[name], abs=1e-5), (name, threshold)
    bins = reliability(label, probability, 10)
    np.testing.assert_allclose([[one["score"], one["observed"], one["n"]] for one in found["bins"]], bins, atol=1e-5)
    for kind, value in (("yes", 1), ("no", 0)):
        place = np.minimum(np.floor(probability[label == value] * 20), 19).astype(int)
        expected = np.bincount(place, minlength=20) / len(place)
        np.testing.assert_allclose([one[kind] for one in found["shares"]], expected, atol=1e-12)


def test_events_rarer_than_the_slider_s_end_have_their_own_base_rate(page, tmp_path):
    label, probability = np.arange(5000) < 2, np.linspace(0.1, 0, 5000)
    take(page, own_file(tmp_path, label.astype(int), probability))
    assert "Base rate: 0.04 %" in page.locator("#series-about").inner_text()
    assert page.locator("#rate-value").inner_text() == "0.04 %"
    expected = score_forecast(label, probability, 0.5, label.mean())["brier_skill"]
    assert page.locator("#scores tr", has_text="Brier skill").locator("td").inner_text() == f"{expected:.3f}".replace(
        "-", "−"
    )


def test_another_base_rate_is_that_of_days_drawn_again(page, tmp_path, days):
    """Each flaring day stands three times: scores of that record, and of Bayes' rule where forecasts know it."""
    label, probability = days
    take(page, own_file(tmp_path, label, probability))
    often = np.repeat(np.arange(len(label)), np.where(label, 3, 1))
    rate = label[often].mean()
    odds = probability / (1 - probability) * 3
    for told, forecast in ((False, probability), (True, odds / (1 + odds))):
        found = page.evaluate(SCORES, [0.3, rate, told])
        expected = score_forecast(label[often], forecast[often], 0.3, rate)
        for name in ("tss", "hss", "precision", "auc", "brier", "brier_skill"):
            assert found[name] == pytest.approx(expected[name], abs=1e-5), (name, told)


def test_a_slider_moves_the_threshold_and_the_scores_by_keyboard(page):
    assert page.locator("#origin").inner_text() == "REAL"
    page.locator("#threshold").focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert page.locator("#threshold-value").inner_text() == "0.99"
    assert page.locator("#scores tr", has_text="recall").locator("td").inner_text() == "0.000"
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    expected = count_scores(TP=4, FP=1, TN=32, FN=8)
    assert page.locator("#scores tr", has_text="TSS").locator("td").inner_text() == f"{expected['tss']:.3f}"


def test_the_box_and_the_button_work_by_keyboard(page):
    page.locator("#rate").focus()
    page.keyboard.press("Home")
    before = page.locator("#scores").inner_text()
    page.locator("#told").focus()
    page.keyboard.press("Space")
    assert page.locator("#scores").inner_text() != before
    page.locator("#reset").focus()
    page.keyboard.press("Enter")
    assert page.locator("#rate-value").inner_text() == "26.7 %" and not page.locator("#told").is_checked()


def test_other_forecasts_are_chosen_and_labelled(page):
    page.locator("#series").select_option(index=1)
    assert page.locator("#origin").inner_text() == "SIMULATED"
    assert page.locator("#threshold-value").inner_text() == "0.50"
    assert "Base rate: 50.0 %" in page.locator("#series-about").inner_text()


REFUSED = {
    "no column observed": "date,probability\n2014-01-01,0.2\n",
    "no forecast": "probability,observed\n",
    "in per cent": "probability,observed\n20,1\n30,0\n",
    "not from 0 to 1": "probability,observed\n0.2,1\n-0.1,0\n",
    "“x”, not from 0 to 1": "probability,observed\nx,1\n",
    "not 0 or 1": "probability,observed\n0.2,2\n",
    "Row 1 has 3 cells, the first line 2": "probability,observed\n0,1,1\n0,2,0\n",
    "base rate is 1": "probability,observed\n0.2,1\n0.4,1\n",
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_table_that_is_no_record_of_forecasts_is_refused_with_a_sentence(page, tmp_path, sentence):
    (tmp_path / "own.csv").write_text(REFUSED[sentence])
    page.locator("#file").set_input_files(tmp_path / "own.csv")
    page.wait_for_selector("#refused:not([hidden])")
    assert sentence in page.get_by_role("alert").inner_text()


def test_drawings_are_as_wide_as_their_place(resized):
    page, width = resized
    assert 250 < page.evaluate("document.getElementById('roc').viewBox.baseVal.width") < width
