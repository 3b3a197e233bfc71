"""One-minute X-ray fluxes from NOAA's archive, played by a server of its layout."""

import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.goes import label_days
from flarebook.goes.archive import fetch_xrs_days, satellite_of, xrs_folder
from tests.archives.server import serve_archives
from tests.archives.sun_days import write_fluxes

FLARES = pd.DataFrame({"peak": ["2014-01-07T18:32:00"], "peak_flux": [1.2e-4]})


@pytest.fixture
def noaa(tmp_path, monkeypatch):
    """NOAA's archive of three days in two versions of the file, with the X1.2 flare of 2014-01-07; what is asked."""
    for day in ("2014-01-06", "2014-01-07", "2014-01-08"):
        write_fluxes(tmp_path / "noaa", pd.Timestamp(day), FLARES)
    write_fluxes(tmp_path / "noaa", pd.Timestamp("2014-01-07"), FLARES.head(0), "v1-0-0")
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path / "cache"))
    with serve_archives(tmp_path / "noaa") as (address, log):
        monkeypatch.setenv("FLAREBOOK_MIRROR", address)
        yield log


def test_days_are_fetched_once_in_their_newest_version(noaa):
    days = pd.date_range("2014-01-06", "2014-01-08")
    paths, reasons = fetch_xrs_days(days)
    assert not reasons and [path.name[-19:] for path in paths] == [f"d{day:%Y%m%d}_v2-2-1.nc" for day in days]
    assert fetch_xrs_days(days)[0] == paths and len(noaa) == 3


def test_the_fluxes_label_the_day_before_a_flare_and_no_other(noaa):
    _, labels, _ = label_days(fetch_xrs_days(pd.date_range("2014-01-06", "2014-01-08"))[0])
    assert labels["max_class"].str[:1].tolist()[1] == "X"
    assert labels["label_m"].tolist() == [0, 1, 0]


def test_a_day_that_the_archive_lacks_is_named_and_the_others_are_there(noaa):
    paths, reasons = fetch_xrs_days(pd.date_range("2014-01-08", "2014-01-09"))
    assert len(paths) == 1 and "lists no record of 2014-01-09: leave the day out" in reasons[0]


@pytest.mark.parametrize("day, number", [("2010-09-01", 14), ("2014-01-07", 15), ("2024-05-10", 16)])
def test_each_day_has_a_satellite_and_a_folder_of_its_month(day, number):
    assert satellite_of(day) == number and xrs_folder(day).endswith(day[:7].replace("-", "/"))
    assert f"goes{number}" in xrs_folder(day)
    with pytest.raises(InputError, match="no X-ray record is fetched for 2009-01-01"):
        satellite_of("2009-01-01")
