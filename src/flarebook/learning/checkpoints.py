"""Checkpoints of a training: every number that the next step depends on, in a file that is whole or absent."""

import pickle
import zipfile
from dataclasses import dataclass
from pathlib import Path

import torch

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError

# what torch.load raises for files that are cut, of another kind, or hold code
UNREADABLE = (OSError, RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError, zipfile.BadZipFile)


@dataclass
class Checkpoint:
    """State of a training in a file.

    path: of the file; module: torch Module with all that is learnt; optimiser: its optimiser; settings: of this
    training, plain values; writes: False on processes that leave the writing to another.
    """

    path: Path
    module: torch.nn.Module
    optimiser: torch.optim.Optimizer
    settings: dict
    writes: bool = True

    def save(self, rows):
        """Write the state with the rows of the history."""
        if self.writes:
            state = {"module": self.module.state_dict(), "optimiser": self.optimiser.state_dict()}
            with atomic_write(self.path) as partial:
                torch.save(state | {"settings": self.settings, "rows": rows}, partial)

    def load(self):
        """Take over the state of the file, if there is one, and return the rows of its history.

        Raises InputError when the file is damaged or belongs to a training with other settings.
        """
        if not Path(self.path).is_file():
            return []
        try:
            state = torch.load(self.path, map_location="cpu", weights_only=True)
            settings, rows = state["settings"], state["rows"]
        except UNREADABLE as error:
            raise InputError(
                f"cannot read the checkpoint {self.path}: truncated, or not written by this training (files with code "
                "are refused); remove it to start again"
            ) from error
        changed = sorted(key for key in self.settings if settings.get(key) != self.settings[key])
        if changed:
            key = changed[0]
            raise InputError(
                f"cannot resume {self.path}: {key} was {settings.get(key)}, now {self.settings[key]}. "
                "Use the same value, or a new folder"
            )
        self.module.load_state_dict(state["module"])
        self.optimiser.load_state_dict(state["optimiser"])
        return rows
