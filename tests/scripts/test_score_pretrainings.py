"""The table of several pretrainings: what each saw, its scores, and only trainings that can be compared."""

import json

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets.hidden_parts import OUTLINE, PARTS, QUIET_MASKED, REGIONS_MASKED, WHOLE
from flarebook.solarchip.models.autoencoder import create_autoencoder
from flarebook.solarchip.models.weights import save_encoder
from flarebook.solarchip.pretraining.settings import PretrainingConfig, config_dict
from flarebook.solarchip.representation.pretrainings import COLUMNS, SCORES, pretraining_conditions, pretraining_table
from scripts.solarchip import release_models, score_pretrainings

N = 70


@pytest.fixture
def trained(tmp_path):
    """Function (seed, hide, settings) that writes the weights of a training that was none; returns its folder."""

    def write(seed, hide="nothing", steps=3, **settings):
        folder = tmp_path / f"{seed}-{hide}-{steps}"
        folder.mkdir()
        config = PretrainingConfig("vit-mini", n_steps=steps, seed=seed, hide=hide, **settings)
        about = {"steps": steps, "dates_seen": 96, "seconds": 1, "settings": config_dict(config), "commit": "abc"}
        about |= {"origin": "simulated", "n_dates": 40, "images_sha256": "0"}
        about["settings"] = json.dumps(about["settings"])
        save_encoder(create_autoencoder("vit-mini", seed=seed), folder / "vit_mini.safetensors", about)
        return folder

    return write


@pytest.fixture
def held_out():
    """70 days of noise: scaled images, magnetograms in G, and the table of their days."""
    rng = np.random.default_rng(1)
    images = rng.normal(0, 0.3, (N, 11, 32, 32)).astype(np.float16)
    days = pd.DataFrame({"time": pd.date_range("2021-12-01", periods=N).astype(str)})
    return images, 100 * images[:, 0].astype(np.float32), days


def test_each_training_is_scored_on_every_part_and_the_header_tells_what_it_saw(trained, held_out, tmp_path):
    found = score_pretrainings.read_pretrainings([trained(2), trained(1, "quiet"), trained(1)])
    assert [key[1:] for key, _ in found] == [("nothing", 1), ("nothing", 2), ("quiet", 1)]
    table = score_pretrainings.score_pretrainings(found[1:], *held_out)
    assert len(table) == 2 * len(PARTS) * (table["score"].nunique()) and set(table["score"]) <= set(SCORES)
    parts = table[table["seed"] == 2].pivot(index="score", columns="images", values="value").dropna()
    assert (parts[OUTLINE] != parts[WHOLE]).any() and (parts[QUIET_MASKED] != parts[REGIONS_MASKED]).any()
    lines = list(score_pretrainings.header_lines(found, held_out[-1]))
    score_pretrainings.write_table(table, lines, tmp_path / "table.csv")
    text = (tmp_path / "table.csv").read_text(encoding="utf-8").splitlines()
    assert text[0].startswith("# SIMULATED") and "2021-12-01 to 2022-02-08" in text[1] and "steps 3" in text[2]
    assert text[5].startswith("# vit-mini, hidden quiet, seed 1:") and text[6] == ",".join(COLUMNS)
    pd.testing.assert_frame_equal(pretraining_table(tmp_path / "table.csv"), table, rtol=1e-4, check_dtype=False)
    shared = pretraining_conditions(tmp_path / "table.csv")
    assert [shared[name] for name in ("steps", "image", "n_dates", "batch_size")] == ["3", "32", "40", "32"]


def test_an_archive_is_read_once_with_the_pixels_of_the_trainings(trained, held_out, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(score_pretrainings, "read_physical", lambda *given: asked.append(given) or held_out[::2])
    monkeypatch.setattr(score_pretrainings, "hold_out", lambda *given: held_out)
    monkeypatch.setattr(score_pretrainings, "describe_training", lambda *given: {"images_sha256": "0"})
    folder = trained(1)
    score_pretrainings.main(tmp_path, [folder], tmp_path / "table.csv")
    assert asked == [(tmp_path, 32)] and len(pretraining_table(tmp_path / "table.csv"))
    monkeypatch.setattr(score_pretrainings, "describe_training", lambda *given: {"images_sha256": "1"})
    with pytest.raises(InputError, match="is not the archive of these trainings: its images have the hash 1, and"):
        score_pretrainings.main(tmp_path, [folder], tmp_path / "table.csv")


def test_trainings_that_cannot_be_compared_are_refused(trained, tmp_path):
    folders = [trained(1), trained(2, steps=5)]
    with pytest.raises(InputError, match=r"cannot be compared: steps is 3 and 5"):
        score_pretrainings.read_pretrainings(folders)
    with pytest.raises(InputError, match="is a second training of vit-mini, hidden nothing, seed 1: name one"):
        score_pretrainings.read_pretrainings([folders[0], folders[0]])
    with pytest.raises(InputError, match="holds no weights: name folders of"):
        score_pretrainings.read_pretrainings([tmp_path])


def test_the_card_tells_the_spread_of_the_pretrainings_once_there_is_a_table(trained, held_out, tmp_path):
    path = tmp_path / "table.csv"
    assert "no spread" in release_models.describe_pretrainings(path)
    found = score_pretrainings.read_pretrainings([trained(1), trained(2)])
    table = score_pretrainings.score_pretrainings(found, *held_out)
    score_pretrainings.write_table(table, score_pretrainings.header_lines(found, held_out[-1]), path)
    text = release_models.describe_pretrainings(path)
    assert "(3 steps of 32 dates, images of 32 pixels)" in text
    assert "| vit-mini | " in text and " ± " in text and "| outline alone |" in text


def test_a_control_does_not_ship(monkeypatch, tmp_path):
    hidden = create_autoencoder("vit-mini")
    hidden.about = {"settings": json.dumps({"hide": "quiet"})}
    monkeypatch.setattr(release_models, "read_trainings", lambda *_: ({"vit-tiny": hidden}, {}))
    with pytest.raises(InputError, match="training of vit-tiny hid quiet of its images: it is a control"):
        release_models.ship(tmp_path, [])
