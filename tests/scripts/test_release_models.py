"""What ships: two small files of one training each, a card that tells what they say, curves that fall."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets.simulated import simulate_sun
from flarebook.solarchip.figures.pretraining import chance_losses, plot_batch, plot_history, shipped_history
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.scaling import scale_images
from flarebook.solarchip.models import weights
from flarebook.solarchip.pretraining.batches import select_images
from flarebook.solarchip.pretraining.objective import TERMS
from flarebook.solarchip.translation import translator as translate
from scripts.release import read_trainings
from scripts.solarchip import release_models
from scripts.solarchip.release_models import scores_to

CARD = (weights.FOLDER / release_models.RELEASE.card).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shipped():
    """The shipped models, {name: SolarChip}."""
    return {name: weights.load_encoder(name) for name in weights.SHIPPED}


def test_the_files_are_small_and_the_card_tells_what_they_say(shipped):
    for name, model in shipped.items():
        assert (weights.FOLDER / weights.weights_file_name(name)).stat().st_size < 10e6
        row = next(line for line in CARD.splitlines() if line.startswith(f"| {name} | "))
        n_weights = sum(weight.numel() for weight in model.parameters())
        first = release_models.training_settings(model.about)["reconstruction_warmup"]
        assert f"| {n_weights:,} | {first:g} | {model.about['steps']} | {int(model.about['dates_seen']):,} |" in row
        assert model.about["images_sha256"] in CARD and model.about["commit"][:10] in CARD
        assert model.about["origin"] == "simulated"
    assert "Trained on simulated images only" in CARD and "{" not in CARD.replace("{name", "")


def test_both_saw_the_same_dates_and_every_term_fell_below_guessing(shipped):
    assert len({model.about["images_sha256"] for model in shipped.values()}) == 1
    history, chance = shipped_history(), chance_losses()
    for name, rows in history.groupby("backbone"):
        assert rows["dates_seen"].is_monotonic_increasing and rows["dates_seen"].iloc[-1] == int(
            shipped[name].about["dates_seen"]
        )
        for term in TERMS:
            last = rows[f"held_out_{term}"].iloc[-1]
            assert last < rows[f"held_out_{term}"].iloc[0] and last < chance.get(term, np.inf), (name, term)


def test_the_figure_of_the_course_holds_the_history():
    figure, table = plot_history(shipped_history(), chance_losses())
    assert len(table) == len(shipped_history()) and len(figure.axes) == len(TERMS)
    drawn = {line.get_label(): line.get_xdata() for line in figure.axes[0].lines}
    assert len(drawn["transformer"]) == (table["backbone"] == "vit-tiny").sum()


def test_a_batch_is_drawn_before_and_after_its_turn():
    pictures = select_images(np.zeros((2, 11, 16, 16)), [0, 1], CHANNELS[:2]).numpy()
    figure = plot_batch(pictures, CHANNELS[:2], pictures)
    assert [axis.get_title() for axis in figure.axes[:4]] == [
        "HMI field",
        "AIA 94 Å",
        "HMI field, rotated",
        "AIA 94 Å, rotated",
    ]


def test_a_rotation_lies_between_the_dates_that_teach_and_those_asked():
    times = pd.Series(pd.date_range("2021-12-01", periods=372)).astype(str)
    taught, asked = release_models.halves(times)
    days = np.arange(372)
    assert days[asked].min() - days[taught].max() > 27 and asked.sum() > 150
    with pytest.raises(InputError, match="40 held-out dates leave none after a gap of 27 days"):
        release_models.halves(times[:40])


def test_a_missing_training_gets_one_sentence(tmp_path):
    with pytest.raises(InputError, match="no weights of vit-tiny, cnn-tiny in the folders: run"):
        read_trainings([tmp_path], release_models.RELEASE)


def test_shipped_translator_draws_a_corona_nearer_to_the_true_one_than_the_mean_picture():
    images = scale_images(simulate_sun(4, seed=3).images)
    translator = translate.load_translator()
    assert (weights.FOLDER / "translator.safetensors").stat().st_size < 10e6 and translator.about[
        "origin"
    ] == "simulated"
    drawn, mean, follows, mean_follows = scores_to(translator, images, "171")
    assert drawn > mean + 1.0 and follows > mean_follows + 0.1
    assert f"{translator.about['unet_steps']} + 2 x {translator.about['branch_steps']} steps" in CARD
