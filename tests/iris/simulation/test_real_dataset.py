"""Real rasters of Tables 1 and 2, served in the archive's layout by a loopback server."""

import functools
import http.server
import tarfile
import threading
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from astropy.time import Time
from typer.testing import CliRunner

from flarebook.commands import iris
from flarebook.compendium.data.parts import PartStore
from flarebook.compendium.errors import InputError
from flarebook.compendium.run import open_run
from flarebook.iris import observations, parts
from flarebook.iris.classifiers import space_time
from flarebook.iris.features.extract import extract_features
from flarebook.iris.features.window_scan import at_width
from flarebook.iris.mg2 import FEATURES, PROFILE
from flarebook.iris.rasters import archive
from flarebook.iris.rasters.samples import real_raster
from flarebook.iris.rasters.write import write_raster
from flarebook.iris.simulation import real_dataset
from tests.archives.server import serve_archives
from tests.archives.spectra import write_rasters

MINUTES = 60  # length of each served observation; one exposure a minute


def serve(root, name, seconds=38):
    """Put an observation of Tables 1 and 2, made of repeated real exposures, into the archive's layout below root."""
    entry = observations.find_observation(name)
    start = datetime.fromisoformat(entry["start"]) + timedelta(seconds=seconds)
    stem = f"{start:%Y%m%d_%H%M%S}_{int(entry['obsid']):010d}"
    folder = root / f"{start:%Y/%m/%d}" / stem
    folder.mkdir(parents=True)
    real = real_raster()
    pick = np.arange(MINUTES) % len(real.time)
    columns = {
        key: getattr(real, key)[pick] for key in ("exposure_time", "x", "y", "observer_velocity", "orbital_phase")
    }
    spectra, quality = real.spectra[pick, 500:540], real.quality[pick, 500:540]
    time = 60.0 * np.arange(MINUTES)
    raster = replace(real, spectra=spectra, quality=quality, time=time, start=Time(start), **columns)
    raster = replace(raster, slit_offset=real.slit_offset[500:540])
    path = write_raster(raster, folder / f"iris_l2_{stem}_raster_t000_r00000.fits")
    packed = folder / f"iris_l2_{stem}_raster.tar.gz"
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(path, path.name)
    path.unlink()
    return packed


@pytest.fixture
def archived(tmp_path, monkeypatch):
    """Address of a loopback archive with PF 15, AR 1 and a truncated AR 2, to which all fetching leads."""
    root = tmp_path / "archive"
    serve(root, "PF 15")
    serve(root, "AR 1")
    broken = serve(root, "AR 2")
    broken.write_bytes(broken.read_bytes()[:5000])
    monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path / "cache"))
    monkeypatch.delenv("FLAREBOOK_MIRROR", raising=False)
    handler = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=root))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(archive, "fetch_raster", functools.partial(archive.fetch_raster, archive=address))
    yield address
    server.shutdown()
    server.server_close()


SETTINGS = {
    "notebook": parts.OBSERVATIONS, "source": "real", "seed": 1, "spectra_per_observation": 300, "long_spectra": 20,
    "window": 3.0, "narrow_window": 1.0, "scan_widths": [3.0], "scan_share": 1.0, "long_minutes": 80.0, "goes": [],
}  # fmt: skip


def make(folder, *names, **changes):
    """Store of some parts, made one after the other, and the sentences about those that are skipped."""
    store = PartStore(folder, {**SETTINGS, **changes})
    return store, [parts.make_part(name, store.parameters, store) for name in names]


def table_of(store, name):
    return store.dataset(names=[name]).to_table().to_pandas()


@pytest.fixture
def onset(monkeypatch):
    """PF 15 with its onset 50 minutes after the start of what is served."""
    table = observations.observation_table()
    table.loc[table["observation"] == "PF 15", "onset"] = "2014-03-29T14:59:38"
    monkeypatch.setattr(parts, "observation_table", lambda: table)


