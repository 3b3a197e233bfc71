"""A user's images that belong to one time, and whether they stand alike."""

import pandas as pd

from flarebook.solarchip.orientation import check_group

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
