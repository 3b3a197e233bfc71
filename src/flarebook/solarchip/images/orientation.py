"""Consistency of the roll of co-temporal images: plage against magnetic field, and AIA channels against each other."""

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter

from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.grid import Disk

COMPANIONS = ("1600", "304", "1700", "171")  # channels that show plage, the clearest first
DECISIVE = 0.15  # gain in correlation above which a rotated image counts as the right one
ROTATIONS = {180: lambda image: image[::-1, ::-1], 90: np.rot90, 270: lambda image: np.rot90(image, -1)}
COALIGNED = pd.Timedelta(minutes=10)  # images of several channels count as co-temporal


def check_orientation(images, name):
    """Raise InputError when one of several co-temporal images fits the others decidedly better after a rotation.

    images: {channel: (n, n)} in physical units on the standard grid; name: of the date.  The magnetogram is compared
    with the plage, each AIA image with the clearest of the other AIA images.  A single image cannot be checked.
    """
    if "hmi" in images:
        size = len(images["hmi"])
        stack = [images.get(channel, np.full((size, size), np.nan)) for channel in CHANNELS]
        check_magnetogram_orientation(np.array(stack, np.float32), name)
    clearest = next((channel for channel in COMPANIONS if channel in images), None)
    for channel in [channel for channel in images if clearest and channel not in ("hmi", clearest)]:
        pair = (np.log1p(gaussian_filter(images[c], 1)) for c in (channel, clearest))
        _check_rotation(image_correlations(*pair), f"the {channel} and {clearest} images of {name}", "one of them")


def check_magnetogram_orientation(stack, name):
    """Raise InputError when the magnetogram fits the plage decidedly better after a half or quarter turn.

    stack: (11, n, n) of one date on the standard grid; name: of the date.  Images without plage pass.  HMI files are
    upside down (CROTA2 of about 180 degrees), so that a header without its roll is detected here.
    """
    _check_rotation(rotation_correlations(stack), f"the magnetogram and the other images of {name}", "the magnetogram")


def _check_rotation(scores, images, culprit):
    """Raise InputError when the best of the correlations, {rotation: value}, is that of a rotated image."""
    rotation = max(scores, key=scores.get)
    if rotation and scores[rotation] > scores[0] + DECISIVE:
        raise InputError(
            f"{images} fit after a rotation by {rotation} degrees (correlation {scores[rotation]:.2f}, "
            f"unrotated {scores[0]:.2f}): correct the roll (CROTA2) in the header of {culprit}"
        )


def rotation_correlations(stack):
    """Correlate field strength and plage brightness within 0.9 solar radii: {rotation of the field in degrees: value}.

    stack: (11, n, n).  The mean at equal distance from disk centre is subtracted, so that limb darkening and
    brightening do not count.  Returns {0: 0} when an image is missing.
    """
    channel = next((name for name in COMPANIONS if np.isfinite(stack[CHANNELS.index(name)]).all()), None)
    field = np.abs(stack[CHANNELS.index("hmi")])
    if channel is None or not np.isfinite(field).all():
        return {0: 0.0}
    bright = gaussian_filter(stack[CHANNELS.index(channel)], 1)
    return image_correlations(np.log1p(gaussian_filter(field, 1) / 20), bright)


def image_correlations(image, other):
    """Correlate two images (n, n) within 0.9 solar radii for each rotation of the first: {degrees: value}."""
    disk = Disk(image.shape[-1])
    inside, other = disk.radius < 0.9, _subtract_radial_mean(other, disk)
    rotated = {0: image} | {rotation: function(image) for rotation, function in ROTATIONS.items()}
    return {
        rotation: _correlation(_subtract_radial_mean(part, disk)[inside], other[inside])
        for rotation, part in rotated.items()
    }


def _subtract_radial_mean(image, disk):
    """Image minus its mean at equal distance from disk centre."""
    ring = np.minimum((disk.radius / disk.pixel).astype(int), int(1 / disk.pixel) + 1)
    sums, counts = np.bincount(ring.ravel(), image.ravel()), np.bincount(ring.ravel())
    return image - (sums / np.maximum(counts, 1))[ring]


def _correlation(first, second):
    """Pearson's correlation; 0 for an image without contrast."""
    if first.std() == 0 or second.std() == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


def group_by_time(images):
    """Group co-temporal images: list of {channel: image}; a second image of a channel begins a new group.

    images: objects with the attributes channel and time, such as SunImage.
    """
    groups, first = [], None
    for image in sorted(images, key=lambda image: image.time):
        if not groups or image.time - first > COALIGNED or image.channel in groups[-1]:
            groups.append({})
            first = image.time
        groups[-1][image.channel] = image
    return groups
