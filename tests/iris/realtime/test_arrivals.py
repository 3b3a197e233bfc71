"""Rasters at an address are downloaded once each, and what no listing should lead to is not."""

import shutil

import pytest

from flarebook.compendium.data.hosts import forget_hosts
from flarebook.compendium.errors import InputError
from flarebook.iris.rasters.samples import sample_path
from flarebook.iris.realtime.arrivals import listed_links


def fetched(server):
    """Names of the rasters that were sent."""
    return [path[1:] for command, path in server.asked if command == "GET" and path != "/"]


def test_only_new_files_are_fetched(server, watching, arriving, pieces, tmp_path):
    shutil.copy(pieces[0], arriving)
    (arriving / "iris_l2_20210905_001833_3620258102_SJI_2796_t000.fits").write_bytes(b"slit-jaw images")
    with watching(server.address) as watch:
        assert [event.kind for event in watch.look()] == ["scored"]
        shutil.copy(pieces[1], arriving)
        assert [event.kind for event in watch.look()] == ["scored"]
    with watching(server.address) as watch:
        assert not list(watch.look())
    assert fetched(server) == [pieces[0].name, pieces[1].name]
    assert (tmp_path / "out/rasters" / pieces[0].name).read_bytes() == pieces[0].read_bytes()


def test_a_file_that_the_server_still_receives_waits(server, watching, arriving, pieces):
    content, path = pieces[0].read_bytes(), arriving / pieces[0].name
    path.write_bytes(content[:50_000])
    with watching(server.address, every=60) as watch:
        assert not list(watch.look())
        path.write_bytes(content)
        assert not list(watch.look()) and not fetched(server)
        assert [event.kind for event in watch.look()] == ["scored"]


def test_half_a_file_is_told_once_kept_nowhere_and_fetched_again_when_it_changes(
    server, watching, arriving, pieces, tmp_path
):
    content, path = pieces[0].read_bytes(), arriving / pieces[0].name
    path.write_bytes(content[:50_000])
    with watching(server.address) as watch:
        (event,) = watch.look()
        assert event.kind == "skipped" and "sent no usable file" in event.text
        assert not list(watch.look()) and not (tmp_path / "out/rasters" / path.name).exists()
        path.write_bytes(content)
        assert [event.kind for event in watch.look()] == ["scored"]


@pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
def test_a_whole_file_that_cannot_be_scored_is_fetched_again_when_it_changes(server, watching, arriving, pieces):
    path = arriving / pieces[0].name
    shutil.copy(sample_path("iris_20210905_mg2_coarse.fits"), path)
    with watching(server.address) as watch:
        assert "too coarse" in list(watch.look())[0].text
        shutil.copy(pieces[0], path)
        assert [event.kind for event in watch.look()] == ["scored"]


def test_a_server_that_is_gone_is_told_once_and_waited_for(server, watching, monkeypatch):
    monkeypatch.setattr("flarebook.compendium.data.transfer.PAUSE", 0.01)
    with watching(server.address) as watch:
        assert not list(watch.look())
        server.shutdown()
        server.server_close()
        (event,) = watch.look()
        assert event.kind == "source" and "cannot be listed" in event.text and not list(watch.look())
    forget_hosts()


def test_addresses_are_safe_and_not_asked_too_often(watching):
    with pytest.raises(InputError, match="it is not https"), watching("http://example.org/rasters/", 60):
        pass
    with pytest.raises(InputError, match="every 10 s at most"), watching("https://example.org/rasters/", 1):
        pass


def test_a_listing_leads_to_its_own_folder_only():
    page = """<A HREF="a.fits">a</A> <a class=x href='/rasters/b%20c.fits.gz'>b</a> <a href="https://other.org/d.fits">d</a>
    <a href="../e.fits">e</a> <a href="sub/f.fits">f</a> <a href="..%2Fg.fits">g</a> <a href="?C=M;O=A">sorted</a>
    <a href="iris_SJI_2796.fits">slit-jaw</a> <a href="h.tar.gz?x=1">h</a>"""
    found = listed_links(page, "https://example.org/rasters/")
    assert found == {
        "a.fits": "https://example.org/rasters/a.fits",
        "b c.fits.gz": "https://example.org/rasters/b%20c.fits.gz",
        "h.tar.gz": "https://example.org/rasters/h.tar.gz",
    }
