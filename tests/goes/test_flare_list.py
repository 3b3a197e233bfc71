"""A flare list is read as its file states it; what is no flare, no time or no class is refused with its row."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.goes.flare_list import merge_reports, read_flare_list, write_flare_list
from flarebook.goes.labels import label_days, label_table

pytestmark = pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
FLARES = pd.DataFrame(
    {
        "start": ["2014-01-01T23:50", "2014-01-02T10:00", "2014-01-03T23:50"],
        "peak": ["2014-01-02T00:10", "2014-01-02T10:30", "2014-01-04T00:00"],
        "end": ["2014-01-02T00:30", "2014-01-02T11:30", "2014-01-04T00:30"],
        "goes_class": ["X1.2", "C5.0", "M1.0"],
    }
)
HEADER = "event_starttime,event_peaktime,event_endtime,fl_goescls\n"
ROW = "2014-03-29T17:35:00,2014-03-29T17:48:00,2014-03-29T17:54:00,X1.0\n"
EVENTS = ":Product: 20140329events.txt\n:Date: 2014 03 29\n#Event    Begin    Max       End  Obs  Q  Type  Loc/Frq\n"


@pytest.fixture
def listed(tmp_path):
    """Function that reads a list of the given rows."""

    def read(*rows, header=HEADER):
        (tmp_path / "flares.csv").write_text(header + "".join(rows))
        return read_flare_list(tmp_path / "flares.csv")

    return read


@pytest.fixture
def events(tmp_path):
    """Function that reads an events file of NOAA with the given rows."""

    def read(*rows, name="20140329events.txt"):
        (tmp_path / name).write_text(EVENTS + "".join(f"{row}\n" for row in rows))
        return read_flare_list(tmp_path / name)

    return read


def test_a_list_survives_writing_and_reading(tmp_path):
    write_flare_list(tmp_path / "flares.csv", FLARES)
    again = read_flare_list(tmp_path / "flares.csv")
    assert again["goes_class"].tolist() == FLARES["goes_class"].tolist()
    assert again["peak"].tolist() == pd.to_datetime(FLARES["peak"]).tolist()
    assert label_days([tmp_path / "flares.csv"])[1]["label_m"].tolist() == [1, 1, 0]


def test_hek_s_columns_are_known_and_doubles_are_kept_once(tmp_path):
    hek = FLARES.rename(
        columns={
            "start": "event_starttime",
            "peak": "event_peaktime",
            "end": "event_endtime",
            "goes_class": "fl_goescls",
        }
    )
    pd.concat([hek, hek.head(1), hek.head(1).assign(fl_goescls="")]).to_csv(tmp_path / "hek.csv", index=False)
    assert read_flare_list(tmp_path / "hek.csv")["goes_class"].tolist() == ["X1.2", "C5.0", "M1.0"]


def test_noaa_s_daily_events_are_read(tmp_path):
    """The layout of NOAA's text, with two lines as of 2011 June 7 and one flare that passes midnight."""
    (tmp_path / "20110607events.txt").write_text(
        ":Product: 20110607events.txt\n:Date: 2011 06 07\n"
        "#Event    Begin    Max       End  Obs  Q  Type  Loc/Frq   Particulars       Reg#\n"
        "8130 +     0616   0641      0659  G15  5   XRA  1-8A      M2.5    4.7E-02   1226\n"
        "8130       0626   ////      0703  LEA  C   RSP  025-180   CTM/2             1226\n"
        "8160       2350   0005      0012  G15  5   XRA  1-8A      C1.2    1.0E-03   1226\n"
    )
    flares = read_flare_list(tmp_path / "20110607events.txt")
    assert flares["goes_class"].tolist() == ["M2.5", "C1.2"]
    assert flares["start"].iloc[0] == pd.Timestamp("2011-06-07T06:16")
    assert flares["peak"].iloc[1] == pd.Timestamp("2011-06-08T00:05")


def test_files_that_are_no_list_are_named(tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="other.csv has no column 'peak' or 'event_peaktime'"):
        read_flare_list(tmp_path / "other.csv")
    (tmp_path / "bad.csv").write_text("peak,goes_class\nsoon,M1.0\n")
    with pytest.raises(InputError, match="row 1 of bad.csv has the peak 'soon', which is not an ISO time"):
        read_flare_list(tmp_path / "bad.csv")
    (tmp_path / "xevents.txt").write_text("nothing\n")
    with pytest.raises(InputError, match="no line :Date:"):
        read_flare_list(tmp_path / "xevents.txt")


def test_a_flare_without_a_peak_is_reported_and_its_start_labels_its_day(listed):
    with pytest.warns(MetadataWarning, match="has 1 flares without a peak time, the first of class M2.1"):
        flares = listed(ROW, "2014-03-30T11:48:00,,2014-03-30T12:02:00,M2.1\n")
    assert flares["peak"].isna().tolist() == [False, True]
    assert label_table(flares, ["2014-03-29", "2014-03-30"])["label_m"].tolist() == [1, 1]


