"""A download ends whole and right or not at all; what was cut goes on where it stopped."""

import hashlib
import http.server
import threading

import pytest

from flarebook.compendium.data import download as downloads
from flarebook.compendium.data.download import download, fetch
from flarebook.compendium.data.manifest import DataFile
from flarebook.compendium.errors import InputError

CONTENT = bytes(range(256)) * 4000  # 1 MB
HASH = hashlib.sha256(CONTENT).hexdigest()


class Archive(http.server.BaseHTTPRequestHandler):
    """A small archive: /whole, /plain (no ranges), /cut (breaks off), /busy (503 at first), else 404."""

    def do_GET(self):
        """Answer one request and note its range."""
        kind, wanted = self.path.strip("/").split("/")[0], self.headers.get("Range")
        self.server.requests.append((kind, wanted))
        if kind not in ("whole", "plain", "cut", "busy"):
            return self.send_error(404)
        if kind == "busy" and len(self.server.requests) < 3:
            return self.send_error(503)
        start = int(wanted[6:].split("-")[0]) if wanted and kind != "plain" else 0
        if start >= len(CONTENT):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        end = start + 140_000 if kind == "cut" else len(CONTENT)
        self.wfile.write(CONTENT[start:end])

    def log_message(self, *_):
        """Stay silent."""


@pytest.fixture
def archive(monkeypatch):
    """Running archive: its address, and the list of requests it saw."""
    monkeypatch.setattr(downloads, "PAUSE", 0.0)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Archive)
    server.requests = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.address = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()


def get(archive, kind, folder, expected=HASH):
    """Download one of the archive's files without pauses."""
    return download(f"{archive.address}/{kind}/raster.fits", folder / "raster.fits", expected, pause=0.0)


def names(folder):
    """Names of the files in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_whole_file_arrives_under_its_name_only(archive, tmp_path):
    assert get(archive, "whole", tmp_path).read_bytes() == CONTENT
    assert names(tmp_path) == ["raster.fits"]


def test_a_connection_that_breaks_is_resumed_by_range(archive, tmp_path):
    assert get(archive, "cut", tmp_path).read_bytes() == CONTENT
    starts = [int(wanted[6:-1]) for _, wanted in archive.requests[1:]]
    assert len(starts) > downloads.TRIES and starts == sorted(set(starts)) and starts[0] > 100_000


def test_an_earlier_part_is_gone_on_with(archive, tmp_path):
    (tmp_path / "raster.fits.part").write_bytes(CONTENT[:1000])
    assert get(archive, "whole", tmp_path).read_bytes() == CONTENT
    assert archive.requests == [("whole", "bytes=1000-")]


def test_a_part_that_is_already_whole_is_kept(archive, tmp_path):
    (tmp_path / "raster.fits.part").write_bytes(CONTENT)
    assert get(archive, "whole", tmp_path).read_bytes() == CONTENT


def test_a_server_without_ranges_starts_anew(archive, tmp_path):
    (tmp_path / "raster.fits.part").write_bytes(CONTENT[:1000])
    assert get(archive, "plain", tmp_path).read_bytes() == CONTENT


def test_without_a_hash_an_earlier_part_is_not_trusted(archive, tmp_path):
    (tmp_path / "raster.fits.part").write_bytes(b"other")
    assert get(archive, "whole", tmp_path, expected=None).read_bytes() == CONTENT


def test_a_busy_server_is_asked_again(archive, tmp_path):
    assert get(archive, "busy", tmp_path).read_bytes() == CONTENT
    assert len(archive.requests) == 3


def test_a_wrong_hash_keeps_nothing(archive, tmp_path):
    with pytest.raises(InputError, match="another sha256 than 000000000000.*nothing was kept"):
        get(archive, "whole", tmp_path, expected="0" * 64)
    assert names(tmp_path) == []


def test_a_file_that_is_not_there_is_said_so_at_once(archive, tmp_path):
    with pytest.raises(InputError, match="is not there .*404.*check the address"):
        get(archive, "gone", tmp_path)
    assert names(tmp_path) == [] and len(archive.requests) == 1


def test_no_network_says_what_to_do_and_keeps_the_part(archive, tmp_path):
    (tmp_path / "raster.fits.part").write_bytes(CONTENT[:1000])
    archive.shutdown()
    archive.server_close()
    with pytest.raises(InputError, match="cannot fetch .* connect to the network, or set FLAREBOOK_MIRROR"):
        get(archive, "whole", tmp_path)
    assert names(tmp_path) == ["raster.fits.part"]


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """File of the manifest whose address leads nowhere, an empty cache and an empty mirror."""
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("FLAREBOOK_MIRROR", str(tmp_path / "mirror"))
    (tmp_path / "mirror/deep").mkdir(parents=True)
    return DataFile(url="http://127.0.0.1:9/raster.fits", sha256=HASH)


def test_the_mirror_is_asked_first_in_all_its_folders(nowhere, tmp_path):
    (tmp_path / "mirror/deep/raster.fits").write_bytes(CONTENT)
    assert fetch(nowhere) == tmp_path / "mirror/deep/raster.fits"


def test_the_mirror_s_copy_is_checked_too(nowhere, tmp_path):
    (tmp_path / "mirror/raster.fits").write_bytes(CONTENT[:-1])
    with pytest.raises(InputError, match="it has changed; replace the mirror's copy"):
        fetch(nowhere)


def test_the_cache_is_used_and_checked(nowhere, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/raster.fits").write_bytes(CONTENT)
    assert fetch(nowhere) == tmp_path / "cache/raster.fits"
    (tmp_path / "cache/raster.fits").write_bytes(b"changed")
    with pytest.raises(InputError, match="it has changed; delete it and fetch it again"):
        fetch(nowhere)


def test_a_changed_sample_says_how_to_restore_it(project):
    (project / "sample.fits").write_bytes(CONTENT)
    file = DataFile(path="sample.fits", sha256=HASH)
    assert fetch(file) == project / "sample.fits"
    (project / "sample.fits").write_bytes(CONTENT + b"\0")
    with pytest.raises(InputError, match=r"sample.fits has sha256 .* it has changed; restore it with `git checkout"):
        fetch(file)
    (project / "sample.fits").unlink()
    with pytest.raises(InputError, match="sample.fits is missing from the project"):
        fetch(file)
