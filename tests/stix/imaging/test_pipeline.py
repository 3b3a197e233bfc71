"""The two steps find the flare and map it in the archive's axes."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.imaging.back_projection import back_project
from flarebook.stix.imaging.forward_model import Conditions, simulate_visibilities
from flarebook.stix.imaging.pipeline import (
    clean_archive,
    full_disk,
    image_flare,
    locate,
    to_archive_axes,
    to_instrument,
    to_solar,
)
from flarebook.stix.imaging.source_model import Component, pixel_axis, render
from flarebook.stix.maps.fits_map import ArchiveMap
from flarebook.stix.maps.samples import REAL_FLARE, real_visibilities

PERFECT = Conditions(amplitude_error=0.0, phase_error=0.0)


def seen_at(west, north, counts=3000.0, seed=1):
    """Visibilities of a compact flare at a place on the Sun."""
    sky = [Component(*to_instrument(west, north), 1.0, 14.0, 10.0, 30.0)]
    return simulate_visibilities(sky, counts, np.random.default_rng(seed))[0]


@pytest.mark.parametrize(("west", "north"), [(500.0, 300.0), (-900.0, -250.0), (0.0, 0.0)])
def test_a_bright_flare_is_found_and_lies_in_the_map_where_it_is_on_the_sun(west, north):
    made = image_flare(seen_at(west, north), 1200.0)
    middle = np.array(to_solar(*made.centre))
    assert np.hypot(*(middle - (west, north))) < 25
    image = made.archive_hdus()["clean"]
    row, column = np.unravel_index(image.argmax(), image.shape)
    axis = pixel_axis(257, 1.0)
    np.testing.assert_allclose(middle + (axis[column], axis[row]), (west, north), atol=3)


def test_with_few_photons_flares_are_mislaid():
    def mislaid(counts):
        places = [to_solar(*locate(seen_at(500.0, 300.0, counts, seed), 1200.0)) for seed in range(40)]
        return np.mean(np.hypot(*(np.array(places) - (500.0, 300.0)).T) > 100)

    assert mislaid(5.0) > 0.3 > mislaid(15.0) > mislaid(100.0) == 0


def test_the_archive_s_axes_show_west_to_the_right_and_north_up():
    sky = [Component(*to_instrument(40.0, 20.0), 1.0, 12.0, 12.0)]
    image = to_archive_axes(render(sky, 129, 1.0))
    assert np.unravel_index(image.argmax(), image.shape) == (64 + 20, 64 + 40)
    assert to_solar(*to_instrument(3.0, 7.0)) == (3.0, 7.0)


def test_solar_axes_can_be_had_from_the_visibilities_or_from_the_image():
    seen = real_visibilities()
    turned = back_project(seen.in_solar_axes(), 65, 2.0)
    np.testing.assert_allclose(turned, to_archive_axes(back_project(seen, 65, 2.0)), atol=1e-12)


def test_the_archive_s_images_add_up_and_share_their_units():
    made = image_flare(seen_at(500.0, 300.0), 1200.0, size=129, pixel=2.0)
    hdus = made.archive_hdus()
    assert list(hdus) == ["clean", "back_projection", "residual", "components", "convolved"]
    np.testing.assert_allclose(hdus["clean"], hdus["convolved"] + hdus["residual"])
    assert hdus["components"].sum() == pytest.approx(hdus["convolved"].sum(), rel=1e-6)


def test_of_a_point_the_archive_s_back_projection_and_clean_have_the_same_peak():
    sky = [Component(300.0, -500.0, 1.0, 1.0, 1.0)]
    seen = simulate_visibilities(sky, 1e6, np.random.default_rng(1), PERFECT)[0]
    hdus = image_flare(seen, 1200.0, size=129).archive_hdus()
    assert hdus["back_projection"].max() == pytest.approx(hdus["clean"].max(), rel=0.03)


def test_the_real_flare_is_found_where_its_visibilities_are_centred():
    west, north = to_solar(*locate(real_visibilities(), REAL_FLARE.solar_radius))
    assert np.hypot(west - REAL_FLARE.centre[0], north - REAL_FLARE.centre[1]) < 15


def test_a_known_place_is_not_searched_for():
    assert image_flare(seen_at(500.0, 300.0), 1200.0, size=65, centre=(10, 20)).centre == (10.0, 20.0)


def test_without_coarse_grids_or_with_an_impossible_sun_there_is_no_location():
    seen = seen_at(500.0, 300.0)
    with pytest.raises(InputError, match="no visibility left"):
        full_disk(seen.select(np.char.startswith(seen.label, "3")), 1200.0)
    with pytest.raises(InputError, match="solar radius of 0"):
        locate(seen, 0)


def test_a_file_without_back_projection_cannot_be_cleaned_again():
    fit = ArchiveMap(np.zeros((9, 9)), 1.0, (0, 0), (4, 10), "", 60.0, 0.0, {}, {"map": np.zeros((9, 9))}, "fit.fits")
    with pytest.raises(InputError, match="fit.fits holds no back-projection"):
        clean_archive(fit)
