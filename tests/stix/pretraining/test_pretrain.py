"""Pretraining in domain: its losses fall, a killed run ends where an unbroken one does, bad input gets one sentence."""

import numpy as np
import pandas as pd
import pytest
import torch

from flarebook.compendium.errors import InputError
from flarebook.encoders.compact_vit import OBJECTIVES
from flarebook.evaluation.feature_geometry import effective_rank, spread
from flarebook.stix.pretraining import pretrain as run
from flarebook.stix.pretraining.objectives import create, draw_blocks
from scripts.stix.pretrain_encoder import read_archive


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """One thread, so that sums are done in one order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def brief(objective, n_steps=4, **changes):
    """Settings of a run of seconds."""
    return run.PretrainingConfig(objective, n_steps, **{"batch_size": 16, "every": 2, **changes})


def captions_of(images):
    """Captions that differ between neighbours."""
    return [f"solar flare {'bright' if number % 2 else 'faint'}" for number in range(len(images))]


def same_weights(one, other):
    """Whether two networks hold the same numbers, bit by bit."""
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(left, right) for left, right in pairs)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_killed_run_started_again_ends_bit_by_bit_where_an_unbroken_one_does(blob_archive, tmp_path, objective):
    images, *_ = read_archive(blob_archive)
    captions = captions_of(images)
    whole, unbroken = run.pretrain(images, captions, brief(objective))
    with pytest.raises(KeyboardInterrupt):
        run.pretrain(images, captions, brief(objective), tmp_path, progress=stop)
    torch.rand(7)  # what happens in between must not matter
    again, resumed = run.pretrain(images, captions, brief(objective), tmp_path)
    assert same_weights(whole, again)
    pd.testing.assert_frame_equal(unbroken.drop(columns="seconds"), resumed.drop(columns="seconds"))
    assert resumed["images_seen"].to_list() == [32, 64]


def stop(row):
    """A kill right after the first checkpoint."""
    raise KeyboardInterrupt


@pytest.mark.slow
def test_the_losses_fall(blob_archive):
    images, records, *_ = read_archive(blob_archive)
    history = run.pretrain_briefly(images, records, n_steps=12, batch_size=8)
    for objective, rows in history.groupby("objective"):
        assert rows["loss"].iloc[-3:].mean() < 0.98 * rows["loss"].iloc[:2].mean(), objective
    assert list(history["objective"].unique()) == list(OBJECTIVES)


def test_another_seed_gives_other_weights(blob_archive):
    images, *_ = read_archive(blob_archive)
    one, other = (run.pretrain(images, None, brief("ijepa", 1, seed=seed))[0] for seed in (1, 2))
    assert not same_weights(one, other)


def test_pretraining_leaves_the_callers_random_numbers_alone(blob_archive):
    images, *_ = read_archive(blob_archive)
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    run.pretrain(images, None, brief("ijepa", 1))
    assert torch.equal(torch.rand(4), expected)


def test_an_epoch_shows_every_image_once():
    config = brief("dino")
    shown = np.concatenate([run.epoch_batch(48, config, step) for step in range(3)])
    assert sorted(shown) == list(range(48))
    assert not np.array_equal(run.epoch_batch(48, config, 0), run.epoch_batch(48, config, 3))


@pytest.mark.parametrize("objective", ["dino", "msn", "ijepa"])
def test_the_slow_copy_learns_only_by_following(objective):
    module = create(objective)
    slow = [weight.clone() for weight in module.encoder.parameters()]
    assert not any(weight.requires_grad for weight in module.encoder.parameters())
    fast = {"dino": "student", "msn": "anchor", "ijepa": "context"}[objective]
    with torch.no_grad():
        for weight in getattr(module, fast).parameters():
            weight.add_(1.0)
    module.follow(0.75)
    for before, after in zip(slow, module.encoder.parameters(), strict=True):
        torch.testing.assert_close(after, before + 0.25)


def test_the_predicted_patches_of_ijepa_are_hidden_from_its_context():
    context, wanted = draw_blocks(torch.zeros(6, 1, 48, 48), torch.Generator().manual_seed(1))
    for seen, *hidden in zip(context[0], *wanted, strict=True):
        assert not set(seen.tolist()) & {int(patch) for block in hidden for patch in block}


def test_collapse_is_seen():
    rng = np.random.default_rng(0)
    free = rng.normal(size=(400, 16))
    line = rng.normal(size=(400, 1)) * np.ones(16)
    assert spread(free) == pytest.approx(1, abs=0.02)
    assert spread(np.ones((400, 16))) == pytest.approx(0, abs=1e-9)
    assert effective_rank(free) == pytest.approx(16, abs=0.5)
    assert effective_rank(line) == pytest.approx(1, abs=0.01)
    assert effective_rank(np.ones((9, 4))) == 1


@pytest.mark.parametrize("every", [1, 6])  # noticed in the features, and in the loss
def test_a_training_that_runs_away_stops_before_it_reaches_a_checkpoint(blob_archive, tmp_path, every):
    images, *_ = read_archive(blob_archive)
    wild = brief("ijepa", 6, learning_rate=1e30, warm_up=0.0, every=every)
    with pytest.raises(InputError, match="NaN or infinite values at step [12] of 6 .*lower learning rate"):
        run.pretrain(images, None, wild, tmp_path)
    assert not list(tmp_path.iterdir())


def test_bad_input_gets_one_sentence(blob_archive):
    images, *_ = read_archive(blob_archive)
    with pytest.raises(InputError, match="no objective 'simclr': take one of dino, msn, ijepa, clip"):
        run.pretrain(images, None, brief("simclr"))
    with pytest.raises(InputError, match="5 images do not fill a batch of 16"):
        run.pretrain(images[:5], None, brief("dino"))
    with pytest.raises(InputError, match="as many captions as images"):
        run.pretrain(images, ["one"], brief("clip"))


def test_a_checkpoint_of_other_settings_or_a_damaged_one_is_refused(blob_archive, tmp_path):
    images, *_ = read_archive(blob_archive)
    run.pretrain(images, None, brief("ijepa", 1), tmp_path)
    with pytest.raises(InputError, match="cannot resume .*: seed was 1, now 2"):
        run.pretrain(images, None, brief("ijepa", 1, seed=2), tmp_path)
    path = tmp_path / run.CHECKPOINT
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(InputError, match="cannot read the checkpoint .*: truncated.*remove it"):
        run.pretrain(images, None, brief("ijepa", 1), tmp_path)
