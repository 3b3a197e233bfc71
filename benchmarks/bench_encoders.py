"""Speed of the encoder that needs no model hub: DINOv2 ViT-S/14 at its native input of 224 pixels."""

import numpy as np

from benchmarks.measure import rate

IMAGES, TARGET = 48, 8.0  # images per call; target images per second on two cores


def run():
    """Benchmark record: images per second from eight-bit archive images to features, resizing included."""
    from flarebook.encoders.encode import encode_images
    from flarebook.encoders.registry import create_encoder

    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (IMAGES, 177, 177), dtype=np.uint8)
    encoder = create_encoder("dinov2-focus", device="cpu")
    work = lambda: encode_images(encoder, images, batch_size=16)  # noqa: E731
    return [rate("stix.encoders.dinov2_images_per_s", work, IMAGES, "images per second", TARGET)]
