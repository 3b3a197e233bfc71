"""Whatever the telescope's pointing, scale and roll, the same Sun comes out: north up, disk-centred, in DN/s or G."""

from dataclasses import replace

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets.load import load_real_aia, load_real_continuum
from flarebook.solarchip.images.channels import AIA
from flarebook.solarchip.images.degradation import degradation
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.images.limb import CORONA, brightest_radius, check_limb, limb_radius
from flarebook.solarchip.images.prepare import prepare_image, register
from flarebook.solarchip.images.read import read_image

POINTINGS = [
    {"roll": 0.0},
    {"roll": 180.0},
    {"roll": -37.0, "crpix": (57.0, 66.0)},
    {"roll": 10.0, "cdelt": 18.6},
    {"roll": 0.0, "cdelt": 23.5, "radius": 975.0},
]


@pytest.mark.parametrize("pointing", POINTINGS)
@pytest.mark.parametrize("channel", ["hmi", "1600"])
def test_the_same_sun_comes_out_of_any_pointing(tmp_path, write_sun, sun, channel, pointing):
    image = read_image(write_sun(tmp_path / "a.fits", channel, **pointing))
    grid = prepare_image(image, 64, correct=False)
    fine, inside = Disk(512), Disk(64).radius < 0.93
    expected = np.nan_to_num(sun(fine.x, fine.y, channel)).reshape(64, 8, 64, 8).mean((1, 3))
    assert np.abs(grid - expected)[inside].max() < 0.035 * np.abs(expected[inside]).max()  # linear interpolation
    assert grid.dtype == np.float32 and np.isfinite(grid).all()


def test_row_0_is_south_and_column_0_is_the_east_limb(tmp_path, write_sun):
    grid = prepare_image(read_image(write_sun(tmp_path / "m.fits", "hmi", roll=180.0)), 128)
    row, column = np.unravel_index(grid.argmax(), grid.shape)
    assert column == pytest.approx((0.45 / 1.1 + 1) * 64 - 0.5, abs=1)  # the strongest spot: .45 west, .30 north
    assert row == pytest.approx((0.30 / 1.1 + 1) * 64 - 0.5, abs=1)
    assert grid[~Disk(128).on].max() == 0


def test_counts_are_divided_by_exposure_and_by_what_is_left_of_the_sensitivity(tmp_path, write_sun):
    image = read_image(write_sun(tmp_path / "a.fits", "304"))
    plain = prepare_image(image, 32, correct=False)
    assert prepare_image(replace(image, exposure=1.0), 32, correct=False) == pytest.approx(2 * plain)
    assert prepare_image(image, 32) == pytest.approx(plain / degradation("304", image.time), rel=1e-5)


def test_light_is_kept_when_4096_pixels_become_128():
    rng = np.random.default_rng(1)
    fine = rng.gamma(0.5, 100, (1024, 1024)).astype(np.float32)
    grid = register(fine, (511.5, 511.5), 400.0, 0.0, 64)
    step = 2 * 1.1 * 400 / 64
    edge = int(511.5 - 1.1 * 400)
    inside = fine[edge : -edge - 1, edge : -edge - 1]
    assert grid.mean() == pytest.approx(inside.mean(), rel=2e-3)
    assert grid.std() == pytest.approx(fine.std() / step, rel=0.1)  # means over the pixel's area, not single points


def test_averaging_in_blocks_moves_nothing():
    rows, columns = np.indices((700, 700))
    spot = np.exp(-((columns - 380.3) ** 2 + (rows - 310.9) ** 2) / (2 * 40.0**2)).astype(np.float32)
    grid, disk = register(spot, (350.2, 351.1), 300.0, 0.0, 24), Disk(24)  # 27 pixels in one of the grid
    weight = grid / grid.sum()
    assert [(weight * disk.x).sum(), (weight * disk.y).sum()] == pytest.approx([30.1 / 300, -40.2 / 300], abs=1e-3)


def test_what_a_tight_image_does_not_show_is_zero():
    """An image that ends at one solar radius, of one brightness: the standard grid reaches 1.1 radii."""
    grid, disk = register(np.ones((101, 101), np.float32), (50.0, 50.0), 50.0, 0.0, 64), Disk(64)
    farthest = np.maximum(np.abs(disk.x), np.abs(disk.y))
    assert np.all(grid[farthest > 1 + disk.pixel] == 0)
    assert grid[farthest < 1 - disk.pixel] == pytest.approx(1)


