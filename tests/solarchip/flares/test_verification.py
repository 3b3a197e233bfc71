"""A user's own forecasts are scored as issued ones are; what cannot be scored gets one sentence."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from flarebook.commands.solarchip import app
from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.solarchip.flares import verification
from flarebook.solarchip.flares.scores import score_forecast, verify_forecast

HEADER = "date,probability,observed\n"
DAYS = pd.date_range("2014-01-01", periods=8).strftime("%Y-%m-%d")
OBSERVED = (0, 0, 1, 0, 1, 1, 0, 0)
ROWS = [f"{day},{0.1 + 0.1 * n},{label}\n" for n, (day, label) in enumerate(zip(DAYS, OBSERVED, strict=True))]
LIST = "peak,goes_class\n2014-01-01T05:00,C1.0\n2014-01-03T10:00,M2.0\n2014-01-05T00:10,X1.0\n2014-01-08T23:59,C9.9\n"


@pytest.fixture
def written(tmp_path):
    """Function that writes a file and returns its path."""

    def write(text, name="forecasts.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def call(*words):
    """Exit code and all that was printed."""
    result = CliRunner().invoke(app, ["verify", *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def value(table, score):
    """One score of a table."""
    return float(table.set_index("score").loc[score, "value"])


def test_the_command_prints_and_writes_scores_with_intervals_and_a_reliability_figure(written, tmp_path):
    path = written(HEADER + "".join(ROWS))
    code, printed = call(path, "--out", tmp_path / "out", "--draws", 50)
    assert code == 0 and "forecasts.csv: 8 days, 3 with a flare" in printed
    assert "Brier skill" in printed and "first flare after quiet: AUC" in printed
    scores = pd.read_csv(tmp_path / "out/scores.csv")
    plain = score_forecast(OBSERVED, 0.1 + 0.1 * np.arange(8), 3 / 8, 3 / 8)
    assert [value(scores, name) for name in ("auc", "brier_skill", "tss", "hss")] == pytest.approx(
        [plain[name] for name in ("auc", "brier_skill", "tss", "hss")]
    )
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"scores.csv", "reliability.csv", "reliability.png"}


def test_a_name_with_dollars_is_no_formula(written, tmp_path):
    path = written(HEADER + "".join(ROWS), "a$\\foo$b.csv")
    assert call(path, "--out", tmp_path / "out", "--draws", 10)[0] == 0
    assert (tmp_path / "out/reliability.png").is_file()


def test_a_class_without_a_flare_list_is_refused(written, tmp_path):
    with pytest.raises(InputError, match="--class C1.0 belongs to a flare list: give --flares too"):
        call(written(HEADER + "".join(ROWS)), "--class", "C1.0", "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_flare_list_says_what_came_within_the_day(written, tmp_path):
    path = written("date,probability\n" + "".join(row.rsplit(",", 1)[0] + "\n" for row in ROWS))
    code, printed = call(path, "--flares", written(LIST, "flares.csv"), "--out", tmp_path / "out", "--draws", 20)
    assert code == 0 and "8 days, 2 with a flare" in printed
    labels = verification.verify_file(path, tmp_path / "flares.csv", "C1.0", 20)[2]["observed"]
    assert labels.tolist() == [1, 0, 1, 0, 1, 0, 0, 1]


@pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEADER + ROWS[0].replace("0.1", "-0.1"), "row 1 of forecasts.csv has the probability '-0.1', not from 0 to 1"),
        (HEADER + ROWS[0].replace("0.1", "160"), "has the probability '160', not from 0 to 1"),
        (HEADER + ROWS[0].replace("0.1", "1.4"), "row 1 of forecasts.csv has the probability '1.4', not from 0 to 1"),
        (HEADER + ROWS[0].replace("0.1", "60"), "gives probabilities in per cent .up to 60.: divide them by 100"),
        (HEADER + ROWS[0].replace("0.1", "5%"), "in per cent"),
        (HEADER + ROWS[0].replace("0.1", ""), "has the probability '', not from 0 to 1"),
        (HEADER + ROWS[0] + ROWS[0], "has 1 forecast of a day that it has already, the first of 2014-01-01"),
        (HEADER + ROWS[0].replace("2014-01-01", "1 Jan 2014"), "has the date '1 Jan 2014', not an ISO date"),
        (HEADER + ROWS[0][:-2] + "2\n", "has the observed '2', not 0 or 1"),
        (HEADER + ROWS[0].replace("2014", "1614"), "has the date '1614-01-01', not between 1974-07-01 and today"),
        (HEADER + ROWS[0].replace("2014", "2140"), "has the date '2140-01-01', not between"),
        (HEADER, "holds no forecast"),
        ("day,chance\n2014-01-01,0.5\n", "has the columns 'day', 'chance' and no date and no probability"),
        (
            "date,probability\n2014-01-01,0.5\n",
            "has no column observed: add it .0 or 1., or give a flare",
        ),
        (HEADER + ROWS[0] + ROWS[1], "of the 2 days of forecasts.csv no day has a flare .base rate 0.: give days with"),
        (HEADER + ROWS[0], "of the 1 day of forecasts.csv no day has a flare"),
        (("date,probability\n" + ROWS[0][:-3]).replace(",", ";"), "with commas between them"),
        (HEADER + ROWS[4] + ROWS[5], "every day has a flare .base rate 1."),
    ],
)
def test_what_cannot_be_scored_gets_one_sentence(written, text, words):
    with pytest.raises(InputError, match=words):
        verification.verify_file(written(text))


@pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
@pytest.mark.parametrize(
    ("flares", "goes_class", "words"),
    [
        (
            "peak,goes_class\n2014-01-03T10:00,M2.0\n2014-01-05T10:00,C2.0\n",
            "M1.0",
            "ends on 2014-01-05 and the forecasts run",
        ),
        ("peak,goes_class\n2014-01-03T10:00,M2.0\n2014-01-09T10:00,C2.0\n", "M1.0", "begins on 2014-01-03"),
        (LIST.replace("C1.0", "M1.0").replace("C9.9", "M9.9"), "C1.0", "begins at M1.0, above C1.0: ask for a class"),
        (LIST, "", "the smallest class of a flare is '': give one such as M1.0"),
    ],
)
def test_a_list_that_does_not_cover_the_forecasts_is_refused(written, flares, goes_class, words):
    path = written("date,probability\n" + "".join(row.rsplit(",", 1)[0] + "\n" for row in ROWS))
    with pytest.raises(InputError, match=words):
        verification.verify_file(path, written(flares, "flares.csv"), goes_class)


CHANGE = pd.date_range("2019-12-06", periods=6).strftime("%Y-%m-%d")  # GOES-16 follows GOES-15 on the 9th
CHANGED = """peak,goes_class
2019-12-06T01:00,C1.0
2019-12-07T05:00,C7.5
2019-12-10T05:00,C7.5
2019-12-11T05:00,M1.0
"""


def labels_of(written, days, flares, goes_class="M1.0"):
    """Labels that a flare list gives to forecasts of some days."""
    path = written("date,probability\n" + "".join(f"{day},.5\n" for day in days))
    return verification.verify_file(path, written(flares, "flares.csv"), goes_class, 20)[2]["observed"].tolist()


def test_a_list_that_crosses_the_change_of_scale_is_brought_to_the_true_one(written):
    with pytest.warns(MetadataWarning, match="on two scales: operational fluxes were divided by 0.7"):
        labels = labels_of(written, CHANGE, CHANGED)
    assert labels == [0, 1, 0, 0, 0, 1]  # C7.5 of GOES-15 is M1.0 on the true scale, that of GOES-16 stays C7.5


@pytest.mark.parametrize(("days", "labels"), [(slice(0, 3), [0, 1, 0]), (slice(3, 6), [0, 1, 1])])
def test_forecasts_of_one_side_keep_the_classes_of_their_list(written, days, labels):
    with pytest.warns(MetadataWarning) as told:
        assert labels_of(written, CHANGE[days], CHANGED, "C7.5") == labels
    assert not any("two scales" in str(one.message) for one in told)


def test_a_stated_scale_goes_before_the_day_of_the_change(written):
    rows = CHANGED.splitlines()
    flares = "\n".join([rows[0] + ",scale", *(row + ",true" for row in rows[1:])])
    assert labels_of(written, CHANGE, flares) == [0, 0, 0, 0, 0, 1]


@pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
def test_below_the_operational_list_s_first_class_the_true_scale_is_incomplete(written):
    with pytest.raises(InputError, match="flares.csv begins at C1.4, above C1.2: ask for a class that it lists"):
        labels_of(written, CHANGE, CHANGED, "C1.2")
    assert labels_of(written, CHANGE, CHANGED, "C1.4") == [1, 1, 0, 0, 1, 1]


def test_rows_may_come_in_any_order_and_a_day_once_at_any_hour(written):
    forecasts = verification.read_forecasts(written(HEADER + "".join(ROWS[::-1])))
    assert forecasts["observed"].tolist() == list(OBSERVED) and forecasts["date"].is_monotonic_increasing
    later = ROWS[3].replace("2014-01-04", "2014-01-04T12:00")
    with pytest.raises(InputError, match="has 1 forecast of a day that it has already, the first of 2014-01-04"):
        verification.read_forecasts(written(HEADER + "".join([*ROWS, later])))


def test_labels_and_a_list_are_not_taken_together(written):
    with pytest.raises(InputError, match="a column observed, and flares.csv is given too"):
        verification.verify_file(written(HEADER + "".join(ROWS)), written(LIST, "flares.csv"))


def test_a_gap_and_other_columns_are_reported(written):
    with pytest.warns(MetadataWarning) as told:
        verification.read_forecasts(written("date,probability,model\n2014-01-01,.5,a\n2014-01-04,.5,a\n"))
    sentences = " ".join(str(one.message) for one in told)
    assert "has no forecast for 2 of 4 days, the first 2014-01-02" in sentences
    assert "has the columns 'model', which are ignored" in sentences


def test_a_first_flare_follows_a_week_without_one():
    days, label = pd.date_range("2014-01-01", periods=30), np.zeros(30, int)
    label[[9, 12, 25]] = 1
    table = verify_forecast(days, label, np.where(label, 0.9, 0.05), n_draws=20).set_index("score")
    # 2014-01-08 to -10 follow a quiet week, then those from -21: the flare of the 13th comes three days after another
    assert table.loc["first_hit", ["n", "events"]].tolist() == [3 + 6, 2]
    assert table.loc["first_hit", "value"] == 1 and table.loc["first_auc", "value"] == 1
    assert table.loc["clear_broken", "value"] == 0 and table.loc["clear_given", "value"] == 1


def test_a_day_without_a_forecast_is_not_quiet():
    days, label = pd.date_range("2014-01-01", periods=30).delete(4), np.zeros(29, int)
    label[[9, 28]] = 1
    table = verify_forecast(days, label, np.full(29, 0.3), n_draws=20).set_index("score")
    assert table.loc["first_hit", "events"] == 1  # of the 30th; before the 11th a day is missing


def test_an_all_clear_is_broken_by_a_flare():
    label = np.array([0, 0, 1, 0, 1, 0, 0, 0, 0, 0])
    probability = np.where(label, 0.8, 0.05)
    probability[4] = 0.05  # a flare on a day that was called clear
    table = verify_forecast(pd.date_range("2014-01-01", periods=10), label, probability, n_draws=20)
    assert value(table, "clear_broken") == pytest.approx(1 / 9) and value(table, "clear_given") == 1


def test_climatology_has_no_brier_skill_and_a_known_rate_is_the_reference():
    label = np.array([0, 0, 1, 0, 1, 0, 0, 0, 0, 0])
    days = pd.date_range("2014-01-01", periods=10)
    assert value(verify_forecast(days, label, np.full(10, 0.2), n_draws=20), "brier_skill") == pytest.approx(0)
    assert value(verify_forecast(days, label, np.full(10, 0.2), base_rate=0.5, n_draws=20), "brier_skill") > 0


def test_the_interval_holds_the_value_and_narrows_with_the_days():
    rng = np.random.default_rng(4)
    widths = []
    for n in (200, 3200):
        probability = rng.beta(0.6, 2.0, n)
        table = verify_forecast(pd.date_range("2000-01-01", periods=n), rng.random(n) < probability, probability)
        row = table.set_index("score").loc["auc"]
        assert row["low"] < row["value"] < row["high"]
        widths.append(row["high"] - row["low"])
    assert widths[1] < widths[0] / 2
