"""What differs between two versions of a figure is measured, not only noticed."""

import pandas as pd
import pytest
from PIL import Image

from flarebook.compendium.provenance import sha256
from flarebook.compendium.reproduction.differences import IDENTICAL, compare_data, compare_figure, compare_pictures

TABLE = pd.DataFrame({"minutes": [-30, -20], "score": [0.5, 0.8], "model": ["A", "B"]})


def described(folder, second, first=TABLE):
    """What is said of two tables, written as CSV."""
    for name, table in (("first", first), ("second", second)):
        table.to_csv(folder / f"{name}.csv", index=False)
    return compare_data(folder / "first.csv", folder / "second.csv", sha256(folder / "first.csv"))


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        (TABLE, IDENTICAL),
        (TABLE.assign(score=[0.5, 0.4]), "largest difference 0.4 in column score (0.5 of its largest value)"),
        (TABLE.assign(model=["A", "C"]), "other entries in column model"),
        (TABLE.assign(score=[0.5, None]), "other entries in column score"),
        (TABLE.iloc[:1], "2 rows recorded, 1 now"),
        (TABLE.drop(columns="model"), "columns minutes, score, model recorded, minutes, score now"),
    ],
)
def test_tables_differ_by_their_largest_number(tmp_path, second, sentence):
    assert described(tmp_path, second) == sentence


def test_missing_and_infinite_values_in_the_same_places_are_equal(tmp_path):
    gaps = TABLE.assign(score=[None, float("inf")])
    assert described(tmp_path, gaps.assign(minutes=[-30.0, -20.0]), gaps) == "equal numbers, written in other digits"


def test_a_recorded_table_that_was_changed_since_is_no_measure(tmp_path):
    described(tmp_path, TABLE.assign(score=0.0))
    recorded = sha256(tmp_path / "first.csv")
    (tmp_path / "first.csv").write_text("other\n")
    assert compare_data(tmp_path / "first.csv", tmp_path / "second.csv", recorded).startswith("another hash")
    (tmp_path / "first.csv").unlink()
    assert compare_data(tmp_path / "first.csv", tmp_path / "second.csv", recorded).startswith("another hash")


def test_pictures_differ_in_a_share_of_their_pixels(tmp_path):
    one, two, wide = tmp_path / "one.png", tmp_path / "two.png", tmp_path / "wide.png"
    image = Image.new("RGB", (20, 10), "white")
    image.save(one)
    image.save(two, compress_level=0)
    assert compare_pictures(one, one) == IDENTICAL
    assert compare_pictures(one, two) == "equal pixels, stored in other bytes"
    image.putpixel((3, 4), (255, 255, 254))
    image.save(two)
    assert compare_pictures(one, two) == "0.50% of the pixels differ"
    Image.new("RGB", (30, 10), "white").save(wide)
    assert compare_pictures(one, wide) == "20 x 10 pixels recorded, 30 x 10 now"
    assert compare_pictures(tmp_path / "none.png", one).startswith("not compared")


def test_a_figure_is_identical_only_when_data_and_picture_are(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        TABLE.to_csv(folder / "a.csv", index=False)
        Image.new("RGB", (4, 4)).save(folder / "a.png")
    one = str(first / "a.png")  # a record with such a path would have a figure compared with itself
    record = {"id": "a", "files": {"csv": one, "png": one}, "data_sha256": sha256(first / "a.csv")}
    assert compare_figure(record, first, second).none
    Image.new("RGB", (4, 4), "red").save(second / "a.png")
    assert compare_figure(record, first, second) == (IDENTICAL, "100.00% of the pixels differ")
    assert not compare_figure(record, first, second).none
