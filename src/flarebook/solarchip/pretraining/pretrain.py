"""Pretrain an autoencoder with contrast between HMI and AIA.

The loop of `learning.training` runs on Lightning's Fabric, which provides the device, the precision and the processes.
Lightning's Trainer would bring its own checkpoints, which do not hold the place in the order of the dates; here the
seed and the step alone decide what a step sees.  A tiny training, of which the ablation has dozens, starts in
milliseconds.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from flarebook.compendium.errors import InputError
from flarebook.learning.checkpoints import Checkpoint
from flarebook.learning.device import chosen_device
from flarebook.learning.training import Monitoring, training_loop, warmup_cosine
from flarebook.solarchip.datasets.hidden_parts import HIDE, measure_mask
from flarebook.solarchip.datasets.splits import subsample_evenly
from flarebook.solarchip.images.channels import AIA
from flarebook.solarchip.models.autoencoder import create_autoencoder
from flarebook.solarchip.pretraining.batches import (
    anomaly_scale,
    available_channels,
    first_invalid_channel,
    sample_batch,
    sample_channels,
    select_images,
)
from flarebook.solarchip.pretraining.objective import TERMS, Objective, Training
from flarebook.solarchip.pretraining.settings import PRECISIONS, complete_config, config_dict, contrasts_active

CHECKPOINT = "checkpoint.pt"
N_VALIDATED = 64  # held-out dates, spread over all of them, on which the loss is computed


def pretrain(images, config, folder=None, held_out=None, progress=None):
    """Train one model; goes on from a checkpoint in `folder` when there is one.

    images: (n, 11, h, w) scaled, an array or a memory map; folder: of the checkpoint, none: nothing is written;
    held_out: images of dates on which the loss is watched; progress: called with each row of the history.
    Returns (SolarChip in evaluation mode on the CPU, history): with patience, the model of the best held-out loss, else
    the last; the history has step, dates_seen, loss and its terms (means since the row before), the same with prefix
    held_out_, learning_rate and seconds (of the processor).
    AIA channels that are missing on all dates are skipped (see `describe_missing_channels`).  Raises InputError for
    unusable images, an unknown term, an absent device, and a loss that becomes NaN or infinite.
    """
    config = complete_config(images, config, held_out, folder)
    path = Path(folder) / CHECKPOINT if folder else None
    process = Process(images, config, held_out)
    rows = create_fabric(config).launch(process.run, path, progress)
    if config.devices > 1:  # the processes that were started leave nothing but their checkpoint
        rows = process.checkpoint(path).load()
    model = process.training.best or process.training.objective.model
    return model.to("cpu").requires_grad_(True).eval(), pd.DataFrame(rows)


def create_fabric(config):
    """Lightning's Fabric for the device, the precision and the processes; InputError when the device is not there."""
    from lightning_fabric import Fabric
    from lightning_fabric.strategies import DDPStrategy

    device = chosen_device(config.device)
    how = {"precision": PRECISIONS[config.precision], "accelerator": device.partition(":")[0]}
    if config.devices == 1:
        return Fabric(devices=[int(device.partition(":")[2] or 0)] if device != "cpu" else 1, **how)
    unused = config.sharing == "separate" or set(config.terms) != set(TERMS)  # not every step needs all weights
    strategy = DDPStrategy(start_method=config.start, find_unused_parameters=unused)
    return Fabric(devices=config.devices, strategy=strategy, **how)


