"""The commands on data plan without a network, fetch what can be had, name what cannot, and clear what is of no use."""

import sys

import pytest
from astropy.io import fits

from flarebook.commands import data, main
from flarebook.compendium.data import hosts
from flarebook.compendium.project import cache_folder
from flarebook.solarchip.images import jsoc
from tests.compendium.data.misbehaving import CONTENT, Server, running

MANIFEST = """
datasets:
  - {id: sun-flux, study: sun, title: A flux, origin: real, url: null, doi: null, licence: MIT, citation: null,
     files: [{url: 'https://example.org/whole/flux.bin'}, {url: 'https://example.org/gone/other.bin'}],
     ships: false, stands_in: none}
  - {id: sun-list, study: sun, title: A list, origin: real, url: 'https://example.org/page', doi: null, licence: MIT,
     citation: null, files: [{saved_as: list.csv}], ships: false, stands_in: none}
  - {id: sun-sounds, study: sun, title: Sounds, origin: real, url: nowhere, doi: null, licence: MIT, citation: null,
     ships: false, stands_in: silence}
  - {id: sdo-hmi-aia-daily, study: solarchip, title: Days, origin: real, url: null, doi: null, licence: public,
     citation: null, ships: false, stands_in: simulated days}
"""


class Archive(Server):
    """Misbehaves as the second part of the path says, since the first is the archive's host; or sends an image."""

    def do_GET(self):
        """Answer one request."""
        if self.path.endswith(".fits"):
            content = self.server.images.get(self.path.rpartition("/")[2])
            return self.send(200, content) if content else self.send(404)
        self.path = "/" + self.path.split("/", 2)[2]
        super().do_GET()


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """A mirror of the archives at an address, a project with a manifest of four data sets, an empty cache."""
    (tmp_path / "_toc.yml").touch()
    (tmp_path / "data-manifest.yaml").write_text(MANIFEST)
    monkeypatch.setenv("FLAREBOOK_ROOT", str(tmp_path))
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path / "cache"))
    hosts.forget_hosts()
    with running(Archive) as server:
        monkeypatch.setenv("FLAREBOOK_MIRROR", server.address)
        yield server
    hosts.forget_hosts()