@pytest.mark.parametrize("name, flux", [("X28+", 2.8e-3), (">X17", 1.7e-3), ("M", 1e-5), (" c7.4 ", 7.4e-6)])
def test_classes_as_lists_write_them(listed, name, flux):
    assert listed(ROW.replace("X1.0", name))["peak_flux"].tolist() == pytest.approx([flux])


@pytest.mark.parametrize("name", ["X99999", "M25", "SF", "C0.0", "-1"])
def test_a_class_that_no_flare_has_is_refused(listed, name):
    with pytest.raises(InputError, match=r"flares.csv: .* is not a GOES class"):
        listed(ROW, ROW.replace("X1.0", name))


def test_rows_without_a_class_are_reported(listed):
    with pytest.warns(MetadataWarning, match="has 3 rows without a GOES class"):
        assert len(listed(ROW, *(ROW.replace("X1.0", name) for name in ("", "nan", "None")))) == 1


@pytest.mark.parametrize(
    "time",
    ["29/03/2014 17:48", "05/03/2014 17:48", "2014/03/29 17:48", "1396115280000", "2456746.2417", "1748", "2014-03-29"]
    + ["2014-13-29T17:48", "Mar 29 2014 17:48", "2", "today", "2014-03-29T25:00"],
)
def test_times_other_than_iso_are_refused_with_their_row(listed, time):
    with pytest.raises(InputError, match=r"row 2 of flares.csv has the peak .* not an ISO time"):
        listed(ROW, ROW.replace("2014-03-29T17:48:00", time))


def test_offsets_from_utc_and_leap_seconds_are_known(listed):
    assert listed(ROW.replace(":00,", ":00+02:00,"))["peak"].tolist() == [pd.Timestamp("2014-03-29T15:48")]
    row = "2015-06-30T23:50:00,2015-06-30T23:59:60,2015-07-01T00:10:00,M1.0\n"
    assert listed(row)["peak"].tolist() == [pd.Timestamp("2015-06-30T23:59:59")]


@pytest.mark.parametrize(
    "row",
    ["2011-06-07T08:16:00,2011-06-07T06:41:00,2011-06-07T05:59:00,M1.0\n"]  # backwards
    + ["2011-06-09T10:00:00,2161-06-09T10:10:00,,X1.0\n", "1961-06-09T10:00:00,1961-06-09T10:10:00,,X1.0\n"]
    + ["2011-06-09T10:00:00,2011-07-09T10:10:00,,X1.0\n", ",,,X1.0\n"],  # a month; no time at all
)
def test_impossible_times_are_refused(listed, row):
    with pytest.raises(InputError, match="1 flares with impossible times"):
        listed(ROW, row)


def test_a_flare_that_passes_midnight_with_one_date_gains_a_day(listed):
    """As 140 of 8,606 flares of a published list of 2010 to 2018 have it."""
    with pytest.warns(MetadataWarning, match="1 flares that pass midnight"):
        flares = listed("2010-03-13T23:35:00,2010-03-13T00:05:00,2010-03-13T00:15:00,C1.0\n")
    assert flares[["start", "peak", "end"]].iloc[0].tolist() == [
        pd.Timestamp(time) for time in ("2010-03-13T23:35", "2010-03-14T00:05", "2010-03-14T00:15")
    ]


def test_rows_of_another_length_are_refused(listed):
    """A trailing comma once shifted every column by one; 8,000 fields once took 19 s."""
    for row in (ROW.replace("\n", ",\n"), ROW.replace("\n", "," * 8000 + "\n")):
        with pytest.raises(InputError, match="fields where the first line has 4"):
            listed(row)


@pytest.mark.parametrize("peak, scale", [("2011-06-07T06:41", "operational"), ("2023-01-09T18:50", "true")])
def test_a_list_that_does_not_state_its_scale_is_noaa_s(listed, peak, scale):
    with pytest.warns(MetadataWarning, match="does not state its scale"):
        assert listed(f"{peak},M1.0\n", header="peak,goes_class\n")["scale"].tolist() == [scale]


@pytest.mark.parametrize(
    ("name", "value"), [("hgs_lon", "400"), ("hgs_lat", "-95"), ("noaa_ar", "-5"), ("noaa_ar", "inf")]
)
def test_a_place_that_no_flare_has_is_refused(listed, name, value):
    with pytest.raises(InputError, match=rf"row 1 of flares.csv has the \w+ '{value}', not from -?\d+ to"):
        listed(f"2011-06-07T06:41,M3.6,{value}\n", header=f"peak,goes_class,{name}\n")


def test_a_stated_scale_is_kept(listed):
    flares = listed("2011-06-07T06:41,M3.6,true\n", header="peak,goes_class,scale\n")
    assert flares["scale"].tolist() == ["true"]
    with pytest.raises(InputError, match="has the scale 'wide'"):
        listed("2011-06-07T06:41,M3.6,wide\n", header="peak,goes_class,scale\n")


