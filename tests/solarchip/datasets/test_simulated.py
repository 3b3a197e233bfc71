"""The simulated Sun as a whole: deterministic, of one surface in all channels, with labels that its rates explain."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from scipy.ndimage import gaussian_filter

from flarebook.compendium import mapped_arrays
from flarebook.compendium.errors import InputError
from flarebook.compendium.run import open_run
from flarebook.solarchip.datasets import load
from flarebook.solarchip.datasets.day_tables import build_tables
from flarebook.solarchip.datasets.simulated import IMAGES, flare_rates, save_sun, simulate_sun
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.sun.field_lines import magnetic_charges
from flarebook.solarchip.sun.flare_process import list_flares, sample_flares
from flarebook.solarchip.sun.loops import flare_images
from flarebook.solarchip.sun.magnetic_indices import r_of_disk
from flarebook.solarchip.sun.regions import sample_population
from flarebook.solarchip.sun.surface import surface_at
from flarebook.solarchip.sun.telescope import render_sun

START = pd.Timestamp("2013-06-01")


@pytest.fixture(scope="module")
def sun():
    """Twelve days near maximum, seen every third day."""
    return simulate_sun(5, 4, cadence_days=3.0, start=START)


def channel(sun, name):
    """Images of one channel, (n, 128, 128)."""
    return sun.images[:, CHANNELS.index(name)].astype(float)


def correlation(a, b, where):
    """Correlation of two images over some pixels."""
    return np.corrcoef(a[where], b[where])[0, 1]


def test_images_are_physical(sun):
    assert sun.images.shape == (5, 11, 128, 128) and sun.images.dtype == np.float16
    assert np.isfinite(sun.images).all()
    assert (sun.images[:, 1:] >= 0).all() and sun.images.max() < 16_400
    assert np.abs(channel(sun, "hmi")).max() > 400


def test_every_channel_shows_the_same_surface(sun):
    on = Disk().radius < 0.8
    field = np.abs(channel(sun, "hmi"))
    for name, least in {"1600": 0.35, "1700": 0.1, "304": 0.35, "193": 0.15, "335": 0.15}.items():
        light = channel(sun, name)
        same = np.mean([correlation(a, b, on) for a, b in zip(field, light, strict=True)])
        other = np.mean([correlation(a, b, on) for a, b in zip(field, np.roll(light, 2, axis=0), strict=True)])
        assert same > least and same > other + 0.05, name


def test_spots_are_dark_in_the_continuum_and_the_limb_is_darker_than_the_centre(sun):
    light, on = channel(sun, "4500"), Disk().radius < 0.7
    strong = (np.abs(channel(sun, "hmi")) > 700) & on
    assert strong.any() and light[strong].mean() < 0.8 * light[:, on].mean()
    radius = Disk().radius
    assert light[:, radius < 0.3].mean() > 1.3 * light[:, (radius > 0.93) & (radius < 0.98)].mean()
    assert (light[:, radius > 1.06] == 0).all()


def test_corona_reaches_above_the_limb_where_the_photosphere_does_not(sun):
    above = (Disk().radius > 1.02) & (Disk().radius < 1.05)
    assert channel(sun, "171")[:, above].mean() > 30
    assert channel(sun, "1700")[:, above].mean() < 1


def test_the_same_seed_gives_the_same_sun_whatever_the_processes_and_wherever_the_images_are(tmp_path, monkeypatch):
    monkeypatch.setattr(mapped_arrays, "LEAST", 0)
    path = tmp_path / IMAGES
    with parallel_config(backend="threading"):
        one, two = (simulate_sun(22, 7, size=8, n_jobs=n, path=path) for n, path in ((1, None), (3, path)))
    other = simulate_sun(2, 8, size=8)
    np.testing.assert_array_equal(one.images, two.images)
    np.testing.assert_array_equal(one.images, np.load(path)["images"])
    written = []
    run = SimpleNamespace(
        folder=tmp_path, save_table=lambda *_, **__: None, save_arrays=lambda name, **__: written.append(name)
    )
    save_sun(run, two)
    assert written == ["test_images"], "the images lie there already"
    save_sun(run, one)
    assert written == ["test_images", "images", "test_images"]
    pd.testing.assert_frame_equal(one.days, two.days)
    pd.testing.assert_frame_equal(one.flares, two.flares)
    assert not np.array_equal(one.images[:2], other.images)


@pytest.fixture(scope="module")
def one_moment():
    """Function (size) of the images of one and the same Sun, (11, size, size), and of five flares on it in 131."""
    population = sample_population(12, np.random.default_rng(3), 1900.0)
    surface = surface_at(population, 5.0)
    phases = np.random.default_rng(5).random((6, 4))

    def draw(size):
        disk, flash = Disk(size, 3.0), {int(region): 3e-5 for region in surface.regions[:5]}
        images, _ = render_sun(disk, surface, population, phases, np.random.default_rng(6))
        return images, flare_images(disk, magnetic_charges(disk, surface, population), np.random.default_rng(1), flash)[
            1
        ]

    return draw


def averaged(images, size):
    """Images (..., h, w) in square blocks, (..., size, size)."""
    block = images.shape[-1] // size
    return images.reshape(*images.shape[:-2], size, block, size, block).mean((-3, -1))


@pytest.mark.parametrize("size", [64, 256])
def test_the_same_sun_is_as_bright_and_as_active_in_pixels_of_any_size(one_moment, size):
    (other, flare), (own, own_flare) = one_moment(size), one_moment(128)
    least = min(size, 128)
    on, width = Disk(least).radius < 0.95, 2 * least / 128
    assert flare.mean() == pytest.approx(own_flare.mean(), rel=0.1)
    for name, a, b in zip(CHANNELS, averaged(other, least), averaged(own, least), strict=True):
        assert np.abs(a)[on].mean() == pytest.approx(np.abs(b)[on].mean(), rel=0.12), name
        a, b = (gaussian_filter(np.abs(image), width) for image in (a, b))
        assert correlation(a, b, on) > (0.6 if name in ("94", "131") else 0.8), name  # these two depend on few loops


def test_regions_stay_for_days_and_drift_west(sun):
    table = sun.regions.assign(time=pd.to_datetime(sun.regions["time"]))
    pairs = table.merge(table.assign(time=table["time"] - pd.Timedelta("3D")), on=["time", "region"])
    assert len(pairs) > 20
    moved = pairs["longitude_y"] - pairs["longitude_x"]
    assert moved.between(37, 41).all()
    assert np.abs(pairs["latitude_y"] - pairs["latitude_x"]).max() < 1e-9


@pytest.fixture(scope="module")
def days():
    """Table of 240 days without images."""
    rng = np.random.default_rng(11)
    population = sample_population(242, rng, cycle_day=1600.0)
    rates = flare_rates(population, 240, 1.0, 1)
    day = np.arange(240.0)
    return build_tables(
        START, day, {"unsigned_flux": np.zeros(240)}, rates, list_flares(sample_flares(rates, rng), rates), population
    )[0]


def test_true_chances_are_calibrated(days):
    for chance, label in (("p_m", "label_m"), ("p_c", "label_c")):
        spread = np.sqrt((days[chance] * (1 - days[chance])).sum())
        assert abs(days[label].sum() - days[chance].sum()) < 4 * spread
    assert 0.08 < days["label_m"].mean() < 0.35
    assert days["p_c"].ge(days["p_m"]).all()


def test_labels_and_classes_agree(days):
    assert (days["label_m"] == days["peak_flux"].ge(1e-5)).all()
    assert (days["label_m"] == days["max_class"].str[:1].isin(["M", "X"])).all()


def test_yesterdays_largest_flare_is_what_the_day_before_had_ahead(days):
    quiet = days["peak_flux"].to_numpy()[:-1]
    past = days["flux_max_past_24h"].to_numpy()[1:]
    flared = quiet > 2e-5
    assert flared.sum() > 5
    np.testing.assert_allclose(past[flared], quiet[flared], rtol=1e-6)


def test_flare_days_have_larger_r(days):
    flaring = days["label_m"] == 1
    assert days["r_value"][flaring].median() > days["r_value"][~flaring].median() + 0.1


def test_r_is_measured_on_the_noisy_image_and_the_simulators_own_is_another(sun):
    measured = sun.days["r_measured"].to_numpy()
    assert measured.tolist() == [r_of_disk(field) for field in channel(sun, "hmi").astype(np.float32)]
    assert (np.abs(measured - sun.days["r_value"]) > 0.05).any()


@pytest.mark.parametrize(
    ("n_days", "cadence", "words"), [(0, 1.0, "at least 1"), (5, 0.3, "24 hours"), (5, -1.0, "24 hours")]
)
def test_impossible_dates_are_refused(n_days, cadence, words):
    with pytest.raises(InputError, match=words):
        simulate_sun(n_days, 1, cadence_days=cadence)


def test_four_images_a_day_have_labels_of_a_whole_day():
    sun = simulate_sun(4, 2, size=16, cadence_days=0.25)
    assert list(pd.to_datetime(sun.days["time"]).dt.hour) == [0, 6, 12, 18]
    assert (sun.days["rate_m"] > 0).any()


@pytest.fixture(scope="module")
def dated():
    """Request for forty imaged days and forty further test days near maximum, and both Suns."""
    request = load.SunSource(n_days=40, n_test_days=40, size=16, start="2014-01-01")
    return request, load.load_sun(request), load.load_test_days(request)


def test_a_magnetogram_alone_shows_the_same_field_and_the_labels_are_the_same():
    days = {"size": 64, "start": "2014-01-01"}
    full, alone = (simulate_sun(3, 5, magnetograms_only=only, **days) for only in (False, True))
    assert alone.images.shape == (3, 1, 64, 64) and alone.images.dtype == np.float16
    on, (seen, same) = Disk(64).radius < 0.9, (sun.images[:, 0].astype(float) for sun in (full, alone))
    assert all(correlation(a, b, on) > 0.98 for a, b in zip(seen, same, strict=True))
    assert correlation(seen[0], same[1], on) < 0.95
    noisy = ["r_measured"]
    pd.testing.assert_frame_equal(full.days.drop(columns=noisy), alone.days.drop(columns=noisy))
    pd.testing.assert_frame_equal(full.flares, alone.flares)


def test_further_test_days_are_tests_of_another_sun_at_the_same_phase_of_the_cycle(dated):
    _, sun, tests = dated
    assert set(tests.days["split"]) == {"test"} and tests.days["time"].tolist() == sun.days["time"].tolist()
    assert len(tests.images) == 40 and tests.images.shape[1] == 1
    assert not set(tests.regions["flux"]) & set(sun.regions["flux"]), "no region is seen by both"
    assert not set(tests.flares["peak_flux"]) & set(sun.flares["peak_flux"])


def test_a_further_test_day_is_labelled_by_flares_on_the_near_side_in_the_24_hours_after_its_image(dated):
    _, _, tests = dated
    peaks, flares = pd.to_datetime(tests.flares["peak"]), tests.flares
    large = flares["visible"] & (flares["peak_flux"] >= 1e-5)
    hours = [(peaks[large] - pd.Timestamp(time)) / pd.Timedelta("1h") for time in tests.days["time"]]
    expected = [int(((0 <= h) & (h < 24)).any()) for h in hours]
    assert tests.days["label_m"].tolist() == expected and 0 < sum(expected) < 40
    assert (flares["peak_flux"] >= 1e-5).sum() > large.sum(), "some large flares lie on the far side"


def test_imaged_days_do_not_depend_on_further_ones_and_real_days_have_none(dated):
    request, sun, _ = dated
    alone = load.load_sun(replace(request, n_test_days=0))
    np.testing.assert_array_equal(alone.images, sun.images)
    assert load.load_test_days(replace(request, n_test_days=0)) is None
    assert load.load_test_days(replace(request, source="real", folder="days")) is None
    with pytest.raises(InputError, match="-1 further test days cannot be made: give 0 or more"):
        load.load_test_days(replace(request, n_test_days=-1))


def test_further_test_days_are_saved_and_a_sun_without_them_saves_an_empty_table(dated, tmp_path):
    _, sun, tests = dated
    for given, n in ((tests, 40), (None, 0)):
        run = open_run("solarchip/1-simulated-sun", str(tmp_path / str(n)), "", 1, figures=False)
        save_sun(run, sun, tests=given)
        found = open_run("solarchip/4-flare-classification", str(tmp_path / str(n)), "", 1, figures=False)
        table = found.load_table("1-simulated-sun", "test_days")
        images = found.load_arrays("1-simulated-sun", "test_images")["images"]
        assert len(table) == n and images.shape == (n, 1, 16, 16)
        assert {"label_m", "p_m", "goes_now", "split"} <= set(table)
