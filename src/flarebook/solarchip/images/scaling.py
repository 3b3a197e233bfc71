"""From physical values to a network's input and back: one documented limit and scale per channel."""

import numpy as np

from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.channels import CHANNELS

# Largest value kept, and the value below which the scale is about linear; HMI in G, AIA in DN/s.
# The EUV and 1600 pairs are those of the public code of Jarolim et al. 2025 (ITI).  1700 and 4500 show the photosphere:
# little contrast on a bright disk, for which a nearly linear scale is the right one.
LIMITS = {
    "hmi": (1500.0, 20.0),
    "94": (340.0, 1.7),
    "131": (1400.0, 7.0),
    "171": (8600.0, 43.0),
    "193": (9800.0, 49.0),
    "211": (5800.0, 29.0),
    "304": (8800.0, 8.8),
    "335": (600.0, 3.0),
    "1600": (4000.0, 20.0),
    "1700": (8000.0, 800.0),
    "4500": (16383.0, 4000.0),
}
LARGEST = max(limit for limit, _ in LIMITS.values())  # DN/s, beyond which no channel's scale tells values apart


def scale_channel(image, channel):
    """Scale one channel to a network's input.

    Parameters
    ----------
    image : array_like, shape (..., h, w)
        Line-of-sight field in G for HMI, intensity in DN/s for AIA.
    channel : str
        One of the eleven channels, such as "hmi" or "171".

    Returns
    -------
    numpy.ndarray, shape (..., h, w), float32
        HMI: asinh(B / s) / asinh(limit / s).  AIA: 2 asinh(I / s) / asinh(limit / s) - 1, negative counts as 0.
        Both are clipped at the channel's limit and lie within [-1, 1].

    Raises
    ------
    InputError
        For an unknown channel.

    Examples
    --------
    >>> scale_channel([-1500, 0, 1500], "hmi").tolist()
    [-1.0, 0.0, 1.0]
    """
    limit, softening = _limits(channel)
    clipped = np.clip(np.asarray(image, np.float32), _lower_limit(channel), limit)
    part = np.arcsinh(clipped / softening) / np.float32(np.arcsinh(limit / softening))
    return part if channel == "hmi" else 2 * part - 1


def unscale_channel(values, channel):
    """Physical values of one channel, the inverse of `scale_channel` within its limits; G or DN/s, float32."""
    limit, softening = _limits(channel)
    values = np.asarray(values, np.float32)
    part = values if channel == "hmi" else (values + 1) / 2
    full = np.float32(np.arcsinh(limit / softening))
    return np.clip(np.sinh(part * full) * np.float32(softening), _lower_limit(channel), limit)


def scale_images(images: np.ndarray) -> np.ndarray:
    """Scale all eleven channels to a network's input.

    Parameters
    ----------
    images : numpy.ndarray, shape (..., 11, h, w)
        Physical values in G (HMI) and DN/s (AIA), channels in the order of `CHANNELS`.

    Returns
    -------
    numpy.ndarray, same shape, float32
        Values within [-1, 1]; see `scale_channel`.

    Raises
    ------
    InputError
        If the third axis from the end does not hold eleven channels.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook.solarchip import scale_images
    >>> scale_images(np.zeros((2, 11, 4, 4)))[0, :2, 0, 0].tolist()
    [0.0, -1.0]
    """
    return _map_channels(images, scale_channel)


def unscale_images(values: np.ndarray) -> np.ndarray:
    """Invert `scale_images` within the limits of the channels.

    Parameters
    ----------
    values : numpy.ndarray, shape (..., 11, h, w)
        Scaled values.

    Returns
    -------
    numpy.ndarray, same shape, float32
        Field in G and intensity in DN/s, clipped at the channel's limit.

    Raises
    ------
    InputError
        If the third axis from the end does not hold eleven channels.

    Examples
    --------
    >>> import numpy as np
    >>> from flarebook.solarchip import unscale_images
    >>> float(unscale_images(np.ones((11, 4, 4)))[0, 0, 0])
    1500.0
    """
    return _map_channels(values, unscale_channel)


def _map_channels(images, function):
    """Apply a function of one channel along the third axis from the end."""
    images = np.asarray(images)
    if images.ndim < 3 or images.shape[-3] != len(CHANNELS):
        raise InputError(f"images of shape {images.shape} cannot be scaled: give (..., {len(CHANNELS)}, rows, columns)")
    out = np.empty(images.shape, np.float32)
    for number, channel in enumerate(CHANNELS):
        out[..., number, :, :] = function(images[..., number, :, :], channel)
    return out


def _limits(channel):
    """Limit and softening of a channel; InputError for an unknown one."""
    if channel not in LIMITS:
        raise InputError(f"channel {channel!r} is unknown: take one of {', '.join(LIMITS)}")
    return LIMITS[channel]


def _lower_limit(channel):
    """Lowest value kept: the field has two signs, counts have one."""
    return -LIMITS[channel][0] if channel == "hmi" else 0.0
