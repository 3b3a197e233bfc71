"""All translations on the same dates: direct ones, latent diffusion, the autoencoder alone, and source encoders."""

from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from torch.nn.functional import interpolate

from flarebook.compendium.errors import InputError
from flarebook.evaluation.claims import UNDECIDED, above_chance, assess_pairs
from flarebook.solarchip.datasets.archive import scale_archive
from flarebook.solarchip.datasets.splits import subsample_evenly
from flarebook.solarchip.images.grid import bin_images
from flarebook.solarchip.images.scaling import unscale_channel
from flarebook.solarchip.models.autoencoder import create_autoencoder
from flarebook.solarchip.translation import scores as translation_scores
from flarebook.solarchip.translation.diffusion import sample_latents
from flarebook.solarchip.translation.direct import GAN, MEAN, POLYNOMIAL, UNET
from flarebook.solarchip.translation.latent_space import measure_latent_space
from flarebook.solarchip.translation.scores import SCORES, select_target
from flarebook.solarchip.translation.translator import (
    FIELD_SOURCES,
    encode_conditions,
    encode_targets,
    train_controlnet,
    translate_images,
)

TARGETS = (*FIELD_SOURCES, "hmi", "|hmi|")  # of the comparison of all methods
ROUTES = {("hmi",): FIELD_SOURCES, FIELD_SOURCES: ("hmi",)}  # of the diffusion that is trained for it
ONE, MANY, RECONSTRUCTION = "diffusion, one image", "diffusion, mean", "autoencoder alone"
SHIPPED = "shipped diffusion, mean"  # of the translator that ships with the package
KEYS = {UNET: "unet", MEAN: "mean-image", ONE: "diffusion-one", MANY: "diffusion-mean", RECONSTRUCTION: "autoencoder"}
KEYS |= {SHIPPED: "shipped", "|hmi|": "abs-hmi"}
REFERENCES = {"target": "observed", "reconstruction": "reconstructed"}  # of a calibration: in tables, in metrics' names
CLAIMS = {MANY: "3, translation", SHIPPED: "3, translation, shipped"}  # of the abstract, by the model that is judged
SIMPLER = (POLYNOMIAL, UNET, GAN)  # what the diffusion has to beat
METHODS = (MEAN, POLYNOMIAL, UNET, GAN, ONE, MANY, SHIPPED, RECONSTRUCTION)
PRETRAINED, RANDOM = "pretrained", "random"  # source encoders
SOURCES = ("hmi",)


def split_images(images, split, n_test, side=None):
    """Scaled training dates and at most n_test of the test dates, evenly over them: (n, 11, side, side) float16 each.

    images: (n, 11, h, w) physical; split: (n,) of "train", "test" and others; side: pixels to which they are binned,
    default, as they come.  Raises InputError when a part is empty, or the side does not divide h.
    """
    images = images if side in (None, images.shape[-1]) else bin_images(images, side)
    split = np.asarray(split)
    train, test = (np.flatnonzero(split == part) for part in ("train", "test"))
    if not len(train) or not len(test):
        raise InputError(f"{len(train)} training and {len(test)} test dates are too few: simulate more dates")
    return scale_archive(images, train), scale_archive(images, subsample_evenly(test, n_test))


def with_unsigned_field(images):
    """Add "|hmi|", the field without its sign, to {target: (..., h, w)} where "hmi" is there."""
    return images | ({"|hmi|": np.abs(images["hmi"])} if "hmi" in images else {})


def sample_members(translator, test, n_members, n_inference_steps, seed):
    """Members of the diffusion for each target, {target: (n_members, n, h, w)}, the field without its sign as well.

    A translator of another size sees binned images, and its own are enlarged to those of the test.
    """
    seen, side = resize_images(test, translator.size), test.shape[-1]
    return with_unsigned_field(
        {
            target: resize_images(translate_images(translator, seen, target, n_members, n_inference_steps, seed), side)
            for target in translator.diffusion.shape.targets
        }
    )


def resize_images(images, side):
    """Images (n, m, h, h) of so many pixels along a side: block means where they shrink, repeated where they grow."""
    if images.shape[-1] == side:
        return images
    return interpolate(torch.from_numpy(np.asarray(images, np.float32)), size=(side, side), mode="area").numpy()


