"""Many files arrive by several jobs; what fails is named, what is killed goes on, and no host is pressed."""

import http.server
import multiprocessing
import os
import random
import signal
import socket
import threading
import time
from itertools import pairwise
from multiprocessing.pool import ThreadPool

import numpy as np
import pytest
import urllib3

from flarebook.compendium.data import hosts, lock
from flarebook.compendium.data.batch import check_plan, fetch_files, make_plan, matches, write_failures
from flarebook.compendium.data.cache import parts_of_downloads
from flarebook.compendium.data.download import download
from flarebook.compendium.data.manifest import DataFile
from flarebook.compendium.data.transfer import CHUNK
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import cache_folder
from tests.compendium.data.misbehaving import CONTENT, running


def files_of(server, *kinds):
    """Files of the server, one of each kind."""
    return [DataFile(url=f"{server.address}/{kind}/{number}.bin") for number, kind in enumerate(kinds)]


def test_a_plan_tells_what_is_here_what_is_stated_and_what_is_estimated(server):
    cache_folder().joinpath("here.fits").write_bytes(b"x" * 10)
    cache_folder().joinpath("raster_140938.fits").write_bytes(b"x" * 20)
    lock.record("https://example.org/seen.fits", cache_folder() / "raster_140938.fits")
    files = [
        *(DataFile(url=f"https://example.org/{name}.fits") for name in ("here", "seen", "far", "farther")),
        DataFile(url="https://example.org/stated.fits", size=100),
        DataFile(saved_as="raster_1409??.fits"),
    ]
    plan = make_plan(files, lambda name: len(name))
    assert set(plan.here) == {"here.fits", "raster_1409??.fits"} and plan.bytes_here == 30
    assert (plan.bytes_known, plan.unknown, plan.bytes_estimated) == (120, 2, len("far.fitsfarther.fits"))
    assert plan.bytes_to_come == 140 and plan.hours(1.0) == pytest.approx(140e-6 / 3600)


def test_a_plan_that_no_disk_holds_is_refused(server):
    plan = make_plan([DataFile(url="https://example.org/x.fits")], lambda name: 10**18)
    with pytest.raises(InputError, match=r"GB free where 1e\+09 GB are to come .1e\+09 GB of them estimated.: make"):
        check_plan(plan)


def test_patterns_are_those_of_a_shell():
    assert matches((), "x") and matches(["PF 1?", "AR *"], "name", "PF 15")
    assert not matches(["PF 1?"], "PF 1", "pf 15")


def test_files_that_fail_are_named_and_the_others_arrive(server):
    files = files_of(server, "whole", "gone", "page", "cut", "infinite", "whole")
    files[4].size = 2000
    ended = {file.name: (path, reason) for file, path, reason in fetch_files(files, jobs=3)}
    assert {name for name, (path, _) in ended.items() if path} == {"0.bin", "3.bin", "5.bin"}
    assert "404" in ended["1.bin"][1] and "web page" in ended["2.bin"][1] and "larger than" in ended["4.bin"][1]
    assert ended["3.bin"][0].read_bytes() == CONTENT


def test_the_report_counts_every_byte_once_and_what_was_not_expected(server):
    came, besides = [], []

    def report(more, unexpected):
        came.append(more)
        besides.append(unexpected)

    assert all(path for _, path, _ in fetch_files(files_of(server, "whole", "cut"), 1, report=report))
    assert sum(came) == sum(besides) == 2 * len(CONTENT)


def test_a_host_that_cannot_be_reached_ends_the_batch_at_once(server):
    files = [DataFile(url=f"http://127.0.0.1:9/{number}.bin") for number in range(1000)]
    began = time.monotonic()
    with pytest.raises(hosts.Unreachable, match="Connection refused.*connect to the network"):
        list(fetch_files(files, 4))
    assert time.monotonic() - began < 3


def test_a_fault_on_one_file_does_not_end_the_others(server):
    def check(path):
        if path.name == "0.bin":
            raise RuntimeError("a fault")

    reasons = [reason for *_, reason in fetch_files(files_of(server, "whole", "whole"), 1, check)]
    assert "a fault" in reasons[0] and reasons[1] == ""


def test_what_failed_is_written_and_a_better_fetch_removes_it(server):
    path = write_failures("iris", [(DataFile(url="https://example.org/x.fits"), "is not there, it says")])
    assert path.read_text().splitlines()[1] == 'x.fits,https://example.org/x.fits,"is not there, it says"'
    assert write_failures("iris", []) is None and not path.exists()


