"""The field is laid over the clearest image of plage there is, and only the inner disk decides."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.images.orientation import check_orientation, image_correlations, rotation_correlations

DISK = Disk(64)


@pytest.fixture
def stack(sun):
    """Function of the channels that are turned and those that are missing: (11, 64, 64) of the Sun with known spots."""

    def look(turned=(), missing=()):
        seen = np.array([np.nan_to_num(sun(DISK.x, DISK.y, channel)) for channel in CHANNELS])
        for channel in turned:
            seen[CHANNELS.index(channel)] = seen[CHANNELS.index(channel)][::-1, ::-1]
        for channel in missing:
            seen[CHANNELS.index(channel)] = np.nan
        return seen

    return look


def test_what_lies_near_the_limb_decides_nothing():
    rng = np.random.default_rng(1)
    image, other = rng.normal(size=(2, 64, 64))
    inner = DISK.radius < 0.95
    assert image_correlations(image, np.where(inner, image, 50 * other))[0] == pytest.approx(1)
    assert image_correlations(image, np.where(DISK.radius < 0.8, image, 50 * other))[0] < 0.5


def test_the_clearest_image_of_plage_is_taken_and_the_next_where_it_is_missing(stack):
    def best(scores):
        return max(scores, key=scores.get)

    assert best(rotation_correlations(stack(turned=("304", "1700", "171")))) == 0
    assert best(rotation_correlations(stack(turned=("304",), missing=("1600",)))) == 180
    assert best(rotation_correlations(stack(turned=("1700",), missing=("1600", "304")))) == 180
    assert best(rotation_correlations(stack(turned=("171",), missing=("1600", "304", "1700")))) == 180


def test_without_plage_or_field_no_turn_is_tried(stack):
    assert rotation_correlations(stack(missing=("1600", "304", "1700", "171"))) == {0: 0.0}
    assert rotation_correlations(stack(missing=("hmi",))) == {0: 0.0}


def test_each_image_of_aia_is_compared_with_the_clearest_one(stack):
    group = {channel: stack()[CHANNELS.index(channel)] for channel in ("94", "193", "304")}
    check_orientation(group, "a day")
    for channel in ("94", "193"):
        with pytest.raises(InputError, match=f"the {channel} and 304 images of a day fit after a rotation by 180"):
            check_orientation(group | {channel: group[channel][::-1, ::-1]}, "a day")
