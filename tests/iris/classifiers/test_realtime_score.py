"""The real-time score: quick, the same as the networks that were trained, and clear about what it refuses."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from astropy.io import fits
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from typer.testing import CliRunner

from flarebook.commands import iris
from flarebook.compendium.atomic_files import free_stem
from flarebook.compendium.errors import InputError
from flarebook.iris.classifiers import inference, realtime_score
from flarebook.iris.classifiers.inference import ensemble_scores
from flarebook.iris.features.extract import extract_features
from flarebook.iris.mg2 import FEATURES
from flarebook.iris.rasters.samples import real_raster, sample_path
from flarebook.iris.rasters.write import write_raster

RASTER = "iris_20140329_mg2_raster.fits"
COARSE = "iris_20140329_mg2_coarse.fits"


def drawn_weights(rng, n_members=4):
    """Random weights of a small network."""
    shapes = {"dense_0": (10, 6), "dense_1": (6, 1)}
    weights = {f"{name}/kernel": rng.normal(0, 0.3, (n_members, *shape)) for name, shape in shapes.items()}
    weights |= {f"{name}/bias": rng.normal(0, 0.3, (n_members, shape[1])) for name, shape in shapes.items()}
    scale = np.array([100, 1, 2, 0.3, 5, 0.5, 0.1, 0.2, 0.2, 3.0])
    return weights | {"mean": np.tile(scale, (n_members, 1)), "scale": np.tile(scale, (n_members, 1))}


@pytest.fixture
def weights_file(tmp_path):
    return inference.export_ensemble(
        drawn_weights(np.random.default_rng(0)), tmp_path / "e.safetensors", {"window": 3.0}
    )


@pytest.fixture
def run_score(weights_file, tmp_path):
    def run(*paths):
        arguments = ["score", *map(str, paths), "--out", str(tmp_path / "out"), "--weights", str(weights_file)]
        return CliRunner().invoke(iris.app, arguments)

    return run


def test_exported_weights_come_back_with_their_note(weights_file):
    ensemble = inference.load_ensemble(weights_file)
    assert ensemble.window == 3.0 and ensemble.about["members"] == "4"
    assert json.loads(ensemble.about["features"]) == list(FEATURES)
    expected = drawn_weights(np.random.default_rng(0))["dense_0/kernel"].astype(np.float32)
    np.testing.assert_array_equal(ensemble.weights["dense_0/kernel"], expected)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("window", None),
        ("window", "abc"),
        ("window", "nan"),
        ("window", "1e9"),
        ("features", "{"),
        ("features", "null"),
    ],
)
def test_a_description_that_makes_no_sense_is_a_sentence(weights_file, key, text):
    with safe_open(weights_file, framework="numpy") as file:
        about = {**file.metadata(), key: text}
    save_file(load_file(weights_file), weights_file, {name: value for name, value in about.items() if value})
    with pytest.raises(InputError, match=re.escape(weights_file.name) + "|between 0.5 and 4.4"):
        inference.load_ensemble(weights_file)


@pytest.mark.parametrize(
    "change",
    [
        {"scale": None},
        {"mean": np.full((4, 10), np.nan)},
        {"mean": np.zeros((4, 5))},
        {"mean": np.zeros((4, 10), np.int32)},
    ],
)
def test_arrays_of_no_ensemble_are_a_sentence(weights_file, change):
    with safe_open(weights_file, framework="numpy") as file:
        about = file.metadata()
    arrays = load_file(weights_file) | change
    save_file({name: value for name, value in arrays.items() if value is not None}, weights_file, about)
    with pytest.raises(InputError):
        inference.load_ensemble(weights_file)


def test_real_raster_is_scored_pixel_by_pixel(weights_file):
    ensemble, raster = inference.load_ensemble(weights_file), real_raster()
    table = realtime_score.score_file(sample_path(RASTER), ensemble)
    assert len(table) == raster.quality.size
    spectra, seconds = raster.flat()
    features, good = extract_features(spectra, raster.wavelength, seconds)
    np.testing.assert_array_equal(table["score"].notna(), good)
    expected = ensemble_scores(ensemble.weights, features).mean(axis=0)
    np.testing.assert_allclose(table["score"][good], expected[good], atol=1e-6)
    assert table["score"].dropna().between(0, 1).all() and (table["spread"].dropna() >= 0).all()


def test_command_leaves_table_map_and_record(run_score, tmp_path, weights_file):
    result = run_score(sample_path(RASTER))
    assert result.exit_code == 0, result.output
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {f"iris_20140329_mg2_raster_score.{end}" for end in ("parquet", "csv", "png", "json")}
    file = tmp_path / "out" / "iris_20140329_mg2_raster_score.parquet"
    record = json.loads(pyarrow.parquet.read_schema(file).metadata[b"flarebook"])
    assert record["weights_sha256"] == inference.load_ensemble(weights_file).sha256 and record["flarebook"]
    table = pd.read_csv(file.with_suffix(".csv"))
    np.testing.assert_allclose(table["score"], pd.read_parquet(file)["score"], atol=1e-4)


def test_a_batch_goes_on_past_bad_files_and_lists_them(run_score, tmp_path):
    broken = tmp_path / "broken.fits"
    broken.write_bytes(b"no FITS at all")
    result = run_score(broken, sample_path(RASTER), tmp_path / "absent.fits")
    assert result.exit_code == 2
    assert "broken.fits" in result.output and "absent.fits" in result.output
    assert (tmp_path / "out" / "iris_20140329_mg2_raster_score.csv").is_file()
    assert not list((tmp_path / "out").glob("*broken*"))


def test_a_raster_without_the_mg_window_is_refused(run_score, tmp_path):
    with fits.open(sample_path(RASTER)) as hdus:
        header = hdus[0].header
        for key in [key for key in header if key.startswith("TDESC")]:
            header[key] = "C II 1336"
        for key in [key for key in header if key.startswith(("TWMIN", "TWMAX", "TWAVE"))]:
            header[key] = header[key] - 1460.0
        for hdu in hdus[1:]:
            if hdu.header.get("NAXIS") == 3:
                hdu.header["CRVAL1"] -= 1460.0
        hdus.writeto(tmp_path / "carbon.fits")
    result = run_score(tmp_path / "carbon.fits")
    assert result.exit_code == 2 and "Mg II" in result.output and not list((tmp_path / "out").iterdir())


def test_a_coarse_raster_is_refused(run_score):
    result = run_score(sample_path(COARSE))
    assert result.exit_code == 2 and "too coarse" in result.output


def test_a_raster_without_exposure_time_is_refused(run_score, tmp_path):
    raster = real_raster()
    write_raster(replace(raster, exposure_time=np.zeros_like(raster.exposure_time)), tmp_path / "dark.fits")
    result = run_score(tmp_path / "dark.fits")
    assert result.exit_code == 2 and len(result.output.strip().splitlines()) < 4 and "exposure" in result.output


def test_a_raster_of_missing_exposures_is_refused(run_score, tmp_path):
    raster = real_raster()
    write_raster(replace(raster, spectra=np.full_like(raster.spectra, np.nan)), tmp_path / "empty.fits")
    result = run_score(tmp_path / "empty.fits")
    assert result.exit_code == 2 and "missing" in result.output


def test_without_a_folder_only_the_summary_is_printed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(iris.app, ["score", str(sample_path(RASTER))])
    assert result.exit_code == 0 and "mean score" in result.output and not list(tmp_path.iterdir())


def test_damaged_or_foreign_weights_are_refused(tmp_path):
    path = tmp_path / "w.safetensors"
    with pytest.raises(InputError, match="no weights file"):
        inference.load_ensemble(path)
    path.write_bytes(b"\x00" * 40)
    with pytest.raises(InputError, match="broken or not a weights file"):
        inference.load_ensemble(path)
    inference.export_ensemble(drawn_weights(np.random.default_rng(0)), path, {"window": 3.0, "features": "[]"})
    with pytest.raises(InputError, match="not made for the ten features"):
        inference.load_ensemble(path)


def test_two_files_of_one_name_do_not_overwrite_each_other():
    taken = set()
    names = [free_stem(path, taken) for path in ("a/r.fits.gz", "b/r.fits", "c/other.tar.gz")]
    assert names == ["r", "r-2", "other"]


def test_scoring_needs_no_tensorflow():
    modules = "flarebook.iris.classifiers.realtime_score, flarebook.commands.iris"
    code = f"import {modules}, sys; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_wrong_number_of_features_is_told():
    with pytest.raises(InputError, match="expect 10 features"):
        ensemble_scores(drawn_weights(np.random.default_rng(0)), np.zeros((5, 9)))


def test_shipped_ensemble_is_small_and_says_that_it_is_simulated():
    ensemble = inference.load_ensemble()
    assert inference.SHIPPED.stat().st_size < 300_000
    assert ensemble.about["origin"] == "simulated" and ensemble.about["selection"] == "validation"
    table = realtime_score.score_file(sample_path(RASTER), ensemble)
    assert (
        0 < realtime_score.summarise_scores(table)["mean"] < 1
        and realtime_score.summarise_scores(table)["spectra"] > 3000
    )
    assert inference.SHIPPED.with_name("MODEL_CARD.md").is_file()
