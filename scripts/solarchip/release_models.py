"""From pretrainings to the weights that ship: `python -m scripts.solarchip.release_models ARCHIVE FOLDER...`."""

import json
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets.splits import ROTATION, subsample_evenly
from flarebook.solarchip.images.channels import AIA, channel_index
from flarebook.solarchip.models import weights
from flarebook.solarchip.models.autoencoder import create_autoencoder
from flarebook.solarchip.models.losses import TERMS as CONTRASTS
from flarebook.solarchip.pretraining import diagnostics
from flarebook.solarchip.representation import pretrainings
from flarebook.solarchip.representation import scores as representation_scores
from flarebook.solarchip.representation.linear_probes import probe_targets
from flarebook.solarchip.translation import translator
from flarebook.solarchip.translation.scores import score_translation, select_target
from scripts.release import Release, publish, read_trainings, table_row
from scripts.solarchip.archive import hold_out, read_physical

SCORED = ("171", "304", "1600")  # AIA channels set against HMI in the card's retrieval
# names of settings in the shipped files -> names of today
RENAMED = {"drawing_first": "reconstruction_warmup", "pieces": "micro_batches", "relative": "standardize"}
COUNTED = {
    True: "standardised anomalies of each channel",
    False: "images as they are",
}
ASKED = {  # score of representation_scores: heading in the card
    "recall@1, neighbouring days": "date found, of 11 days",
    representation_scores.HEADLINE: "the same after a linear map",
    "patch date, neighbouring days": "patch finds its date, of 11 days",
    "place by content": "patch finds its place by content",
    representation_scores.MEAN_PROBE: "linear probes, mean skill",
}

N_DATES, N_MEMBERS = 24, 4
TARGETS = dict(zip(AIA, AIA, strict=True)) | {"|hmi|": "HMI without its sign"}


RELEASE = Release(
    files={name: weights.weights_file_name(name) for name in weights.SHIPPED},
    load=lambda name, path: weights.load_weights(path, name),
    group="backbone",
    script=weights.SCRIPT,
    template="model_card_template.md",
    card="MODEL_CARD.md",
)


def ship(archive, folders, data=weights.FOLDER):
    """Copy finished pretrainings into the package's data, with their histories and the card.

    archive: on which they were trained; folders: of `pretrain`, one per shipped model.  Returns the path of the card.
    Raises InputError when a model is missing.
    """
    models, histories = read_trainings(folders, RELEASE)
    for name, model in models.items():
        if (hidden := training_settings(model.about).get("hide", "nothing")) != "nothing":
            raise InputError(f"the training of {name} hid {hidden} of its images: it is a control and does not ship")
    return publish(models, histories, card_values(models, histories, *hold_out(*read_physical(archive))), RELEASE, data)


def card_values(models, histories, images, magnetograms, days):
    """Return the values for the card's template; held-out images (n, 11, h, w) scaled, magnetograms, days."""
    about = models["vit-tiny"].about
    untrained = {f"{name}, untrained": create_autoencoder(name, seed=0).eval() for name in models}
    learnt = {name: summarize_model(model, images) for name, model in models.items()}
    values = training_settings(about) | {
        **{key: about[key] for key in ("n_dates", "first_date", "last_date", "images_sha256")},
        "commits": ", ".join(f"{name} `{model.about['commit'][:10]}`" for name, model in models.items()),
        "training": "\n".join(training_row(name, models[name], histories[name]) for name in models),
        "n_held_out": len(images),
        "gap_days": ROTATION,
        "counted": COUNTED[training_settings(about)["standardize"]],
        "learnt": "\n".join(table_row(name, row.values()) for name, row in learnt.items()),
        "headings": " | ".join(ASKED.values()),
        "rule": "---|" * (1 + len(ASKED)),
        "scores": "\n".join(table_row(*row) for row in scores(models | untrained, images, magnetograms, days)),
        "pretrainings": describe_pretrainings(),
    }
    return values | translator_values(translator.load_translator(), images)


def training_settings(about):
    """Return the settings of a training that a weights file describes, under the names of `PretrainingConfig`."""
    return {RENAMED.get(name, name): value for name, value in json.loads(about["settings"]).items()}


def summarize_model(model, images):
    """One row of numbers about a model on held-out dates: {name: number}.

    explained_hmi and explained_aia (median of the AIA channels), and for each term of the contrast its loss, and that
    with AIA of another date.  images: (n, 11, h, w) scaled, at least 32.
    """
    explained = diagnostics.explained_variance(model, images).set_index("channel")["explained"]
    losses = diagnostics.contrastive_losses(model, images).set_index(["term", "pairs"])["loss"]
    row = {"explained_hmi": explained["hmi"], "explained_aia": explained.drop("hmi").median()}
    for term in CONTRASTS:
        row |= {term: losses[term, "same date"], f"{term}_another_date": losses[term, "another date"]}
    return row


