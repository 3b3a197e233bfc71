"""The training loop stops at NaN, keeps the best row, loses patience, and resumes where it was stopped."""

import numpy as np
import pytest
import torch

from flarebook.compendium.errors import InputError
from flarebook.learning.checkpoints import Checkpoint
from flarebook.learning.training import Monitoring, TrainingConfig, fit, training_loop


def test_rows_hold_the_means_since_the_row_before():
    rows = training_loop(lambda step: {"loss": float(step)}, 5, "a network", Monitoring(2))
    assert [(row["step"], row["loss"]) for row in rows] == [(2, 0.5), (4, 2.5), (5, 4.0)]
    rows = training_loop(lambda step: {"loss": float(step)}, 5, "a network", Monitoring({1, 4}))
    assert [(row["step"], row["loss"]) for row in rows] == [(1, 0.0), (4, 2.0), (5, 4.0)]


def test_nan_and_infinity_stop_a_training():
    for bad in (np.nan, np.inf):
        with pytest.raises(InputError, match="NaN or infinite values at step 3 of 9 of the training of a network"):
            training_loop(lambda step, bad=bad: {"loss": 1.0, "term": bad if step == 2 else 0.0}, 9, "a network")


def test_the_first_best_is_kept_and_patience_ends_a_training():
    losses, kept = [3.0, 2.0, 1.0, 1.0, 4.0, 0.0], []
    monitoring = Monitoring(metric="loss", keep_best=lambda: kept.append(seen[-1]), patience=2)
    seen = []
    rows = training_loop(lambda step: seen.append(step) or {"loss": losses[step]}, 6, "a network", monitoring)
    assert kept == [0, 1, 2] and len(rows) == 5


def test_a_stopped_training_ends_where_an_unbroken_one_does(tmp_path):
    def train(path=None, stop=None):
        torch.manual_seed(1)
        network = torch.nn.Linear(3, 1)
        optimiser = torch.optim.AdamW(network.parameters(), lr=0.1)

        def train_step(step):
            loss = (network(torch.full((1, 3), float(step))) - 1).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            return {"loss": float(loss.detach())}

        checkpoint = Checkpoint(path, network, optimiser, {"rate": 0.1}) if path else None
        training_loop(train_step, stop or 6, "a network", checkpoint=checkpoint)
        return network.weight

    train(tmp_path / "checkpoint.pt", stop=3)
    assert torch.equal(train(tmp_path / "checkpoint.pt"), train())


def test_fit_finds_the_minimum_and_needs_dates():
    weight, truth = torch.zeros(2, requires_grad=True), torch.tensor([1.0, -2.0])
    loss_history = fit(lambda chosen, _: (weight - truth).square().sum(), [weight], 4, TrainingConfig(200, 2, 0.1))
    assert torch.allclose(weight.detach(), truth, atol=0.05) and len(loss_history) == 200
    with pytest.raises(InputError, match="needs dates and steps: it got 0 dates"):
        fit(None, [weight], 0, TrainingConfig(2))
