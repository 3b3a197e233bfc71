"""Issued forecasts are read as documented: per cent, first window at the time of the row, M before X."""

import pandas as pd
import pytest

from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.goes.forecast_records import read_forecast_record, read_verification_list

SWPC = "2014 01 01 00 00 60 50 40 15 10 05\n2014 01 02 00 00 70 70 70 30 30 30\n"
MET_OFFICE = "2014 01 01 00 59 60 60 60 60 20 20 20 20\n2014 01 01 13 42 70 60 60 60 20 20 20 20\n"


@pytest.fixture
def written(tmp_path):
    """Function that writes a text and returns its path."""

    def write(text):
        (tmp_path / "record.txt").write_text(text)
        return tmp_path / "record.txt"

    return write


@pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
def test_probabilities_of_m_come_before_those_of_x_and_are_fractions(written):
    record = read_forecast_record(written(SWPC))
    first = record.iloc[0]
    assert first["time"] == pd.Timestamp("2014-01-01")
    assert first[["m_1", "m_2", "m_3", "x_1", "x_2", "x_3"]].tolist() == [0.6, 0.5, 0.4, 0.15, 0.1, 0.05]
    assert read_forecast_record(written(MET_OFFICE))["time"].iloc[1] == pd.Timestamp("2014-01-01T13:42")


def test_a_record_without_a_header_is_reported_and_so_is_a_row_given_twice(written):
    with pytest.warns(MetadataWarning) as told:
        assert len(read_forecast_record(written(SWPC + SWPC.splitlines()[0] + "\n"))) == 2
    sentences = " ".join(str(one.message) for one in told)
    assert "names neither its product nor its columns" in sentences
    assert "has 1 row twice, the first of 2014-01-01" in sentences


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("2014 01 01 00 00 60 15\n", "row 1 .* has not 11 or 13 whole numbers"),
        (SWPC + "2014 01 03 00 00 60 60 60 15\n", "row 3 .* has not 11 or 13 whole numbers"),
        (SWPC.replace("60", ".6", 1), "row 1 .* has not 11 or 13 whole numbers"),
        (SWPC.replace("2014 01 02", "2014 02 30"), "row 2 .* has an impossible time .2014 02 30 00 00."),
        (SWPC.replace("2014 01 02 00", "2014 01 02 25"), "row 2 .* has an impossible time .2014 01 02 25 00."),
        (SWPC.replace("2014 01 02 00", "2014 01 02 24"), "row 2 .* has an impossible time .2014 01 02 24 00."),
        (SWPC.replace("2014 01 02 00 00", "2014 01 02 00 60"), "row 2 .* has an impossible time .2014 01 02 00 60."),
        (SWPC.replace("2014 01 02", "99 01 02"), "row 2 .* has an impossible time"),
        (SWPC.replace("2014 01 02", "9999 01 02"), "row 2 .* has an impossible time"),
        (SWPC.replace("60", "6²", 1), "row 1 .* has not 11 or 13 whole numbers"),
        (SWPC.replace("60", "9" * 30, 1), "row 1 .* has not 11 or 13 whole numbers"),
        (SWPC.replace("70", "170"), "has a probability of 170 per cent"),
        (SWPC.replace("2014 01 02", "2014 01 01"), "has two forecasts of 2014-01-01"),
    ],
)
@pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
def test_what_is_no_record_is_refused(written, text, words):
    with pytest.raises(InputError, match=words):
        read_forecast_record(written(text))


def test_a_flare_of_the_verification_may_pass_midnight(written):
    flares = read_verification_list(written("2014 01 07 1804 1832 1858 X1.2 1944\n2014 01 08 2350 0005 0010 M1 NaN\n"))
    assert flares["peak"].tolist() == [pd.Timestamp("2014-01-07T18:32"), pd.Timestamp("2014-01-09T00:05")]
    assert flares["peak_flux"].tolist() == pytest.approx([1.2e-4, 1e-5])
    assert flares["region"].iloc[0] == 1944 and flares["region"].isna().iloc[1]
    assert set(flares["scale"]) == {"operational"}


@pytest.mark.parametrize("row", ["2014 01 07 1804 2532 1858 X1.2 1944", "2014 13 07 1804 1832 1858 X1.2 1944", "M1.2"])
def test_a_row_that_is_no_flare_is_refused(written, row):
    with pytest.raises(InputError, match="row 1 of record.txt .* is not a date, start, peak and end as HHMM"):
        read_verification_list(written(row + "\n"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "record.txt is empty"),
        ("1614 01 07 1804 1832 1858 X1.2 1944", "row 1 .* has an impossible year"),
        ("9999 01 07 1804 1832 1858 X1.2 1944", "row 1 .* has an impossible year"),
        ("2014 01 07 1804 1832 1820 X1.2 1944", "row 1 .* ends before its peak"),
        ("2014 01 07 1804 1732 1858 X1.2 1944", "row 1 .* ends before its peak"),
        ("2014 01 07 1804 1832 1858 M99 1944", "record.txt: 'M99' is not a GOES class"),
    ],
)
def test_an_impossible_flare_is_refused(written, text, words):
    with pytest.raises(InputError, match=words):
        read_verification_list(written(text))


@pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
def test_certainty_may_be_forecast_and_rows_come_in_order_of_time(written):
    record = read_forecast_record(written("2014 01 02 00 00 100 0 0 0 0 0\n2014 01 01 00 00 0 0 0 0 0 100\n"))
    assert record["time"].tolist() == list(pd.to_datetime(["2014-01-01", "2014-01-02"]))
    assert record["m_1"].tolist() == [0, 1] and record["x_3"].tolist() == [1, 0]


@pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
def test_the_met_office_forecasts_four_days(written):
    record = read_forecast_record(written("2014 01 01 00 59 10 20 30 40 1 2 3 4\n")).iloc[0]
    assert record[["m_1", "m_2", "m_3", "m_4"]].tolist() == [0.1, 0.2, 0.3, 0.4]
    assert record[["x_1", "x_2", "x_3", "x_4"]].tolist() == [0.01, 0.02, 0.03, 0.04]


def test_a_flare_may_peak_in_the_minute_of_its_start(written):
    flares = read_verification_list(written("2014 01 07 1804 1804 1804 M1.2 1944\n"))
    assert flares[["start", "peak", "end"]].iloc[0].nunique() == 1
