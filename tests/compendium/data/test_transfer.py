"""What is cut goes on where the server confirms the file; what is endless, slow, busy or elsewhere is told."""

import io
import time

import pytest

from flarebook.compendium.data import hosts
from flarebook.compendium.data import transfer as transfers
from flarebook.compendium.data.transfer import read_page, transfer
from flarebook.compendium.errors import InputError
from tests.compendium.data.misbehaving import CONTENT


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


def test_a_host_that_cannot_be_reached_is_remembered_for_a_while(server, monkeypatch):
    monkeypatch.setattr(transfers, "PAUSE", 0.2)
    start = time.monotonic()
    for _ in range(50):
        with pytest.raises(InputError, match="Connection refused.*connect to the network, or set FLAREBOOK_MIRROR"):
            transfer("http://127.0.0.1:1/x", io.BytesIO())
    assert time.monotonic() - start < 2
    monkeypatch.setattr(hosts, "FORGOTTEN", 0.0)
    with pytest.raises(InputError, match="Connection refused"):
        transfer("http://127.0.0.1:1/x", io.BytesIO())
