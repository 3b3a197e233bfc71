"""Addresses are those of the JSOC; a fetch keeps what is whole and names what is not."""

import functools
import http.server
import threading
from datetime import date

import pytest
import requests

from flarebook.compendium.data import hosts, transfer
from flarebook.compendium.data.manifest import dataset
from flarebook.compendium.errors import InputError
from flarebook.solarchip.images import jsoc
from flarebook.solarchip.images.channels import CHANNELS

DAY = "2014-03-29"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache, where what is known of hosts is kept too."""
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path / "cache"))


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder as the JSOC would."""

    def log_message(self, *_):
        """Stay silent."""


@pytest.fixture
def archive(tmp_path, write_sun):
    """Address of a small JSOC of one day; without 94, and with a page in the place of 4500."""
    root = tmp_path / "jsoc"
    for channel in CHANNELS:
        path = root / jsoc.image_url(DAY, channel, "")[1:]
        if channel == "4500":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("<html>come back later</html>")
        elif channel != "94":
            write_sun(path, channel, roll=180.0 if channel == "hmi" else 0.0)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=root))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_addresses_are_those_of_the_archive():
    urls = jsoc.day_urls("2014-03-29")
    assert list(urls) == list(CHANNELS)
    base = "https://jsoc1.stanford.edu/data"
    assert urls["hmi"] == f"{base}/hmi/fits/2014/03/29/hmi.M_720s.20140329_000000_TAI.fits"
    assert urls["94"] == f"{base}/aia/synoptic/2014/03/29/H0000/AIA20140329_0000_0094.fits"
    assert urls["1700"] == f"{base}/aia/synoptic/2014/03/29/H0000/AIA20140329_0002_1700.fits"
    assert jsoc.image_url(date(2014, 3, 29), "171") == urls["171"]


def test_a_day_is_fetched_once_and_what_fails_is_named(archive, tmp_path):
    count, failures = jsoc.fetch_days([DAY], tmp_path / "days", host=archive)
    paths = sorted(path.name for path in (tmp_path / "days" / DAY).iterdir())
    assert paths == sorted(jsoc.jsoc_file_name(DAY, channel) for channel in CHANNELS if channel not in ("94", "4500"))
    assert count == len(paths)
    assert [file[-9:] for file, _ in failures] == ["0094.fits", "4500.fits"]
    assert "is not there" in failures[0][1] and "nothing was kept" in failures[1][1]
    again = jsoc.fetch_days([DAY], tmp_path / "days", CHANNELS[:1], host="http://127.0.0.1:9")
    assert again == (1, [])  # at hand: nobody was asked


def test_several_at_a_time_fetch_the_same_and_go_on_where_they_ended(archive, tmp_path):
    one = jsoc.fetch_days([DAY], tmp_path / "one", host=archive)
    (tmp_path / "four" / DAY).mkdir(parents=True)
    kept = tmp_path / "four" / DAY / jsoc.jsoc_file_name(DAY, "171")
    kept.write_bytes((tmp_path / "one" / DAY / kept.name).read_bytes())  # of a fetch that was interrupted
    before, seen = kept.stat().st_mtime_ns, []
    four = jsoc.fetch_days([DAY], tmp_path / "four", host=archive, jobs=4, progress=lambda days: seen.append(1) or days)
    assert four == one and seen == [1] and kept.stat().st_mtime_ns == before
    for path in (tmp_path / "one" / DAY).iterdir():
        assert path.read_bytes() == (tmp_path / "four" / DAY / path.name).read_bytes()
    missing = jsoc.missing_by_day([DAY], four[1])
    assert missing[["day", "channel"]].values.tolist() == [[DAY, "94"], [DAY, "4500"]]


def test_ranges_of_days_have_both_ends():
    assert jsoc.expand_days(["2012-02-28..2012-03-01", DAY]) == ["2012-02-28", "2012-02-29", "2012-03-01", DAY]
    with pytest.raises(InputError, match="'2012-03-01..2012-02-28' ends before it starts"):
        jsoc.expand_days(["2012-03-01..2012-02-28"])
    with pytest.raises(InputError, match="is no day: write it as 2014-03-29"):
        jsoc.expand_days(["2012-03-01..today"])


