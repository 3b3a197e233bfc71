"""Score several pretrainings: `python -m scripts.solarchip.score_pretrainings ARCHIVE FOLDER... [--out FILE]`."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.batch_report import run_script
from flarebook.compendium.errors import InputError
from flarebook.solarchip.models.weights import load_weights
from flarebook.solarchip.representation.pretrainings import COLUMNS, FILE, score_parts
from scripts.solarchip.archive import describe_training, hold_out, read_physical
from scripts.solarchip.release_models import SCORED, evaluation_set, training_settings

DIFFERENT = ("seed", "hide", "size", "reconstruction_warmup")  # settings in which the trainings may differ
DIGITS = 5  # significant, of the numbers in the table


def read_pretrainings(folders):
    """Networks of the folders, in the order of backbone, hidden part and seed: [((backbone, hidden, seed), SolarChip)].

    Raises InputError for a folder without weights, for two of one kind, and for trainings that are not comparable.
    """
    found = {}
    for folder in folders:
        paths = sorted(Path(folder).glob("*.safetensors"))
        if not paths:
            raise InputError(f"{folder} holds no weights: name folders of `python -m scripts.solarchip.pretrain`")
        for path in paths:
            model = load_weights(path)
            settings = training_settings(model.about)
            key = model.name, settings.get("hide", "nothing"), int(settings["seed"])
            if key in found:
                raise InputError(f"{path} is a second training of {key[0]}, hidden {key[1]}, seed {key[2]}: name one")
            found[key] = model
    check_comparable(found)
    return sorted(found.items())


def check_comparable(found):
    """Refuse trainings on other images, or with other settings than those of DIFFERENT; {key: SolarChip}."""
    (first, reference), *others = found.items()
    for key, model in others:
        pairs = [(common_settings(one.about)) for one in (reference, model)]
        unequal = [name for name in pairs[0] if pairs[0][name] != pairs[1].get(name)]
        if unequal:
            name = unequal[0]
            raise InputError(
                f"trainings {first} and {key} cannot be compared: {name} is {pairs[0][name]} and {pairs[1].get(name)}"
            )


def check_archive(model, archive, images, days):
    """Refuse an archive on which the model was not trained, by the hash of its training images.

    images, days: of the archive, as `read_physical` gives them.
    """
    wanted, found = model.about["images_sha256"], describe_training(images, days)["images_sha256"]
    if found != wanted:
        raise InputError(
            f"{archive} is not the archive of these trainings: its images have the hash {found[:12]}, and theirs "
            f"{wanted[:12]}; name the one that they were trained on"
        )


def common_settings(about):
    """What all trainings of a table must share, {name: value}: images, steps and settings."""
    settings = {name: value for name, value in training_settings(about).items() if name not in DIFFERENT}
    return {name: about[name] for name in ("images_sha256", "image", "n_dates", "steps", "origin")} | settings


def header_lines(pretrainings, days):
    """Lines above the table: what was trained with which settings, and on which dates it was scored."""
    about = pretrainings[0][1].about
    yield f"{about['origin'].upper()}: computed by scripts/solarchip/score_pretrainings.py"
    yield f"scored on {len(days)} held-out dates, {str(days['time'].iloc[0])[:10]} to {str(days['time'].iloc[-1])[:10]}"
    yield "; ".join(f"{name} {value}" for name, value in common_settings(about).items())
    for (backbone, hidden, seed), model in pretrainings:
        warmup = training_settings(model.about)["reconstruction_warmup"]
        yield (
            f"{backbone}, hidden {hidden}, seed {seed}: reconstruction_warmup {warmup:g}, "
            f"{model.about['seconds']} s, commit {model.about['commit']}"
        )


def score_pretrainings(pretrainings, images, magnetograms, days):
    """Scores of all networks on held-out dates: DataFrame of COLUMNS.

    pretrainings: of `read_pretrainings`; images: (n, 11, h, w) scaled; magnetograms: (n, h, w) G; days: their table.
    """
    dates, tables = evaluation_set(images, magnetograms, days), []
    for (backbone, hidden, seed), model in pretrainings:
        table = score_parts(model, dates, SCORED).assign(backbone=backbone, hidden=hidden, seed=seed)
        tables.append(table[list(COLUMNS)])
    return pd.concat(tables, ignore_index=True)


def write_table(table, lines, path):
    """Write the table with the lines above it as comments."""
    head = [f"# {line}" for line in lines]
    with atomic_write(Path(path)) as partial:
        body = table.to_csv(index=False, float_format=f"%.{DIGITS}g")
        partial.write_text("\n".join([*head, body]), encoding="utf-8")


def main(
    archive: Annotated[Path, typer.Argument(help="Folder of the simulated Sun that the models were trained on.")],
    folders: Annotated[list[Path], typer.Argument(help="Folders of `python -m scripts.solarchip.pretrain`.")],
    out: Annotated[Path, typer.Option(help="Table to write; by default the one that ships.")] = Path(str(FILE)),
):
    """Write the scores of several pretrainings, of several seeds and with hidden parts of the Sun."""
    pretrainings = read_pretrainings(folders)
    model = pretrainings[0][1]
    images, days = read_physical(archive, model.size.image)
    check_archive(model, archive, images, days)
    held_out = hold_out(images, days)
    write_table(score_pretrainings(pretrainings, *held_out), header_lines(pretrainings, held_out[-1]), out)
    typer.echo(f"written: {out}")


if __name__ == "__main__":
    run_script(typer.run, main)