def test_real_rasters_become_the_parts_that_the_classifiers_read(archived, onset, tmp_path):
    store, skipped = make(tmp_path / "real", "PF-15", "AR-1", "AR-2", "AR-3")
    assert skipped[:2] == ["", ""] and [line.split(" is skipped")[0] for line in skipped[2:]] == ["AR 2", "AR 3"]
    assert store.check("AR-2")["rows"] == 0 and "AR 2 is skipped" in store.check("AR-2")["skipped"]
    assert list(store.check("AR-1")["inputs"]) == ["iris_l2_20150518_143938_3860256971_raster.tar.gz"]
    flare, quiet = table_of(store, "PF-15"), table_of(store, "AR-1")
    assert len(flare) == len(quiet) == 300 and store.dataset().count_rows() == 600
    simulated, _ = make(tmp_path / "simulated", "AR-1", source="simulated", spectra_per_observation=10)
    assert store.dataset().schema.equals(simulated.dataset().schema)
    assert quiet["region"].cat.categories.tolist() == ["QS", "SS", "AR", "PF"]  # the order of panels
    assert quiet[["quiet_fraction", "activity"]].isna().all(axis=None)  # known of a simulation only
    assert -26 <= flare["minutes_to_onset"].min() and flare["minutes_to_onset"].max() < -1
    assert quiet["exposure"].max() == 24  # the first 25 minutes
    row, real = flare.iloc[0], real_raster()
    spectrum = real.spectra[int(row["exposure"]) % 3, 500 + int(row["slit"])]
    expected, _ = extract_features(spectrum[None], real.wavelength, real.exposure_time[int(row["exposure"]) % 3])
    np.testing.assert_allclose(row[list(FEATURES)].to_numpy(float), expected[0], rtol=1e-5, atol=1e-5)
    wide, narrow = at_width(flare, 3.0), at_width(flare, 1.0)
    assert len(narrow) == len(wide) and not np.allclose(narrow["line_width"], wide["line_width"])


def test_all_spectra_are_kept_where_no_number_is_asked_for(archived, tmp_path):
    store, _ = make(tmp_path / "all", "AR-1", spectra_per_observation=0, scan_share=0.25)
    table = table_of(store, "AR-1")
    assert len(table) > 0.9 * 25 * 40 and not table.duplicated(["exposure", "slit"]).any()
    assert (table["exposure"].diff().dropna() >= 0).all()
    share = table["line_width@1"].notna().mean()
    assert 0.15 < share < 0.35  # 1000 draws of a quarter


def test_a_raster_of_another_observation_is_not_taken_for_the_one_that_its_name_says(archived, tmp_path, monkeypatch):
    other, mirror = archive.fetch_raster("2015-05-18T14:39", 3860256971), tmp_path / "mirror"
    mirror.mkdir()
    other.rename(mirror / "iris_l2_20140329_140938_3860258481_raster.tar.gz")
    monkeypatch.setenv("FLAREBOOK_MIRROR", str(mirror))
    store, (sentence,) = make(tmp_path / "real", "PF-15")
    assert "holds the observation that began at 2015-05-18 14:39:38, not the one that its name says" in sentence
    assert store.check("PF-15")["rows"] == 0


def test_an_unreachable_archive_skips_the_observation_with_the_remedy(archived, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "fetch_raster", functools.partial(archive.fetch_raster, archive="http://127.0.0.1:9"))
    _, (sentence,) = make(tmp_path / "none", "PF-16")
    assert sentence.startswith("PF 16 is skipped: ") and "connect to the network" in sentence
    with pytest.raises(InputError, match="choose one of simulated, real"):
        parts.part_settings(parts.OBSERVATIONS, {**SETTINGS, "source": "reel"})
    with pytest.raises(InputError, match="there are no parts of 'iris/4-distributions'"):
        parts.part_settings("iris/4-distributions", SETTINGS)
    with pytest.raises(InputError, match="there is no part 'PF-99'"):
        make(tmp_path / "none", "PF-99")


@pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
def test_a_flare_that_an_ar_observation_was_not_to_have_is_recorded(archived, tmp_path):
    path = tmp_path / "flares.csv"
    path.write_text(
        "start,peak,end,goes_class\n2015-05-01T00:00,2015-05-01T00:10,2015-05-01T00:20,C1.0\n"
        "2015-05-18T15:20,2015-05-18T15:25,2015-05-18T15:30,M1.2\n2015-06-01T00:00,2015-06-01T00:10,,C1.0\n"
    )
    store, _ = make(tmp_path / "parts", "AR-1", goes=[str(path)])
    notes = " ".join(store.check("AR-1")["notes"])
    assert "AR 1 is labelled as not flaring, but an M1.2 flare began at 2015-05-18 15:20" in notes
    assert "no list states its place" in notes and "not checked" not in notes


