"""A day is labelled by the largest flare of the 24 hours after its image, and by nothing before it."""

import warnings
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.goes.classes import reaches_class
from flarebook.goes.labels import covered_days, find_flare_files, label_days, label_table, largest_peak_flux
from flarebook.goes.scales import XrayFlux
from flarebook.solarchip.datasets.load import FOLDER

pytestmark = pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
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
    for one in (GOES[0], str(GOES[0]), iter(GOES[:1])):
        assert label_days(one)[1]["max_class"].tolist() == ["M2.5"]
    assert set(GOES) < set(find_flare_files([FOLDER]))
    assert not any(path.suffix in (".safetensors", ".md") for path in find_flare_files([FOLDER]))
    with pytest.raises(InputError, match="none of the 1 files can be used; first: absent.fits cannot be opened"):
        label_days(["absent.fits"])


def test_a_flare_past_midnight_is_one_flare(tmp_path):
    from flarebook.goes.labels import flares_of_records

    minute = np.arange(2880)
    flux = np.where(minute < 1430, 2e-7, 2e-7 + 3e-5 * np.exp(-np.abs(minute - 1445) / np.where(minute < 1445, 3, 40)))
    times = pd.date_range("2014-01-01", periods=2880, freq="min").to_numpy()
    halves = [XrayFlux(times[part], flux[part], flux[part], "GOES 15", "operational") for part in np.split(minute, 2)]
    joined = flares_of_records(halves[::-1])
    assert len(joined) == 1 and joined["peak"].iloc[0] == pd.Timestamp("2014-01-02T00:05")
    other = XrayFlux(times[:1440], flux[:1440], flux[:1440], "g16", "true")
    with pytest.raises(InputError, match="operational scale .* are mixed"):
        flares_of_records([halves[0], other])


def test_records_on_two_scales_are_converted_and_never_mixed(tmp_path, write_fits, write_netcdf, flare_curve):
    """The same curve of GOES-7 and of GOES-16: M2.5 operational is M3.6 on the true scale."""
    old = write_fits(tmp_path / "go0719910604.fits", flare_curve(), "1991-06-04", "GOES 7")
    new = write_netcdf(tmp_path / "sci_xrsf-l2-avg1m_g16_d20220418_v2-2-0.nc", flare_curve())
    assert label_days([old])[0][["goes_class", "scale"]].to_numpy().tolist() == [["M2.5", "operational"]]
    with pytest.warns(MetadataWarning, match="operational fluxes were divided by 0.7 .*Science-Quality"):
        flares, days, _ = label_days([old, new])
    assert flares["goes_class"].tolist() == ["M3.6", "M2.5"] and set(flares["scale"]) == {"true"}
    assert days["max_class"].tolist() == ["M3.6", "M2.5"]


def test_a_list_beside_a_record_of_another_scale_is_converted_and_tells_no_flare_twice(
    tmp_path, write_netcdf, flare_curve
):
    """GOES-15, science quality, beside NOAA's list: C8.3 there is M1.1 here, one flare."""
    record = write_netcdf(
        tmp_path / "sci_xrsf-l2-avg1m_g15_d20110607_v1-0-0.nc", flare_curve(8e-6) / 0.7, "2011-06-07", "g15"
    )
    rows = "2011-06-07T09:54:00,2011-06-07T10:00:00,2011-06-07T10:20:00,C8.3\n"
    rows += "2011-06-07T19:54:00,2011-06-07T20:00:00,2011-06-07T20:20:00,C6.9\n"
    (tmp_path / "hek.csv").write_text("event_starttime,event_peaktime,event_endtime,fl_goescls\n" + rows)
    assert label_days([tmp_path / "hek.csv"])[1]["label_m"].tolist() == [0]
    with pytest.warns(MetadataWarning, match="two scales"):
        flares, days, _ = label_days([tmp_path / "hek.csv", record])
    assert flares["goes_class"].tolist() == ["M1.1", "C9.8"]  # 6.9 / .7 = 9.86
    assert days["label_m"].tolist() == [1]