def ensemble_translations(members):
    """Two translations of an ensemble: its first image, and the mean of all; {method: {target: (n, h, w)}}."""
    return {
        ONE: {target: images[0] for target, images in members.items()},
        MANY: {target: images.mean(axis=0) for target, images in members.items()},
    }


def reconstructions(space, test, targets):
    """The targets as the autoencoder alone reconstructs them: {RECONSTRUCTION: {target: (n, h, w)}}."""
    images = {target: space.reconstruct(select_target(test, target), target) for target in targets}
    return {RECONSTRUCTION: with_unsigned_field(images)}


def score_translations(translations, test):
    """Scores of all translations: DataFrame with method, image, target, region, the scores, and flux_error of |hmi|.

    translations: {method: {target: (n, h, w)}}; test: (n, 11, h, w) scaled.
    """
    tables = []
    for method, translated in translations.items():
        for target, images in translated.items():
            wanted = select_target(test, target)
            rows = translation_scores.score_translation(images, wanted, target).assign(method=method)
            if target == "|hmi|":
                rows["flux_error"] = translation_scores.flux_errors(np.clip(images, 0, 1), wanted)
            tables.append(rows)
    return pd.concat(tables, ignore_index=True)


def flux_table(translations, test):
    """Unsigned flux of each date in Mx: DataFrame with method, image, target and translated."""
    fields = {"target": select_target(test, "|hmi|")}
    fields |= {method: np.clip(translated["|hmi|"], 0, 1) for method, translated in translations.items()}
    flux = {key: translation_scores.strong_flux(unscale_channel(field, "hmi")) for key, field in fields.items()}
    table = pd.DataFrame(flux).rename_axis("image").reset_index()
    table = table.melt(["image", "target"], var_name="method", value_name="translated")
    return table[["method", "image", "target", "translated"]]


def block_means(scores, method, target, score, n_blocks=8):
    """Mean score of a method on the disk in blocks of successive test dates, (n_blocks,): pairs for an interval."""
    values = _disk_rows(scores, method=method, target=target).sort_values("image")[score].to_numpy()
    return np.array([np.nanmean(block) for block in np.array_split(values, min(n_blocks, len(values)))])


def metric_key(name):
    """Name of a method or target within a metric's name."""
    return KEYS.get(name, name)


def gated_metrics(table):
    """Yield the gated numbers: (name, value, standard deviation over dates) of the scores on the disk.

    table: of `translation_scores.summarize_scores`.
    """
    for row in table[(table["region"] == "disk") & table["target"].isin(TARGETS)].to_dict("records"):
        for score in (*SCORES, "flux_error"):
            value = row.get(score, np.nan)
            if score != "ssim" and np.isfinite(value):
                yield f"{metric_key(row['method'])}.{metric_key(row['target'])}.{score}", value, row[f"{score}_sd"]


def calibration_table(members, test, space):
    """Calibration of each target's ensemble against the targets, and against their reconstructions.

    members: {target: (m, n, h, w)}; space: LatentSpace.  Returns `translation_scores.calibration` with the column
    reference, one of REFERENCES.
    """
    tables = []
    reconstructed = reconstructions(space, test, [target for target in members if target != "|hmi|"])[RECONSTRUCTION]
    for target, images in members.items():
        for reference, wanted in zip(REFERENCES, (select_target(test, target), reconstructed[target]), strict=True):
            tables.append(translation_scores.calibration(images, wanted, target).assign(reference=reference))
    return pd.concat(tables, ignore_index=True)


def recall_table(translations, test, methods=(MANY, SHIPPED)):
    """How far methods use their source: DataFrame with method, target, recall of the date, and its chance level.

    translations: {method: {target: (n, h, w)}}; test: (n, 11, h, w) scaled.
    """
    rows = [
        (method, target, translation_scores.date_recall(images, select_target(test, target), target), 1 / len(test))
        for method in methods
        for target, images in translations[method].items()
        if target in TARGETS
    ]
    return pd.DataFrame(rows, columns=["method", "target", "recall", "chance"])


