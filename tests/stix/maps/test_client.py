"""The image archive, played by a server on this machine that holds real-format files."""

import http.server
import json
import threading
from datetime import datetime, timedelta
from urllib.parse import parse_qs

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.data.download import archive_file
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import cache_folder
from flarebook.stix.archive import real_maps
from flarebook.stix.maps import client
from flarebook.stix.maps.client import find_names, map_fetcher, map_url, query_archive, query_maps
from flarebook.stix.maps.file_names import archive_name, parse_name
from flarebook.stix.maps.fits_map import HDUS, write_map

UID = "2203078775"
NAME = f"stix_sci_preview_9548_2203071216_uid_{UID}_4-10keV_20220307T121414_17409_clean_map.fits"
GONE = f"stix_sci_preview_9549_2203071216_uid_{UID}_16-28keV_20220307T121414_17410_clean_map.fits"
PAGE = "stix_ql_image_sci_5034_uid_2110260010_16-28keV_20211026T024345_2091_clean_map.fits"
NEW = "stix_L3A_quicklook_20241113T165600-20241113T165700-7.0-50.0keV_2411130279_989_user_clean_hpc.fits"


def written(path, size, pixel):
    """A CLEAN file of one of the two formats with a source in its middle."""
    maps = {name: np.random.default_rng(3).random((size, size)) for name in HDUS}
    return write_map(path, maps, parse_name(path.name)["start"], pixel=pixel, simulated=False)


