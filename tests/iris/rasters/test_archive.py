"""Archive addresses follow the observation's start to the second."""

import gzip
import http.server
import io
import tarfile
import threading
from datetime import datetime

import pytest

from flarebook.compendium.data.download import download_file
from flarebook.compendium.errors import InputError
from flarebook.iris.rasters import archive

LISTING = """<a href="20140329_140938_3860258481/">20140329_140938_3860258481/</a>
<a href="20140329_175953_3860258481/">20140329_175953_3860258481/</a>
<a href="20140329_140902_3820109554/">20140329_140902_3820109554/</a>"""
FOLDER = "https://www.lmsal.com/solarsoft/irisa/data/level2_compressed/2014/03/29/20140329_140938_3860258481/"


def test_the_address_of_observation_pf_15():
    expected = FOLDER + "iris_l2_20140329_140938_3860258481_raster.tar.gz"
    assert archive.raster_url("2014-03-29T14:09:38", 3860258481) == expected
    assert archive.raster_url(datetime(2014, 3, 29, 14, 9, 38), "3860258481") == expected


def test_the_listing_gives_the_seconds_that_the_paper_s_tables_lack():
    found = archive.nearest_start(LISTING, "2014-03-29T14:09", 3860258481)
    assert found == datetime(2014, 3, 29, 14, 9, 38)


def test_an_observation_that_the_archive_lacks_is_named():
    with pytest.raises(InputError, match="no observation 3860258481 near 2014-03-29 15:00"):
        archive.nearest_start(LISTING, "2014-03-29T15:00", 3860258481)


def packed(text):
    """Archive of a FITS file that holds a text, or a page in its place below /html."""
    kind = text.split("/")[1]
    if kind == "html":
        return b"<html>maintenance</html>"
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as bundle:
        stem = text.rpartition("/")[2].removesuffix(".tar.gz")
        names = {"dots": "a/../../raster.fits", "root": "/raster.fits", "other": "iris_l2_20140906_112339.fits"}
        member = tarfile.TarInfo(names.get(kind, f"{stem}_t000_r00000.fits"))
        content = bytes(1 << 22) if kind == "bomb" else text.encode()
        member.size = len(content)
        bundle.addfile(member, io.BytesIO(content))
        if kind in ("link", "hardlink", "device"):
            other = tarfile.TarInfo("other.fits")
            other.type = {"link": tarfile.SYMTYPE, "hardlink": tarfile.LNKTYPE, "device": tarfile.CHRTYPE}[kind]
            other.linkname = "../../secret"
            bundle.addfile(other)
        if kind == "long":
            header = tarfile.TarInfo("long")
            header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1 << 32
            bundle.fileobj.write(header.tobuf())
    content = stream.getvalue()
    return content[:-40] if kind == "cut" else content


@pytest.fixture
def loopback(monkeypatch, tmp_path):
    """Address of a server that lists LISTING for every folder, and sends an archive of its path or a page."""

    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = LISTING.encode() if self.path.endswith("/") else packed(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path / "cache"))
    monkeypatch.delenv("FLAREBOOK_MIRROR", raising=False)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/level2"
    server.shutdown()
    server.server_close()


def test_a_raster_is_fetched_by_its_minute_and_then_found_without_network(loopback, monkeypatch, tmp_path):
    path = archive.fetch_raster("2014-03-29T14:09", 3860258481, loopback)
    folder = FOLDER.removeprefix("https://www.lmsal.com/solarsoft/irisa/data/level2_compressed/")
    with tarfile.open(path) as packed_raster:
        told = packed_raster.extractfile(packed_raster.next()).read().decode()
    assert told == f"/level2/{folder}iris_l2_20140329_140938_3860258481_raster.tar.gz"
    assert archive.fetch_raster("2014-03-29T14:09", 3860258481, "http://127.0.0.1:9") == path
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path / "other"))
    monkeypatch.setenv("FLAREBOOK_MIRROR", str(tmp_path / "cache"))
    assert archive.fetch_raster("2014-03-29T14:09", 3860258481, "http://127.0.0.1:9") == path


def test_the_mirror_is_asked_for_a_raster_that_the_archive_lists_and_does_not_send(loopback, monkeypatch):
    monkeypatch.setattr(archive, "MIRROR", loopback)
    path = archive.fetch_raster("2014-03-29T14:09", 3860258481, loopback.replace("level2", "html"))
    with tarfile.open(path) as packed_raster:
        assert packed_raster.extractfile(packed_raster.next()).read().decode().startswith("/level2/")


