"""The page that scores a spectrum holds the released networks and the real counts exactly, and needs no other file."""

import base64
import json
import re
import zlib

import numpy as np
import pytest
from bs4 import BeautifulSoup

from flarebook.compendium.book.verify import borrows, loads
from flarebook.compendium.errors import InputError
from flarebook.iris import score_page
from flarebook.iris.atmospheres.library import load_library
from flarebook.iris.classifiers.inference import load_ensemble
from flarebook.iris.rasters.read import iter_exposures
from flarebook.iris.rasters.samples import real_raster, sample_path


@pytest.fixture(scope="module")
def html():
    """The page of the real raster, with a title that must not end its data."""
    raster = real_raster()
    exposures = list(iter_exposures(sample_path("iris_20140329_mg2_raster.fits")))
    title = "</script><script>alert(1)</script>"
    y = raster.y[0] + raster.slit_offset
    return score_page.score_page(load_ensemble(), exposures, y, title, load_library(), [])


@pytest.fixture(scope="module")
def soup(html):
    return BeautifulSoup(html, "html.parser")


@pytest.fixture(scope="module")
def data(soup):
    """What the page's scripts read."""
    return json.loads(soup.find(id="data").string)


def test_page_needs_no_other_file_and_stays_below_five_megabytes(html, soup):
    assert list(loads(soup)) == [] and list(borrows(soup)) == []
    assert len(html.encode()) < 5e6
    script = soup.find_all("script")[-1].string
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|fetch\(|XMLHttpRequest|import\(", script)


def test_text_cannot_leave_the_data(soup, data):
    assert "alert(1)" in data["raster"]["title"]
    assert len(soup.find_all("script")) == 2


def test_networks_are_the_bytes_of_the_released_file(data):
    ensemble = load_ensemble()
    assert base64.b64decode(data["weights"]) == ensemble.path.read_bytes()


def test_counts_of_the_raster_come_back_exactly(data):
    raster, real = data["raster"], real_raster()
    steps = np.frombuffer(zlib.decompress(base64.b64decode(raster["counts"])), "<i2").reshape(raster["shape"])
    counts = np.cumsum(steps, axis=-1, dtype=np.int16)
    first = int(np.argmin(np.abs(real.wavelength - raster["wavelength"][0])))
    expected = real.spectra[..., first : first + raster["shape"][2]]
    np.testing.assert_array_equal(np.where(counts == raster["missing"], np.nan, counts * raster["unit"]), expected)


def test_counts_of_another_unit_are_refused():
    with pytest.raises(InputError, match=r"no multiples of 0\.25 DN"):
        score_page.packed_counts(np.array([1.0, 0.3]))


def test_everything_has_words(soup):
    assert all(tag.get_text(strip=True) for tag in soup.find_all("button"))
    for tag in soup.find_all(["select", "input", "textarea"]):
        assert tag.find_parent("label") or tag.get("aria-label"), tag
    assert "trained on simulated spectra" in soup.find(class_="note").get_text()
