"""From finished pretrainings to the weights that ship: `python scripts/stix/release_encoders.py ARCHIVE FOLDER...`."""

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from flarebook.compendium.errors import InputError
from flarebook.encoders import compact_vit
from flarebook.encoders.handcrafted import moments, pixels
from flarebook.stix.clustering.probes import probe, targets
from flarebook.stix.pretraining.objectives import untrained
from scripts.release import Release, publish, read_trainings, table_row
from scripts.stix.pretrain_encoder import read_archive
from scripts.stix.simulate_pretraining import SEED

QUESTIONS = ("kind", "sources", "artefact")
CELLS = [(question, kind) for question in QUESTIONS for kind in ("k-NN", "linear")]
SCORES = {"kind": "balanced_accuracy", "sources": "balanced_accuracy", "artefact": "average_precision"}


RELEASE = Release(
    files={objective: f"{objective}_stix.safetensors" for objective in compact_vit.OBJECTIVES},
    load=lambda objective, path: compact_vit.load_network(f"{objective}-stix", path),
    group="objective",
    script=compact_vit.SCRIPT,
    template="encoder_card_template.md",
    card="ENCODER_CARD.md",
)


def ship(archive, folders, data=compact_vit.FOLDER):
    """Copy finished pretrainings into the package's data, with their histories and the card.

    archive: of `pretraining_archive`; folders: of `pretrain`, one per objective, all with as many images seen.
    Returns the path of the card.  Raises InputError when an objective is missing or the numbers of images differ.
    """
    networks, histories = read_trainings(folders, RELEASE)
    seen = {objective: network.about["images_seen"] for objective, network in networks.items()}
    if len(set(seen.values())) > 1:
        raise InputError(f"the objectives saw different numbers of images ({seen}): train all on the same number")
    _, _, images, records = read_archive(archive)
    return publish(networks, histories, card_values(networks, histories, images, records), RELEASE, data)


def card_values(networks, histories, images, records):
    """Return the values for the card's template; images, records: the held-out ones."""
    about = networks["dino"].about
    settings = json.loads(about["settings"])
    last = {name: history.iloc[-1] for name, history in histories.items()}
    scores = score_features(networks, images, records)
    rows = [training_row(name, json.loads(networks[name].about["settings"]), histories[name]) for name in networks]
    return {
        **{key: settings[key] for key in ("batch_size", "weight_decay", "seed")},
        **{key: about[key] for key in ("images_seen", "n_images", "images_sha256")},
        "commits": ", ".join(f"{name} `{network.about['commit'][:10]}`" for name, network in networks.items()),
        "epochs": f"{int(about['images_seen']) / int(about['n_images']):.1f}",
        "population_seed": SEED,
        "training": "\n".join(rows),
        "n_held_out": len(images),
        "scores": "\n".join(table_row(name, row) for name, *row in scores.itertuples()),
        "verdict": verdict(scores),
        "minutes": f"{max(row['seconds'] for row in last.values()) / 60:.0f}",
    }


def training_row(name, settings, history):
    """Row of the card's table of trainings."""
    first, last = history.iloc[0], history.iloc[-1]
    momentum = "none" if name == "clip" else f"{settings['momentum'][0]:g}"
    return (
        f"| {name}-stix | {settings['learning_rate']:g} | {momentum} | {last['seconds']:.0f} | {first['loss']:.3g} | "
        f"{last['loss']:.3g} | {last['spread']:.2f} | {last['effective_rank']:.1f} |"
    )


def score_features(networks, images, records):
    """Scores of the four encoders, the untrained network, pixels and moments: DataFrame, one row each.

    Columns: (question, probe), the mean over five folds of the held-out images.
    """
    features = {
        f"{name}-stix": compact_vit.features(network, images, compact_vit.pooling_of(name))
        for name, network in networks.items()
    }
    features["untrained"] = compact_vit.features(untrained(seed=0), images)
    features |= {"pixels": pixels(images), "moments": moments(images)}
    asked, rows = targets(records), {}
    for name, values in features.items():
        found = pd.concat(probe(values, asked[question], seed=1) for question in QUESTIONS)
        mean = found.groupby(["target", "score", "probe"])["value"].mean()
        rows[name] = {(question, kind): mean[question, SCORES[question], kind] for question, kind in CELLS}
    return pd.DataFrame.from_dict(rows, orient="index")


def verdict(scores):
    """Which encoders learnt something by these scores, in one sentence each."""
    mean = scores.mean(axis=1)
    names = [name for name in scores.index if name.endswith("-stix")]
    sentences = []
    for peer in ("untrained", "pixels", "moments"):
        above = [name for name in names if mean[name] > mean[peer]]
        sentences.append(f"{peer} ({mean[peer]:.3f}): {', '.join(above) or 'none'}")
    own = ", ".join(f"{name} {mean[name]:.3f}" for name in names)
    return f"Mean of the six scores: {own}. Above the mean of {'; of '.join(sentences)}."


def main(
    archive: Annotated[Path, typer.Argument(help="Folder of `python -m scripts.stix.simulate_pretraining`.")],
    folders: Annotated[list[Path], typer.Argument(help="Folders of `python -m scripts.stix.pretrain_encoder`.")],
):
    """Write the shipped encoders, their histories and their card."""
    typer.echo(f"written: {ship(archive, folders)}")


if __name__ == "__main__":
    typer.run(main)