def claim_rows(scores, references, recalls, method=MANY):
    """Rows of the verdict table: PSNR of a diffusion's mean against each of the references, for each target.

    scores: of `score_translations`; recalls: of `recall_table`; method: MANY or SHIPPED.  The field counts without its
    sign.  A target of which the date is found no better than by chance is undecided: the model ignores its source.
    """
    rows = []
    for reference in references:
        for target in (*FIELD_SOURCES, "|hmi|"):
            texts = CLAIMS[method], f"{method.partition(',')[0]} against {reference}, to {target}"
            pair = (block_means(scores, one, target, "psnr") for one in (method, reference))
            found = recalls[(recalls["method"] == method) & (recalls["target"] == target)]
            prefix = "" if method == MANY else f"{metric_key(method)}."
            row = _claim_row(*texts, pair, found[["recall", "chance"]].mean())
            rows.append(row | {"name": f"{prefix}{metric_key(reference)}.{metric_key(target)}"})
    return rows


def _claim_row(claim, comparison, pair, found):
    """Row of the verdict table of one comparison; pair: PSNR of both, (n,) each; found: recall and chance."""
    row = assess_pairs(claim, comparison, "psnr [dB]", *pair) | dict(found)
    return row if above_chance(found["recall"], found["chance"]) else row | {"verdict": UNDECIDED}


def _disk_rows(scores, **values):
    """Rows of a table of scores on the disk in which the columns have these values."""
    rows = scores[scores["region"] == "disk"]
    return rows.loc[(rows[list(values)] == pd.Series(values)).all(axis=1)]


def source_encoders(model, seeds, images):
    """Source encoders of both conditions for each seed: [(condition, seed, LatentSpace of the source)].

    The random ones have the architecture of the pretrained model and their scales measured like its own.
    """
    device = next(model.parameters()).device
    models = [(PRETRAINED, seed, model) for seed in seeds]
    for seed in seeds:
        fresh = create_autoencoder(model.name, model.sharing, 1000 + seed, model.size.image).to(device)
        models.append((RANDOM, seed, fresh))
    return [(condition, seed, measure_latent_space(encoder, images, SOURCES)) for condition, seed, encoder in models]


def score_controlnets(translator, conditions, train, test, config, sampling, targets=FIELD_SOURCES):
    """Scores of ControlNets with each condition's encoder: condition, seed, target, region, scores, recall and chance.

    translator: whose U-Net is frozen and whose own ControlNets are unchanged; conditions: of `source_encoders`; train,
    test: (n, 11, h, w) scaled; config: TranslatorConfig; sampling: Sampling.  Both take the seed of the condition, so
    that the conditions of a seed share the first weights, the order of dates and the noise.
    """
    tables, denoiser = [], translator.diffusion
    latents = encode_targets(translator.space, train, targets)
    for condition, seed, space in conditions:
        name = f"{condition} {seed}"
        seen, new = (encode_conditions(space, images, SOURCES, denoiser.shape.side) for images in (train, test))
        train_controlnet(denoiser, name, seen, latents, replace(config, seed=seed))
        for target in targets:
            members = sample_latents(denoiser, target, new, name, replace(sampling, seed=seed))
            mean = np.mean([translator.space.decode(member, target) for member in members], axis=0)
            wanted = select_target(test, target)
            known = {"recall": translation_scores.date_recall(mean, wanted, target), "chance": 1 / len(test)}
            scores = translation_scores.score_translation(mean, wanted, target)
            tables.append(scores.assign(condition=condition, seed=seed, **known))
        del denoiser.branches[name]
    columns = ["condition", "seed", "target", "region"]
    return pd.concat(tables).groupby(columns, sort=False)[[*SCORES, "recall", "chance"]].mean().reset_index()


def condition_scores(scores, condition, target):
    """PSNR on the disk of each seed of a condition, in the order of the seeds: (n_seeds,)."""
    return _disk_rows(scores, condition=condition, target=target).sort_values("seed")["psnr"].to_numpy()


def encoder_claim_rows(scores):
    """Rows of the verdict table: the pretrained against the random source encoder, for each target, paired by seed.

    As in `claim_rows`, a target of which the pretrained condition finds the dates no better than chance is undecided.
    """
    rows = []
    for target in dict.fromkeys(scores["target"]):
        text = f"pretrained against random source encoder, to {target}"
        pair = (condition_scores(scores, condition, target) for condition in (PRETRAINED, RANDOM))
        found = _disk_rows(scores, condition=PRETRAINED, target=target)[["recall", "chance"]].mean()
        rows.append(_claim_row(CLAIMS[MANY], text, pair, found) | {"name": f"pretraining.{target}"})
    return rows
