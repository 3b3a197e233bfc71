"""A day is labelled by the largest flare of the 24 hours after its image, and by nothing before it."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets.load import FOLDER
from flarebook.solarchip.goes.classes import reaches_class
from flarebook.solarchip.goes.flare_list import read_flare_list, write_flare_list
from flarebook.solarchip.goes.labels import find_flare_files, label_days, label_table, largest_peak_flux

DAYS = pd.date_range("2014-01-01", periods=4)
FLARES = pd.DataFrame(
    {
        "start": ["2014-01-01T23:50", "2014-01-02T10:00", "2014-01-03T23:50"],
        "peak": ["2014-01-02T00:10", "2014-01-02T10:30", "2014-01-04T00:00"],
        "end": ["2014-01-02T00:30", "2014-01-02T11:30", "2014-01-04T00:30"],
        "goes_class": ["X1.2", "C5.0", "M1.0"],
    }
)
GOES = sorted(FOLDER.glob("goes15_*.fits.gz"))


def test_the_time_of_the_peak_decides_and_the_end_of_the_window_belongs_to_it():
    flux = largest_peak_flux(FLARES, DAYS)
    assert reaches_class(flux, "M1.0").tolist() == [0, 1, 1, 0]
    assert reaches_class(flux, "X1.0").tolist() == [0, 1, 0, 0]
    assert reaches_class(largest_peak_flux(FLARES, DAYS, "48h"), "M1.0").tolist() == [1, 1, 1, 0]


def test_an_m1_0_counts_as_m1_0_and_a_c9_9_does_not():
    flares = pd.DataFrame({"peak": ["2014-01-01T12:00"], "goes_class": ["C9.9"]})
    assert label_table(flares, DAYS[:1])["label_m"].tolist() == [0]
    assert label_table(flares.assign(goes_class="M1.0"), DAYS[:1])["label_m"].tolist() == [1]


def test_the_table_tells_the_largest_class_of_each_day():
    table = label_table(FLARES, DAYS)
    assert table["max_class"].tolist() == ["", "X1.2", "M1.0", ""]
    assert table["label_m"].tolist() == table["label_c"].tolist() == [0, 1, 1, 0]
    assert table["peak_flux"].to_numpy() == pytest.approx([0, 1.2e-4, 1e-5, 0])


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_the_list_does_not_matter(order):
    pd.testing.assert_frame_equal(label_table(FLARES.iloc[list(order)], DAYS), label_table(FLARES, DAYS))


def test_a_measured_flux_counts_more_than_a_class():
    """The M2.5 of 2011 June 7 on the true scale is an M3.6, whatever class the list of its years gives."""
    flares = pd.DataFrame({"peak": ["2011-06-07T06:41"], "peak_flux": [3.63e-5], "goes_class": ["M2.5"]})
    assert largest_peak_flux(flares, ["2011-06-07"]) == pytest.approx(3.63e-5)
    assert label_table(flares, ["2011-06-07"])["max_class"].tolist() == ["M3.6"]


def test_days_without_any_flare_are_zero_and_a_table_of_something_else_is_refused():
    assert largest_peak_flux(FLARES[:0], DAYS).tolist() == [0, 0, 0, 0]
    with pytest.raises(InputError, match="give the columns peak and peak_flux, or goes_class"):
        label_table(pd.DataFrame({"time": DAYS}), DAYS)


def test_real_records_give_real_labels():
    """REAL, GOES-15: M2.5 on 2011-06-07, C3.3 on 2012-06-01; a bad file is told of and the rest goes on."""
    flares, days, reasons = label_days([*GOES, "absent.fits"])
    assert days["time"].tolist() == ["2011-06-07T00:00:00", "2012-06-01T00:00:00"]
    assert days["max_class"].tolist() == ["M2.5", "C3.3"]
    assert days["label_m"].tolist() == [1, 0] and days["label_c"].tolist() == [1, 1]
    assert len(flares) == 6 and len(reasons) == 1 and "absent.fits" in reasons[0]
    assert set(GOES) < set(find_flare_files([FOLDER]))
    assert not any(path.suffix in (".safetensors", ".md") for path in find_flare_files([FOLDER]))
    with pytest.raises(InputError, match="none of the 1 files can be used; first: there is no file absent.fits"):
        label_days(["absent.fits"])


def test_a_flare_past_midnight_is_one_flare(tmp_path):
    from flarebook.solarchip.goes.labels import flares_of_records
    from flarebook.solarchip.goes.xrs import XrayFlux

    minute = np.arange(2880)
    flux = np.where(minute < 1430, 2e-7, 2e-7 + 3e-5 * np.exp(-np.abs(minute - 1445) / np.where(minute < 1445, 3, 40)))
    times = pd.date_range("2014-01-01", periods=2880, freq="min").to_numpy()
    halves = [XrayFlux(times[part], flux[part], flux[part], "GOES 15", "operational") for part in np.split(minute, 2)]
    joined = flares_of_records(halves[::-1])
    assert len(joined) == 1 and joined["peak"].iloc[0] == pd.Timestamp("2014-01-02T00:05")
    other = XrayFlux(times[:1440], flux[:1440], flux[:1440], "g16", "true")
    with pytest.raises(InputError, match="operational scale .* are mixed"):
        flares_of_records([halves[0], other])


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
    with pytest.raises(InputError, match="bad.csv has a peak that is no time"):
        read_flare_list(tmp_path / "bad.csv")
    (tmp_path / "xevents.txt").write_text("nothing\n")
    with pytest.raises(InputError, match="no line :Date:"):
        read_flare_list(tmp_path / "xevents.txt")
