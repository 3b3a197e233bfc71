"""The page shows all in one file, without a network, and parts at gaps what is not consecutive."""

import base64
import io
import json
import re
import shutil

import numpy as np
import pandas as pd
from bs4 import BeautifulSoup
from PIL import Image

from flarebook.iris.realtime.page import alert_history, curve, png


def exposures(minutes, means):
    """A table of exposures of one file."""
    times = pd.Timestamp("2021-09-05") + pd.to_timedelta(minutes, unit="min")
    return pd.DataFrame({"time": times, "mean": means, "spread": 0.1, "raster": "real", "file": "a.fits"})


def test_the_page_needs_nothing_but_itself_and_says_that_the_networks_are_simulated(
    watching, arriving, pieces, tmp_path
):
    shutil.copy(pieces[0], arriving)
    shutil.copy(pieces[1], arriving / "<b>&.fits")
    (arriving / "<script>.fits").write_bytes(b"x")
    with watching(every=30, alert=0.0) as watch:
        list(watch.look())
        list(watch.look())
        page = (tmp_path / "out/index.html").read_text()
    soup = BeautifulSoup(page, "html.parser")
    assert "http" not in re.sub(r'http-equiv="', "", page)
    assert {tag["href"] for tag in soup.find_all(href=True)} == {"data:,", "scores.csv", "files.csv"}
    assert soup.noscript.find("meta", {"http-equiv": "refresh"})["content"] == "30"
    assert json.loads(soup.find(id="data").string) == {"every": 30}
    assert "Networks trained on simulated spectra" in page and "not the probability of a flare" in page
    assert "<script>.fits" in soup.get_text() and "<b>&.fits" in soup.get_text()
    assert all(image["alt"] for image in soup.find_all("img")) and soup.find("svg")["aria-label"]


def test_the_map_shows_slit_pixel_0_below_and_nothing_where_nothing_is_known():
    address = png(np.array([[0.0, 1.0], [np.nan, 0.5]]))
    picture = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGBA")
    blue, red = picture.getpixel((0, 1)), picture.getpixel((1, 1))
    assert blue[2] > blue[0] and red[0] > red[2] and picture.getpixel((0, 0))[3] == 0


def test_alerts_are_runs_that_gaps_and_low_exposures_part():
    table = exposures([0, 1, 2, 3, 4, 5, 100, 101], [0.9, np.nan, 0.95, 0.2, 0.8, 0.85, 0.9, 0.1])
    found = alert_history(table, 0.8)
    assert [run["exposures"] for run in found] == [1, 2, 2]
    assert found[-1]["top"]["mean"] == 0.95 and f"{found[0]['first']:%H:%M}" == "01:40"
    assert not alert_history(table.iloc[:0], 0.8)


def test_the_curve_is_parted_where_there_is_no_score():
    drawn = curve(np.array([[0.5, 0.1], [0.6, 0.1], [np.nan, np.nan], [1.0, 0.1]]))
    assert drawn["line"].count("M") == 2 and drawn["line"].startswith("M0.5,50.0 1.5,40.0")
    assert drawn["band"].count("Z") == 2 and "3.5,0.0" in drawn["band"]