@pytest.fixture
def flarebook(monkeypatch, capsys):
    """Function that runs `flarebook data ARGUMENTS` and returns (exit code, stdout, stderr)."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["flarebook", "data", *arguments])
        with pytest.raises(SystemExit) as end:
            main.main()
        return (end.value.code or 0, *capsys.readouterr())

    return run


def test_list_shows_licences(archive, flarebook):
    code, out, _ = flarebook("list", "--study", "sun")
    assert code == 0 and "sun-flux" in out and "MIT" in out and "absent" in out and "sdo" not in out


def test_a_plan_counts_files_bytes_and_hours_and_labels_its_estimate(archive, flarebook):
    code, out, _ = flarebook("plan", "solarchip", "-p", "start=2011-01-01", "-p", "end=2011-12-31", "--rate", "1")
    assert code == 0 and not archive.requests
    assert "4015" in out and "size estimated" in out and "4015 files" in out and "public" in out
    gigabytes = 365 * (10 * jsoc.typical_size("AIA") + jsoc.typical_size("hmi")) / 1e9
    assert f"{gigabytes:.3g} GB" in out and f"{gigabytes * 1e3 / 3600:.3g} h" in out and "at 1 MB/s, estimated" in out


def test_fetch_names_what_fails_also_in_a_file_and_goes_on_at_the_next_time(archive, flarebook):
    code, out, error = flarebook("fetch", "sun-flux", "--jobs", "2")
    assert code == 2 and "is not there" in error and "skipped" in error
    assert (cache_folder() / "flux.bin").read_bytes() == CONTENT
    report = cache_folder() / "failed-sun-flux.csv"
    assert str(report) in out and "other.bin,https://example.org/gone/other.bin" in report.read_text()
    before = len(archive.requests)
    code, out, _ = flarebook("fetch", "sun-flux", "--only", "flux*")
    assert code == 0 and str(cache_folder() / "flux.bin") in out
    assert len(archive.requests) == before and not report.exists()


def test_a_study_is_fetched_into_its_folders_and_what_is_no_image_is_refused(archive, flarebook, tmp_path):
    path = tmp_path / "sun.fits"
    fits.PrimaryHDU().writeto(path)
    archive.images = {"AIA20110101_0000_0171.fits": path.read_bytes()}
    code, out, error = flarebook(
        "fetch", "solarchip", "-p", "start=2011-01-01", "-p", "end=2011-01-02", "-p", "channels=171"
    )
    assert code == 2 and "0 of 2 files are here" in out
    assert "0101_0000_0171.fits sent no usable file" in error and "0102_0000_0171.fits is not there" in error
    assert not list(cache_folder().rglob("*.fits"))


def test_offline_is_one_sentence_at_once(archive, flarebook, monkeypatch):
    monkeypatch.setenv("FLAREBOOK_MIRROR", "http://127.0.0.1:9")
    for words in (("fetch", "iris"), ("fetch", "solarchip", "-p", "end=2010-06-01"), ("fetch", "sun-flux")):
        code, _, error = flarebook(*words)
        assert code == 2 and error.count("\n") == 1 and "start the mirror that FLAREBOOK_MIRROR names" in error


def test_a_plan_whose_query_failed_counts_nothing(archive, flarebook, monkeypatch):
    monkeypatch.setenv("FLAREBOOK_MIRROR", "http://127.0.0.1:9")
    code, out, error = flarebook("plan", "stix", "-p", "start=2023-01-01", "-p", "end=2023-01-02")
    assert code == 2 and "FLAREBOOK_MIRROR" in error and "0 GB" not in out


def test_a_mirror_that_is_no_folder_is_named(archive, flarebook, monkeypatch, tmp_path):
    monkeypatch.setenv("FLAREBOOK_MIRROR", str(tmp_path / "none"))
    for words in (("plan", "iris"), ("fetch", "sun-flux"), ("status",)):
        code, _, error = flarebook(*words)
        assert code == 2 and f"FLAREBOOK_MIRROR is {tmp_path / 'none'}, which is no folder" in error


def test_verify_names_what_has_changed_and_keeps_it(archive, flarebook):
    flarebook("fetch", "sun-flux", "--only", "flux*")
    assert flarebook("verify")[0] == 0
    path = cache_folder() / "flux.bin"
    path.write_bytes(b"changed")
    code, out, error = flarebook("verify")
    assert code == 2 and "1 changed" in out and f"{path} has another sha256" in error and path.exists()


def test_status_tells_parts_and_gc_clears_them_on_demand_only(archive, flarebook):
    part = cache_folder() / ".partial-x.fits/x.fits"
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(1000))
    assert "stopped; the next fetch goes on with it" in flarebook("status")[1]
    code, out, _ = flarebook("gc")
    assert code == 0 and "part of a download that stopped" in out and "gc --yes" in out and part.exists()
    assert flarebook("gc", "--yes")[0] == 0 and not part.exists()
    assert "there is nothing to remove" in flarebook("gc")[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("plan", "sun-flx"), "there is no study or data set 'sun-flx' (did you mean sun-flux?)"),
        (("plan", "iris", "-p", "sji"), "'sji' is no parameter: write it as name=value"),
        (("fetch", "sun-flux", "-p", "x=1"), "sun-flux takes no parameters"),
        (("fetch", "sun-list"), "list.csv has no address of its own: get it from https://example.org/page, and"),
        (("fetch", "sun-flux", "--only", ""), "no file of sun-flux matches ''"),
        (("plan", "iris", "--only", "PF 99"), "no file of iris matches 'PF 99'"),
        (("fetch", "sun-sounds"), "sun-sounds is no single file: get it from nowhere; the book uses silence"),
        (("plan", "sdo-hmi-aia-daily", "-p", "end=2009"), "'2009' is no day"),
        (("plan", "solarchip", "-p", "start=March"), "'March' is no day"),
    ],
)
def test_what_cannot_be_fetched_is_told_in_a_sentence(archive, flarebook, arguments, sentence):
    code, _, error = flarebook(*arguments)
    assert code == 2 and sentence in error and error.count("\n") == 1


def test_every_study_s_archive_offers_what_the_commands_need():
    for study in data.ARCHIVES:
        assert data._named({"iris": "iris_l2_2014_raster.tar.gz", "stix": "stix_a.fits"}.get(study, "AIA2014.fits"))
    assert not data._named("notes.txt")
