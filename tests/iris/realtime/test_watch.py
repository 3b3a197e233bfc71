"""A watch scores each exposure once, whatever happens to the files, and tells each trouble once."""

import gzip
import os
import shutil
import signal
import subprocess
import sys
import tarfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.iris.classifiers.inference import load_ensemble
from flarebook.iris.classifiers.realtime_score import score_file
from flarebook.iris.rasters.samples import sample_path
from flarebook.iris.realtime.log import Log, read_files
from tests.iris.realtime.conftest import write_exposures

NAME = "iris_l2_20210905_001833_3620258102_raster_t000_r{:05d}.fits"


def scores(tmp_path):
    """The table of exposures."""
    return pd.read_csv(tmp_path / "out/scores.csv", parse_dates=["time"])


def kinds(events):
    """Kinds of the events of one look."""
    return [event.kind for event in events]


def test_the_real_observation_of_4_8_hours_is_replayed_with_late_files(
    watching, arriving, pieces, observation, tmp_path
):
    order = np.random.default_rng(1).permutation(len(pieces))
    with watching() as watch:
        for number in order:
            shutil.copy(pieces[number], arriving)
            assert kinds(watch.look()) == ["scored"]
    table = scores(tmp_path)
    expected = observation.time.astype(float)
    found = (table["time"] - pd.Timestamp(observation.start.isot)).dt.total_seconds()
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert len(table) == 187 and np.ptp(found) / 3600 == pytest.approx(4.8, abs=0.05)


def test_the_rows_are_the_means_of_what_the_score_command_gives(watching, arriving, pieces, tmp_path):
    shutil.copy(pieces[0], arriving)
    with watching() as watch:
        list(watch.look())
    by_exposure = score_file(pieces[0], load_ensemble()).groupby("exposure")
    np.testing.assert_allclose(scores(tmp_path)["mean"], by_exposure["score"].mean(), rtol=1e-4)
    np.testing.assert_allclose(scores(tmp_path)["spread"], by_exposure["spread"].mean(), rtol=1e-4)


def test_the_observation_as_it_ships_is_too_coarse_which_is_told_once(watching, arriving):
    shutil.copy(sample_path("iris_20210905_mg2_coarse.fits"), arriving)
    with watching() as watch, pytest.warns(UserWarning, match="TWMIN"):
        (event,) = watch.look()
        assert event.kind == "skipped" and "too coarse for the k2 peaks" in event.text
        assert not list(watch.look())


def test_a_file_that_grows_is_left_until_it_rests(watching, arriving, pieces):
    content, path = pieces[0].read_bytes(), arriving / pieces[0].name
    with watching(every=60) as watch:
        for end in (1000, 50_000, len(content)):
            path.write_bytes(content[:end])
            assert not list(watch.look())
        assert kinds(watch.look()) == ["scored"]


def test_a_file_that_stalls_half_written_is_scored_when_it_goes_on(watching, arriving, pieces, tmp_path):
    content, path = pieces[0].read_bytes(), arriving / pieces[0].name
    path.write_bytes(content[:50_000])
    with watching() as watch:
        (event,) = watch.look()
        assert event.kind == "skipped" and "broken" in event.text and str(arriving) not in event.text
        assert not list(watch.look())
        path.write_bytes(content)
        assert kinds(watch.look()) == ["scored"]
    assert len(scores(tmp_path)) == 8


def test_copies_new_names_and_other_packing_add_no_row(watching, arriving, pieces, tmp_path):
    shutil.copy(pieces[0], arriving / "first.fits")
    with watching() as watch:
        list(watch.look())
        shutil.copy(pieces[0], arriving / "copy.fits")
        (event,) = watch.look()
        assert "copy.fits is a copy of first.fits" in event.text
        (arriving / "first.fits").rename(arriving / "renamed.fits")
        assert "renamed.fits is a copy of first.fits" in next(watch.look()).text
        (arriving / "packed.fits.gz").write_bytes(gzip.compress(pieces[0].read_bytes()))
        assert "8 of its exposures are known" in next(watch.look()).text
        os.utime(arriving / "renamed.fits")
        assert not list(watch.look())
    assert len(scores(tmp_path)) == 8


def test_a_changed_file_takes_the_place_of_its_earlier_rows(watching, arriving, observation, tmp_path):
    brighter, means = replace(observation, spectra=2 * observation.spectra), []
    with watching() as watch:
        for raster, last in ((observation, 4), (brighter, 12)):
            write_exposures(raster, slice(0, last), arriving / "growing.fits")
            assert kinds(watch.look()) == ["scored"]
            assert len(scores(tmp_path)) == last
            means.append(scores(tmp_path)["mean"][:4])
    assert (means[0] != means[1]).all()


def test_a_bad_member_of_an_archive_is_told_once_and_the_others_are_scored(watching, arriving, pieces, tmp_path):
    (tmp_path / "cut.fits").write_bytes(pieces[1].read_bytes()[:50_000])
    with tarfile.open(arriving / "iris_l2_20210905_001833_3620258102_raster.tar.gz", "w:gz") as archive:
        for path in (pieces[0], tmp_path / "cut.fits", pieces[2]):
            archive.add(path, path.name)
    with watching() as watch:
        assert kinds(watch.look()) == ["skipped", "scored"]
        assert not list(watch.look())
    assert len(scores(tmp_path)) == 16


