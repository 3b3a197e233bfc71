"""A download is checked before it takes its name; whatever fails leaves nothing behind."""

import hashlib
import http.server
import multiprocessing
import threading

import pytest

from flarebook.compendium.data import transfer as transfers
from flarebook.compendium.data.download import download, fetch, fetch_url, local_files
from flarebook.compendium.data.manifest import DataFile
from flarebook.compendium.errors import InputError

CONTENT = bytes(range(256)) * 4000  # 1 MB
HASH = hashlib.sha256(CONTENT).hexdigest()


class Archive(http.server.BaseHTTPRequestHandler):
    """A small archive that sends CONTENT, or 404 below /gone."""

    def do_GET(self):
        """Answer one request and note it."""
        self.server.requests.append(self.path)
        if self.path.startswith("/gone"):
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *_):
        """Stay silent."""


@pytest.fixture
def archive(monkeypatch):
    """Running archive: its address, and the list of requests it saw."""
    monkeypatch.setattr(transfers, "PAUSE", 0.0)
    monkeypatch.setattr(transfers, "_unreachable", {})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Archive)
    server.requests = []
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    server.address = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()


def get(archive, folder, kind="whole", expected=HASH, **options):
    """Download one of the archive's files."""
    return download(f"{archive.address}/{kind}/raster.fits", folder / "raster.fits", expected, **options)


def names(folder):
    """Names of the files in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_whole_file_arrives_under_its_name_only(archive, tmp_path):
    assert get(archive, tmp_path).read_bytes() == CONTENT
    assert names(tmp_path) == ["raster.fits"]


def test_a_file_is_checked_under_its_own_name_before_it_takes_its_place(archive, tmp_path):
    seen = []
    get(archive, tmp_path, check=lambda path: seen.append((path.name, path.read_bytes(), names(tmp_path))))
    assert seen == [("raster.fits", CONTENT, [".partial-raster.fits"])]


@pytest.mark.parametrize("error", [InputError("no FITS file"), KeyError("SIMPLE"), MemoryError()])
def test_a_file_that_fails_the_check_is_not_kept(archive, tmp_path, error):
    def check(path):
        raise error

    with pytest.raises(InputError, match="sent no usable file .*: nothing was kept; try later"):
        get(archive, tmp_path, check=check)
    assert names(tmp_path) == []


def test_a_wrong_hash_or_size_keeps_nothing(archive, tmp_path):
    with pytest.raises(InputError, match="another sha256 than 000000000000.*nothing was kept"):
        get(archive, tmp_path, expected="0" * 64)
    with pytest.raises(InputError, match="has 1024000 bytes where 12 are expected"):
        get(archive, tmp_path, size=12)
    with pytest.raises(InputError, match="is not there .*404"):
        get(archive, tmp_path, "gone")
    assert names(tmp_path) == []


def test_an_interrupted_download_keeps_nothing(archive, tmp_path):
    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get(archive, tmp_path, progress=interrupt)
    assert names(tmp_path) == []


def test_what_a_killed_download_left_is_no_copy_and_is_replaced(archive, tmp_path, monkeypatch):
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path))
    monkeypatch.setenv("FLAREBOOK_MIRROR", str(tmp_path))
    (tmp_path / ".partial-raster.fits").mkdir()
    (tmp_path / ".partial-raster.fits/raster.fits").write_bytes(CONTENT[:100])
    assert not list(local_files("*.fits"))
    assert fetch_url(f"{archive.address}/whole/raster.fits", bool).read_bytes() == CONTENT
    assert names(tmp_path) == ["raster.fits"]


def fetch_several(address, folder, answers):
    """Fetch ten files and report how many are whole."""
    paths = [download(f"{address}/{n}/x", folder / f"{n}.fits", HASH) for n in range(10)]
    answers.put(sum(path.read_bytes() == CONTENT for path in paths))


def test_processes_that_fetch_the_same_files_share_them(archive, tmp_path):
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    processes = [
        context.Process(target=fetch_several, args=(archive.address, tmp_path, answers), daemon=True) for _ in range(3)
    ]
    for process in processes:
        process.start()
    assert [answers.get(timeout=30) for _ in processes] == [10, 10, 10]
    assert len(archive.requests) == 10 and names(tmp_path) == sorted(f"{n}.fits" for n in range(10))


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
