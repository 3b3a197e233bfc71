"""Views of an image for pretraining: changes that leave the same source seen by the same instrument.

The dirty beam has a fixed direction in the instrument's frame, and the archive's axes differ from it by a fixed quarter
turn.  Turning an image by any angle, or mirroring it, would also turn its side lobes and make an image that the
instrument cannot take.  One turn is exact: the beam is the same after half a turn, as the Fourier transform of real
weights is, so an image turned by 180 degrees is the image of the source turned by 180 degrees.  Views are therefore
half turns, crops that keep most of the field (where a source sits in it tells whether the map's centre is right), a
change of contrast (the scale from minimum to maximum depends on one peak) and weak noise, then stretched again.
"""

import torch
from torch.nn import functional

WIDE = (0.7, 1.0)  # share of the field's area that a wide view keeps
NARROW = (0.5, 1.0)  # much smaller ones would lose one of two sources, and teach that it does not matter
SMALL = 24  # pixels of a narrow view, 5 to 7 arcsec: still three or four in a beam
CONTRAST = 0.3  # standard deviation of the logarithm of the exponent
NOISE = 0.02  # standard deviation per pixel, in units of the brightest one


def draw_views(images, rng, area=WIDE, size=None):
    """One random view of each image.

    images: (n, 1, h, w), 0 to 1; rng: torch.Generator; area: least and largest share of the field; size: pixels of the
    view, default as the images.  Returns (n, 1, size, size), stretched over 0 to 1.
    """
    size = images.shape[-1] if size is None else size
    views = half_turned(crops(images, rng, area, size), rng)
    exponent = torch.exp(CONTRAST * torch.randn(len(images), 1, 1, 1, generator=rng))
    views = views.clamp(0, 1) ** exponent
    return stretched(views + NOISE * torch.randn(views.shape, generator=rng))


def crops(images, rng, area, size):
    """Square pieces of the images, each at a random place and interpolated on `size` pixels."""
    low, high = area
    n = len(images)
    side = torch.sqrt(low + (high - low) * torch.rand(n, generator=rng))
    shift = (2 * torch.rand(n, 2, generator=rng) - 1) * (1 - side)[:, None]
    frames = torch.zeros(n, 2, 3)
    frames[:, 0, 0] = frames[:, 1, 1] = side
    frames[:, :, 2] = shift
    grid = functional.affine_grid(frames, (n, 1, size, size), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def half_turned(images, rng):
    """Images of which every other, by chance, is turned by 180 degrees."""
    turn = torch.rand(len(images), 1, 1, 1, generator=rng) < 0.5
    return torch.where(turn, images.flip(-2, -1), images)


def stretched(images):
    """Images stretched over 0 to 1, each by itself; an even one becomes zero."""
    low, high = images.amin((-2, -1), keepdim=True), images.amax((-2, -1), keepdim=True)
    return (images - low) / (high - low).clamp(min=1e-6)