def test_a_vanished_folder_is_told_once_and_waited_for(watching, arriving, pieces):
    with watching() as watch:
        arriving.rename(arriving.with_name("away"))
        (event,) = watch.look()
        assert event.kind == "source" and "No such file" in event.text and not list(watch.look())
        arriving.with_name("away").rename(arriving)
        shutil.copy(pieces[0], arriving)
        assert kinds(watch.look()) == ["source", "scored"]


def test_a_file_that_goes_while_it_is_looked_at_is_no_trouble(watching, arriving, pieces, monkeypatch):
    shutil.copy(pieces[0], arriving)
    with watching() as watch:
        listed = watch.source.arrivals(())
        (arriving / pieces[0].name).unlink()
        monkeypatch.setattr(watch.source, "arrivals", lambda scored: listed)
        assert not list(watch.look())


def test_names_that_no_table_holds_are_told_once(watching, arriving, pieces):
    shutil.copy(pieces[0], os.fsencode(arriving) + b"/raster\xff.fits")
    with watching() as watch:
        (event,) = watch.look()
        assert "rename it" in event.text and not list(watch.look())


def test_other_files_are_not_looked_at(watching, arriving):
    for name in ("notes.txt", ".hidden.fits", "iris_l2_20210905_001833_3620258102_SJI_2796_t000.fits", "a.fits.part"):
        (arriving / name).write_bytes(b"no raster")
    (arriving / "folder.fits").mkdir()
    with watching() as watch:
        assert not list(watch.look())


def test_a_watch_goes_on_without_scoring_anything_again(watching, arriving, pieces, tmp_path):
    shutil.copy(pieces[0], arriving)
    (arriving / "cut.fits").write_bytes(pieces[1].read_bytes()[:50_000])
    with watching() as watch:
        assert kinds(watch.look()) == ["skipped", "scored"]
    before = read_files(tmp_path / "out/files.csv")
    shutil.copy(pieces[2], arriving)
    with watching() as watch:
        events = list(watch.look())
        assert kinds(events) == ["skipped", "scored"] and pieces[2].name in events[1].text
    assert [row for row in before if row.outcome == "scored"][0] in read_files(tmp_path / "out/files.csv")
    assert len(scores(tmp_path)) == 16


def test_a_kill_between_two_tables_loses_nothing_and_doubles_nothing(watching, arriving, pieces, tmp_path, monkeypatch):
    shutil.copy(pieces[0], arriving)

    def kill(*_):
        raise SystemExit(137)

    with pytest.raises(SystemExit), watching() as watch, monkeypatch.context() as patch:
        patch.setattr(Log, "note", kill)
        list(watch.look())
    with watching() as watch:
        assert kinds(watch.look()) == ["scored"]
    assert len(scores(tmp_path)) == 8


def test_a_log_belongs_to_one_source_one_ensemble_and_one_process(watching, arriving, tmp_path):
    with watching(), pytest.raises(InputError, match="another process is writing"), watching():
        pass
    (tmp_path / "other").mkdir()
    with pytest.raises(InputError, match="the source was"), watching(source=tmp_path / "other"):
        pass
    other = replace(load_ensemble(), sha256="0" * 64)
    with pytest.raises(InputError, match="sha256 of the weights was"), watching(ensemble=other):
        pass
    with pytest.raises(InputError, match="there is no folder"), watching(source=tmp_path / "absent"):
        pass


def test_high_exposures_are_alerts(watching, arriving, pieces):
    shutil.copy(pieces[0], arriving)
    with watching(alert=0.0) as watch:
        events = list(watch.look())
    assert kinds(events) == ["scored", "alert"] and "mean score of 8 exposures at 0 or above" in events[1].text


def test_a_simulated_raster_is_labelled(watching, arriving, observation, tmp_path):
    write_exposures(observation, slice(0, 8), arriving / "simulated.fits", SIMULATD=True)
    with watching() as watch:
        list(watch.look())
    assert set(scores(tmp_path)["raster"]) == {"simulated"}
    assert "(simulated raster)" in (tmp_path / "out/index.html").read_text()


def test_the_command_is_stopped_by_a_signal_and_goes_on(arriving, pieces, tmp_path):
    command = [sys.executable, "-m", "flarebook.commands.main", "iris", "watch", str(arriving), "--every", "0.2"]
    for number in (signal.SIGTERM, signal.SIGINT):
        shutil.copy(pieces[number], arriving)
        process = subprocess.Popen(
            [*command, "--out", str(tmp_path / "out")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        lines = [process.stdout.readline(), process.stdout.readline()]
        process.send_signal(number)
        _, error = process.communicate(timeout=60)
        assert "Ctrl-C stops" in lines[0] and pieces[number].name in lines[1]
        assert process.returncode == 128 + number and "Traceback" not in error
        assert "Stopped at" in (tmp_path / "out/index.html").read_text()
    assert len(scores(tmp_path)) == 16
