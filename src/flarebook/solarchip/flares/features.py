"""What a frozen encoder sees of a day: its tokens of several channels, pooled and put in a row."""

import numpy as np

from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.models.embeddings import embed_images, pool_tokens

NATURAL = "dinov2-focus"  # the encoder of study 2 that learned from photographs


def frozen_features(model, images, channels, batch_size=64, device="auto"):
    """Features of a SolarCHIP model that learns nothing more: (n, d) float32.

    images: (n, 11, h, w) scaled; channels: names, one or more.
    """
    parts = [embed_images(model, images, channel, batch_size, device) for channel in channels]
    return np.concatenate([pool_tokens(part.cls, part.patches) for part in parts], axis=1)


def natural_features(images, channels, input_size=112, batch_size=32, device="auto"):
    """Features of the DINOv2 backbone of study 2, which has seen photographs and no Sun: (n, d) float32.

    images: (n, 11, h, w) scaled, shown to it in grey; input_size: pixels, a multiple of 14.
    """
    from flarebook.encoders.registry import create_encoder

    encoder = create_encoder(NATURAL, input_size=input_size, device=device)
    parts = [_natural(encoder, to_grey(images[:, CHANNELS.index(name)]), batch_size) for name in channels]
    return np.concatenate(parts, axis=1)


def to_grey(images):
    """Scaled images as eight-bit grey ones: -1 black, 1 white."""
    return np.round(np.clip((np.asarray(images, np.float32) + 1) * 127.5, 0, 255)).astype(np.uint8)


def _natural(encoder, images, batch_size):
    """Pooled tokens of one channel, in batches."""
    import torch

    parts = []
    with torch.inference_mode():
        for start in range(0, len(images), batch_size):
            found = encoder.outputs(images[start : start + batch_size])
            tokens = found.tokens.float().cpu().numpy()
            parts.append(pool_tokens(tokens[:, 0], tokens[:, found.n_prefix :]))
    return np.concatenate(parts)
