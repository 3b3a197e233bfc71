"""Does pretraining help to translate? The same branch fed by a pretrained source encoder, and by a random one."""

import numpy as np
import pandas as pd

from flarebook.evaluation.claims import assess_pairs
from flarebook.solarchip.models.autoencoder import create_autoencoder
from flarebook.solarchip.translation import diffusion
from flarebook.solarchip.translation import scores as translation_scores
from flarebook.solarchip.translation.comparison import select_target
from flarebook.solarchip.translation.latent_space import measure_latent_space
from flarebook.solarchip.translation.train import train_controlnet
from flarebook.solarchip.translation.translator import encode_conditions

PRETRAINED, RANDOM = "pretrained", "random"
SOURCES = ("hmi",)


def source_encoders(model, seeds, images):
    """Source encoders of both conditions for each seed: [(condition, seed, LatentSpace of the source)].

    The random ones have the architecture of the pretrained model and their scales measured like its own.
    """
    found = [(PRETRAINED, seed, measure_latent_space(model, images, SOURCES)) for seed in seeds]
    for seed in seeds:
        fresh = create_autoencoder(model.name, model.sharing, 1000 + seed, model.size.image).to(
            next(model.parameters()).device
        )
        found.append((RANDOM, seed, measure_latent_space(fresh, images, SOURCES)))
    return found


def score_controlnets(translator, conditions, train, test, latents, config, n_members=4, n_inference_steps=10):
    """Scores of ControlNets with each condition's encoder: DataFrame with condition, seed, target, region and scores.

    translator: whose U-Net is frozen and whose own ControlNets are unchanged; conditions: of `source_encoders`; train,
    test: (n, 11, h, w) scaled; latents: {target: latents of the training dates}; config: TranslatorConfig.  The
    conditions of a seed share the first weights, the order of dates and the noise.
    """
    parts = []
    for condition, seed, space in conditions:
        denoiser, name = translator.diffusion, f"{condition} {seed}"
        seen = encode_conditions(space, train, SOURCES, denoiser.shape.side)
        train_controlnet(denoiser, name, seen, latents, config, seed)
        new = encode_conditions(space, test, SOURCES, denoiser.shape.side)
        for target in latents:
            drawn = diffusion.sample_latents(denoiser, target, new, name, n_members, n_inference_steps, seed)
            made = np.mean([translator.space.decode(part, target) for part in drawn], axis=0)
            scores = translation_scores.score_translation(made, select_target(test, target), target)
            parts.append(scores.assign(condition=condition, seed=seed))
        del denoiser.branches[name]
    columns = ["condition", "seed", "target", "region"]
    return pd.concat(parts).groupby(columns, sort=False)[list(translation_scores.SCORES)].mean().reset_index()


def condition_scores(scores, condition, target, score="psnr", region="disk"):
    """Score of each seed of an condition, in the order of the seeds: (n_seeds,)."""
    chosen = scores[(scores["condition"] == condition) & (scores["target"] == target) & (scores["region"] == region)]
    return chosen.sort_values("seed")[score].to_numpy()


def claim_rows(scores):
    """Rows of the verdict table: the pretrained against the random source encoder, for each target, paired by seed."""
    rows = []
    for target in dict.fromkeys(scores["target"]):
        ours, theirs = (condition_scores(scores, condition, target) for condition in (PRETRAINED, RANDOM))
        what = f"pretrained against random source encoder, to {target}"
        rows.append(assess_pairs("3, translation", what, "psnr [dB]", ours, theirs) | {"name": f"pretraining.{target}"})
    return rows
