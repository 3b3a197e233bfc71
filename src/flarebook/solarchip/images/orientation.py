"""Do the images of one time stand alike: plage is bright where the field is strong, and in all lines of AIA."""

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter

from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.grid import Disk

COMPANIONS = ("1600", "304", "1700", "171")  # where plage shows, the clearest first


DECISIVE = 0.15  # by how much the correlation of the turned field must be the larger one


TURNS = {180: lambda image: image[::-1, ::-1], 90: np.rot90, 270: lambda image: np.rot90(image, -1)}


def check_orientation(stack, name):
    """InputError when the field fits the plage decidedly better after half or a quarter turn: a wrong roll.

    stack: (11, n, n) of one date on the standard grid; name: of the date.  Images without plage decide nothing.
    HMI's files are upside down (CROTA2 of about 180 degrees); a header that lost its roll is found so.
    """
    scores = turned_correlations(stack)
    turn = max(scores, key=scores.get)
    if turn and scores[turn] > scores[0] + DECISIVE:
        raise InputError(
            f"the magnetogram of {name} fits the other images after a turn by {turn} degrees (correlation "
            f"{scores[turn]:.2f}, as it is {scores[0]:.2f}): correct the roll (CROTA2) in its header"
        )


def turned_correlations(stack):
    """Correlation of field strength and plage brightness within .9 solar radii: {turn of the field in degrees: value}.

    stack: (11, n, n).  The brightness is divided by its mean at the same distance from the centre, so that limb
    darkening and brightening, which no turn changes, count for nothing.  {0: 0} when an image is missing.
    """
    channel = next((name for name in COMPANIONS if np.isfinite(stack[CHANNELS.index(name)]).all()), None)
    field = np.abs(stack[CHANNELS.index("hmi")])
    if channel is None or not np.isfinite(field).all():
        return {0: 0.0}
    bright = gaussian_filter(stack[CHANNELS.index(channel)], 1)
    return correlations(np.log1p(gaussian_filter(field, 1) / 20), bright)


def correlations(image, other):
    """Correlation of two images within .9 solar radii for each turn of the first: {degrees: value}; (n, n) each."""
    disk = Disk(image.shape[-1])
    inside, other = disk.radius < 0.9, _flattened(other, disk)
    turned = {0: image} | {turn: function(image) for turn, function in TURNS.items()}
    return {turn: _correlation(_flattened(part, disk)[inside], other[inside]) for turn, part in turned.items()}


def check_group(images, name):
    """InputError when one image of a time fits the others decidedly better after a turn: a wrong roll.

    images: {channel: (n, n)} on the standard grid; name: of the time.  The field is compared with the plage, each image
    of AIA with the clearest of AIA's others.  One image alone decides nothing.
    """
    if "hmi" in images:
        size = len(images["hmi"])
        stack = [images.get(channel, np.full((size, size), np.nan)) for channel in CHANNELS]
        check_orientation(np.array(stack, np.float32), name)
    clearest = next((channel for channel in COMPANIONS if channel in images), None)
    for channel in [channel for channel in images if clearest and channel not in ("hmi", clearest)]:
        scores = correlations(*(np.log1p(gaussian_filter(images[c], 1)) for c in (channel, clearest)))
        turn = max(scores, key=scores.get)
        if turn and scores[turn] > scores[0] + DECISIVE:
            raise InputError(
                f"the {channel} and {clearest} images of {name} fit after a turn by {turn} degrees (correlation "
                f"{scores[turn]:.2f}, as they are {scores[0]:.2f}): correct the roll (CROTA2) in the header of one"
            )


def _flattened(image, disk):
    """Image less its mean at the same distance from the centre."""
    ring = np.minimum((disk.radius / disk.pixel).astype(int), int(1 / disk.pixel) + 1)
    sums, counts = np.bincount(ring.ravel(), image.ravel()), np.bincount(ring.ravel())
    return image - (sums / np.maximum(counts, 1))[ring]


def _correlation(first, second):
    """Pearson's correlation; 0 for an image without contrast."""
    if first.std() == 0 or second.std() == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])


TOGETHER = pd.Timedelta(minutes=10)  # images of several channels count as of one time


def by_time(images):
    """Images grouped by time: list of {channel: SunImage}; a later image of the same channel begins a new group.

    images: of anything with channel and time.
    """
    groups, first = [], None
    for image in sorted(images, key=lambda image: image.time):
        if not groups or image.time - first > TOGETHER or image.channel in groups[-1]:
            groups.append({})
            first = image.time
        groups[-1][image.channel] = image
    return groups


def check_turns(prepared, group):
    """InputError when one image of a group fits the others better after a turn: its header's roll is wrong.

    prepared: {channel: (n, n)} in physical units on the standard grid; group: {channel: SunImage}.  One image alone
    cannot be checked.
    """
    check_group(prepared, ", ".join(image.name for image in group.values()))
