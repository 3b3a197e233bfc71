"""Batches: the same turn for all channels of a date, every date once an epoch, HMI always, AIA drawn fairly."""

from collections import Counter

import numpy as np
import pytest
import torch

from flarebook.solarchip.images.channels import AIA
from flarebook.solarchip.pretraining.batches import rotate_images, sample_batch, sample_channels
from flarebook.solarchip.pretraining.settings import PretrainingConfig


def spots(n=6, k=3, side=33):
    """One bright spot per date, at the same place in all channels but weaker in each, (n, k, side, side)."""
    rng = np.random.default_rng(2)
    pictures = torch.zeros(n, k, side, side)
    for date, (row, column) in enumerate(rng.integers(10, side - 10, (n, 2))):
        pictures[date, :, row - 1 : row + 2, column - 1 : column + 2] = torch.linspace(1, 0.5, k)[:, None, None]
    return pictures


def places(pictures):
    """Centres of brightness from the middle, (n, k, 2), in pixels."""
    side = pictures.shape[-1]
    offset = torch.arange(side) - (side - 1) / 2
    total = pictures.sum((2, 3))
    return torch.stack([(pictures.sum(3) * offset).sum(2) / total, (pictures.sum(2) * offset).sum(2) / total], dim=2)


def test_all_channels_of_a_date_are_turned_alike_and_dates_differently():
    before, after = (places(one) for one in (spots(), rotate_images(spots(), np.random.default_rng(1))))
    torch.testing.assert_close(after, after[:, :1].expand_as(after), atol=1e-3, rtol=0)
    moved = torch.atan2(after[:, 0, 0], after[:, 0, 1]) - torch.atan2(before[:, 0, 0], before[:, 0, 1])
    assert len(set(moved.round(decimals=2).tolist())) == len(moved)


def test_a_turn_keeps_the_distance_from_disk_centre():
    before, after = (places(one).norm(dim=2) for one in (spots(), rotate_images(spots(), np.random.default_rng(3))))
    torch.testing.assert_close(after, before, atol=0.15, rtol=0)


def test_without_turn_and_mirror_the_pictures_are_as_they_were():
    pictures = spots()
    assert rotate_images(pictures, np.random.default_rng(1), 0.0, mirror=False) is pictures
    mirrored = rotate_images(pictures, np.random.default_rng(1), 0.0)
    for one, other in zip(pictures, mirrored, strict=True):
        kept = [torch.allclose(other, one.flip(axes), atol=1e-4) for axes in ((), (1,), (2,), (1, 2))]
        assert sum(kept) == 1


def test_an_epoch_shows_every_date_once_and_what_a_step_shows_follows_from_its_number():
    dates = np.arange(40, dtype=np.float32)[:, None, None, None] * np.ones((1, 11, 8, 8), np.float32)
    settings = PretrainingConfig(batch_size=10, seed=4)
    seen = torch.cat([sample_batch(dates, settings, step)[0][:, 0, 0, 0] for step in range(4)])
    assert sorted(seen.round().int().tolist()) == list(range(40))
    again, channels = sample_batch(dates, settings, 3)
    assert torch.equal(again, sample_batch(dates, settings, 3)[0]) and not torch.equal(
        again, sample_batch(dates, settings, 7)[0]
    )
    assert again.shape == (10, 3, 8, 8) and channels[0] == "hmi"


@pytest.mark.parametrize("n_aia", [2, 10])
def test_every_aia_channel_has_its_turn(n_aia):
    rng = np.random.default_rng(0)
    drawn = Counter(channel for _ in range(500) for channel in sample_channels(n_aia, rng))
    assert drawn.pop("hmi") == 500 and set(drawn) == set(AIA)
    expected = 500 * n_aia / len(AIA)
    assert all(abs(count - expected) < 5 * np.sqrt(expected) for count in drawn.values())
