"""What the authors published: names that tell, identifiers from the poster's text."""

import numpy as np
import pytest

from flarebook.compendium.data.download import in_mirror
from flarebook.compendium.errors import InputError
from flarebook.stix.archive.published_flares import printed_uids
from flarebook.stix.maps.file_names import archive_name, parse_name, published_names
from scripts.stix.read_poster import read_poster

OLD = "stix_sci_preview_9548_2203071216_uid_2203078775_4-10keV_20220307T121414_17409_clean_map.fits"
QUICK = "stix_ql_image_sci_5034_uid_2110260010_16-28keV_20211026T024345_2091_vis_fwdfit_map.fits"
NEW = "stix_L3A_quicklook_20241113T165600-20241113T165700-7.0-50.0keV_2411130279_989_user_clean_hpc.fits"
BRIGHTNESS_ORDER = [3, 21, 23, 20, 14, 9, 27, 13, 8, 26, 28, 2, 17, 12, 0, 5, 25, 6, 7, 18]
BRIGHTNESS_ORDER += [4, 29, 22, 10, 19, 11, 1, 16, 24, 15]


@pytest.fixture
def names():
    """The published list, from the mirror."""
    if in_mirror("published-kept-filenames.txt") is None:
        pytest.skip("needs FLAREBOOK_MIRROR with the published list")
    return published_names()


def test_a_name_tells_request_flare_band_and_time():
    parsed = parse_name(f".//stix_data/{OLD}\n")
    assert parsed == {
        "filename": OLD, "uid": "2203078775", "flare_id": "2203071216", "band": "4-10",
        "start": "2022-03-07T12:14:14", "image_id": "17409", "family": "stix_sci_preview", "product": "clean_map",
    }  # fmt: skip
    parsed = parse_name(QUICK)
    assert (parsed["flare_id"], parsed["band"], parsed["product"]) == ("", "16-28", "vis_fwdfit_map")
    parsed = parse_name(NEW)
    assert (parsed["uid"], parsed["band"], parsed["product"]) == ("2411130279", "7.0-50.0", "clean_hpc")
    assert parsed["start"] == "2024-11-13T16:56:00"


def test_a_name_that_is_made_is_read_back():
    made = archive_name("2203078775", "2022-03-07T12:14:14.5", 17409, flare_id="2203071216", bsd=9548)
    assert made == OLD


@pytest.mark.parametrize("name", ["", "map.fits", OLD.replace("uid_22", "uid_2"), OLD + ".exe", "stix_vis.sav"])
def test_another_name_is_refused(name):
    with pytest.raises(InputError, match="not a name of the image archive"):
        parse_name(name)


def test_the_published_list_is_one_image_per_request(names):
    assert len(names) == 4758 and names["uid"].is_unique
    assert names["band"].value_counts().to_dict() == {"4-10": 4001, "16-28": 757}
    assert (names["product"] == "clean_map").all()
    assert names["start"].min() > "2020-06" and names["start"].max() < "2023"


def test_the_public_address_s_list_with_folders_is_the_same_list(names, monkeypatch, tmp_path):
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path))
    monkeypatch.delenv("FLAREBOOK_MIRROR")
    cached = tmp_path / "published-kept-filenames.txt"
    cached.write_text("".join(f".//stix_data/{name}\n" for name in names["filename"]))
    assert published_names().equals(names)
    cached.write_text("".join(f"{name}\n" for name in names["filename"][1:]))
    with pytest.raises(InputError, match="does not hold the names of the 4,758 images"):
        published_names()


def test_nearly_all_the_poster_s_identifiers_are_published_names(names):
    found = printed_uids()["uid"].isin(names["uid"])
    assert (found.sum(), len(found)) == (991, 1009)


def test_the_poster_s_clusters_come_in_the_order_of_its_mosaic():
    table = printed_uids().dropna()
    seen = list(dict.fromkeys(table["cluster"]))
    assert len(printed_uids()) == 1009 and printed_uids()["uid"].is_unique
    assert seen == [cluster for cluster in BRIGHTNESS_ORDER if cluster in seen] and len(seen) == 28
    places = table["cluster"].map(BRIGHTNESS_ORDER.index).to_numpy()
    assert np.all(np.diff(places) >= 0), "a cluster number was read at the wrong place"


def mosaic(*rows):
    """Lines of a mosaic: cells with tabs between, as wide as a mosaic is."""
    return "\n".join("\t".join(row + [""] * (25 - len(row))) for row in rows)


def test_a_thumbnail_s_cluster_stands_in_the_line_below_it():
    ids = [f"22010100{n:02d}" for n in range(10)]
    text = mosaic(
        [ids[0], ids[1], ids[2], ids[3]],
        [f"21 {ids[4]}", f"21 {ids[5]}", f"21 {ids[6]}", f"7 {ids[7]}"],
        ["3", "23", "23", "23"],
    )
    table = read_poster(f"In 2022, 4758 images.\n{text}\nConclusions").set_index("uid")
    assert table["cluster"][ids[:3]].tolist() == [21, 21, 21]
    assert table["cluster"][ids[5:8]].tolist() == [23, 23, 23]
    assert table["cluster"][[ids[3], ids[4]]].isna().all(), "a number alone may be a neighbour's stray digit"
    assert table.loc[ids[5], ["row", "column"]].tolist() == [1, 1]


def test_a_text_without_a_mosaic_is_refused():
    with pytest.raises(InputError, match="no ten-digit identifier in a line with tabs"):
        read_poster("2201010001 in prose is no thumbnail")
