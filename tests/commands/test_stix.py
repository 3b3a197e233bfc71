"""`flarebook stix`: maps fetched, shown and made; a bad one is parsed and the others go on."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from typer.testing import CliRunner

from flarebook.commands.stix import HOST, app
from flarebook.compendium.errors import InputError
from flarebook.stix.archive.real_maps import RHESSI_FILE, read_folder
from flarebook.stix.figures.archive_map import plot_map, read_map
from flarebook.stix.maps.client import HOST as ARCHIVE
from flarebook.stix.maps.fits_map import HDUS, write_map
from flarebook.stix.simulation.records import simulate_files, write_event

NAME = "stix_sci_preview_9548_2203071216_uid_2203078775_4-10keV_20220307T121414_17409_clean_map.fits"
NOWHERE = "http://127.0.0.1:1"


def call(*words):
    """Exit code and all that was printed."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture
def mirror(monkeypatch, tmp_path):
    """A mirror folder with one map in it, and an empty cache."""
    size = 257
    at = np.arange(size) - (size - 1) / 2
    source = np.exp(-((at - 20) ** 2)[None, :] / 200 - (at**2)[:, None] / 200)
    maps = dict.fromkeys(HDUS, source) | {"residual": 0.01 * np.random.default_rng(4).standard_normal((size, size))}
    path = write_map(
        tmp_path / "mirror" / NAME, maps, "2022-03-07T12:14:14.5", (500.0, 300.0), roll=20, simulated=False
    )
    monkeypatch.setenv("FLAREBOOK_MIRROR", str(path.parent))
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path / "cache"))
    return path


def test_the_command_asks_the_archive_s_own_address():
    assert HOST == ARCHIVE == "https://datacenter.stix.i4ds.net"


def test_fetch_prints_where_a_map_is_and_names_what_cannot_be_had(mirror):
    assert call("fetch", NAME) == (0, f"{mirror}\n")
    code, printed = call("fetch", NAME.replace("_17409_", "_17410_"), "nonsense", NAME, "--archive", NOWHERE)
    assert code == 2 and str(mirror) in printed
    assert (
        "cannot fetch http://127.0.0.1:1/image-archive/2203078775/" in printed and "connect to the network" in printed
    )
    assert "'nonsense' is not a name of the image archive" in printed


def test_fetch_wants_to_be_told_what(mirror):
    with pytest.raises(InputError, match="name at least one uid or file"):
        call("fetch")


def test_show_draws_and_records_each_map(mirror, tmp_path):
    (tmp_path / "bad.fits").write_text("no FITS")
    code, printed = call("show", mirror, tmp_path / "bad.fits", "--out", tmp_path / "out")
    assert code == 2 and "bad.fits is broken or not a STIX map" in printed
    assert f"{NAME}: real, 4-10 keV, 2022-03-07T12:14:14 UTC, centre (500, 300) arcsec, peak 1 ph /" in printed
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"records.csv", NAME.replace(".fits", ".png")}
    records = pd.read_csv(tmp_path / "out" / "records.csv", dtype={"image_id": str})
    assert records["image_id"].tolist() == ["2203078775"] and "n_sources" not in records