def test_fetch_prints_the_path_and_goes_on_past_what_cannot_be_had(archived):
    result = CliRunner().invoke(iris.app, ["fetch", "AR 1", "AR 3", "AR 99"])
    assert result.exit_code == 2 and "iris_l2_20150518_143938_3860256971_raster.tar.gz" in result.output
    assert "skipped: AR 3" in result.output and "'AR 99' is not in Tables 1 and 2" in result.output


def test_the_later_test_in_time_names_the_held_out_observations_that_it_lacks(archived, tmp_path):
    store, (skipped, _) = make(tmp_path / "parts", "PF-16-long", "AR-1-long")
    table = parts.long_rows(store).to_table().to_pandas()
    assert set(table["observation"]) == {"AR 1"} and "PF 16 is skipped: " in skipped
    assert table["exposure"].max() > 24  # beyond the window
    with pytest.raises(InputError, match="no spectra of PF 16: fetch"):
        space_time.held_out_observations(table)
    with pytest.raises(InputError, match="no spectra of PF 16 and AR 1"):
        space_time.held_out_observations(table[:0])


def test_whole_profiles_of_real_spectra_follow_their_features(archived, tmp_path):
    settings = {"notebook": parts.PROFILES, "source": "real", "seed": 1, "n_spectra": 40}
    profiles = PartStore(tmp_path / "profiles", settings)
    parts.make_part("AR-1", settings, profiles)
    plain, _ = make(tmp_path / "plain", "AR-1", spectra_per_observation=40, narrow_window=3.0)
    whole = table_of(profiles, "AR-1")
    pd.testing.assert_frame_equal(whole.drop(columns=list(PROFILE)), table_of(plain, "AR-1"))
    assert (whole[list(PROFILE)].max(axis=1) == 1).all()


def test_the_draw_is_fair_whatever_the_order():
    keys, rows = np.random.default_rng(0).random(1000), np.arange(1000)
    (whole,), _ = real_dataset.keep_smallest([rows], keys, 100)
    (first,), first_keys = real_dataset.keep_smallest([rows[:500]], keys[:500], 100)
    (streamed,), _ = real_dataset.keep_smallest([np.append(first, rows[500:])], np.append(first_keys, keys[500:]), 100)
    assert set(whole) == set(streamed)


def test_the_origin_of_the_spectra_travels_to_the_steps_that_use_them(archived, tmp_path, monkeypatch):
    store, _ = make(tmp_path / "parts", "AR-1", spectra_per_observation=20)
    table = table_of(store, "AR-1")
    (tmp_path / "_toc.yml").write_text("root: index\n")
    monkeypatch.setenv("FLAREBOOK_ROOT", str(tmp_path))
    open_run("iris/3-observations", "build/x").save_table("spectra", table, origin="real")
    later = open_run("iris/4-distributions", "build/x")
    assert later.origin == "simulated" and later.origin_with("real") == "real and simulated"
    later.load_table("3-observations", "spectra")
    later.metric("distributions.spectra", 20)
    assert later.metrics[0]["origin"] == "real"
    assert later.origin_with("real") == "real" and later.origin_with("simulated") == "real and simulated"
    later.save_table("ensemble", table[["region"]], origin=later.origin)
    last = open_run("iris/9-real-time-score", "build/x")
    last.load_table("4-distributions", "ensemble")
    assert last.origin == "real"  # a trained ensemble says what it was trained on


def test_a_simulated_raster_is_refused_except_in_a_rehearsal_which_is_labelled_so(tmp_path, monkeypatch):
    _, number = write_rasters(tmp_path / "served", ["QS 4"])["QS 4"]
    with serve_archives(tmp_path / "served") as (address, _):
        monkeypatch.setenv("FLAREBOOK_MIRROR", address)
        monkeypatch.setenv("FLAREBOOK_DATA", str(tmp_path / "cache"))
        monkeypatch.delenv("FLAREBOOK_REHEARSAL", raising=False)
        _, (sentence,) = make(tmp_path / "refused", "QS-4")
        assert "QS 4 is skipped" in sentence and "says of itself that it is no observation" in sentence
        monkeypatch.setenv("FLAREBOOK_REHEARSAL", "1")
        store, (sentence,) = make(tmp_path / "rehearsed", "QS-4")
    record = store.check("QS-4")
    assert not sentence and record["origin"] == "rehearsal" and 0.8 * 300 < record["rows"] <= min(300, number)