def test_a_quiet_day_of_noaa_s_events_is_known_to_be_quiet(tmp_path):
    (tmp_path / "20140329events.txt").write_text(":Date: 2014 03 29\nNO EVENT REPORTS.\n")
    flares, days, _ = label_days([tmp_path / "20140329events.txt"])
    assert flares.empty and days["time"].tolist() == ["2014-03-29T00:00:00"] and days["label_c"].tolist() == [0]


def test_days_between_the_flares_of_a_list_count_as_quiet_with_a_note(tmp_path):
    """A list does not tell a quiet day from a gap; a day that NOAA's events cover is known."""
    listed = tmp_path / "flares.csv"
    listed.write_text("peak,goes_class\n2014-03-27T10:00,C1.0\n2014-03-28T10:00,M1.0\n2014-03-31T10:00,X1.0\n")
    said = "a flare list from 2014-03-27 to 2014-03-31 has no flare on 2 of 5 days, the first 2014-03-29: they count as"
    with pytest.warns(MetadataWarning, match=said):
        assert label_days([listed])[1]["label_m"].tolist() == [0, 1, 0, 0, 1]
    events = tmp_path / "20140329events.txt"
    events.write_text(":Date: 2014 03 29\nNO EVENT REPORTS.\n")
    with pytest.warns(MetadataWarning, match="no flare on 1 of 5 days, the first 2014-03-30"):
        label_days([listed, events])
    listed.write_text("peak,goes_class,scale\n2014-03-27T10:00,C1.0,true\n2014-03-28T10:00,M1.0,true\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        label_days([listed])


def test_a_list_without_a_flare_is_not_taken(tmp_path):
    path = tmp_path / "flares.csv"
    path.write_text("peak,goes_class\n")
    with pytest.raises(InputError, match="first: flares.csv holds no flare, so that no day is covered"):
        label_days(path)


def test_the_case_of_a_list_s_ending_does_not_matter(tmp_path):
    (tmp_path / "FLARES.CSV").write_text("peak,goes_class,scale\n2022-03-30T17:37,X1.3,true\n")
    assert label_days([tmp_path])[0]["goes_class"].tolist() == ["X1.3"]


def test_a_file_of_a_folder_that_may_not_be_entered_is_one_reason(monkeypatch):
    """Path.is_dir raises there; os.path.isdir does not."""
    monkeypatch.setattr("pathlib.Path.is_dir", lambda path: (_ for _ in ()).throw(PermissionError(13, "denied")))
    assert [path.name for path in find_flare_files(["closed/go15.fits"])] == ["go15.fits"]


def test_a_record_that_sunpy_holds_is_labelled_as_its_file():
    """REAL: GOES-15; the units are stated for astropy."""
    timeseries = pytest.importorskip("sunpy.timeseries")
    ours, theirs = label_days(GOES[:1]), label_days(timeseries.TimeSeries(GOES[0], source="XRS"))
    for expected, found in zip(ours[:2], theirs[:2], strict=True):
        pd.testing.assert_frame_equal(found, expected)
        assert found.attrs["units"] == {"peak_flux": "W / m2"}
    assert not theirs[2]


def test_a_series_of_another_instrument_is_skipped_with_its_reason():
    timeseries = pytest.importorskip("sunpy.timeseries")
    table = pd.DataFrame({"flux": [1.0, 2.0]}, index=pd.date_range("2014-01-01", periods=2))
    other = timeseries.GenericTimeSeries(table, {"telescop": "LYRA"}, {})
    _, _, reasons = label_days([GOES[0], other])
    assert len(reasons) == 1 and "give one of GOES XRS" in reasons[0]


@pytest.mark.parametrize(("known", "unknown", "covered"), [(1296, 0, 1), (1295, 0, 0), (1295, 145, 0), (1440, 0, 1)])
def test_a_day_is_covered_when_nine_tenths_of_its_minutes_have_a_flux(known, unknown, covered):
    times = pd.date_range("2014-01-01", periods=known + unknown, freq="min").to_numpy()
    flux = np.where(np.arange(known + unknown) < known, 2e-7, np.nan)
    days = covered_days([XrayFlux(times, flux, flux, "GOES 15", "operational")], [])
    assert days.tolist() == [pd.Timestamp("2014-01-01")] * covered