def training_row(name, model, history):
    """Row of the card's table of trainings."""
    n_weights, about = sum(weight.numel() for weight in model.parameters()), model.about
    losses = history["held_out_loss"].iloc[-1:]
    seen = int(about["dates_seen"])
    epochs = f"{seen / int(about['n_dates']):.1f}"
    first = training_settings(about)["reconstruction_warmup"]
    return table_row(
        f"{name} | {n_weights:,} | {first:g} | {about['steps']} | {seen:,} | {epochs} | {about['seconds']}", losses
    )


def scores(models, images, magnetograms, days):
    """Rows (name, numbers of ASKED): the earlier half of the held-out dates teaches the maps, the later is asked."""
    dates = evaluation_set(images, magnetograms, days)
    for name, model in models.items():
        found = representation_scores.score_model(model, dates, SCORED, device="cpu").set_index("score")["value"]
        yield name, [found.get(score, np.nan) for score in ASKED]


def evaluation_set(images, magnetograms, days):
    """EvaluationSet of held-out dates of `hold_out`, of which the earlier half teaches."""
    known = probe_targets(days.reset_index(drop=True), magnetograms)
    return representation_scores.EvaluationSet(images, days["time"].to_numpy(), known, *halves(days["time"]))


def describe_pretrainings(path=pretrainings.FILE):
    """The card's paragraph about several pretrainings, from their table; without it: that there is one of each."""
    table = pretrainings.pretraining_table(path)
    if table is None:
        return "There is one training of each model, so these numbers have no spread."
    shared = pretrainings.pretraining_conditions(path)
    sizes = f"{shared['steps']} steps of {shared['batch_size']} dates, images of {shared['image']} pixels"
    summary = pretrainings.summarize_pretrainings(table)
    parts = pretrainings.overview_table(summary), pretrainings.fingerprint_table(summary)
    whole, recall = (markdown_table(part.reset_index()) for part in parts)
    return (
        f"Several shorter trainings of each model that differ in the seed alone ({sizes}), mean ± standard "
        f"deviation:\n\n{whole}\n\nRecall of the date, of 11 days, where parts of the Sun are hidden in HMI "
        f"and AIA alike, by what the training saw:\n\n{recall}"
    )


def markdown_table(table):
    """A table of words as Markdown."""
    rows = [table.columns, ["---"] * table.shape[1], *table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in rows)


def halves(times):
    """Which dates teach and which are asked, two (n,) bool: the earlier half; the later, a rotation of the Sun on.

    times: (n,) in order.  Raises InputError when no date is left to be asked.
    """
    times = pd.DatetimeIndex(times)
    taught = np.arange(len(times)) < len(times) // 2
    asked = ~taught & (times >= times[len(times) // 2] + pd.Timedelta(days=ROTATION))
    if not asked.any():
        raise InputError(f"{len(times)} held-out dates leave none after a gap of {ROTATION} days: simulate more days")
    return taught, asked


def main(
    archive: Annotated[Path, typer.Argument(help="Folder of the simulated Sun that the models were trained on.")],
    folders: Annotated[list[Path], typer.Argument(help="Folders of `python -m scripts.solarchip.pretrain`.")],
):
    """Write the shipped models, their histories and their card."""
    typer.echo(f"written: {ship(archive, folders)}")


def translator_values(network, images):
    """Values that the card's template asks for, {name: text or number}; images: (n, 11, h, w) scaled, held out."""
    some = np.asarray(images[subsample_evenly(np.arange(len(images)), N_DATES)], np.float32)
    about = {name: network.about[name] for name in ("unet_steps", "branch_steps")}
    learnt = {target: words for target, words in TARGETS.items() if knows(network, target)}
    rows = (table_row(words, scores_to(network, some, target)) for target, words in learnt.items())
    return about | {
        "translator_commit": network.about["commit"][:10],
        "n_translated": len(some),
        "n_members": N_MEMBERS,
        "translated": "\n".join(rows),
    }


def knows(network, target):
    """Whether a translator has learnt a target; "|hmi|" as "hmi"."""
    return target.strip("|") in network.diffusion.shape.targets


def scores_to(network, images, target):
    """PSNR of the translation and of the mean image, then both correlations, on the disk: four numbers.

    target: a channel, or "|hmi|" for the field without its sign.
    """
    channel, shape = target.strip("|"), np.abs if "|" in target else np.asarray
    true = select_target(images, target)
    drawn = shape(translator.translate_images(network, images, channel, N_MEMBERS)).mean(axis=0)
    mean = shape(np.broadcast_to(network.space.model.mean[channel_index(channel)].numpy(), true.shape))
    tables = [score_translation(predicted, true, target).query("region == 'disk'") for predicted in (drawn, mean)]
    return [table[name].mean() for name in ("psnr", "correlation") for table in tables]


if __name__ == "__main__":
    typer.run(main)
