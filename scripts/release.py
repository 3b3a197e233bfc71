"""Release of finished trainings: their weights, histories and card, written into the data of a package."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError
from flarebook.learning.weights import HISTORY, write_weights


@dataclass(frozen=True)
class Release:
    """What a package ships.

    files: {name of a network: its file}; load(name, path): the network of a file; group: column of the histories that
    holds the name; script: module that trains the networks; template, card: files of the card, before and after.
    """

    files: dict[str, str]
    load: Callable
    group: str
    script: str
    template: str
    card: str


def read_trainings(folders, release):
    """Return networks and histories of finished trainings: ({name: network}, {name: DataFrame}).

    Raises InputError when the folders lack the weights of a network.
    """
    found = {path.name: path for folder in folders for path in Path(folder).glob("*.safetensors")}
    missing = [name for name, file in release.files.items() if file not in found]
    if missing:
        raise InputError(f"no weights of {', '.join(missing)} in the folders: run `python -m {release.script}`")
    paths = {name: found[file] for name, file in release.files.items()}
    networks = {name: release.load(name, path) for name, path in paths.items()}
    histories = {
        name: pd.read_csv(path.with_name(HISTORY)).assign(**{release.group: name}) for name, path in paths.items()
    }
    return networks, histories


def publish(networks, histories, values, release, data):
    """Write weights, histories and card into a folder; return the path of the card.

    networks, histories: of `read_trainings`; values: {name: text or number} for the template of the card, in `data`.
    """
    data = Path(data)
    for name, network in networks.items():
        write_weights(network, data / release.files[name], network.about)
    with atomic_write(data / "pretraining_history.csv") as path:
        pd.concat(histories.values()).to_csv(path, index=False, float_format="%.5g")
    text = (data / release.template).read_text(encoding="utf-8").format(**values)
    with atomic_write(data / release.card) as path:
        path.write_text(text, encoding="utf-8")
    return data / release.card


def table_row(name, numbers):
    """Return a row of a card's table: a name and numbers."""
    return f"| {name} | " + " | ".join(f"{value:.3f}" for value in numbers) + " |"
