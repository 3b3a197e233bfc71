"""What is cut goes on where the server confirms the file; what is endless, slow, busy or elsewhere is told."""

import http.server
import io
import threading
import time

import pytest

from flarebook.compendium.data import transfer as transfers
from flarebook.compendium.data.transfer import read_page, transfer
from flarebook.compendium.errors import InputError

CONTENT = bytes(range(256)) * 4000  # 1 MB
HALF = len(CONTENT) // 2


class Server(http.server.BaseHTTPRequestHandler):
    """Misbehaves as the first part of the path says."""

    def log_message(self, *_):
        """Stay silent."""

    def send(self, status, body=b"", **headers):
        """Send an answer; a header None is left out."""
        self.send_response(status)
        for name, value in {"Content_Length": len(body), **headers}.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def part(self, start, end=None, content=CONTENT, tag='"a"', begins=None):
        """Send a range of the content and announce its rest."""
        begins, rest = start if begins is None else begins, len(content) - start
        place = {"Content_Range": f"bytes {begins}-{len(content) - 1}/{len(content)}"} if start else {}
        self.send(206 if start else 200, content[start:end], Content_Length=rest, ETag=tag, **place)

    def do_GET(self):
        """Answer one request and note its range."""
        kind, wanted = self.path.split("/")[1], self.headers.get("Range")
        self.server.requests.append((kind, wanted, self.headers.get("If-Range")))
        self.server.paths.append(self.path)
        start = int(wanted[6:].split("-")[0]) if wanted else 0
        getattr(self, kind)(start, len(self.server.requests))

    do_POST = do_GET

    def whole(self, start, n):
        self.part(start)

    def cut(self, start, n):
        self.part(start, start + 140_000)

    def untagged(self, start, n):
        self.part(0, HALF if n == 1 else None, tag=None)

    def changed(self, start, n):
        self.part(start, HALF, tag='"a"') if n == 1 else self.part(start, None, CONTENT[::-1], '"b"')

    def elsewhere(self, start, n):
        self.part(start, HALF) if n == 1 else self.part(start, begins=0) if start else self.part(0)

    def endless_tries(self, start, n):
        self.send(200, CONTENT[: len(CONTENT) // (2 + n % 2)], Content_Length=len(CONTENT))

    def busy(self, start, n):
        self.send(429, Retry_After=1) if n < 2 else self.part(start)

    def long_busy(self, start, n):
        self.send(503, Retry_After=5000)

    def down(self, start, n):
        self.send(503, Retry_After="not a number")

    def gone(self, start, n):
        self.send(404)

    def empty(self, start, n):
        self.send(200)

    def nothing(self, start, n):
        self.send(204)

    def nowhere(self, start, n):
        self.send(302)

    def bad_length(self, start, n):
        self.send(200, CONTENT, Content_Length="abc")

    def chunks(self, start, n):
        self.send(200, b"zzzz\r\n", Content_Length=None, Transfer_Encoding="chunked")

    def packed(self, start, n):
        self.send(200, CONTENT, Content_Encoding="gzip")

    def garbage(self, start, n):
        self.wfile.write(b"\x00\x01\x02" * 100)

    def to_file(self, start, n):
        self.send(302, Location="file:///etc/passwd")

    def to_http(self, start, n):
        self.send(302, Location="http://example.org/x")

    def to_itself(self, start, n):
        self.send(302, Location="/whole/x")

    def loop(self, start, n):
        self.send(302, Location=self.path)

    def to_none(self, start, n):
        self.send(302, Location="http://[::1")

    def infinite(self, start, n):
        self.send(200, Content_Length=None)
        try:
            while True:
                self.wfile.write(CONTENT)
        except OSError:
            self.close_connection = True

    def drip(self, start, n):
        self.send(200, Content_Length=1000)
        for _ in range(50):
            try:
                self.wfile.write(b"x")
            except OSError:
                return
            time.sleep(0.05)


@pytest.fixture
def server(monkeypatch):
    """Running server: its address, and the requests it saw as (kind, range, condition)."""
    monkeypatch.setattr(transfers, "PAUSE", 0.0)
    monkeypatch.setattr(transfers, "_unreachable", {})
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    running.requests, running.paths = [], []
    threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
    running.address = f"http://127.0.0.1:{running.server_port}"
    yield running
    running.shutdown()
    running.server_close()


def get(server, kind, **options):
    """Bytes that arrive."""
    stream = io.BytesIO()
    transfer(f"{server.address}/{kind}/x", stream, **options)
    return stream.getvalue()


@pytest.mark.parametrize("kind", ["whole", "untagged", "elsewhere", "bad_length", "packed", "to_itself", "busy"])
def test_a_file_arrives_as_it_is_sent(server, kind):
    assert get(server, kind) == CONTENT


def test_a_cut_transfer_goes_on_on_the_condition_that_the_file_is_the_same(server):
    assert get(server, "cut") == CONTENT
    starts = [int(wanted[6:-1]) for _, wanted, _ in server.requests[1:]]
    assert len(starts) > transfers.TRIES and starts == sorted(set(starts)) and starts[0] > 100_000
    assert {condition for *_, condition in server.requests[1:]} == {'"a"'}


def test_halves_of_two_files_are_never_joined(server):
    assert get(server, "changed") == CONTENT[::-1]


def test_without_a_mark_of_the_file_a_cut_transfer_starts_anew(server):
    get(server, "untagged")
    assert [wanted for _, wanted, _ in server.requests] == [None, None]


def test_tries_that_bring_nothing_new_come_to_an_end(server):
    with pytest.raises(InputError, match=r"cannot fetch .*endless_tries"):
        get(server, "endless_tries")
    assert len(server.requests) <= 2 * transfers.TRIES


def test_a_busy_server_is_asked_again_after_the_time_it_names(server):
    start = time.monotonic()
    assert get(server, "busy") == CONTENT
    assert time.monotonic() - start >= 1 and len(server.requests) == 2


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("long_busy", "answers 503.: try again in 5000 s"),
        ("down", "the server answers 503.: try again later, or set FLAREBOOK_MIRROR"),
        ("gone", "is not there .the server answers 404.: check the address"),
        ("empty", "sent nothing"),
        ("nothing", "sent no file .the server answers 204"),
        ("nowhere", "sent no file .the server answers 302"),
        ("chunks", "cannot fetch"),
        ("garbage", "cannot fetch"),
        ("to_file", "leads to file:///etc/passwd, which is not https"),
        ("to_http", "leads to http://example.org/x, which is not https"),
        ("to_none", "leads to an address that is none"),
        ("loop", "cannot fetch .*30 redirects"),
    ],
)
def test_what_brings_no_file_is_told_in_a_sentence(server, kind, sentence):
    with pytest.raises(InputError, match=sentence):
        get(server, kind)