def test_show_without_a_folder_only_prints(mirror, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    code, printed = call("show", mirror)
    assert code == 0 and "peak 1 ph /" in printed
    assert sorted(tmp_path.rglob("*")) == before


def test_a_map_is_drawn_where_the_sun_has_it(mirror):
    figure = plot_map(read_map(mirror))
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert [axes.get_title() for axes in panels] == [
        "CLEAN map", "back-projection", "CLEAN residual", "what an encoder sees",
    ]  # fmt: skip
    mesh = panels[0].collections[0]
    brightest = np.unravel_index(mesh.get_array().argmax(), (257, 257))
    x, y = mesh.get_coordinates()[brightest]
    turn = np.radians(20)
    assert (x, y) == pytest.approx((500 + 20 * np.cos(turn), 300 + 20 * np.sin(turn)), abs=1.5)


def test_one_product_gives_two_panels(mirror):
    with fits.open(mirror) as hdus:
        fits.PrimaryHDU(hdus[0].data, hdus[0].header).writeto(mirror.with_name("one.fits"))
    assert len([axes for axes in plot_map(read_map(mirror.with_name("one.fits"))).axes if axes.get_title()]) == 2


def test_embed_gives_a_row_of_features_for_each_map(mirror, tmp_path):
    second = mirror.with_name(NAME.replace("17409", "17410"))
    second.write_bytes(mirror.read_bytes())
    (tmp_path / "bad.fits").write_text("no FITS")
    code, printed = call(
        "embed", mirror.parent, tmp_path / "bad.fits", "--encoder", "pixels", "--out", tmp_path / "out"
    )
    assert code == 2 and "bad.fits is broken or not a STIX map" in printed
    with np.load(tmp_path / "out" / "features-pixels.npz") as made:
        assert made["name"].tolist() == [NAME, second.name] and str(made["encoder"]) == "pixels"
        assert made["features"].shape[0] == 2 and np.array_equal(*made["features"])
    assert pd.read_csv(tmp_path / "out" / "records.csv")["name"].tolist() == [NAME, second.name]


def test_embed_knows_its_encoders(mirror, tmp_path):
    with pytest.raises(InputError, match="there is no encoder 'pixel'"):
        call("embed", mirror, "--encoder", "pixel", "--out", tmp_path / "out")


def test_simulated_files_are_read_back_as_what_they_are(tmp_path):
    code, printed = call("simulate", 3, "--out", tmp_path, "--seed", 5)
    assert code == 0 and "3 simulated maps" in printed
    truth = pd.read_csv(tmp_path / "truth.csv")
    images, records, skipped = read_folder(tmp_path)
    records = records.set_index("name").loc[truth["name"]]
    assert len(images) == 3 and not skipped and (records["origin"] == "simulated").all()
    for column in ("map_x", "map_y", "distance", "peak_flux"):
        assert np.allclose(records[column], truth[column], rtol=1e-4, atol=0.02, equal_nan=True), column
    assert records["band"].tolist() == truth["band"].tolist()


def test_the_same_seed_simulates_the_same_files(tmp_path):
    call("simulate", 1, "--out", tmp_path / "a", "--seed", 7)
    call("simulate", 1, "--out", tmp_path / "b", "--seed", 7)
    first, second = (sorted(folder.iterdir()) for folder in (tmp_path / "a", tmp_path / "b"))
    assert [path.name for path in first] == [path.name for path in second]
    assert all(one.read_bytes() == other.read_bytes() for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("error", [SystemExit(143), KeyboardInterrupt(), InputError("cannot write: disk full")])
def test_an_interrupted_simulation_leaves_no_maps_without_their_truth(tmp_path, monkeypatch, error):
    def stop_at_second(folder, event, made, number):
        if number:
            raise error
        return write_event(folder, event, made, number)

    monkeypatch.setattr("flarebook.stix.simulation.records.write_event", stop_at_second)
    with pytest.raises(type(error)):
        simulate_files(3, tmp_path / "out", 5)
    assert not (tmp_path / "out").exists()


def test_a_map_without_time_and_band_says_so(mirror, tmp_path):
    path = tmp_path / "own.fits"
    with fits.open(mirror) as hdus:
        for key in ("DATE_OBS", "DATE-OBS", "ERANGE", "FILENAME"):
            hdus[0].header.remove(key, ignore_missing=True)
        hdus.writeto(path)
    assert "own.fits: real, band unknown, time unknown, centre" in call("show", path)[1]


def test_two_files_of_one_name_give_two_images_and_names_reach_the_terminal_plain(mirror, tmp_path):
    other = tmp_path / "other" / NAME
    other.parent.mkdir()
    other.write_bytes(mirror.read_bytes())
    odd = tmp_path / "a\x1b]0;x\x07_clean_map.fits"
    odd.write_bytes(mirror.read_bytes())
    code, printed = call("show", mirror, other, odd, "--out", tmp_path / "out")
    assert code == 0 and "\x1b" not in printed and "\x07" not in printed
    assert len(list((tmp_path / "out").glob("*.png"))) == 3
    assert pd.read_csv(tmp_path / "out" / "records.csv")["image"].nunique() == 3


def test_a_folder_without_maps_is_skipped_and_the_others_go_on(mirror, tmp_path):
    (tmp_path / "empty").mkdir()
    words = ("--encoder", "pixels", "--out", tmp_path / "out")
    code, printed = call("embed", tmp_path / "empty", mirror, *words)
    assert code == 2 and "holds no CLEAN map" in printed
    assert pd.read_csv(tmp_path / "out" / "records.csv")["name"].tolist() == [NAME]
    code, printed = call("embed", tmp_path / "empty", *words)
    assert code == 2 and printed.count("skipped: ") == 1


def test_a_name_that_is_no_utf_8_loses_neither_itself_nor_its_neighbours(mirror, tmp_path):
    odd = mirror.with_name("\udcff.fits")
    odd.write_bytes(mirror.read_bytes())
    assert call("show", mirror, odd, "--out", tmp_path / "shown")[0] == 0
    assert pd.read_csv(tmp_path / "shown" / "records.csv")["name"].tolist() == [NAME, "?.fits"]
    assert call("embed", mirror, odd, "--encoder", "pixels", "--out", tmp_path / "features")[0] == 0


def test_show_takes_folders_and_names_a_bad_file_once(mirror, tmp_path):
    (mirror.parent / "bad_clean_map.fits").write_text("no FITS")
    code, printed = call("show", mirror.parent, tmp_path / "none")
    assert code == 2 and printed.count("peak 1 ph /") == 1
    assert f"skipped: {mirror.parent / 'bad_clean_map.fits'} is broken or not a STIX map" in printed
    assert printed.count("skipped: ") == 2 and f"{tmp_path / 'none'} cannot be opened" in printed


def test_fetch_lists_what_a_query_finds(mirror, monkeypatch):
    asked = []

    def answer(start, end, flare_id=None, host=None):
        asked.append((start, end))
        return [NAME, NAME.replace("4-10keV", "16-28keV")]

    monkeypatch.setattr("flarebook.stix.maps.client.query_maps", answer)
    assert call("fetch", "--start", "2022-03-07", "--band", "4-10", "--names-only") == (0, f"{NAME}\n")
    assert asked == [("2022-03-07T00:00:00", "2022-03-08T00:00:00")]
    assert call("fetch", "--start", "2022-03-07", "--band", "4-10") == (0, f"{mirror}\n")
    with pytest.raises(InputError, match="--end and --band belong to a query"):
        call("fetch", "--band", "4-10")


def test_a_query_that_no_server_answers_is_reported_day_by_day(mirror):
    code, printed = call("fetch", "--start", "2022-03-07", "--archive", NOWHERE)
    assert code == 2 and "2022-03-07T00:00:00 to 2022-03-08T00:00:00: cannot fetch" in printed


def test_a_rhessi_map_is_shown_like_one_of_the_archive(tmp_path):
    code, printed = call("show", RHESSI_FILE, "--out", tmp_path)
    assert code == 0 and "12-25" in printed and (tmp_path / "records.csv").is_file()
