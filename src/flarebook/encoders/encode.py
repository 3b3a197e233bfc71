"""Images to features: one transform for every encoder, batches, time per image."""

from contextlib import nullcontext
from time import perf_counter

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.encoders.registry import Encoder


def check_images(images):
    """Return images as an array (n, h, w) with values of 0 to 255.

    Floats from 0 to 1 are stretched.  Raises InputError for none at all, another shape, NaN, values out of range.
    """
    images = np.asarray(images)
    if images.ndim != 3 or len(images) == 0 or images.shape[1] != images.shape[2]:
        raise InputError(
            f"encoders take square images (n, h, h) with n of 1 or more; got an array of shape {images.shape}"
        )
    if images.dtype == np.uint8:
        return images
    low, high = np.min(images), np.max(images)
    if not (low >= 0 and high <= 1):  # NaN fails as well
        raise InputError(
            f"encoders take eight-bit images or floats from 0 to 1, not {images.dtype} from {low:g} to {high:g}: "
            "scale them with preprocess.normalise"
        )
    return images.astype(np.float32) * 255


def encode_images(encoder: Encoder, images: np.ndarray, batch_size: int = 32) -> np.ndarray:
    """Compute the features of images.

    Parameters
    ----------
    encoder : Encoder
        Made by `create_encoder`.
    images : ndarray, shape (n, h, h)
        Eight-bit images, or floats from 0 to 1.
    batch_size : int
        Images that go through the encoder together; the features do not depend on it.

    Returns
    -------
    ndarray of float32, shape (n, d)
        One row an image.

    Raises
    ------
    InputError
        For images of another shape, NaN, or values out of range.

    Examples
    --------
    >>> from flarebook.encoders import create_encoder
    >>> encode_images(create_encoder("moments"), np.zeros((3, 177, 177), np.uint8)).shape
    (3, 22)
    """
    images = check_images(images)
    batches = (images[i : i + batch_size] for i in range(0, len(images), batch_size))
    with _without_gradients(encoder):  # copies: a class token is a view, which would keep a batch's patches in memory
        return np.concatenate([np.array(encoder.run(batch), np.float32) for batch in batches])


def encode_timed(encoder: Encoder, images: np.ndarray, batch_size: int = 32) -> tuple[np.ndarray, float]:
    """Compute features and measure the wall-clock time.

    Parameters
    ----------
    encoder : Encoder
        Made by `create_encoder`.
    images : ndarray, shape (n, h, h)
        Eight-bit images, or floats from 0 to 1.
    batch_size : int
        Images that go through the encoder together.

    Returns
    -------
    features : ndarray of float32, shape (n, d)
        As of `encode_images`.
    seconds : float
        Time per image in seconds.

    Raises
    ------
    InputError
        As `encode_images` does.

    Examples
    --------
    >>> from flarebook.encoders import create_encoder
    >>> features, seconds = encode_timed(create_encoder("pixels"), np.zeros((2, 64, 64), np.uint8))
    >>> features.shape, seconds > 0
    ((2, 1024), True)
    """
    start = perf_counter()
    features = encode_images(encoder, images, batch_size)
    return features, (perf_counter() - start) / len(features)


def patch_tokens(encoder: Encoder, images: np.ndarray) -> np.ndarray:
    """Compute the token of each patch of the images.

    Parameters
    ----------
    encoder : Encoder
        A vision transformer, made by `create_encoder`.
    images : ndarray, shape (n, h, h)
        Eight-bit images, or floats from 0 to 1.

    Returns
    -------
    ndarray of float32, shape (n, rows, columns, width)
        Normalised tokens at the places of their patches.

    Raises
    ------
    InputError
        For a baseline, which has no patches, and for bad images.

    Examples
    --------
    >>> from flarebook.encoders import create_encoder
    >>> patch_tokens(create_encoder("clip-stix", device="cpu"), np.zeros((1, 177, 177), np.uint8)).shape
    (1, 6, 6, 128)
    """
    if encoder.outputs is None:
        raise InputError(f"{encoder.name} has no patches: take a vision transformer")
    with _without_gradients(encoder):
        found = encoder.outputs(check_images(images))
    patches = found.tokens[:, found.n_prefix :].float().cpu().numpy()
    side = round(patches.shape[1] ** 0.5)
    return patches.reshape(len(patches), side, side, -1)


def _without_gradients(encoder):
    """Context without gradients; an empty one for baselines, which need no torch."""
    if encoder.outputs is None:
        return nullcontext()
    import torch

    return torch.inference_mode()