@pytest.fixture
def archive(monkeypatch, tmp_path):
    """A server like the data centre's: two files, a page in place of a third, a query; its address and its log."""
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path / "cache"))
    monkeypatch.delenv("FLAREBOOK_MIRROR", raising=False)
    files = {
        f"/image-archive/{UID}/{NAME}": written(tmp_path / NAME, 257, 1.0).read_bytes(),
        f"/image-archive/2024/11/13/16/{NEW}": written(tmp_path / NEW, 128, 2.0).read_bytes(),
        f"/image-archive/2110260010/{PAGE}": b"<html>The service is down</html>",
    }
    log = []

    class Server(http.server.BaseHTTPRequestHandler):
        def answer(self, status, body, kind="application/octet-stream"):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            log.append(self.path)
            self.answer(200 if self.path in files else 404, files.get(self.path, b""))

        def do_HEAD(self):
            self.answer(200, b"")

        def do_POST(self):
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            log.append((self.path, form))
            if form.get("flare_id") == ["0"]:
                return self.answer(200, json.dumps({"error": "no such flare"}).encode())
            if form.get("flare_id") == ["1"]:
                return self.answer(200, b"<html>")
            if form.get("start_utc", [""])[0] >= "2022-06":
                return self.answer(200, json.dumps(play_service(form)).encode())
            products = [f"/data/images/{NAME}", f"/data/images/{NAME.replace('clean', 'bp')}", NEW, "clean.fits"]
            return self.answer(200, json.dumps({"data": [{"fits": products, "n": 3}]}).encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", log
    server.shutdown()
    server.server_close()


def map_of(day, number, band="4-10"):
    """Name of a CLEAN map that starts at noon of a day of June 2022."""
    return archive_name(f"2206{day:02d}{number:04d}", f"2022-06-{day:02d}T12:00:00", 100 * day + number, band)


def play_service(form):
    """The data centre's answer: a row per request with its time range and files; too long a range is an error."""
    begin, end = (datetime.fromisoformat(form[key][0]) for key in ("start_utc", "end_utc"))
    if end - begin > timedelta(days=5):
        return {"error": "the query took too long"}
    if begin <= datetime(2022, 6, 20) < end:
        return {"error": "no connection to the database"}
    rows = []
    for day in range(1, 31):
        noon = datetime(2022, 6, day, 12)
        if begin <= noon + timedelta(hours=1) and noon < end:  # ranges that overlap with the one asked for
            files = {band: {"title": "CLEAN", "filename": map_of(day, 1, band)} for band in ("4-10", "16-28")}
            times = [noon.isoformat(), (noon + timedelta(hours=1)).isoformat()]
            rows.append({"_id": day, "unique_id": f"2206{day:02d}0001", "utc_range": times, "fits": files})
    return {"data": rows}


def no_list():
    """In place of the published list, which these tests cannot have."""
    raise InputError("no network")


def test_every_address_follows_from_the_name():
    host = "https://datacenter.stix.i4ds.net/image-archive"
    assert map_url(NAME) == f"{host}/{UID}/{NAME}"
    assert map_url(NEW) == f"{host}/2024/11/13/16/{NEW}"


def test_a_map_is_fetched_once_and_then_found_without_network(archive):
    host, log = archive
    path = map_fetcher(host)(NAME)
    assert path.read_bytes() == path.parents[1].joinpath(NAME).read_bytes()
    assert map_fetcher("http://127.0.0.1:1")(NAME) == path
    assert log == [f"/image-archive/{UID}/{NAME}"]


def test_a_missing_map_and_a_page_in_its_place_are_told_and_not_kept(archive):
    with pytest.raises(InputError, match="is not there .the server answers 404."):
        map_fetcher(archive[0])(GONE)
    with pytest.raises(InputError, match="sent no usable file .*nothing was kept"):
        map_fetcher(archive[0])(PAGE)
    assert not list(cache_folder().rglob("*.fits*"))


def test_a_map_of_another_time_is_not_taken_for_the_one_that_its_name_says(tmp_path):
    other = written(tmp_path / NAME, 257, 1.0).rename(tmp_path / NEW)
    with pytest.raises(InputError, match=f"{NEW} holds a map of 2022-03-07T12:14:14.*, not its own"):
        client.check_file(other)


def test_another_address_of_a_map_is_asked_where_the_first_lacks_it(archive, monkeypatch):
    monkeypatch.setattr(client, "archive_file", lambda url: archive_file(url.replace(f"/{UID}/", "/gone/"), [url]))
    assert map_fetcher(archive[0])(NAME).is_file()
    assert len(archive[1]) == 2 and archive[1][1] == f"/image-archive/{UID}/{NAME}"


def test_a_query_is_a_posted_form_and_gives_clean_maps_only(archive):
    host, log = archive
    assert query_maps("2022-03-07", "2022-03-08", host=host) == sorted([NAME, NEW])
    assert query_maps(flare_id="2203071216", host=host) == sorted([NAME, NEW])
    assert log == [
        ("/api/request/imaging/flare", {"start_utc": ["2022-03-07"], "end_utc": ["2022-03-08"]}),
        ("/api/request/imaging/flare", {"flare_id": ["2203071216"]}),
    ]


def test_a_query_that_fails_is_told(archive):
    with pytest.raises(InputError, match="no such flare"):
        query_maps(flare_id="0", host=archive[0])
    with pytest.raises(InputError, match="sent no JSON"):
        query_maps(flare_id="1", host=archive[0])
    with pytest.raises(InputError, match="cannot fetch .* connect to the network"):
        query_maps(flare_id="2", host="http://127.0.0.1:1")


def test_a_uid_is_looked_up_by_its_day_when_the_list_is_out_of_reach(archive, monkeypatch):
    host, log = archive
    monkeypatch.setattr(client, "published_names", no_list)
    assert find_names(UID, host) == [NAME]
    assert log[-1][1] == {"start_utc": ["2022-03-07"], "end_utc": ["2022-03-08"]}
    with pytest.raises(InputError, match="lists no CLEAN map of 2203070001 on 2022-03-07"):
        find_names("2203070001", host)
    with pytest.raises(InputError, match="does not begin with a day"):
        find_names("1269469712", host)


def test_a_real_archive_goes_on_past_what_cannot_be_had(archive, monkeypatch):
    names = pd.DataFrame({"filename": [GONE, NAME, PAGE, NEW]})
    monkeypatch.setattr(real_maps, "published_names", lambda: names)
    read = real_maps.real_archive(n_images=4, host=archive[0])
    assert read.images.shape == (2, 177, 177) and read.records["name"].tolist() == [NAME, NEW]
    assert [file for file, _ in read.skipped] == [GONE, PAGE]
    assert read.records["origin"].unique() == ["real"]


def test_without_a_network_only_what_is_here_is_read_and_soon(archive, monkeypatch):
    map_fetcher(archive[0])(NAME)
    names = pd.DataFrame({"filename": [NAME] + [NAME.replace("17409", str(n)) for n in range(200)]})
    monkeypatch.setattr(real_maps, "published_names", lambda: names)
    read = real_maps.real_archive(n_images=201, host="http://127.0.0.1:1")
    assert len(read.images) == 1 and len(read.skipped) == 200
    assert "connect to the network" in read.skipped[0][1]
    monkeypatch.setattr(real_maps, "published_names", lambda: names[1:])
    with pytest.raises(InputError, match="none of the 3 files can be used; first: cannot fetch"):
        real_maps.real_archive(n_images=3, host="http://127.0.0.1:1")


def test_a_long_range_is_asked_for_in_parts_and_gives_each_map_once(archive):
    host, log = archive
    found = list(query_archive("2022-06-01", "2022-06-15", host=host))
    assert found == [map_of(day, 1, band) for day in range(1, 15) for band in ("16-28", "4-10")]
    asked = [form for path, form in log]
    assert len(asked) == 6 and asked[0]["end_utc"] == ["2022-06-08T00:00:00"]  # two weeks, each halved
    soft = list(query_archive("2022-06-03T13:00", "2022-06-06", "4-10", host=host))
    assert soft == [map_of(4, 1), map_of(5, 1)]


def test_a_day_that_fails_is_noted_and_the_others_go_on(archive):
    skipped = []
    found = list(query_archive("2022-06-18", "2022-06-23", "16-28", host=archive[0], skipped=skipped))
    assert found == [map_of(day, 1, "16-28") for day in (18, 19, 21, 22)]
    assert len(skipped) == 1 and "2022-06-20T" in skipped[0] and "no connection to the database" in skipped[0]
    with pytest.raises(InputError, match="no connection"):
        list(query_archive("2022-06-20", "2022-06-21", host=archive[0]))


@pytest.mark.parametrize(
    ("start", "end", "band", "words"),
    [
        ("2022-06-02", "2022-06-01", "", "holds no time: give an end after the start"),
        ("June", "2022-06-01", "", "'June' is no time: give ISO text"),
        ("9999-12-31", client.end_of_query("9999-12-31"), "", "leaves the years 2020 to 2099: correct it"),
        ("0001-01-01T00:00+02:00", "2022-06-01", "", "is no time: give ISO text"),
        ("2022-06-01", "2022-06-02", "10-16", "no band '10-16' .*choose one of 4-10, 16-28"),
    ],
)
def test_a_query_that_cannot_be_asked_is_refused(start, end, band, words):
    with pytest.raises(InputError, match=words):
        list(query_archive(start, end, band, "http://127.0.0.1:1", skipped=[]))


def test_an_archive_that_answers_for_no_day_is_told_once():
    skipped = []
    assert list(query_archive("2022-06-01", "2022-06-30T12:00", host="http://127.0.0.1:1", skipped=skipped)) == []
    (sentence,) = skipped
    assert "answers for no day from 2022-06-01 to 2022-06-30T12:00; first: 2022-06-01T" in sentence
    assert "connect to the network" in sentence


def test_a_map_that_falls_into_two_windows_is_named_once(archive):
    names = list(query_archive("2022-06-01T12:30", "2022-06-09", host=archive[0]))  # a window ends in the map's hour
    assert names.count(map_of(6, 1)) == 1 and len(names) == len(set(names))


def test_times_with_an_offset_are_converted_to_utc(archive):
    found = list(query_archive("2022-06-04T14:00+02:00", "2022-06-05T12:00", "4-10", archive[0]))
    assert found == [map_of(4, 1)]
    assert client.end_of_query("2022-06-04T14:00+02:00") == "2022-06-05T12:00:00"


@pytest.mark.parametrize("answer", ["[" * 900 + "]" * 900, "[" + "9" * 5000 + "]", "[" * 100_000])
def test_json_that_python_cannot_hold_is_told(monkeypatch, answer):
    monkeypatch.setattr(client, "read_listing", lambda *_: answer)
    with pytest.raises(InputError, match="sent no JSON"):
        query_maps("2022-06-01", "2022-06-02")


def test_the_archive_s_files_are_the_published_images_or_those_of_a_query(archive, monkeypatch):
    monkeypatch.setattr(client, "published_names", lambda: pd.DataFrame({"filename": [NAME, NEW]}))
    assert [file.url for file in client.archive_files({}, ["*_clean_map.fits"])] == [map_url(NAME)]
    asked = {"start": "2022-06-04", "end": "2022-06-06", "band": "4-10"}
    files = client.archive_files(asked, host=archive[0])
    assert [file.name for file in files] == [map_of(day, 1) for day in (4, 5)]
    before = len(archive[1])
    assert client.archive_files(asked, host=archive[0]) == files and len(archive[1]) == before  # answers are kept
    for parameters, sentence in (({"end": "2022-06-06"}, "give start too"), ({"stop": "x"}, "no parameter 'stop'")):
        with pytest.raises(InputError, match=sentence):
            client.archive_files(parameters)


def test_a_plan_without_the_published_list_says_how_to_get_it(archive):
    with pytest.raises(InputError, match="is not here: get it by `flarebook data fetch stix-kept-filenames`"):
        client.archive_files({}, resolve=False)