def test_a_caller_that_stops_leaves_parts_to_go_on_with(server):
    files = files_of(server, "whole", "slow", "slow")
    jobs = fetch_files(files, 3)
    assert next(jobs)[1].name == "0.bin"
    time.sleep(0.2)
    jobs.close()
    deadline = time.monotonic() + 10
    while any(part.alive for part in parts_of_downloads()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert len(parts_of_downloads()) == 2
    assert all(path.read_bytes() == CONTENT for _, path, _ in fetch_files(files, 3))
    assert [bool(asked) for kind, asked, _ in server.requests if kind == "slow"] == [False, False, True, True]


class Counting(http.server.BaseHTTPRequestHandler):
    """Sends the files of server.files, with ranges on condition, and counts bytes and requests of each."""

    protocol_version = "HTTP/1.1"

    def setup(self):
        """Keep little in the socket's buffer, whose content is lost with the process."""
        super().setup()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 15)

    def log_message(self, *_):
        """Stay silent."""

    def do_GET(self):
        """Send a file in pieces, with a pause after each."""
        name = self.path.rpartition("/")[2]
        content, tag = self.server.files[name], f'"{name}"'
        asked = self.headers.get("Range") if self.headers.get("If-Range") == tag else None
        start = int(asked[6:-1]) if asked else 0
        self.server.starts.setdefault(name, []).append(start)
        self.send_response(206 if asked else 200)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", str(len(content) - start))
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        for place in range(start, len(content), 1 << 15):
            try:
                self.wfile.write(content[place : place + (1 << 15)])
            except OSError:
                self.close_connection = True
                return
            self.server.sent[name] = self.server.sent.get(name, 0) + len(content[place : place + (1 << 15)])
            time.sleep(0.002)


def fetch_all(files):
    """Fetch the files, as a process that may be killed."""
    os.setpgrp()
    assert not [reason for *_, reason in fetch_files(files, 4) if reason]


@pytest.fixture
def small_buffers():
    """Sockets of the client that keep at most 64 KB which it has not read."""
    options = urllib3.connection.HTTPConnection.default_socket_options
    options.append((socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 15))
    yield
    options.pop()


def parts_on_disk():
    """Bytes of each file that is under way."""
    return {path.name: path.stat().st_size for path in cache_folder().glob(".partial-*/*.bin")}


@pytest.mark.slow
def test_twenty_kills_during_two_hundred_files_lose_nothing(server, small_buffers, monkeypatch):
    rng, numbers = random.Random(12), np.random.default_rng(12)
    with running(Counting) as archive:
        archive.starts, archive.sent = {}, {}
        archive.files = {f"{n:03d}.bin": numbers.bytes(rng.randrange(200_000, 900_000)) for n in range(200)}
        monkeypatch.setenv("FLAREBOOK_MIRROR", archive.address)
        files = [DataFile(url=f"https://example.org/{name}") for name in archive.files]
        context, kills, kept = multiprocessing.get_context("fork"), 0, []
        while kills < 20:
            process = context.Process(target=fetch_all, args=(files,))
            process.start()
            time.sleep(rng.uniform(0.05, 0.35))
            assert process.is_alive(), "the files were all here before the last kill"
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            kills += 1
            kept.append(parts_on_disk())
        process = context.Process(target=fetch_all, args=(files,))
        process.start()
        process.join(60)
        assert process.exitcode == 0
        assert {path.name: path.read_bytes() for path in cache_folder().glob("*.bin")} == archive.files
        assert not list(cache_folder().glob(".partial-*")) and len(lock.records()) == 200
        assert sum(map(len, kept)) > 20  # files were under way
        for name, starts in archive.starts.items():
            assert all(later >= earlier for earlier, later in pairwise(starts))
            again = archive.sent[name] - len(archive.files[name])
            assert again <= (len(starts) - 1) * CHUNK
        stopped = {(name, size) for parts in kept for name, size in parts.items()}
        stopped = {(name, size) for name, size in stopped if 0 < size < len(archive.files[name])}
        assert stopped == {(name, start) for name, starts in archive.starts.items() for start in starts if start}
        print(f"sent twice: {sum(archive.sent.values()) - sum(map(len, archive.files.values()))} bytes")


