"""Parts of the disk hidden from a network, at the same pixels in all channels of a date: what is left must do.

The network of supergranules is shared by all channels of a moment, so that it marks a date like a fingerprint.  Hidden
in training or in evaluation, it cannot be what pairs the images of a date.  The outline of the mask is shared as well;
images that show nothing else are the control of that.
"""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter

from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets.splits import subsample_evenly
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.images.scaling import unscale_channel

ACTIVE = 20.0  # G, of the smoothed unsigned field, above which a place belongs to a region
SMOOTHING = 2.0  # pixels of the 128-pixel grid
N_DATES = 128  # over which the mean images are taken
PARTS = WHOLE, QUIET_MASKED, REGIONS_MASKED, OUTLINE = (
    "whole disk",
    "quiet Sun masked",
    "regions masked",
    "outline alone",
)
HIDE = {"nothing": WHOLE, "quiet": QUIET_MASKED, "regions": REGIONS_MASKED, "content": OUTLINE}  # options of a training


class PartMask(NamedTuple):
    """A part to hide, and what each channel shows there.

    part: of PARTS; mean: (11, h, w) mean image of each channel, scaled; contrast: (11,) root mean square of the
    departures from it within regions.
    """

    part: str
    mean: np.ndarray
    contrast: np.ndarray

    def apply(self, images, places=slice(None)):
        """Images in which the part is hidden, (n, k, h, w) float32: there, each channel has its mean image.

        images: (n, k, h, w) scaled, HMI first; places: of their channels among the eleven.  What lies off the disk
        stays, and so does a missing pixel.  For the outline alone, each region adds the contrast
        to the mean image.
        """
        images = np.asarray(images, np.float32)
        if self.part == WHOLE:
            return images
        active, mean = active_pixels(images[:, 0])[:, None], self.mean[places]
        if self.part == OUTLINE:
            hidden, shown = True, mean + active * self.contrast[places][:, None, None]
        else:
            hidden = Disk(images.shape[-1]).on & (~active if self.part == QUIET_MASKED else active)
            shown = mean
        return np.where(hidden & np.isfinite(images), shown, images).astype(np.float32)


def measure_mask(images, part):
    """PartMask with the means of these images, (n, 11, h, w) scaled: of training dates.

    part: of PARTS.  Raises InputError for another part.
    """
    if part not in PARTS:
        raise InputError(f"part {part!r} is unknown: take one of {', '.join(PARTS)}")
    some = np.nan_to_num(np.asarray(images[subsample_evenly(np.arange(len(images)), N_DATES)], np.float32))
    mean = some.mean(axis=0)
    active = active_pixels(some[:, 0])
    squares = [np.square(some[:, channel] - mean[channel])[active] for channel in range(some.shape[1])]
    return PartMask(part, mean, np.sqrt([one.mean() if active.any() else 0.0 for one in squares]).astype(np.float32))


def active_pixels(fields):
    """Pixels of active regions, (n, h, w) bool: where the smoothed unsigned field exceeds ACTIVE.

    fields: (n, h, w) scaled magnetograms.
    """
    unsigned = np.abs(unscale_channel(np.nan_to_num(fields), "hmi"))
    return gaussian_filter(unsigned, SMOOTHING * Disk(unsigned.shape[-1]).scale, axes=(1, 2)) > ACTIVE