@pytest.mark.parametrize(
    "times, known",
    [("////   1748      1754", (False, True, True)), ("1735   ////      1754", (True, False, True))]
    + [("1735   1748      ////", (True, True, False)), ("////   17//      1754", (False, False, True))]
    + [("B1735   1748     A1754", (False, True, False)), ("U1735   U1748     U1754", (True, True, True))],
)
def test_missing_times_of_noaa_and_limits_are_missing(events, times, known):
    flares = events(f"6600 +     {times}  G15  5   XRA  1-8A      X1.0    4.9E-02   2017")
    assert tuple(flares[["start", "peak", "end"]].notna().iloc[0]) == known and flares["goes_class"].tolist() == [
        "X1.0"
    ]
    assert label_table(flares, ["2014-03-29"])["label_m"].tolist() == [1]


def test_two_satellites_of_one_flare_and_a_renamed_file(events):
    row = "6610     2350   {}      0012  {}  5   XRA  1-8A      M2.0    4.9E-02   2017"
    flares = events(row.format("0004", "G15"), row.format("0005", "G13"), name="renamed.txt")
    assert flares["peak"].tolist() == [pd.Timestamp("2014-03-30T00:04")]
    assert flares["scale"].tolist() == ["operational"]
    assert events(row.format("0004", "G16"))["scale"].tolist() == ["true"]


@pytest.mark.parametrize(
    "row, reason",
    [("3900       0616   0641      0659  G15  5   XRA  1-8A", "is cut")]
    + [("3900       0616   0671      0659  G15  5   XRA  1-8A      M2.5", "not a time as HHMM")]
    + [("3900       0616   2441      0659  G15  5   XRA  1-8A      M2.5", "not a time as HHMM")],
)
def test_damaged_events_are_refused(events, row, reason):
    with pytest.raises(InputError, match=reason):
        events(row)


def test_the_events_of_two_days_in_one_file_are_refused(events):
    with pytest.raises(InputError, match="holds the events of 2014-03-29, 2014-03-30: give one file a day"):
        events(":Date: 2014 03 30")


def test_a_list_with_other_signs_between_its_columns_says_what_it_has(listed):
    with pytest.raises(InputError, match=r"no column 'peak' .* among \['peak;goes_class'\]: .* commas"):
        listed(header="peak;goes_class\n")


def test_an_impossible_day_is_refused(tmp_path):
    (tmp_path / "x_events.txt").write_text(EVENTS.replace("2014 03 29", "2011 13 45"))
    with pytest.raises(InputError, match="no line :Date: with a date"):
        read_flare_list(tmp_path / "x_events.txt")


TABLES = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from([1e-6, 2e-6, 1e-5, 3e-5])), min_size=1, max_size=12
).flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows)))


@settings(max_examples=50, deadline=None)  # a crowded machine takes its time
@given(TABLES)
def test_the_order_of_rows_changes_nothing(orders):
    merged = []
    for rows in orders:
        minutes, flux = np.array(rows).T
        peak = pd.Timestamp("2014-03-29") + pd.to_timedelta(minutes, unit="min")
        table = pd.DataFrame({"start": pd.NaT, "peak": peak, "end": pd.NaT, "peak_flux": flux})
        merged.append(merge_reports([table.assign(goes_class="C1.0", scale="true")]))
    pd.testing.assert_frame_equal(*merged)
    assert (merged[0]["peak"].diff().dropna() > pd.Timedelta(0)).all()
    assert merged[0]["peak_flux"].max() == max(flux for _, flux in orders[0])


NOAA = "start_time,max_time,end_time,goes_class,noaa_ar,hgs_lon,hgs_lat\n"


def test_a_list_made_of_noaa_s_events_keeps_region_and_place_and_dates_its_peaks(listed):
    flares = listed(
        "0,2014-03-29 17:35:00,1748,2014-03-29 17:54:00,X1.0,12017,32,10\n",
        "1,2014-03-30 23:55:00,0003,2014-03-30 00:09:00,C6,0,,\n",
        header=NOAA,
    )
    assert flares["peak"].tolist() == [pd.Timestamp("2014-03-29T17:48"), pd.Timestamp("2014-03-31T00:03")]
    assert flares["region"].tolist()[0] == 12017 and flares["region"].isna().tolist() == [False, True]
    assert flares[["longitude", "latitude"]].iloc[0].tolist() == [32.0, 10.0]
    assert "region" not in listed(ROW)  # a list without them is not given empty ones


def test_a_peak_after_the_end_is_unknown_and_a_region_that_is_no_number_is_refused(listed):
    late = listed("2014-03-29 18:00:00,0011,2014-03-29 21:53:00,C1.1,0,,\n", header=NOAA)
    assert late["peak"].isna().all()
    with pytest.raises(InputError, match="row 1 of flares.csv has the region 'N10', no number"):
        listed("2014-03-29 18:00:00,1811,2014-03-29 21:53:00,C1.1,N10,,\n", header=NOAA)


def test_a_class_with_a_comma_is_read_as_one_with_a_point_and_reported(listed):
    with pytest.warns(MetadataWarning, match="1 classes with a comma, such as C6,2"):
        assert (
            listed('2014-03-29 18:00:00,1811,2014-03-29 21:53:00,"C6,2",0,,\n', header=NOAA)["goes_class"][0] == "C6.2"
        )
