"""A release takes the weights, histories and card of finished trainings into the data of a package."""

import pandas as pd
import pytest
import torch

from flarebook.compendium.errors import InputError
from flarebook.learning.weights import load_weights, write_weights
from scripts.release import Release, publish, read_trainings, table_row

RELEASE = Release(
    files={"one": "one.safetensors", "two": "two.safetensors"},
    load=lambda name, path: load_weights(path, lambda about: (torch.nn.Linear(2, 1), name), "a.module"),
    group="network",
    script="a.module",
    template="template.md",
    card="CARD.md",
)


def test_weights_histories_and_card_are_published(tmp_path):
    for name in RELEASE.files:
        history = pd.DataFrame({"step": [1, 2], "loss": [2.0, 1.0]})
        write_weights(torch.nn.Linear(2, 1), tmp_path / name / RELEASE.files[name], {"seed": 3}, history)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "template.md").write_text("{row}\n")
    networks, histories = read_trainings([tmp_path / "one", tmp_path / "two"], RELEASE)
    card = publish(networks, histories, {"row": table_row("one", [0.5])}, RELEASE, tmp_path / "data")
    assert card.read_text() == "| one | 0.500 |\n"
    assert pd.read_csv(tmp_path / "data" / "pretraining_history.csv")["network"].to_list() == ["one"] * 2 + ["two"] * 2
    shipped = RELEASE.load("two", tmp_path / "data" / "two.safetensors")
    assert shipped.about == {"seed": "3"} and torch.equal(shipped.weight, networks["two"].weight)


def test_a_missing_training_is_named(tmp_path):
    write_weights(torch.nn.Linear(2, 1), tmp_path / "one.safetensors", {})
    with pytest.raises(InputError, match="no weights of two in the folders: run `python -m a.module`"):
        read_trainings([tmp_path], RELEASE)