def test_another_address_of_an_image_is_asked_where_the_first_lacks_it(archive, tmp_path, monkeypatch):
    file = jsoc.image_file(DAY, "171", archive)
    elsewhere = file.model_copy(update={"url": file.url.replace("H0000", "gone"), "mirrors": [file.url]})
    monkeypatch.setattr(jsoc, "image_file", lambda *_: elsewhere)
    assert jsoc.fetch_days([DAY], tmp_path, ["171"]) == (1, [])
    with pytest.raises(InputError, match="cannot fetch http://example.org.* .it is not https"):
        monkeypatch.undo() or jsoc.fetch_days([DAY], tmp_path / "other", ["171"], host="http://example.org")


def test_the_mirror_is_asked_before_the_archive(tmp_path, monkeypatch, write_sun):
    write_sun(tmp_path / "mirror" / "deep" / jsoc.jsoc_file_name(DAY, "171"))
    monkeypatch.setenv("FLAREBOOK_MIRROR", str(tmp_path / "mirror"))
    assert jsoc.fetch_days([DAY], tmp_path, ["171"], host="http://127.0.0.1:9") == (1, [])


def test_without_a_network_the_archive_is_asked_once(tmp_path, monkeypatch, write_day):
    asked = []
    monkeypatch.setattr(requests.Session, "request", lambda self, method, url, **_: asked.append(url) or fail())
    hosts.forget_hosts()
    monkeypatch.setattr(transfer, "PAUSE", 0.0)
    monkeypatch.delenv("FLAREBOOK_MIRROR", raising=False)
    with pytest.raises(InputError, match="none of the 22 images can be had; first: .* connect to the network"):
        jsoc.fetch_days([DAY, "2014-03-30"], tmp_path, host="http://127.0.0.1:9")
    write_day(tmp_path / DAY, DAY, CHANNELS[:3])
    count, failures = jsoc.fetch_days([DAY, "2014-03-30"], tmp_path, host="http://127.0.0.1:9")
    assert (count, len(failures), len(set(asked))) == (3, 19, 1)


def fail():
    """What requests does without a network."""
    raise requests.ConnectTimeout("no route")


@pytest.mark.parametrize("day", ["yesterday-ish", "03/29/2014", 1396051200, "today", "29.3.2014"])
def test_days_that_are_not_iso_are_refused(day):
    with pytest.raises(InputError, match="is no day: write it as 2014-03-29"):
        jsoc.day_urls(day)


def test_days_and_channels_that_the_archive_lacks_are_refused():
    with pytest.raises(InputError, match="no images of 2009-12-31: the series begins on 2010-05-01"):
        jsoc.day_urls("2009-12-31")
    with pytest.raises(InputError, match="channel '195' is unknown"):
        jsoc.image_url(DAY, "195")
    with pytest.raises(InputError, match="channel 'hmi_m' is unknown"):
        jsoc.jsoc_file_name(DAY, "hmi_m")


def test_the_archive_s_files_are_days_by_channels(tmp_path, write_sun):
    files = jsoc.archive_files({"start": "2014-03-29", "end": "2014-04-01", "channels": "hmi,171"})
    assert len(files) == 4 * 2 and files[0].url == jsoc.image_url("2014-03-29", "hmi")
    assert files[0].saved_as == "sdo/2014-03-29/hmi.M_720s.20140329_000000_TAI.fits"
    (one,) = jsoc.archive_files({"start": "2014-03-29", "end": "2014-04-01"}, ["AIA20140331*_0171.fits"])
    assert one.url == jsoc.image_url("2014-03-31", "171")
    sizes = {template.size for template in dataset("sdo-hmi-aia-daily").templates}
    assert {jsoc.typical_size(files[0].name), jsoc.typical_size(one.name)} == sizes
    jsoc.check_file(write_sun(tmp_path / one.name, "171", day="2014-03-31"))
    for other in ("AIA20140401_0000_0171.fits", "AIA20140331_0000_0193.fits"):
        with pytest.raises(InputError, match=f"{other} holds an image of 171 at 2014-03-31 00:00:.*, not the one"):
            jsoc.check_file(write_sun(tmp_path / other, "171", day="2014-03-31"))


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"begin": "2014-03-29"}, "takes no parameter 'begin' .*: it takes start, end, channels"),
        ({"start": "2014-03-29", "end": "2014-03-28"}, "ends before it starts"),
        ({"end": "2009-01-01"}, "there are no images of 2009-01-01"),
        ({"channels": "172"}, "channel '172' is unknown"),
    ],
)
def test_files_that_the_archive_cannot_have_are_refused(parameters, sentence):
    with pytest.raises(InputError, match=sentence):
        jsoc.archive_files(parameters)
