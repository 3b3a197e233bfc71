"""Images to features: one transform for every encoder, batches, time per image."""

from time import perf_counter

import numpy as np

from flarebook.compendium.errors import InputError


def check_images(images):
    """Images as an array (n, h, w) with values of 0 to 255.

    Floats from 0 to 1 are stretched.  Raises InputError for none at all, another shape, NaN, values out of range.
    """
    images = np.asarray(images)
    if images.ndim != 3 or len(images) == 0 or images.shape[1] != images.shape[2]:
        raise InputError(f"encoders take square images (n, h, h) with n of 1 or more, not an array of {images.shape}")
    if images.dtype == np.uint8:
        return images
    low, high = np.min(images), np.max(images)
    if not (low >= 0 and high <= 1):  # NaN fails as well
        raise InputError(
            f"encoders take eight-bit images or floats from 0 to 1, not {images.dtype} from {low:g} to {high:g}: "
            "scale them with preprocess.normalise"
        )
    return images.astype(np.float32) * 255


def as_input(images, size, mean, deviation, device="cpu"):
    """Batch as published encoders expect it: (n, h, w) of 0 to 255 to a tensor (n, 3, size, size).

    Bicubic with smoothing where pixels are lost, clipped to the range of a photograph, the same in all three colours,
    then scaled by the mean and standard deviation of each colour: what the authors' transforms do to a grey image.
    """
    import torch

    batch = torch.from_numpy(np.ascontiguousarray(images)).to(device).float()[:, None] / 255
    if batch.shape[-1] != size:
        batch = torch.nn.functional.interpolate(batch, size=(size, size), mode="bicubic", antialias=True).clamp(0, 1)
    mean, deviation = (torch.tensor(values, device=device).reshape(1, 3, 1, 1) for values in (mean, deviation))
    return (batch - mean) / deviation


def encode(encoder, images, batch_size=32):
    """Features of images.

    encoder: encoders.Encoder; images: (n, h, h), uint8, or float from 0 to 1.  Returns (n, d) float32.
    Raises InputError for what is no image; an image is encoded the same whatever stands beside it.
    """
    images = check_images(images)
    batches = (images[i : i + batch_size] for i in range(0, len(images), batch_size))
    with _frozen(encoder):
        return np.concatenate([np.asarray(encoder.run(batch), np.float32) for batch in batches])


def encode_timed(encoder, images, batch_size=32):
    """Features and seconds per image, wall clock: ((n, d), float)."""
    start = perf_counter()
    features = encode(encoder, images, batch_size)
    return features, (perf_counter() - start) / len(features)


def patch_tokens(encoder, images):
    """What each patch became: (n, rows, columns, width) float32.

    Raises InputError for a baseline, which has no patches.
    """
    if encoder.outputs is None:
        raise InputError(f"{encoder.name} has no patches: take a vision transformer")
    with _frozen(encoder):
        found = encoder.outputs(check_images(images))
    patches = found.tokens[:, found.n_prefix :].float().cpu().numpy()
    side = round(patches.shape[1] ** 0.5)
    return patches.reshape(len(patches), side, side, -1)


def _frozen(encoder):
    """Context without gradients; none for baselines, which need no torch."""
    if encoder.outputs is None:
        from contextlib import nullcontext

        return nullcontext()
    import torch

    return torch.inference_mode()