def test_a_page_in_place_of_an_archive_is_not_kept(loopback, tmp_path):
    with pytest.raises(InputError, match="sent no usable file .*nothing was kept"):
        archive.fetch_raster("2014-03-29T14:09", 3860258481, loopback.replace("level2", "html"))
    kept = tmp_path / "cache/iris_l2_backup_3860258481_raster.tar.gz"
    assert not kept.exists()
    kept.parent.mkdir(exist_ok=True)
    kept.write_bytes(b"")  # of another's making
    assert archive.fetch_raster("2014-03-29T14:09", 3860258481, loopback).is_file()


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("dots", "holds a/../../raster.fits, which leads out of it"),
        ("root", "holds /raster.fits, which leads out of it"),
        ("link", "holds other.fits, a link or a device"),
        ("hardlink", "holds other.fits, a link or a device"),
        ("device", "holds other.fits, a link or a device"),
        ("bomb", r"unpacks to more than 1.05e\+06 bytes"),
        ("long", r"a member's name claims 4.29e\+09 bytes"),
        ("other", "holds iris_l2_20140906_112339.fits, which is of another observation"),
        ("cut", "is broken or not an archive of IRIS rasters"),
    ],
)
def test_an_archive_that_may_do_harm_is_not_kept(loopback, monkeypatch, tmp_path, kind, reason):
    monkeypatch.setattr("flarebook.iris.rasters.read.FILE_BYTES", 1 << 20)
    with pytest.raises(InputError, match=f"sent no usable file .*{reason}.*nothing was kept"):
        archive.fetch_raster("2014-03-29T14:09", 3860258481, loopback.replace("level2", kind))
    assert not list((tmp_path / "cache").rglob("*.tar.gz*"))


def test_a_packed_image_that_is_a_bomb_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr("flarebook.iris.rasters.read.FILE_BYTES", 1 << 20)
    path = tmp_path / "iris_l2_20140329_140938_3860258481_SJI_2796_t000.fits.gz"
    path.write_bytes(gzip.compress(b"SIMPLE  =" + bytes(1 << 22)))
    with pytest.raises(InputError, match="unpacks to more than"):
        archive.check_file(path)


def test_the_archive_s_files_are_the_rasters_of_both_tables(loopback):
    known = archive.archive_files({}, resolve=False)
    assert len(known) == 68 and all("??" in file.name for file in known)
    (raster, jaw) = archive.archive_files({"sji": "2796"}, ["PF 15"], archive=loopback)
    assert raster.url.endswith("/20140329_140938_3860258481/iris_l2_20140329_140938_3860258481_raster.tar.gz")
    assert raster.mirrors == [archive.MIRROR + raster.url.removeprefix(loopback)]
    assert jaw.name == "iris_l2_20140329_140938_3860258481_SJI_2796_t000.fits.gz"
    archive.check_file(download_file(raster))
    (planned,) = archive.archive_files({}, ["*_20140329_1409*"], resolve=False)
    assert planned.name == raster.name  # known by the listing, and by the file that is here


def test_observations_that_the_archive_lacks_are_noted(loopback):
    skipped = []
    files = archive.archive_files({}, ["PF 15", "AR 1"], skipped=skipped, archive=loopback)
    assert len(files) == 1 and len(skipped) == 1 and skipped[0].startswith("AR 1: the archive lists no observation")
    with pytest.raises(InputError, match="no observation can be found: AR 1: cannot fetch .* connect to the network"):
        archive.archive_files({}, ["AR *"], archive="http://127.0.0.1:9")
    with pytest.raises(InputError, match="there are no slit-jaw images of 171: choose among 1330"):
        archive.archive_files({"sji": "171"})
    with pytest.raises(InputError, match="takes no parameter 'sij' .did you mean sji"):
        archive.archive_files({"sij": "2796"})


def test_no_network_and_no_time_are_told_in_a_sentence():
    with pytest.raises(InputError, match="cannot fetch .*2014/03/29/.*connect to the network"):
        archive.exact_start("2014-03-29T14:09", 3860258481, archive="http://127.0.0.1:9")
    with pytest.raises(InputError, match="write it as 2014-03-29T14:09:38"):
        archive.raster_url("yesterday", 3860258481)
