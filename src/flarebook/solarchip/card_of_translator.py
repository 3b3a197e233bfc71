"""What the model card tells of the shipped translator, and how it scores on held-out dates."""

import numpy as np

from flarebook.compendium.model_card import line
from flarebook.solarchip.batches import evenly
from flarebook.solarchip.channels import index
from flarebook.solarchip.translate import translate
from flarebook.solarchip.translation_scores import absolute, score

N_DATES, N_MEMBERS = 24, 4
TARGETS = {"171": "171", "193": "193", "304": "304", "|hmi|": "HMI without its sign"}


def values(translator, images):
    """Values that the card's template asks for, {name: text or number}; images: (n, 11, h, w) scaled, held out."""
    some = np.asarray(images[evenly(np.arange(len(images)), N_DATES)], np.float32)
    about = {name: translator.about[name] for name in ("unet_steps", "branch_steps")}
    rows = (line(words, scores_to(translator, some, target)) for target, words in TARGETS.items())
    return about | {
        "translator_commit": translator.about["commit"][:10],
        "n_translated": len(some),
        "n_members": N_MEMBERS,
        "translated": "\n".join(rows),
    }


def scores_to(translator, images, target):
    """PSNR of the translation and of the mean picture, then both correlations, on the disk: four numbers.

    target: a channel, or "|hmi|" for the field without its sign.
    """
    channel, shape = target.strip("|"), absolute if "|" in target else np.asarray
    true = shape(images[:, index(channel)])
    drawn = shape(translate(translator, images, channel, N_MEMBERS)).mean(axis=0)
    mean = shape(np.broadcast_to(translator.space.model.mean[index(channel)].numpy(), true.shape))
    tables = [score(made, true, target).query("region == 'disk'") for made in (drawn, mean)]
    return [table[name].mean() for name in ("psnr", "correlation") for table in tables]
