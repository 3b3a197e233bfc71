"""A folder of real images gives what the simulated Sun gives, without its truth; what is wrong is named."""

import weakref
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets.load import FOLDER
from flarebook.solarchip.datasets.real import find_images, real_days
from flarebook.solarchip.datasets.simulated import simulate_sun
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.images.jsoc import jsoc_file_name
from flarebook.solarchip.images.orientation import check_magnetogram_orientation, rotation_correlations
from flarebook.solarchip.images.prepare import prepare_image
from flarebook.solarchip.images.read import read_image
from flarebook.solarchip.sun.magnetic_indices import r_of_disk, unsigned_flux

DAYS = ("2011-06-06", "2011-06-07")
XRS = [FOLDER / "goes15_20110607.fits.gz"]


@pytest.fixture
def folder(tmp_path, write_day):
    """Folder of two days of images as `fetch` leaves them."""
    for day in DAYS:
        write_day(tmp_path / day, day)
    return tmp_path


def test_a_folder_gives_images_and_tables_as_the_simulation_does(folder, sun):
    real, made = real_days(folder, XRS, size=32), simulate_sun(1, seed=1, size=16)
    assert real.images.shape == (2, 11, 32, 32) and real.images.dtype == made.images.dtype == np.float16
    assert set(real.days) == set(made.days) and set(real.regions) == set(made.regions)
    assert real.days["time"].tolist() == [f"{day}T00:00:00" for day in DAYS]
    assert set(real.days["origin"]) == {"real"} and real.days[["r_value", "rate_m", "p_m", "p_c"]].isna().all(axis=None)
    assert real.days["r_measured"].tolist() == [r_of_disk(field) for field in real.images[:, 0].astype(np.float32)]
    field = real.images[1, 0].astype(float)
    disk = Disk(32)
    assert disk.x[0, field.argmax() % 32] > 0.3 and disk.y[field.argmax() // 32, 0] > 0.2  # upside down no more


def test_the_m_flare_labels_its_day_and_days_without_a_record_have_no_label(folder):
    """REAL, GOES-15, beside drawn images."""
    real = real_days(folder, XRS, size=16)
    days = real.days.set_index("time")
    assert days.loc["2011-06-07T00:00:00", ["label_m", "label_c", "max_class"]].tolist() == [1, 1, "M2.5"]
    assert days.loc["2011-06-06T00:00:00", ["label_m", "max_class", "peak_flux"]].isna().all()
    assert 1e-7 < days.loc["2011-06-07T00:00:00", "goes_now"] < 3e-7
    assert real.flares["goes_class"].tolist() == ["M2.5"]
    assert real.skipped == ["1 of 2 dates have no label: no record covers their 24 hours"]


def test_the_flux_of_the_day_before_is_known_from_its_record(folder, write_day):
    write_day(folder / "2011-06-08", "2011-06-08")
    days = real_days(folder, XRS, size=16).days
    assert days["flux_max_past_24h"].isna().tolist() == [True, True, False]
    assert days["flux_max_past_24h"].iloc[2] == pytest.approx(2.54e-5, rel=0.01)


def test_a_flare_list_of_the_day_before_says_that_there_was_no_flare(folder):
    days = ["2011-06-05T12:00", "2011-06-08T12:00"]
    pd.DataFrame({"peak": days, "goes_class": ["M1.1", "C3.0"]}).to_csv(folder / "flares.csv", index=False)
    real = real_days(folder, size=16)
    assert real.days["flux_max_past_24h"].tolist() == pytest.approx([1.1e-5, 0.0])
    assert real.days["label_m"].tolist() == [0, 0]
    alone = real_days(folder, [], size=16).days
    assert alone["flux_max_past_24h"].isna().all() and alone["label_m"].isna().all()


def test_one_date_at_a_time_is_in_memory(folder, write_day, monkeypatch):
    write_day(folder / "2011-06-08", "2011-06-08")
    alive, most = weakref.WeakSet(), []

    def counted(path):
        image = read_image(path)
        alive.add(image)
        most.append(len({one.time.date() for one in alive}))
        return image

    monkeypatch.setattr("flarebook.solarchip.datasets.real.read_image", counted)
    assert len(real_days(folder, XRS, size=16).days) == 3
    assert len(most) == 33 and max(most) <= 2  # the last date's images are let go while the next one's come


def test_a_bad_file_gives_way_to_another_of_its_hour(folder):
    good = folder / DAYS[0] / jsoc_file_name(DAYS[0], "94")
    late = folder / "late.fits"
    late.write_bytes(good.read_bytes())
    with fits.open(late, mode="update") as hdus:
        hdus[1].header["DATE-OBS"] = f"{DAYS[0]}T00:10:00"
    good.write_bytes(good.read_bytes()[:-20_000])
    real = real_days(folder, XRS, size=16)
    assert len(real.days) == 2 and good.name in real.skipped[0]


def test_a_date_without_a_channel_is_left_out_unless_it_is_not_required(folder):
    (folder / DAYS[0] / jsoc_file_name(DAYS[0], "211")).unlink()
    (folder / DAYS[0] / jsoc_file_name(DAYS[0], "4500")).unlink()
    real = real_days(folder, XRS, size=16)
    assert len(real.days) == 1
    assert real.skipped[0] == "2011-06-06T00:00 lacks 211, 4500: fetch these images or leave the date out"
    some = real_days(folder, XRS, size=16, required=CHANNELS[:5])
    assert len(some.days) == 2 and np.isnan(some.images[0, 5]).all() and np.isfinite(some.images[1]).all()


def test_bad_files_are_named_and_the_rest_goes_on(folder, write_sun):
    (folder / DAYS[0] / jsoc_file_name(DAYS[0], "94")).write_bytes(b"SIMPLE")
    drawn = write_sun(folder / "drawn.fits", "171", {"SIMULATD": True}, day="2011-06-09")
    real = real_days(folder, XRS, size=16)
    assert len(real.days) == 1 and len(real.skipped) == 3
    assert "0094.fits is broken" in real.skipped[0]
    assert f"{drawn.name} says of itself that it is no observation" in real.skipped[1]
    assert "lacks 94" in real.skipped[2]


def test_a_name_that_no_file_can_have_is_left_to_its_reader():
    assert find_images(300 * "a" + ".fits") == [Path(300 * "a" + ".fits")]


def test_no_folder_and_no_date(tmp_path, write_sun):
    with pytest.raises(InputError, match="there is no folder"):
        real_days(tmp_path / "absent")
    with pytest.raises(InputError, match="no FITS image in"):
        real_days(tmp_path)
    write_sun(tmp_path / "only.fits")
    with pytest.raises(InputError, match="first: 2014-03-29T00:00 lacks hmi, 94, 131"):
        real_days(tmp_path)


def test_a_magnetogram_whose_roll_was_lost_is_found_by_its_plage(folder, write_sun):
    path = folder / DAYS[0] / jsoc_file_name(DAYS[0], "hmi")
    write_sun(path, "hmi", {"CROTA2": 0.0}, day=DAYS[0], roll=180.0)
    real = real_days(folder, XRS, size=64)
    assert len(real.days) == 1
    assert "other images of 2011-06-06T00:00 fit after a rotation by 180 degrees" in real.skipped[0]
    assert "correct the roll (CROTA2)" in real.skipped[0]


def test_field_and_plage_of_the_simulated_sun_agree_as_they_stand():
    """SIMULATED: and a field turned by a quarter is noticed."""
    stack = simulate_sun(1, seed=3, size=64).images[0].astype(np.float32)
    scores = rotation_correlations(stack)
    assert scores[0] > 0.6 and max(scores[90], scores[180], scores[270]) < 0.3
    check_magnetogram_orientation(stack, "a day")
    stack[0] = np.rot90(stack[0])
    with pytest.raises(InputError, match="after a rotation by 270 degrees"):
        check_magnetogram_orientation(stack, "a day")


def test_an_empty_sun_decides_nothing():
    check_magnetogram_orientation(np.zeros((11, 32, 32), np.float32), "a day")


def test_flux_and_r_of_known_spots(tmp_path, write_sun):
    field = prepare_image(read_image(write_sun(tmp_path / "m.fits", "hmi")))
    one = np.zeros((128, 128))
    one[64, 64] = 100.0  # at disk centre: mu is 1
    assert unsigned_flux(one) == pytest.approx(100 * (2.2 * 6.957e10 / 128) ** 2, rel=1e-3)
    assert r_of_disk(field) > 3  # opposite spots that touch
    assert r_of_disk(np.abs(field)) == 0  # one polarity has no inversion line
    assert np.isnan(r_of_disk(np.full((8, 8), np.nan)))


def test_times_belong_to_the_nearest_hour(tmp_path, write_day, write_sun):
    write_day(tmp_path)
    write_sun(tmp_path / "late.fits", "171", {"DATE-OBS": "2014-03-29T00:20:00"}, cdelt=21.0)
    real = real_days(tmp_path, [], size=16)
    assert real.days["time"].tolist() == ["2014-03-29T00:00:00"]
    assert isinstance(real.days, pd.DataFrame) and "labels are missing" in real.skipped[0]
