"""Fine-tuning of the encoder with its linear head: from pretrained weights, or from scratch as the baseline."""

from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.metrics import log_loss
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from flarebook.evaluation.classification import check_classes
from flarebook.learning.device import chosen_device
from flarebook.learning.training import Monitoring, descend, training_loop
from flarebook.solarchip.images.channels import CHANNELS

STANDARD = 256  # days, about, of which the features are standardised


@dataclass(frozen=True)
class FineTuningConfig:
    """Training of a classifier; the same for pretrained weights and for random ones."""

    epochs: int = 6  # passes through the days with labels
    batch_size: int = 32
    learning_rate: float = 5e-4  # of the encoder, falling to zero along half a cosine
    head_rate: float = 5e-3  # of the linear head, which starts at zero
    weight_decay: float = 0.05
    validations: int = 4  # times that the loss of the validation days is computed, evenly spaced
    seed: int = 1

    def steps(self, n_days):
        """Number of steps for so many days with labels: at least five a pass, however few these are."""
        return self.epochs * max(5, round(n_days / self.batch_size))


class FlareNetwork(nn.Module):
    """Encoders of the wanted channels, their tokens pooled as for the frozen head, standardised, one linear layer.

    model: SolarChip, of which the encoders are copied; channels: names.
    """

    def __init__(self, model, channels):
        super().__init__()
        self.group_of = {channel: model.group(channel) for channel in channels}
        encoders = {group: deepcopy(model.encoders[group]) for group in self.group_of.values()}
        self.encoders = nn.ModuleDict(encoders)
        width = len(channels) * (model.size.widths[0] + 2 * model.size.widths[1])
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("deviation", torch.ones(width))
        self.head = nn.Linear(width, 1)
        nn.init.zeros_(self.head.weight)

    def pooled(self, images):
        """Class token, mean and largest patch token of each channel in a row: (b, n_channels, h, w) to (b, d)."""
        parts = []
        for i, group in enumerate(self.group_of.values()):
            tokens = self.encoders[group](images[:, i : i + 1])
            parts += [tokens.cls, tokens.patches.mean(dim=1), tokens.patches.amax(dim=1)]
        return torch.cat(parts, dim=1)

    def forward(self, images):
        """(b, n_channels, h, w) -> logits (b,)."""
        return self.head((self.pooled(images) - self.mean) / self.deviation)[:, 0]

    def start(self, images, base_rate):
        """Standardise the features as they are before learning, and forecast climatology; no labels are needed."""
        with torch.inference_mode():
            values = torch.cat([self.pooled(part) for part in images.split(64)])
        self.mean.copy_(values.mean(dim=0))
        self.deviation.copy_(values.std(dim=0).clamp(min=1e-6))
        nn.init.constant_(self.head.bias, float(np.log(base_rate / (1 - base_rate))))


def fine_tune(model, days, known, config):
    """Return the probability of a flare for every day from a network that is trained on the known days.

    model: SolarChip, left unchanged; days: FlareDays; known: positions of the days with labels.  Of
    `config.validations` states the one with the best log loss on the validation days is kept.  Returns (n,), NaN on the
    training days.  Raises InputError when the known days are of one class.
    """
    label, train, validation = days.label, days.parts["train"], days.parts["validation"]
    check_classes(label[known], "the days with labels")
    device, places = chosen_device(days.device), [CHANNELS.index(channel) for channel in days.channels]
    inputs = torch.from_numpy(np.ascontiguousarray(days.images[:, places], np.float32)).to(device)
    network = FlareNetwork(model, days.channels).to(device)
    network.start(inputs[train[:: 1 + len(train) // STANDARD]], np.mean(label[known]))
    target = torch.tensor(np.array(label, np.float32), device=device)
    best = {}

    def row(step, means):
        loss = log_loss(label[validation], predict_probability(network, inputs[validation]), labels=[0, 1])
        return {"step": step + 1, **means, "validation_loss": loss}

    n_steps = config.steps(len(known))
    validated = set(np.linspace(0, n_steps, config.validations + 1).round().astype(int)[1:])
    keep_best = lambda: best.update(deepcopy(network.state_dict()))  # noqa: E731
    monitoring = Monitoring(validated, row, "validation_loss", keep_best)
    training_loop(stepper(network, inputs, target, known, config), n_steps, "the flare network", monitoring)
    network.load_state_dict(best)
    others = np.setdiff1d(np.arange(len(label)), train)
    probability = np.full(len(label), np.nan)
    probability[others] = predict_probability(network, inputs[others])
    return probability


def stepper(network, inputs, target, known, config):
    """Return the function that takes a step: images mirrored at random along both axes, AdamW, half a cosine."""
    rng, n_steps = np.random.default_rng(config.seed), config.steps(len(known))
    groups = [
        {"params": network.encoders.parameters(), "lr": config.learning_rate},
        {"params": network.head.parameters(), "lr": config.head_rate},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, n_steps)
    days = day_batches(known, config.batch_size, n_steps, rng)

    def train_step(_):
        network.train()
        rows = next(days)
        logits = network(mirror_images(inputs[rows], rng))
        return {"loss": descend(binary_cross_entropy_with_logits(logits, target[rows]), optimiser, schedule)}

    return train_step


def day_batches(known, size, n_steps, rng):
    """Positions of the days of each step, pass after pass, each pass in a new order: (size,) arrays.

    With fewer days than the size, all of them each time.
    """
    size = min(size, len(known))
    order = np.empty(0, int)
    for _ in range(n_steps):
        if len(order) < size:
            order = np.concatenate([order, rng.permutation(known)])
        yield order[:size]
        order = order[size:]


def mirror_images(images, rng):
    """Images mirrored at random, each by itself, all its channels alike: (b, c, h, w)."""
    for axis in (2, 3):
        chosen = torch.as_tensor(rng.random(len(images)) < 0.5, device=images.device)[:, None, None, None]
        images = torch.where(chosen, images.flip(axis), images)
    return images


def predict_probability(network, images, batch_size=128):
    """Probabilities of all images, (n,) float64."""
    network.eval()
    with torch.inference_mode():
        logits = torch.cat([network(part) for part in images.split(batch_size)])
    return torch.sigmoid(logits.double()).cpu().numpy()
