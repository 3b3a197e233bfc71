"""The explorer's page holds every picture and record, belongs to the right image, and asks nothing of a network."""

import base64
import io
import json
import re

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from flarebook.compendium.book.verify import borrows, loads
from flarebook.compendium.errors import InputError
from flarebook.stix.clustering.retrieval import nearest
from flarebook.stix.figures.explorer import choose, explorer_page, plain_values, with_results

N = 300  # more than one sheet of pictures


@pytest.fixture(scope="module")
def table():
    """Records of simulated images and a real one without truth."""
    records = pd.DataFrame({"image_id": [f"22010100{i:02d}" for i in range(100, 100 + N)], "origin": "simulated"})
    records["band"] = np.where(np.arange(N) % 5 == 0, "16-28", "4-10")
    records["cluster"] = np.arange(N) % 7
    records["kind"] = "</script><script>alert(1)</script>"
    records["n_sources"] = pd.array([1] * N, dtype="Int64")
    records.loc[N - 1, ["origin", "kind", "n_sources"]] = ["real", None, pd.NA]
    return records


@pytest.fixture(scope="module")
def images():
    """Images that tell their number by their brightness, brighter in the south."""
    level = (np.arange(N) % 200).astype(np.uint8)
    return np.broadcast_to(level[:, None, None], (N, 177, 177)) + np.linspace(40, 0, 177).astype(np.uint8)[:, None]


@pytest.fixture(scope="module")
def soup(images, table):
    """The page, parsed."""
    points = np.random.default_rng(0).normal(size=(N, 2))
    page = explorer_page(images, table, points, nearest(points, 4), "Explorer <1>", 'the "archive"')
    return BeautifulSoup(page, "html.parser")


@pytest.fixture(scope="module")
def data(soup):
    """What the page's script reads."""
    return json.loads(soup.find(id="data").string)


def test_page_needs_no_other_file(soup):
    assert list(loads(soup)) == [] and list(borrows(soup)) == []
    assert soup.html["lang"] == "en"
    assert soup.title.string == "Explorer <1>"
    assert len(soup.find_all("script", src=True)) == 0
    assert soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"].startswith("default-src 'none'")


def test_text_of_a_record_cannot_leave_the_data(soup, data):
    assert "alert(1)" in data["columns"]["kind"][0]
    assert not any("alert(1)" in (tag.string or "")[:40] for tag in soup.find_all("script", type=None))


def test_picture_lies_where_the_page_looks_for_it(images, data):
    tiles = data["tiles"]
    for row in (0, 17, 255, 256, N - 1):
        sheet = data["sheets"][row // tiles["per_sheet"]]
        grey = np.asarray(Image.open(io.BytesIO(base64.b64decode(sheet.split(",")[1]))))
        place = row % tiles["per_sheet"]
        y, x = place // tiles["columns"] * tiles["size"], place % tiles["columns"] * tiles["size"]
        tile = grey[y : y + tiles["size"], x : x + tiles["size"]].astype(float)
        assert tile.mean() == pytest.approx(images[row].mean(), abs=3)
        assert tile[-1].mean() > tile[0].mean() + 30  # south is below


def test_records_keep_their_order_and_missing_truth_is_null(data, table):
    assert data["columns"]["image_id"] == table["image_id"].tolist()
    assert data["columns"]["n_sources"][-1] is None and data["columns"]["kind"][-1] is None
    assert data["first"] == N - 1  # the page opens with the real image
    assert [one["key"] for one in data["colourings"]] == ["cluster", "band", "kind", "n_sources"]


def test_everything_has_words(soup):
    assert all(tag.get_text(strip=True) or tag.get("aria-label") for tag in soup.find_all("button"))
    assert "300 X-ray images, 1 of them real" in soup.find(class_="plot")["aria-label"]
    for tag in soup.find_all(["select", "input"]):
        assert tag.find_parent("label"), tag


def test_numbers_are_short_and_missing_ones_null():
    assert plain_values(pd.Series([1234.5678, 3.0, np.nan])) == [1235, 3, None]
    assert plain_values(pd.array([True, None], dtype="boolean")) == [True, None]
    assert plain_values(pd.Series([0.000123456])) == [0.0001235]
    assert json.dumps(plain_values(pd.Series(pd.array([1, None], dtype="Int64")))) == "[1, null]"


def test_results_join_by_identifier_whatever_their_order(table):
    other = pd.DataFrame({"image_id": table["image_id"][::-1][:200], "anomaly": np.arange(200.0)})
    joined = with_results(table, other)
    assert joined["anomaly"].iloc[-1] == 0.0
    assert joined["anomaly"].isna().sum() == 100
    assert joined["image_id"].equals(table["image_id"])


def test_results_in_the_same_order_join_even_without_identifiers(table):
    unnamed = table.assign(image_id="")
    joined = with_results(unnamed, pd.DataFrame({"image_id": "", "anomaly": np.arange(float(N))}))
    assert joined["anomaly"].tolist() == list(range(N))


def test_results_of_other_images_are_refused(table):
    with pytest.raises(InputError, match="other images than the archive"):
        with_results(table, pd.DataFrame({"image_id": ["x"], "anomaly": [1.0]}))
    with pytest.raises(InputError, match="stands twice"):
        with_results(table, pd.DataFrame({"image_id": table["image_id"].iloc[[0, 0]], "anomaly": [1.0, 2.0]}))


def test_real_images_are_always_shown():
    rows = choose(1000, [3, 999], 50, np.random.default_rng(0))
    assert len(rows) == 50 and {3, 999} <= set(rows) and np.all(np.diff(rows) > 0)
    assert choose(10, [9], 50, np.random.default_rng(0)).tolist() == list(range(10))


def test_no_address_of_a_network_is_asked_for_by_the_script(soup):
    own = soup.find_all("script", type=None)
    text = " ".join(tag.string or "" for tag in own if "explorer-ready" in (tag.string or ""))
    assert text and not re.search(r"https?://|fetch\(|XMLHttpRequest|import\(", text)
