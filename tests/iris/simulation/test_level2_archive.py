"""Simulated archives that the reader of the real ones takes, at full size."""

import numpy as np
import pytest
from typer.testing import CliRunner

from flarebook.commands import iris
from flarebook.compendium.atomic_files import work_folder
from flarebook.compendium.data.parts import PartStore
from flarebook.iris import observations, parts
from flarebook.iris.rasters import archive
from flarebook.iris.rasters.read import iter_exposures
from flarebook.iris.simulation import level2_archive
from tests.iris.simulation.test_real_dataset import SETTINGS


@pytest.fixture
def short(monkeypatch):
    """Tables 1 and 2 with six exposures and forty slit pixels an observation."""
    table = observations.observation_table().assign(n_exposures=6, n_slit=40)
    for module in (observations, parts):
        monkeypatch.setattr(module, "observation_table", lambda: table)
    return table.set_index("observation", drop=False)


def test_a_raster_has_a_file_for_each_time_that_it_is_repeated(short, tmp_path):
    entry = short.loc["AR 1"]  # four steps
    path = level2_archive.archive_path(entry, tmp_path)
    assert level2_archive.write_archive(entry, parts.shared_mixer(), np.random.default_rng(1), path) == 240
    exposures = list(iter_exposures(path))
    assert path.name == "iris_l2_20150518_143900_3860256971_raster.tar.gz" and archive.file_start(path).second == 0
    assert [one.file for one in exposures] == [0, 0, 0, 0, 1, 1] and all(one.simulated for one in exposures)
    np.testing.assert_allclose([one.time for one in exposures], np.arange(6) * entry["step_cadence"])
    x = np.array([one.x for one in exposures])
    np.testing.assert_allclose(x[:4].mean(), entry["x"]) and np.testing.assert_allclose(x[:2], x[4:])
    np.testing.assert_allclose(np.diff(x[:4]), entry["step_size"])
    assert np.nanmedian(exposures[0].spectra) > 1  # DN of an active region


def test_an_observation_that_began_when_its_window_was_open_lacks_what_came_before(short, tmp_path):
    entry = short.loc["PF 9"]  # started 7 minutes before its flare
    seconds = level2_archive.exposure_seconds(entry, np.arange(162))
    assert seconds[0] == -19 * 60 and (np.diff(seconds) == entry["step_cadence"]).all()
    entry = entry.copy()
    entry["n_exposures"], entry["n_slit"] = 130, 4  # 123.2 steps of 9.25 s before the start
    path = level2_archive.archive_path(entry, tmp_path)
    assert level2_archive.write_archive(entry, parts.shared_mixer(), np.random.default_rng(1), path) == 6 * 4
    assert min(one.time for one in iter_exposures(path)) >= 0
    pre = short.loc["PF 16"]
    assert level2_archive.exposure_seconds(pre, np.arange(1)) == (17 * 60 + 21 - 26 - 11 * 60 - 28) * 60


def test_every_observation_points_at_the_disk_so_that_its_file_is_read(short, tmp_path):
    printed, path = short.loc["AR 4"], level2_archive.archive_path(short.loc["AR 4"], tmp_path)
    assert printed["y"] == 2013  # twice the Sun's radius
    level2_archive.write_archive(printed, parts.shared_mixer(), np.random.default_rng(1), path)
    assert {round(float(one.y), 1) for one in iter_exposures(path)} == {201.3}
    for name, entry in short.drop("AR 4").iterrows():
        assert level2_archive.pointed_on_disk(entry) is entry, name


def test_what_a_killed_simulation_left_is_cleared_away_by_the_next(short, tmp_path):
    path = level2_archive.archive_path(short.loc["QS 1"], tmp_path)
    work = work_folder(path)
    work.mkdir()
    (work / path.name).write_bytes(b"half")
    level2_archive.write_archive(short.loc["QS 1"], parts.shared_mixer(), np.random.default_rng(1), path)
    assert list(tmp_path.iterdir()) == [path] and archive.check_archive(path) is None


def test_the_command_writes_what_the_parts_read_and_goes_on_where_it_stopped(short, tmp_path, monkeypatch):
    arguments = ["simulate", str(tmp_path), "QS 1", "QS 17", "PF 16", "--jobs", "1"]
    assert "2 archives written" in CliRunner().invoke(iris.app, arguments).output  # QS 17 is QS 1
    assert "0 archives written" in CliRunner().invoke(iris.app, arguments).output
    monkeypatch.setenv("FLAREBOOK_MIRROR", str(tmp_path))
    monkeypatch.setenv("FLAREBOOK_REHEARSAL", "1")
    store = PartStore(tmp_path / "parts", SETTINGS)
    assert [parts.make_part(name, SETTINGS, store) for name in ("PF-16", "QS-17")] == ["", ""]
    record, table = store.check("PF-16"), store.dataset(names=["PF-16"]).to_table().to_pandas()
    assert record["origin"] == "rehearsal" and record["rows"] > 150
    assert table["minutes_to_onset"].between(-26, -25).all()  # six exposures of nine seconds
    monkeypatch.delenv("FLAREBOOK_REHEARSAL")
    assert "says of itself that it is no observation" in parts.make_part("PF-16", SETTINGS, store)