def test_negative_counts_become_nothing_and_what_no_scale_tells_apart_is_cut_in_counts_a_second(tmp_path, write_sun):
    image = read_image(write_sun(tmp_path / "a.fits", "94"))
    assert prepare_image(replace(image, data=image.data - image.data.mean()), 32, correct=False).min() == 0
    for data in (image.data - 1e5, image.data * 1e6):  # BZERO, BSCALE of another file
        with pytest.raises(InputError, match="has the value .* everywhere"):
            prepare_image(replace(image, data=data), 32, correct=False)
    bright = replace(image, data=image.data * (16_000 / image.data.max()))  # counts, short of the camera's 16,383
    tops = [prepare_image(replace(bright, exposure=time), 32, correct=False).max() for time in (2.0, 1.0, 0.2)]
    assert tops == [pytest.approx(tops[1] / 2), tops[1], 16383] and 5000 < tops[1] < 16_000


def test_a_small_gap_is_zero_and_a_large_one_is_refused(tmp_path, write_sun):
    image = read_image(write_sun(tmp_path / "gaps.fits", "hmi"))
    small, large = image.data.copy(), image.data.copy()
    small[56:61, 59:64] = np.nan
    large[50:70] = np.nan
    assert prepare_image(replace(image, data=small), 64)[32:33, 32:33] == pytest.approx(0, abs=1e-3)
    with pytest.raises(InputError, match="% of the disk in gaps.fits has no value: leave this image out"):
        prepare_image(replace(image, data=large))
    with pytest.raises(InputError, match="100% of the disk"):
        prepare_image(replace(image, data=np.full_like(image.data, np.nan)))


def test_a_gap_at_the_limb_counts_as_one_at_the_centre_does(tmp_path, write_sun):
    image = read_image(write_sun(tmp_path / "west.fits"))
    for beyond, missing in ((0.7, "8%"), (0.5, "18%")):  # segments of a disk of .95 radii: .078 and .178 of its area
        data = image.data.copy()
        data[:, int(image.centre[0] + beyond * image.solar_radius / image.pixel) + 1 :] = np.nan
        with pytest.raises(InputError, match=f"^{missing} of the disk in west.fits has no value"):
            prepare_image(replace(image, data=data))


@pytest.mark.parametrize("crpix", [(40.0, 60.5), (81.0, 60.5), (60.5, 40.0), (60.5, 81.0)])
def test_a_disk_cut_at_any_side_is_no_full_disk(tmp_path, write_sun, crpix):
    image = read_image(write_sun(tmp_path / "part.fits", crpix=crpix))
    with pytest.raises(InputError, match=r"part.fits shows only a part of the disk \(radius 48\.05 pixels, 39 of them"):
        prepare_image(image)


@pytest.mark.parametrize("told", [0.9, 1.1])
@pytest.mark.parametrize("channel", ["hmi", "94", "131", "171", "193", "211", "304", "335", "1600", "1700", "4500"])
def test_a_plate_scale_that_does_not_fit_the_limb_is_refused(tmp_path, write_sun, channel, told):
    path = write_sun(tmp_path / "scale.fits", channel, {"CDELT1": 20.0 * told, "CDELT2": 20.0 * told})
    with pytest.raises(InputError, match=r"(limb|values) of scale.fits (lies|end) at .* correct its plate scale"):
        prepare_image(read_image(path))


def test_zeros_around_a_magnetogram_show_its_edge_as_missing_values_do(tmp_path, write_sun):
    image = read_image(write_sun(tmp_path / "zeros.fits", "hmi"))
    zeros = replace(image, data=np.nan_to_num(image.data + 1))  # a disk without a value of 0, on a sky of nothing else
    assert prepare_image(zeros, 64).max() > 500
    for told in (0.9, 1.1):
        with pytest.raises(InputError, match=f"values of zeros.fits end at {told:.2f} solar radii .* its plate scale"):
            prepare_image(replace(zeros, pixel=told * image.pixel))


@pytest.mark.parametrize("channel", ["94", "131", "171", "193", "211", "304", "335", "1600", "1700", "4500"])
def test_a_grid_too_coarse_to_show_the_limb_does_not_decide_about_it(tmp_path, write_sun, channel):
    """A pixel of a grid of 32 is .07 solar radii wide, more than the limb may be off."""
    assert prepare_image(read_image(write_sun(tmp_path / "right.fits", channel)), 32).shape == (32, 32)
    for told in (0.93, 1.07):
        path = write_sun(tmp_path / f"{told}.fits", channel, {"CDELT1": 20.0 * told, "CDELT2": 20.0 * told})
        with pytest.raises(InputError, match=f"the limb of {told}.fits lies at"):
            prepare_image(read_image(path), 32)


@pytest.mark.parametrize("told", [0.9, 1.1])
def test_the_limb_of_the_real_corona_shows_a_wrong_plate_scale(told):
    """REAL AIA 171 of 2011-02-15, judged as the hotter channels are: the ring above the limb is the brightest."""
    image = load_real_aia()
    radius = image.solar_radius / image.pixel
    as_it_is, as_told = (register(image.data, image.centre, radius / factor, image.roll) for factor in (1, told))
    assert brightest_radius(as_it_is, *CORONA["193"]) == pytest.approx(1.015, abs=0.01)
    check_limb(as_it_is, "193", "image")
    with pytest.raises(InputError, match="the limb of image lies at"):
        check_limb(as_told, "193", "image")


