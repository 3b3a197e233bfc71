"""A user's files through both commands: a lost roll and a wrong plate scale are found, and told."""

import pytest

from flarebook.commands.user_images import embed_files
from flarebook.compendium.errors import InputError
from flarebook.solarchip.images.orientation import check_orientation, group_by_time
from flarebook.solarchip.images.prepare import observer_latitude, prepare_image
from flarebook.solarchip.images.read import read_image
from flarebook.solarchip.models.autoencoder import create_autoencoder

SIZE = 64
AIA = ("171", "193", "304")


@pytest.fixture(scope="module")
def model():
    """A network of mini size with new weights."""
    return create_autoencoder("cnn-mini", image=SIZE)


@pytest.fixture
def day(tmp_path, write_sun):
    """Function of the rolls that headers tell wrongly, {channel: degrees}: paths of a magnetogram, 171, 193, 304."""

    def write(told):
        paths = []
        for channel in ("hmi", *AIA):
            roll = 180.0 if channel == "hmi" else 0.0
            changes = {"CROTA2": told[channel]} if channel in told else ()
            paths.append(write_sun(tmp_path / f"{channel}.fits", channel, changes, roll=roll))
        return paths

    return write


def group_of(paths):
    """Images of the paths, all of one time: prepared ones by channel."""
    (group,) = group_by_time([read_image(path) for path in paths])
    return {channel: prepare_image(image, SIZE) for channel, image in group.items()}


def test_images_as_their_headers_say_stand_alike(day, model):
    check_orientation(group_of(day({})), "a day")
    table, bad = embed_files(day({}), model)
    assert bad == [] and len(table) == 4


def test_a_magnetogram_without_its_roll_is_found_by_embed(day, model):
    table, bad = embed_files(day({"hmi": 0.0}), model)
    assert not len(table)
    assert "fit after a rotation by 180 degrees" in bad[0] and "hmi.fits" in bad[0]


@pytest.mark.parametrize(("roll", "turn"), [(180.0, 180), (90.0, 90), (-90.0, 270)])
def test_a_turned_image_of_aia_is_found_without_a_magnetogram(day, roll, turn):
    with pytest.raises(InputError, match=f"193 and 304 images of .* fit after a rotation by {turn} degrees"):
        check_orientation(group_of(day({"193": roll})[1:]), "a day")


def test_images_of_other_times_are_not_compared(day, write_sun, tmp_path, model):
    turned = write_sun(tmp_path / "later.fits", "hmi", {"CROTA2": 0.0}, roll=180.0, day="2014-03-30")
    table, bad = embed_files([*day({})[1:], turned], model)
    assert bad == [] and len(table) == 4


@pytest.mark.parametrize("factor", [0.9, 1.25])
def test_a_magnetogram_of_a_wrong_plate_scale_is_left_out(tmp_path, write_sun, model, factor):
    right = write_sun(tmp_path / "right.fits", "hmi", roll=180.0)
    wrong = write_sun(tmp_path / "wrong.fits", "hmi", {f"CDELT{i}": 20.0 * factor for i in (1, 2)}, roll=180.0)
    table, bad = embed_files([right, wrong], model)
    assert table["file"].tolist() == [str(right)]
    assert "the values of wrong.fits end at" in bad[0] and "correct its plate scale (CDELT1, CDELT2)" in bad[0]


def test_the_tilt_of_the_axis_is_the_headers_or_that_of_the_day(tmp_path, write_sun):
    """29 March: the south pole is turned towards the Earth, B0 is -6.7 degrees by the almanac."""
    plain = read_image(write_sun(tmp_path / "plain.fits", "171"))
    assert observer_latitude(plain) == pytest.approx(-6.7, abs=0.15)
    told = {0.0: {"HGLT_OBS": 0.0}, 5.5: {"CRLT_OBS": 5.5}}
    for wanted, changes in told.items():
        assert observer_latitude(read_image(write_sun(tmp_path / f"{wanted}.fits", "171", changes))) == wanted
