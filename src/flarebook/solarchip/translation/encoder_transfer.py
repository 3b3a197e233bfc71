"""Does pretraining help to translate? The same branch fed by a pretrained source encoder, and by a random one."""

import numpy as np
import pandas as pd

from flarebook.evaluation.claims import judge
from flarebook.solarchip.models.autoencoder import create
from flarebook.solarchip.translation import diffusion
from flarebook.solarchip.translation import scores as translation_scores
from flarebook.solarchip.translation.comparison import take
from flarebook.solarchip.translation.latent_space import measure
from flarebook.solarchip.translation.train import train_branch
from flarebook.solarchip.translation.translator import conditions

PRETRAINED, RANDOM = "pretrained", "random"
SOURCES = ("hmi",)


def encoders(model, seeds, images):
    """Source encoders of both arms for each seed: [(arm, seed, LatentSpace of the source)].

    The random ones have the architecture of the pretrained model and their scales measured like its own.
    """
    found = [(PRETRAINED, seed, measure(model, images, SOURCES)) for seed in seeds]
    for seed in seeds:
        fresh = create(model.name, model.sharing, 1000 + seed, model.size.image).to(next(model.parameters()).device)
        found.append((RANDOM, seed, measure(fresh, images, SOURCES)))
    return found


def branch_scores(translator, arms, train, test, pictures, config, n_members=4, n_inference_steps=10):
    """Scores of the branches that the arms' encoders feed: DataFrame with arm, seed, target, region and scores.

    translator: whose U-Net stays locked and whose own branches stay as they are; arms: of `encoders`; train, test:
    (n, 11, h, w) scaled; pictures: {target: latent pictures of the training dates}; config: TranslatorConfig.
    Each arm of a seed has the same first weights, the same order of dates and the same noise.
    """
    parts = []
    for arm, seed, space in arms:
        drawing, name = translator.drawing, f"{arm} {seed}"
        seen = conditions(space, train, SOURCES, drawing.shape.side)
        train_branch(drawing, name, seen, pictures, config, seed)
        new = conditions(space, test, SOURCES, drawing.shape.side)
        for target in pictures:
            drawn = diffusion.draw(drawing, target, new, name, n_members, n_inference_steps, seed)
            made = np.mean([translator.space.decode(part, target) for part in drawn], axis=0)
            scores = translation_scores.score(made, take(test, target), target)
            parts.append(scores.assign(arm=arm, seed=seed))
        del drawing.branches[name]
    columns = ["arm", "seed", "target", "region"]
    return pd.concat(parts).groupby(columns, sort=False)[list(translation_scores.SCORES)].mean().reset_index()


def of_arm(scores, arm, target, score="psnr", region="disk"):
    """Score of each seed of an arm, in the order of the seeds: (n_seeds,)."""
    chosen = scores[(scores["arm"] == arm) & (scores["target"] == target) & (scores["region"] == region)]
    return chosen.sort_values("seed")[score].to_numpy()


def verdict_rows(scores):
    """Rows of the verdict table: the pretrained against the random source encoder, for each target, paired by seed."""
    rows = []
    for target in dict.fromkeys(scores["target"]):
        ours, theirs = (of_arm(scores, arm, target) for arm in (PRETRAINED, RANDOM))
        what = f"pretrained against random source encoder, to {target}"
        rows.append(judge("3, translation", what, "psnr [dB]", ours, theirs) | {"name": f"pretraining.{target}"})
    return rows
