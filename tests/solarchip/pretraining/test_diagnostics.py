"""Scores of a pretraining: a perfect copy explains all, the mean image nothing, an address is worth as much any day."""

import numpy as np
import pytest
import torch
from torch.nn.functional import one_hot

from flarebook.solarchip.models.backbones import Tokens
from flarebook.solarchip.models.losses import FIRST_SCALE, TERMS
from flarebook.solarchip.pretraining.diagnostics import (
    contrastive_losses,
    explained_variance,
    patch_colours,
    variance_components,
)
from scripts.solarchip.release_models import summarize_model

N, SIDE = 40, 8


class Address(torch.nn.Module):
    """A model whose patches know their place and nothing else, and whose class token knows the date (pixel 0, 0)."""

    def __init__(self, drawn=None):
        super().__init__()
        self.drawn, self.place = drawn, torch.nn.Parameter(torch.zeros(()))
        self.log_scales = dict.fromkeys(TERMS, torch.tensor(FIRST_SCALE))

    def group(self, channel):
        return "sun"

    def encode(self, pictures, channel):
        self.pictures = pictures
        dates = (pictures[:, 0, 0, 0] * N).round().long()
        return Tokens(one_hot(dates, N).float(), torch.eye(16).expand(len(pictures), -1, -1))

    def project(self, tokens):
        return tokens.cls, tokens.patches

    def decode(self, tokens, channel):
        return self.pictures if self.drawn is None else self.drawn.expand_as(self.pictures)


@pytest.fixture
def images():
    """Dates that carry their number in the first pixel, (40, 11, 8, 8)."""
    images = np.random.default_rng(0).random((N, 11, SIDE, SIDE)).astype(np.float32)
    images[:, :, 0, 0] = np.arange(N)[:, None] / N
    return images


def test_a_copy_explains_everything_and_the_mean_image_nothing(images):
    assert explained_variance(Address(), images)["explained"].to_numpy() == pytest.approx(1)
    flat = images.copy()
    flat[:] = images[:, :1]  # all channels alike, so that one mean image serves all
    mean = Address(torch.from_numpy(flat[:, 0].mean(axis=0)))
    assert explained_variance(mean, flat)["explained"].to_numpy() == pytest.approx(0, abs=1e-6)


def test_the_date_is_worth_nothing_on_another_date_and_the_place_as_much_as_before(images):
    told = contrastive_losses(Address(), images, batch_size=8).set_index(["term", "pairs"])["loss"]
    assert told["cls", "same date"] < 0.01 and told["cls", "another date"] > told["cls", "chance"]
    assert (
        told["intra", "same date"] == pytest.approx(told["intra", "another date"]) and told["intra", "same date"] < 0.01
    )
    assert told["patch", "same date"] == pytest.approx(np.log(8), abs=1e-4)  # patches know no date: guessing
    assert told["intra", "chance"] == pytest.approx(np.log(16))


def test_the_summary_holds_these_numbers(images):
    row = summarize_model(Address(), images)
    assert row["explained_hmi"] == pytest.approx(1) and row["explained_aia"] == pytest.approx(1)
    assert row["cls"] < 0.01 < row["cls_another_date"]


def test_one_place_has_one_colour_in_all_channels_and_on_all_dates(images, monkeypatch):
    monkeypatch.setattr(Address, "to", lambda self, device: self)
    colours = patch_colours(Address(), images, ["hmi", "171"], [0, 7, 9])
    assert colours["hmi"].shape == (3, 4, 4, 3) and 0 <= colours["171"].min() and colours["171"].max() <= 1
    np.testing.assert_allclose(colours["hmi"], colours["171"], atol=1e-5)
    np.testing.assert_allclose(colours["hmi"][0], colours["hmi"][2], atol=1e-5)
    assert len(np.unique(colours["hmi"][0].reshape(-1, 3).round(3), axis=0)) > 4


def test_the_shares_of_place_date_and_what_is_left_are_those_that_were_put_in(images, monkeypatch):
    monkeypatch.setattr(Address, "to", lambda self, device: self)
    rng = np.random.default_rng(0)
    mixed = 2 * rng.normal(size=(1, 16, 200)) + rng.normal(size=(N, 1, 200)) + rng.normal(size=(N, 16, 200))
    monkeypatch.setattr(
        Address, "project", lambda self, tokens: (tokens.cls, torch.from_numpy(mixed[: len(tokens.cls)]))
    )
    found = variance_components(Address(), images, ["hmi"]).iloc[0]
    assert [found["place"], found["date"], found["place on a date"]] == pytest.approx([4 / 6, 1 / 6, 1 / 6], abs=0.03)
    monkeypatch.undo()
    monkeypatch.setattr(Address, "to", lambda self, device: self)
    assert variance_components(Address(), images, ["171"])["place"].to_numpy() == pytest.approx(1)
