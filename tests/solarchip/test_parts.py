"""Months of real dates are made one by one, and gathered as if they had been read at once."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.data.parts import PartStore
from flarebook.compendium.errors import InputError
from flarebook.compendium.run import open_run
from flarebook.compendium.workflow.parts import make_parts, parts_folder
from flarebook.solarchip import parts
from flarebook.solarchip.datasets.load import FOLDER, SunSource, load_sun
from flarebook.solarchip.datasets.sdoml_days import REQUIRED
from flarebook.solarchip.images.sdoml import STORES
from tests.solarchip.conftest import sun_at
from tests.solarchip.sdoml_store import write_array

SIZE, DAYS = 128, 4
START = pd.Timestamp("2011-05-30")  # two days of May, two of June


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Folder of both stores, with one image at each midnight; 2011-05-31 lacks its image of 171."""
    folder, axis = tmp_path_factory.mktemp("sdoml"), (np.arange(SIZE) - (SIZE - 1) / 2) * (512 / SIZE) * 4.8 / 976
    x, y = np.meshgrid(axis, axis)
    for channel in REQUIRED:
        truth = np.nan_to_num(sun_at(x, y, channel)).astype(np.float32)
        times = pd.date_range(START, periods=DAYS)
        image = lambda place, t=truth, c=channel: t * (0 if (place, c) == (1, "171") else 1 + place / 100)  # noqa: E731
        write_array(folder / STORES[channel == "hmi"], channel, times, image)
    return folder


def values(folder, **other):
    """Parameters of the notebook."""
    wanted = {"source": "real", "folder": str(folder), "start": f"{START:%Y-%m-%d}", "n_days": DAYS, "size": 32}
    return {**wanted, "flare_list": str(FOLDER / "goes15_20110607.fits.gz"), **other}


def test_months_are_gathered_as_if_read_at_once(folder, tmp_path):
    wanted = values(folder)
    run = open_run(parts.DISKS, str(tmp_path), figures=False)
    settings = parts.part_settings(parts.DISKS, wanted)
    assert parts.part_names(settings) == ["2011-05", "2011-06"]
    store = PartStore(parts_folder(tmp_path, parts.DISKS), settings, parts.SUFFIX)
    assert make_parts(parts.make_part, store.missing(parts.part_names(settings)), settings, store, "synchronous") == []
    record = store.check("2011-05")
    assert record["rows"] == 1 and record["origin"] == "real" and "is missing in the store" in record["notes"][0]
    sun = parts.gather_sun(run, tmp_path / "images.npz", **wanted)
    once = load_sun(SunSource("real", str(folder), wanted["flare_list"], DAYS, size=32, start=wanted["start"]))
    np.testing.assert_array_equal(sun.images, once.images)
    pd.testing.assert_frame_equal(sun.days, once.days)
    assert (tmp_path / "images.npz").is_file() and set(once.skipped) <= set(sun.skipped)


def test_days_that_have_not_been_observed_are_refused():
    settings = parts.part_settings(parts.DISKS, values("", start="2014-01-01", n_days=20_000))
    with pytest.raises(InputError, match="20000 days from 2014-01-01 end on 2068-10-03, which has not been observed"):
        parts.part_names(settings)


def test_a_lost_month_is_all_that_is_made_again(folder, tmp_path):
    settings = parts.part_settings(parts.DISKS, values(folder))
    store = PartStore(tmp_path, settings, parts.SUFFIX)
    for name in parts.part_names(settings):
        parts.make_part(name, settings, store)
    (store.path("2011-06") / parts.IMAGES).write_bytes(b"cut")
    with pytest.raises(InputError, match="part 2011-06 of .* is cut or no part"):
        store.missing(parts.part_names(settings))
    with pytest.raises(InputError, match="other parameters .size 32 instead of 64"):
        PartStore(tmp_path, parts.part_settings(parts.DISKS, values(folder, size=64)), parts.SUFFIX)


def test_a_month_without_a_date_says_why(folder, tmp_path):
    settings = parts.part_settings(parts.DISKS, values(folder, start="2012-02-01"))
    store = PartStore(tmp_path, settings, parts.SUFFIX)
    assert "the store has no array 2012/Bz" in parts.make_part("2012-02", settings, store)
    assert store.check("2012-02")["rows"] == 0
    with pytest.raises(InputError, match="there is no part '2012-03': known are 2012-02"):
        parts.make_part("2012-03", settings, store)


def test_sources_without_parts():
    assert not parts.has_parts("simulated", "") and not parts.has_parts("real", str(FOLDER))
    with pytest.raises(InputError, match="has no parts: a month a part is read with source"):
        parts.part_settings(parts.DISKS, values(FOLDER))
