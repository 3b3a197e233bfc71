"""Spectra drawn from disk are those that are drawn from a table in memory."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import pytest

from flarebook.compendium.errors import InputError
from flarebook.iris.classifiers import ensemble, splits, stored_spectra
from flarebook.iris.mg2 import FEATURES


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    names = [f"{region} {i}" for region in ("PF", "QS", "AR") for i in (10, 2, 1, 3, 4)]
    rows = pd.DataFrame({"observation": np.repeat(names, rng.integers(40, 90, len(names)))}).astype("category")
    rows["region"] = rows["observation"].astype(str).str[:2].astype("category")
    rows[list(FEATURES)] = rng.normal(size=(len(rows), 10)).astype(np.float32)
    return rows


def on_disk(table, folder):
    path = folder / "spectra.parquet"
    pa.parquet.write_table(pa.Table.from_pandas(table), path, row_group_size=64)
    return pa.dataset.dataset(path)


def test_the_draw_from_disk_is_that_from_memory(table, tmp_path):
    expected = splits.select_spectra(table, np.random.default_rng(3))
    found = stored_spectra.draw_spectra(on_disk(table, tmp_path), np.random.default_rng(3), folder=tmp_path)
    assert isinstance(found.features, np.memmap) and found.names == expected.names
    for name in ("features", "label", "observation", "positive"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert list(tmp_path.iterdir()) == [tmp_path / "spectra.parquet"]  # the array has no name, so a kill leaves none


def test_a_number_draws_half_of_each_class(table, tmp_path):
    found = stored_spectra.draw_spectra(on_disk(table, tmp_path), np.random.default_rng(3), 100)
    assert len(found.label) == 100 and found.label.sum() == 50
    kept = set(map(bytes, np.asarray(found.features)))
    assert len(kept) == 100 and kept <= set(map(bytes, table[list(FEATURES)].to_numpy()))


def test_thin_spectra_keep_every_observation(table, tmp_path):
    whole = stored_spectra.draw_spectra(on_disk(table, tmp_path), np.random.default_rng(3))
    thin = stored_spectra.thin_spectra(whole, 7)
    assert thin.names == whole.names and set(thin.counts) == {7} and stored_spectra.thin_spectra(whole, 0) is whole
    first = whole.features[whole.observation == 2]
    np.testing.assert_array_equal(thin.features[thin.observation == 2][[0, -1]], first[[0, -1]])


def test_what_is_missing_is_told(table, tmp_path):
    with pytest.raises(InputError, match="lacks PF or AR"):
        stored_spectra.draw_spectra(on_disk(table[table["region"] != "AR"], tmp_path), np.random.default_rng(3))
    table.loc[table.index[5], "triplet"] = np.nan
    with pytest.raises(InputError, match="missing features"):
        stored_spectra.draw_spectra(on_disk(table[table["region"] != "QS"], tmp_path), np.random.default_rng(3))


def test_training_piece_by_piece_from_disk_equals_training_in_memory(table, tmp_path, monkeypatch):
    dataset, config = on_disk(table, tmp_path), ensemble.TrainingConfig(epochs=2, batch_size=4)
    memory = splits.select_spectra(table, np.random.default_rng(3))
    disk = stored_spectra.draw_spectra(dataset, np.random.default_rng(3), folder=tmp_path)
    drawn = splits.draw_splits(memory, np.random.default_rng(1), n_splits=3, n_test=1, n_validation=1)
    expected = ensemble.train_ensemble(memory, drawn, (4,), config)
    monkeypatch.setattr(ensemble, "TOGETHER", 128)
    monkeypatch.setattr(ensemble, "EVALUATION_ROWS", 50)
    found = ensemble.train_ensemble(disk, drawn, (4,), config)
    for name, value in expected.weights["validation"].items():
        np.testing.assert_allclose(found.weights["validation"][name], value, rtol=1e-5, atol=1e-6)
    pd.testing.assert_frame_equal(found.history, expected.history)
