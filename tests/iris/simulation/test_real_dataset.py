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
from flarebook.compendium.errors import InputError
from flarebook.compendium.run import open_run
from flarebook.iris import observations
from flarebook.iris.atmospheres.library import load_library
from flarebook.iris.classifiers import space_time
from flarebook.iris.features.extract import extract_features
from flarebook.iris.mg2 import FEATURES, PROFILE
from flarebook.iris.rasters import archive
from flarebook.iris.rasters.samples import real_raster
from flarebook.iris.rasters.write import write_raster
from flarebook.iris.simulation import dataset, real_dataset

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
    """Keyword arguments that lead to a loopback archive with PF 15, AR 1 and a truncated AR 2."""
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
    yield {"archive": f"http://127.0.0.1:{server.server_port}"}
    server.shutdown()
    server.server_close()


def rows_of(*names):
    table = observations.observation_table()
    return table[table["observation"].isin(names)]


def test_real_rasters_become_the_table_that_the_classifiers_read(archived, capsys):
    rows = rows_of("PF 15", "AR 1", "AR 2", "AR 3")
    rows.loc[rows["region"] == "PF", "onset"] = "2014-03-29T14:59:38"  # 50 minutes after the start of what is served
    wide, narrow = real_dataset.build_real_datasets(rows, 1, 300, (3.0, 1.0), **archived)
    assert wide["observation"].value_counts().to_dict() == {"PF 15": 300, "AR 1": 300}
    simulated = dataset.build_dataset(rows_of("AR 1"), load_library(), 1, 10)
    assert wide.dtypes.astype(str).to_dict() == simulated.dtypes.astype(str).to_dict() and list(wide) == list(simulated)
    assert wide[["quiet_fraction", "activity"]].isna().all(axis=None)  # known of a simulation only
    flare = wide[wide["observation"] == "PF 15"]
    assert -26 <= flare["minutes_to_onset"].min() and flare["minutes_to_onset"].max() < -1
    assert wide.loc[wide["observation"] == "AR 1", "exposure"].max() == 24  # the first 25 minutes
    assert [line.split(" is skipped")[0] for line in capsys.readouterr().out.splitlines()] == ["AR 2", "AR 3"]
    row, real = flare.iloc[0], real_raster()
    spectrum = real.spectra[int(row["exposure"]) % 3, 500 + int(row["slit"])]
    expected, _ = extract_features(spectrum[None], real.wavelength, real.exposure_time[int(row["exposure"]) % 3])
    np.testing.assert_allclose(row[list(FEATURES)].to_numpy(float), expected[0], rtol=1e-5, atol=1e-5)
    assert len(narrow) == len(wide) and not np.allclose(narrow["line_width"], wide["line_width"])


def test_sources_and_paths_that_lead_nowhere_are_told(archived, tmp_path):
    with pytest.raises(InputError, match="PF 16 is skipped: .*connect to the network"):
        real_dataset.build_real_datasets(rows_of("PF 16"), 1, 10, archive="http://127.0.0.1:9")
    with pytest.raises(InputError, match="none of .*none.csv is a GOES record or a flare list"):
        real_dataset.dataset_builder("real", None, [str(tmp_path / "none.csv")])
    with pytest.raises(InputError, match="choose one of simulated, real"):
        real_dataset.dataset_builder("reel", None)


@pytest.mark.filterwarnings("ignore::flarebook.compendium.errors.MetadataWarning")
def test_a_flare_that_an_ar_observation_was_not_to_have_is_printed(archived, tmp_path, capsys):
    path = tmp_path / "flares.csv"
    path.write_text(
        "start,peak,end,goes_class\n2015-05-01T00:00,2015-05-01T00:10,2015-05-01T00:20,C1.0\n"
        "2015-05-18T15:20,2015-05-18T15:25,2015-05-18T15:30,M1.2\n2015-06-01T00:00,2015-06-01T00:10,,C1.0\n"
    )
    real_dataset.dataset_builder("real", None, [str(path)])(rows_of("AR 1"), 1, 20, (3.0,), **archived)
    printed = capsys.readouterr().out
    assert "AR 1 is labelled as not flaring, but an M1.2 flare began at 2015-05-18 15:20" in printed
    assert "no list states its place" in printed and "not checked" not in printed


def test_fetch_prints_the_path_and_goes_on_past_what_cannot_be_had(archived, monkeypatch):
    monkeypatch.setattr(archive, "fetch_raster", functools.partial(archive.fetch_raster, archive=archived["archive"]))
    result = CliRunner().invoke(iris.app, ["fetch", "AR 1", "AR 3", "AR 99"])
    assert result.exit_code == 2 and "iris_l2_20150518_143938_3860256971_raster.tar.gz" in result.output
    assert "skipped: AR 3" in result.output and "'AR 99' is not in Tables 1 and 2" in result.output


def test_the_later_test_in_time_names_the_held_out_observations_that_it_lacks(archived, capsys):
    quiet, none = (
        real_dataset.build_real_datasets(rows_of("PF 16", name), 1, 20, span=(-81, -1), **archived)[0]
        for name in ("AR 1", "AR 3")
    )
    assert set(quiet["observation"]) == {"AR 1"} and none.empty and list(none) == list(quiet)
    assert "PF 16 is skipped: " in capsys.readouterr().out
    with pytest.raises(InputError, match="no spectra of PF 16: fetch"):
        space_time.held_out_observations(quiet)
    with pytest.raises(InputError, match="no spectra of PF 16 and AR 1"):
        space_time.held_out_observations(none)


def test_whole_profiles_of_real_spectra_follow_their_features(archived, capsys):
    (plain,), (table,) = (
        real_dataset.build_real_datasets(rows_of("AR 1"), 1, 40, profiles=profiles, **archived)
        for profiles in (False, True)
    )
    pd.testing.assert_frame_equal(table[list(plain.columns)], plain)
    assert (table[list(PROFILE)].max(axis=1) == 1).all()


def test_the_draw_is_fair_whatever_the_order():
    keys = np.random.default_rng(0).random(1000)
    whole, _ = real_dataset.keep_smallest(pd.DataFrame({"row": range(1000)}), keys, 100)
    first, first_keys = real_dataset.keep_smallest(pd.DataFrame({"row": range(500)}), keys[:500], 100)
    parts = pd.concat([first, pd.DataFrame({"row": range(500, 1000)})])
    streamed, _ = real_dataset.keep_smallest(parts, np.append(first_keys, keys[500:]), 100)
    assert set(whole["row"]) == set(streamed["row"])


def test_the_origin_of_the_spectra_travels_to_the_steps_that_use_them(archived, tmp_path, monkeypatch):
    (table,) = real_dataset.build_real_datasets(rows_of("AR 1"), 1, 20, **archived)
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