def test_a_host_is_asked_by_few_jobs_at_a_time_and_with_pauses(server, monkeypatch):
    monkeypatch.setattr(hosts, "PAUSE", 0.03)
    under_way, most, began = [], [], []

    def ask():
        with hosts.connection("https://example.org/x"):
            began.append(time.monotonic())
            under_way.append(1)
            most.append(len(under_way))
            time.sleep(0.4)  # many pauses
            under_way.pop()

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) <= hosts.CONNECTIONS
    assert min(later - earlier for earlier, later in pairwise(sorted(began))) > 0.02


def ask_often(times):
    """Ask a host by eight jobs, as one of several processes; puts when each began and ended."""

    def ask(_):
        with hosts.connection("https://example.org/x"):
            began = time.time()
            time.sleep(0.1)
            return began, time.time()

    with ThreadPool(8) as pool:
        times.put(pool.map(ask, range(8)))


def test_processes_that_share_a_cache_share_the_connections_to_a_host(server, monkeypatch):
    monkeypatch.setattr(hosts, "PAUSE", 0.02)
    context = multiprocessing.get_context("fork")
    times = context.Queue()
    for _ in range(3):
        context.Process(target=ask_often, args=(times,), daemon=True).start()
    spans = [span for _ in range(3) for span in times.get(timeout=30)]
    under_way = [sum(began <= start < ended for began, ended in spans) for start, _ in spans]
    assert len(spans) == 24 and max(under_way) == hosts.CONNECTIONS
    assert (
        min(later - earlier for earlier, later in pairwise(sorted(start for start, _ in spans))) > 0.005
    )  # a busy machine starts some late


def hold_elsewhere(address, seconds):
    """Let another process hold the requests to a host."""
    process = multiprocessing.get_context("fork").Process(target=hosts.hold_requests, args=(address, seconds))
    process.start()
    process.join()


def test_what_a_host_asks_of_one_process_holds_for_the_others(server):
    began = time.time()
    hold_elsewhere(server.address, 0.5)
    with hosts.connection(server.address):
        assert time.time() >= began + 0.49  # however long the other process took
    hold_elsewhere(server.address, 5000)
    hosts.hold_requests(server.address, 1)  # a shorter pause does not end a longer one
    with pytest.raises(InputError, match=r"its host asks for a pause.: try again in (5000|4\d\d\d) s"):
        download([f"{server.address}/whole/x.bin"], cache_folder() / "x.bin")
    assert not server.requests


def test_a_pause_of_years_is_a_fault_of_a_clock(server):
    hosts.hold_requests(server.address, 1e9)
    (file,) = cache_folder().glob("hosts/*")
    assert 0 < file.stat().st_mtime - time.time() <= 86400
    os.utime(file, (4e9, 4e9))
    with hosts.connection(server.address) as waited:
        assert waited < 1


def test_all_jobs_wait_when_one_is_asked_to(server):
    times = server.times
    ended = list(fetch_files(files_of(server, "busy", *["whole"] * 8), 3))
    assert all(path for _, path, _ in ended)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert max(gaps) > 0.9 and gaps.index(max(gaps)) < 4  # the requests under way, and then none for a second


def test_a_host_that_asks_for_an_hour_is_asked_no_more(server):
    reasons = [reason for *_, reason in fetch_files(files_of(server, "long_busy", "whole", "whole"), 1)]
    assert all("try again in" in reason for reason in reasons) and len(server.requests) == 1


@pytest.mark.parametrize(
    ("url", "hashed", "sentence"),
    [
        ("http://example.org/x", True, "it is not https"),
        ("http://sdc.uio.no/vol/fits/iris/level2/2014/x.tar.gz", False, "no sha256 of the file is known yet"),
        ("http://sdc.uio.no/other/x.tar.gz", True, "it is not https"),
        ("http://127.0.0.1.example.org/x", True, "it is not https"),
    ],
)
def test_an_address_that_can_be_changed_on_the_way_is_refused(url, hashed, sentence):
    with pytest.raises(InputError, match=f"cannot fetch .*{sentence}.*: check the address"):
        hosts.check_way(url, hashed)


def test_the_mirror_of_iris_without_https_is_asked_where_the_hash_decides():
    hosts.check_way("http://sdc.uio.no/vol/fits/iris/level2/2014/03/29/x.tar.gz", hashed=True)
    hosts.check_way("http://localhost:8000/x")
    hosts.check_way("https://example.org/x")