def test_an_endless_file_and_one_of_another_size_are_refused(server):
    with pytest.raises(InputError, match="larger than the 5e.06 bytes allowed"):
        get(server, "infinite", limit=5_000_000)
    with pytest.raises(InputError, match="has 1024000 bytes where 7 are expected"):
        get(server, "whole", size=7)


def test_a_transfer_that_drips_is_given_up(server, monkeypatch):
    monkeypatch.setattr(transfers, "GRACE", 0.3)
    with pytest.raises(InputError, match="which is too slow"):
        get(server, "drip")


def test_a_page_is_read_by_get_or_by_a_form(server):
    assert read_page(f"{server.address}/whole/x").startswith("\x00\x01")
    assert read_page(f"{server.address}/whole/x", {"day": "today"}).startswith("\x00\x01")


def test_a_mirror_s_address_stands_in_for_every_host(server, monkeypatch):
    monkeypatch.setenv("FLAREBOOK_MIRROR", f"{server.address}/whole/")
    stream = io.BytesIO()
    transfer("https://example.org/2014/x.fits", stream)
    assert stream.getvalue() == CONTENT
    read_page("https://example.org:8443/days/?day=1&band=4-10", {"flare": "1"})
    transfer(f"{server.address}/whole/own", io.BytesIO())
    assert server.paths == [
        "/whole/example.org/2014/x.fits",
        "/whole/example.org:8443/days/?day=1&band=4-10",
        "/whole/own",
    ]


def test_a_mirror_that_is_down_or_can_be_changed_on_the_way_is_told(server, monkeypatch):
    monkeypatch.setenv("FLAREBOOK_MIRROR", "http://127.0.0.1:9")
    with pytest.raises(InputError, match="127.0.0.1:9/example.org/x .*: start the mirror that FLAREBOOK_MIRROR names"):
        transfer("https://example.org/x", io.BytesIO())
    for address in ("http://example.org", "ftp://127.0.0.1", "http://[::1"):
        monkeypatch.setenv("FLAREBOOK_MIRROR", address)
        with pytest.raises(
            InputError, match="neither https nor http on this machine: give such an address, or a folder"
        ):
            transfer("https://example.org/x", io.BytesIO())


@pytest.mark.parametrize("url", ["http://[::1/x", "ftp://127.0.0.1/x", "nothing", "http://" + "a" * 300 + "/x"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(InputError, match="cannot fetch .*: check the address"):
        transfer(url, io.BytesIO())


def test_a_host_that_cannot_be_reached_is_remembered_for_a_while(monkeypatch):
    monkeypatch.setattr(transfers, "_unreachable", {})
    monkeypatch.setattr(transfers, "PAUSE", 0.2)
    start = time.monotonic()
    for _ in range(50):
        with pytest.raises(InputError, match="Connection refused.*connect to the network, or set FLAREBOOK_MIRROR"):
            transfer("http://127.0.0.1:1/x", io.BytesIO())
    assert time.monotonic() - start < 2
    monkeypatch.setattr(transfers, "FORGOTTEN", 0.0)
    with pytest.raises(InputError, match="Connection refused"):
        transfer("http://127.0.0.1:1/x", io.BytesIO())
