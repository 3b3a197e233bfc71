"""The script that pretrains what ships: what it trains on, what it writes, and what it refuses."""

import json
import warnings

import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.encoders.compact_vit import SHAPE, load_network
from scripts.stix import pretrain_encoder


def test_real_and_flagged_images_are_not_trained_on_and_every_tenth_is_held_out(blob_archive):
    images, records, held, held_records = pretrain_encoder.read_archive(blob_archive)
    assert len(images) + len(held) == 96 - 2
    assert set(records["origin"]) | set(held_records["origin"]) == {"simulated"}
    assert list(held_records.index) == list(range(10, 96 - 1, 10))  # the blank image comes before, and does not count
    assert not set(records["image_id"]) & set(held_records["image_id"])


def test_the_command_writes_weights_history_and_what_they_were_made_of(blob_archive, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pretrain_encoder.main(blob_archive, "dino", tmp_path, epochs=0.4, batch_size=16)
    network = load_network("dino-stix", tmp_path / "dino_stix.safetensors")
    history = pd.read_csv(tmp_path / "history.csv")
    assert network.about["objective"] == "dino" and network.about["origin"] == "simulated"
    assert int(network.about["images_seen"]) == history["images_seen"].iloc[-1] == 2 * 16
    assert json.loads(network.about["settings"])["seed"] == 1
    assert network.embed_dim == SHAPE["embed_dim"]


def test_a_folder_without_an_archive_gets_one_sentence(tmp_path):
    with pytest.raises(InputError, match="holds no images.npz: run `flarebook run stix/2-archive`"):
        pretrain_encoder.read_archive(tmp_path)
