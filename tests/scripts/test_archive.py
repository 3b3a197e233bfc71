"""From an archive to a weights file: the last tenth of the time is held out after a gap, the script goes on."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets.archive import scale_archive
from flarebook.solarchip.models.weights import load_weights
from scripts.solarchip import pretrain
from scripts.solarchip.archive import STEP, hold_out, read_archive, read_physical

N = 400


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Folder of a run with 400 dates of noise whose HMI mean is the number of the date, in G."""
    images = np.abs(np.random.default_rng(0).normal(0, 50, (N, 11, 32, 32))).astype(np.float16)
    images[:, 0] += (np.arange(N) - images[:, 0].mean(axis=(1, 2)))[:, None, None].astype(np.float16)
    folder = tmp_path_factory.mktemp("run") / STEP
    folder.mkdir(parents=True)
    np.savez(folder / "images.npz", images=images)
    times = pd.date_range("2012-01-01", periods=N).strftime("%Y-%m-%dT%H:%M:%S")
    pd.DataFrame({"time": times, "origin": "simulated"}).to_parquet(folder / "days.parquet")
    return folder.parents[2]


def test_the_last_tenth_of_the_time_is_held_out_after_a_gap(archive):
    images, held_out, about = read_archive(archive)
    assert abs(len(images) - 0.9 * N) < 2 and about["n_dates"] == len(images) and about["first_date"] == "2012-01-01"
    assert images.dtype == np.float16 and -1 <= images.min() < images.max() <= 1
    same, field, days = hold_out(*read_physical(archive))
    number = field.mean(axis=(1, 2))
    np.testing.assert_array_equal(same, held_out)
    assert number.min() > len(images) + 12 and number.max() > N - 2  # two weeks let the regions rotate out of view
    assert len(days) == len(held_out) < 0.1 * N


def test_binned_images_are_means_of_the_physical_ones_before_they_are_scaled(archive):
    (whole, days), (binned, same) = read_physical(archive), read_physical(archive, 8)
    blocks = np.asarray(whole, np.float32).reshape(N, 11, 8, 4, 8, 4).mean(axis=(3, 5))
    np.testing.assert_allclose(binned, blocks, rtol=1e-6)
    pd.testing.assert_frame_equal(days, same)
    images, held_out, _ = read_archive(archive, side=8)
    np.testing.assert_array_equal(
        np.concatenate([images[:5], held_out[-5:]]), scale_archive(np.r_[binned[:5], binned[-5:]])
    )
    np.testing.assert_allclose(hold_out(*read_physical(archive, 8))[1][-1], binned[-1, 0], rtol=1e-3)


def test_the_dates_on_which_a_notebook_tests_are_not_trained_on(archive, tmp_path):
    days = pd.read_parquet(archive / STEP / "days.parquet").assign(origin="real")
    days["split"] = np.repeat(["train", "gap", "validation", "test"], [200, 20, 60, 120])
    days.to_parquet(tmp_path / "days.parquet")
    (tmp_path / "images.npz").symlink_to(archive / STEP / "images.npz")
    images, held_out, about = read_archive(tmp_path)
    assert (len(images), len(held_out), about["n_dates"], about["origin"]) == (200, 180, 200, "real")
    own, last, _ = read_archive(tmp_path, last_tenth=True)
    assert [len(own), len(last)] == [len(part) for part in read_archive(archive)[:2]]


def test_the_script_writes_weights_that_say_what_was_done_and_goes_on_from_its_checkpoint(
    archive, tmp_path, monkeypatch
):
    monkeypatch.setattr(pretrain, "read_archive", lambda *asked: shortened(*read_archive(*asked)))
    command = pretrain.typer.Typer()
    command.command()(pretrain.main)
    asked = [
        str(archive),
        "--out",
        str(tmp_path),
        "--size",
        "cnn-mini",
        "--epochs",
        "1",
        "--every",
        "1",
        "--hide",
        "quiet",
    ]
    first = CliRunner().invoke(command, asked, catch_exceptions=False)
    assert first.exit_code == 0 and "step     2 of 2" in first.output and "written: " in first.output
    model = load_weights(tmp_path / "cnn_mini.safetensors", "cnn-mini")
    assert (model.about["steps"], model.about["dates_seen"], model.about["origin"]) == ("2", "64", "simulated")
    assert json.loads(model.about["settings"])["hide"] == "quiet"
    assert len(pd.read_csv(tmp_path / "history.csv")) == 2
    again = CliRunner().invoke(command, asked, catch_exceptions=False)
    assert again.exit_code == 0 and "step " not in again.output  # nothing is left to do


def shortened(images, held_out, about):
    """Two batches of dates."""
    return images[:64], held_out[:8], about


def test_a_folder_without_an_archive_gets_one_sentence(tmp_path):
    with pytest.raises(InputError, match="holds no images.npz: run `flarebook solarchip simulate"):
        read_archive(tmp_path)