class Process:
    """One process of a training: the images, what learns, with weights drawn from the seed, and its optimiser.

    images: (n, 11, h, w) scaled; config: a complete PretrainingConfig; held_out: images or None.
    """

    def __init__(self, images, config, held_out):
        aia = tuple(channel for channel in available_channels(images) if channel in AIA)
        if not aia:
            raise InputError(
                "no AIA channel has an image on any date: there is nothing to set the magnetograms against"
            )
        self.images, self.config, self.held_out = images, config, held_out
        self.mask = None if config.hide == "nothing" else measure_mask(images, HIDE[config.hide])
        model = create_autoencoder(config.size, config.sharing, config.seed, images.shape[-1])
        if config.standardize:
            model.predict_anomalies(*anomaly_scale(images))
        weights = {term: config.weights.get(term, 1.0) for term in config.terms}
        self.training = Training(Objective(model, weights).train(), config.patience > 0)
        self.training.objective.aia = aia
        rate, decay = config.learning_rate, config.weight_decay
        self.optimiser = torch.optim.AdamW(self.training.objective.parameters(), rate, weight_decay=decay)

    def run(self, fabric, path, progress):
        """Run the loop; return the rows of the history, or None where other processes run it too."""
        self.set_up(fabric)
        config, first = self.config, fabric.is_global_zero
        keep_best = self.training.keep if self.training.best else None
        progress = progress if first else None
        monitoring = Monitoring(config.every, self.row, "held_out_loss", keep_best, config.patience, progress)
        checkpoint = self.checkpoint(path, first) if path else None
        rows = training_loop(self.step, config.n_steps, config.size, monitoring, checkpoint)
        fabric.barrier()
        return rows if fabric.world_size == 1 else None  # Lightning waits for ever on more than a pipe holds

    def set_up(self, fabric):
        """Move objective and optimiser to Fabric's device, precision and processes."""
        objective = self.training.to(fabric.device).objective
        if fabric.world_size > 1:  # every process contrasts the dates of all
            objective.gather = lambda part: fabric.all_gather(part, sync_grads=True).flatten(0, 1)
        if self.config.compile:  # the networks alone: the loss is traced anew for each set of channels
            for network in (*objective.model.encoders.values(), *objective.model.decoders.values()):
                network.compile()
        self.fabric = fabric
        self.learner, self.optimiser = fabric.setup(objective, self.optimiser)

    def checkpoint(self, path, writes=True):
        """Return the Checkpoint of this training."""
        return Checkpoint(path, self.training, self.optimiser, config_dict(self.config), writes)

    def step(self, step):
        """Take the step of one batch; return its loss and terms, {name: number}."""
        fabric, objective, config = self.fabric, self.training.objective, self.config
        batch, channels = sample_batch(self.images, config, step, objective.aia, self.mask)
        if gap := first_invalid_channel(batch, channels):
            raise InputError(f"a {gap} image of step {step + 1} has NaN or infinite pixels: leave its date out")
        share = batch[fabric.global_rank :: fabric.world_size].to(fabric.device)
        warmup_cosine(config, step, self.optimiser)
        objective.contrasting = contrasts_active(config, step)
        self.optimiser.zero_grad()
        if config.micro_batches > 1:
            with fabric.autocast():
                loss, terms = objective.by_micro_batches(share, channels, config.micro_batches, fabric.backward)
        else:
            loss, terms = self.learner(share, channels)
            fabric.backward(loss)
        fabric.clip_gradients(self.learner, self.optimiser, max_norm=3.0, error_if_nonfinite=False)
        self.optimiser.step()
        objective.model.clamp_scales()
        return {name: float(value.detach()) for name, value in ({"loss": loss} | terms).items()}

    def row(self, step, means):
        """Return a row of the history: mean losses of all processes since the row before, those on held-out dates."""
        row = {"step": step + 1, "dates_seen": (step + 1) * self.config.batch_size}
        row |= {
            name: float(self.fabric.all_reduce(torch.tensor(mean), reduce_op="mean")) for name, mean in means.items()
        }
        if self.held_out is not None and len(self.held_out):
            losses = validate(self.training.objective, self.held_out, self.config, self.fabric.device, self.mask)
            row |= {f"held_out_{name}": value for name, value in losses.items()}
        return self.fabric.broadcast(row | {"learning_rate": warmup_cosine(self.config, step)})


@torch.no_grad()
def validate(objective, held_out, config, device, mask=None):
    """Return loss and terms on held-out dates, {name: number}: the same batches and channels each time, not rotated.

    mask: PartMask of what is hidden from them as from the training dates.
    """
    dates = subsample_evenly(np.arange(len(held_out)), N_VALIDATED)
    size, gather = min(config.batch_size, len(dates)), objective.gather
    rows, objective.gather = [], None
    for number, start in enumerate(range(0, len(dates) - size + 1, size)):
        channels = sample_channels(config.aia_per_step, np.random.default_rng(number), objective.aia)
        batch = select_images(held_out, dates[start : start + size], channels, mask).to(device)
        loss, terms = objective(batch, channels)
        rows.append({"loss": float(loss)} | {term: float(value) for term, value in terms.items()})
    objective.gather = gather
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
