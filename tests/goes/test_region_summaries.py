"""NOAA's region summaries are read as they are documented; what no summary holds is refused with its row."""

import pandas as pd
import pytest

from flarebook.compendium.data.download import in_mirror
from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.goes.flare_list import read_flare_list
from flarebook.goes.region_summaries import read_region_summaries

HEADER = "ar_noaanum,LOCATION,Carrington_long,AREA,Z,Longitude_extent,No_sunspots,MAGTYPE,date,NM\n"
ROWS = (
    "0,12192,S12W05,250,2700,FKC,19,39,BETA-GAMMA-DELTA,2014-10-24 00:30,\n",
    "1,12195,N08E64,182,0020,CRO,05,,BETA,2014-10-24 00:30,004\n",
    "2,12192,S12W18,250,2740,FKC,18,65,BETA-GAMMA-DELTA,2014-10-26 00:30,\n",
)
MIRRORED = "region_summaries_1996_2018.csv.gz"


@pytest.fixture
def summaries(tmp_path):
    """Function that reads a table of the given rows."""

    def read(*rows, header=HEADER):
        (tmp_path / "regions.csv").write_text(header + "".join(rows))
        return read_region_summaries(tmp_path / "regions.csv")

    return read


@pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
def test_the_great_region_of_october_2014_is_read_with_its_place_area_and_class(summaries):
    table = summaries(*ROWS)
    great = table[table["region"] == 12192].iloc[0]
    assert (great["latitude"], great["longitude"], great["area"]) == (-12, 5, 2700)
    assert (great["mcintosh"], great["magnetic_class"], great["n_spots"]) == ("FKC", "BETA-GAMMA-DELTA", 39)
    assert great["issued"] == pd.Timestamp("2014-10-24T00:30") and great["valid"] == pd.Timestamp("2014-10-24")
    assert table["longitude"].tolist() == [5, -64, 18] and table["n_spots"].tolist() == [39, 4, 65]
    assert table.attrs["units"]["area"] == "1e-6 solar hemisphere"


def test_units_the_time_of_the_places_and_days_without_a_group_are_reported(summaries):
    with pytest.warns(MetadataWarning) as told:
        summaries(*ROWS)
    sentences = " ".join(str(one.message) for one in told)
    assert "states no units" in sentences and "24:00 UT of the day before" in sentences
    assert "no group on 1 of 3 days, the first 2014-10-25" in sentences


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("S12W05", "S12", "row 1 .* has the location 'S12'"),
        ("FKC", "GKC", "has the mcintosh 'GKC'"),
        ("2700", "big", "has the area 'big'"),
        ("BETA-GAMMA-DELTA", "OMEGA", "has the magnetic_class 'OMEGA'"),
        ("2014-10-24 00:30", "24.10.2014", "has the issued '24.10.2014'"),
        ("2014-10-24", "1614-10-24", "has the issued '1614-10-24 00:30'"),
        ("2014-10-24", "9999-10-24", "has the issued '9999-10-24 00:30'"),
        ("S12W05", "S92W05", "has the location 'S92W05'"),
        ("S12W05", "S12W185", "has the location 'S12W185'"),
        ("2700", "2" * 400, "has the area '222"),
    ],
)
def test_what_no_summary_holds_is_refused_with_its_row(summaries, old, new, words):
    with pytest.raises(InputError, match=words):
        summaries(ROWS[0].replace(old, new), ROWS[1])


def test_a_table_without_rows_is_refused(summaries):
    with pytest.raises(InputError, match="holds no sunspot group"):
        summaries()


def test_a_missing_column_is_named(summaries):
    with pytest.raises(InputError, match="has no column Z, MAGTYPE: give NOAA's region summaries"):
        summaries(
            "12192,S12W05,0010,5,3,2014-10-24 00:30\n",
            header="ar_noaanum,LOCATION,AREA,Longitude_extent,No_sunspots,date\n",
        )


@pytest.mark.skipif(not in_mirror(MIRRORED), reason="the list does not ship: set FLAREBOOK_MIRROR")
@pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
def test_places_hold_at_midnight_before_the_report():
    """Regions rotate 13 degrees a day past the flares of their own, with no offset at the time taken."""
    regions = read_region_summaries(in_mirror(MIRRORED))
    flares = read_flare_list(in_mirror("flares_with_positions_2010_2018.csv.gz"))
    both = flares.dropna(subset=["region", "longitude"]).merge(regions, on="region", suffixes=("", "_region"))
    days = (both["valid"] - both["start"]) / pd.Timedelta("1D")
    near = (days.abs() < 1.5) & (both[["longitude", "longitude_region"]].abs() < 60).all(axis=1)
    turned = (both["longitude_region"] - both["longitude"])[near]
    at_midnight = turned[days[near].abs() < 0.1].median()
    assert abs(at_midnight) < 2.5  # degrees: under 5 hours of rotation, where a day would be 13


@pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
def test_groups_come_in_order_of_time_and_number(summaries):
    rows = [f"{number},{row.partition(',')[2]}" for number, row in enumerate(ROWS[::-1])]
    table = summaries(*rows)
    assert table["region"].tolist() == [12192, 12195, 12192] and table["issued"].is_monotonic_increasing


@pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
def test_a_group_at_the_limb_and_behind_it_has_its_longitude(summaries):
    table = summaries(ROWS[0].replace("S12W05", "N00W100"), ROWS[1].replace("N08E64", "S31E90"))
    assert table["longitude"].tolist() == [100, -90] and table["latitude"].tolist() == [0, -31]
