"""A store laid out as SDOML version 2 gives the images nearest to a time, on the grid of all others."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets.load import SunSource, load_sun
from flarebook.solarchip.datasets.sdoml_days import sdoml_days
from flarebook.solarchip.images import sdoml
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.grid import Disk
from flarebook.solarchip.images.prepare import prepare_image
from flarebook.solarchip.images.sdoml import STORES, find_stores, nearest_images, observation_times, open_store

NOON = pd.Timestamp("2011-06-07T00:00")
SIZE = 128  # pixels here; 512 in the archive


@pytest.fixture
def stores(tmp_path, sun):
    """Two small stores in zarr's format 2, as the archive's: (folder of AIA, folder of HMI); 335 has a hole in time."""
    import zarr

    axis = (np.arange(SIZE) - (SIZE - 1) / 2) * (512 / SIZE) * 4.8 / 976
    x, y = np.meshgrid(axis, axis)
    aia, hmi = (zarr.open_group(tmp_path / f"{name}.zarr", mode="w", zarr_format=2) for name in ("aia", "hmi"))
    times = pd.date_range(NOON - pd.Timedelta("12min"), periods=5, freq="6min")
    for channel in CHANNELS[:-1]:
        group = (hmi if channel == "hmi" else aia).require_group("2011")
        name = "Bz" if channel == "hmi" else f"{channel}A"
        array = group.create_array(name, shape=(5, SIZE, SIZE), chunks=(1, SIZE, SIZE), dtype="f4")
        array[:] = np.nan_to_num(sun(x, y, channel))[None] * np.arange(1, 6)[:, None, None] / 3  # the third is true
        late = pd.Timedelta("1h" if channel == "335" else "0s")
        seen = times + late + pd.Timedelta("34s" if channel == "hmi" else "0s")  # TAI; 34 s ahead in 2011
        texts = seen.strftime("%Y.%m.%d_%H:%M:%S_TAI" if channel == "hmi" else "%Y-%m-%dT%H:%M:%S.00Z")
        array.attrs["T_OBS"] = list(texts)
    return tmp_path / "aia.zarr", tmp_path / "hmi.zarr"


def test_the_nearest_image_of_each_channel_is_on_the_grid_of_all_others(stores, sun):
    found, reasons = nearest_images(NOON, *stores)
    assert set(found) == set(CHANNELS) - {"335", "4500"}
    assert len(reasons) == 2 and "335" in reasons[0] and "the store has no array 2011/4500A" in reasons[1]
    assert {abs(image.time - NOON) < pd.Timedelta("2s") for image in found.values()} == {True}
    disk = Disk(64)
    inside = disk.radius < 0.9
    for channel in ("hmi", "304"):
        grid, expected = prepare_image(found[channel], 64, correct=False), sun(disk.x, disk.y, channel)
        assert np.abs(grid - expected)[inside].max() < 0.1 * np.abs(expected[inside]).max()
        assert abs(np.corrcoef(grid[inside], expected[inside])[0, 1]) > 0.995


def test_a_chunk_that_is_not_in_the_store_is_no_dark_sun(stores):
    chunks = sorted(path for path in (stores[0] / "2011" / "171A").rglob("2.0.0"))
    chunks[0].unlink()
    found, reasons = nearest_images(NOON, *stores, channels=("171", "193"))
    assert list(found) == ["193"]
    assert "SDOML 171 at 2011-06-07T00:00: the image of 2011-06-07T00:00 is missing in the store" in reasons[0]


def test_dates_become_the_tables_of_the_study(stores):
    import zarr

    with pytest.raises(
        InputError, match="no date of SDOML can be used; first: SDOML 335 at 2011-06-07T00:00: the nearest"
    ):
        sdoml_days([NOON], (), *stores)
    array = zarr.open_group(stores[0])["2011/335A"]
    array.attrs["T_OBS"] = zarr.open_group(stores[0])["2011/94A"].attrs["T_OBS"]
    real = sdoml_days([NOON, "2013-01-01"], (), *stores, size=32)
    assert real.images.shape == (1, 11, 32, 32) and real.days["origin"].tolist() == ["real"]
    assert np.isnan(real.images[0, -1]).all() and np.isfinite(real.images[0, :-1]).all()
    assert real.days["label_m"].isna().all() and real.skipped[0] == (
        "SDOML hmi at 2013-01-01T00:00: the store has no array 2013/Bz; the date lacks 10 of 10 channels"
    )


def test_a_run_points_at_a_folder_of_both_stores_and_gets_a_date_a_day(stores, tmp_path):
    import zarr

    array = zarr.open_group(stores[0])["2011/335A"]
    array.attrs["T_OBS"] = zarr.open_group(stores[0])["2011/94A"].attrs["T_OBS"]
    request = SunSource("real", str(tmp_path), n_days=2, size=32, start="2011-06-07")
    with pytest.raises(InputError, match="no FITS image in"):
        load_sun(request)
    for store, name in zip(stores, STORES, strict=True):
        store.rename(tmp_path / name)
    sun = load_sun(request)
    assert sun.days["time"].tolist() == ["2011-06-07T00:00:00"]
    assert "SDOML hmi at 2011-06-08T00:00: the nearest image is of 2011-06-07" in sun.skipped[0]
    assert find_stores("s3://bucket/v2/") == ("s3://bucket/v2/sdomlv2.zarr", "s3://bucket/v2/sdomlv2_hmi.zarr")


def test_the_times_of_an_array_are_read_once_for_all_dates(stores, monkeypatch):
    read = []
    monkeypatch.setattr(sdoml, "observation_times", lambda array: read.append(array.path) or observation_times(array))
    aia, hmi = map(open_store, stores)
    for minutes in (0, 6):
        nearest_images(NOON + pd.Timedelta(minutes=minutes), aia, hmi, ["hmi", "171"])
    assert sorted(read) == ["2011/171A", "2011/Bz"]


def test_stores_that_cannot_be_opened(tmp_path, stores):
    with pytest.raises(InputError, match="the zarr store .*absent.zarr cannot be opened"):
        nearest_images(NOON, tmp_path / "absent.zarr", stores[1])
    import zarr

    zarr.open_group(stores[0])["2011/94A"].attrs["T_OBS"] = []
    found, reasons = nearest_images(NOON, *stores, channels=["94", "171"])
    assert list(found) == ["171"] and "lists no time for each of its 5 images" in reasons[0]