def test_a_magnetogram_off_its_centre_is_refused_and_one_with_noise_all_over_is_taken(tmp_path, write_sun):
    moved = read_image(write_sun(tmp_path / "moved.fits", "hmi", {"CRPIX1": 66.0}))
    with pytest.raises(InputError, match=r"the values of moved.fits end at 1.00 solar radii .* 0.08 off its centre"):
        prepare_image(moved)
    everywhere = np.random.default_rng(1).normal(0, 5, moved.data.shape).astype(np.float32)
    assert prepare_image(replace(moved, data=everywhere), 64).std() > 1


def test_the_real_corona_lies_where_its_header_puts_it():
    """REAL AIA 171 of 2011-02-15: the bright limb, and AR 11158 at S20 W10, hours before its X2.2 flare."""
    grid = prepare_image(load_real_aia())
    assert 1.0 < limb_radius(grid) < 1.05
    disk = Disk(128)
    centre = (disk.radius < 0.6) & (disk.y < 0)
    row, column = np.unravel_index(np.where(centre, grid, 0).argmax(), grid.shape)
    assert disk.y[row, 0] == pytest.approx(-np.sin(np.deg2rad(20 - 6.8)), abs=0.12)
    assert disk.x[0, column] == pytest.approx(np.sin(np.deg2rad(12)), abs=0.12)
    assert 80 < np.median(grid[disk.on]) < 250  # DN/s in 171 at medium activity


def test_the_real_photosphere_is_whole_round_and_darker_at_the_limb():
    """REAL HMI continuum of 2014-03-01, stored upside down."""
    image = load_real_continuum()
    grid, disk = prepare_image(image), Disk(128)
    assert image.channel == "continuum" and 179 < image.roll < 181
    assert limb_radius(grid) == pytest.approx(1.0, abs=0.03)
    assert 0.6 < np.median(grid[(disk.radius > 0.9) & (disk.radius < 0.95)]) / grid[60:68, 60:68].mean() < 0.75


@pytest.mark.peers
@pytest.mark.parametrize("sample", [load_real_aia, load_real_continuum])
def test_registration_is_that_of_reproject(sample):
    """REAL images: the same as reproject's interpolation through sunpy's coordinates on a finer grid, then averaged."""
    reproject = pytest.importorskip("reproject", reason="reproject is not installed")
    sunpy_map = pytest.importorskip("sunpy.map", reason="sunpy is not installed (extra `peers`)")
    image = sample()
    grid = register(image.data, image.centre, image.solar_radius / image.pixel, image.roll)
    original = sunpy_map.Map(np.nan_to_num(image.data), {**image.header, "CUNIT1": "arcsec", "CUNIT2": "arcsec"})
    target, step = original.wcs.deepcopy(), 2 * 1.1 * image.solar_radius / 256
    target.wcs.pc = np.eye(2)
    target.wcs.cdelt, target.wcs.crpix, target.wcs.crval = [step / 3600] * 2, [128.5, 128.5], [0, 0]
    fine, _ = reproject.reproject_interp((original.data, original.wcs), target, shape_out=(256, 256))
    theirs, disk = fine.reshape(128, 2, 128, 2).mean((1, 3)), Disk(128).radius < 0.97
    assert np.abs(grid - theirs)[disk].max() < 2e-3 * theirs[disk].max()


def test_sensitivity_starts_at_one_and_304_has_lost_most_of_it():
    assert [degradation(channel, "2010-03-24") for channel in AIA] == [1.0] * len(AIA)
    assert degradation("304", "2017-06-01") < 0.08 < 0.7 < degradation("171", "2017-06-01")
    assert degradation("304", "2024-01-01") == degradation("304", "2017-12-11")  # held, not extrapolated to zero
    assert degradation("4500", "2017-06-01") == degradation("hmi", "2017-06-01") == 1
    with pytest.raises(InputError, match="sensitivity of AIA 171 at 2009"):
        degradation("171", "2009-01-01")


@pytest.mark.parametrize(("shape", "centre", "radius", "size"), [
    ((512, 512), (255.5, 255.5), 203.3, 128),
    ((120, 120), (62.0, 59.5), 48.0, 64),
    ((100, 90), (49.2, 44.0), 47.0, 256),  # parts of the grid lie outside the data
])  # fmt: skip
def test_an_image_without_roll_is_the_limit_of_a_small_one(shape, centre, radius, size):
    data = np.random.default_rng(1).normal(100, 30, shape).astype(np.float32)
    turned = register(data, centre, radius, 1e-12, size)  # two-dimensional interpolation
    np.testing.assert_allclose(register(data, centre, radius, 0.0, size), turned, atol=1e-4)
