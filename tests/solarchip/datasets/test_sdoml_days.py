"""A store laid out as SDOML version 2's gives each date as reading its images one by one does, each chunk read once."""

import http.server
import re
import shutil
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import zarr
from zarr.storage import LocalStore, WrapperStore

from flarebook.compendium.errors import InputError
from flarebook.solarchip.datasets.sdoml_days import REQUIRED, prepare_dates, sdoml_days
from flarebook.solarchip.images.prepare import prepare_image
from flarebook.solarchip.images.sdoml import Store, array_name, nearest_images
from tests.solarchip.conftest import sun_at
from tests.solarchip.sdoml_store import PACKED, time_texts, write_array

SIZE = 128  # pixels here; 512 in the archive
DAYS = pd.date_range("2011-06-07", periods=3)
DENSE = pd.date_range("2011-06-07", periods=40, freq="6min")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Folder of the stores of AIA (every 6 min) and HMI (every 12 min) over three days.

    Only the chunks are there that hold midnight, or the first four hours.
    """
    folder, axis = tmp_path_factory.mktemp("sdoml"), (np.arange(SIZE) - (SIZE - 1) / 2) * (512 / SIZE) * 4.8 / 976
    x, y = np.meshgrid(axis, axis)
    for channel in REQUIRED:
        cadence, store = ("12min", "hmi") if channel == "hmi" else ("6min", "aia")
        times = pd.date_range(DAYS[0] - pd.Timedelta("36min"), DAYS[-1] + pd.Timedelta("1h"), freq=cadence)
        truth = np.nan_to_num(sun_at(x, y, channel)).astype(np.float32)
        noise = np.where(truth, np.random.default_rng(1).normal(size=truth.shape), 0).astype(np.float32)

        def image(place, truth=truth, noise=noise):
            return truth + np.roll(noise, place, 1) * (truth != 0)

        near = [n for n, time in enumerate(times) if time < DENSE[-1] + pd.Timedelta("12min") or time in DAYS]
        write_array(folder / f"{store}.zarr", channel, times, image, near)
    return folder


@pytest.fixture
def stores(written, tmp_path):
    """Copies of the stores of AIA and of HMI, to be damaged."""
    for name in ("aia.zarr", "hmi.zarr"):
        shutil.copytree(written / name, tmp_path / name)
    return str(tmp_path / "aia.zarr"), str(tmp_path / "hmi.zarr")


def place_of(store, channel, time):
    """Group, array and place of the image of a time."""
    group = zarr.open_group(store, mode="a")
    array = group[array_name(2011, channel)]
    return array, list(array.attrs["T_OBS"]).index(time_texts(pd.DatetimeIndex([time]))[0])


def one_by_one(dates, aia, hmi):
    """Prepared images of dates, each image read by zarr alone: what there was before chunks were planned."""
    found = []
    for date in dates:
        images, reasons = nearest_images(date, aia, hmi, REQUIRED)
        assert not reasons
        for channel, image in images.items():
            array, place = place_of(hmi if channel == "hmi" else aia, channel, image.time)
            np.testing.assert_array_equal(image.data, array[place])  # bit for bit
        found.append({channel: prepare_image(image, 32, correct=False) for channel, image in images.items()})
    return found


@pytest.mark.slow
@pytest.mark.parametrize("dates", [DAYS, DENSE[:18]], ids=["one a day", "240 a day"])
def test_dates_are_those_of_reading_one_image_at_a_time(stores, dates):
    expected = one_by_one(dates, *stores)
    for jobs in (1, 4):
        found = list(prepare_dates(list(dates), *stores, size=32, jobs=jobs))
        assert len(found) == len(dates)
        for one, other in zip(found, expected, strict=True):
            assert set(one) == set(REQUIRED)
            for channel in REQUIRED:
                np.testing.assert_array_equal(one[channel], other[channel])
    sun = sdoml_days(dates[::-1], (), *stores, size=32)
    assert sun.days["time"].tolist() == [f"{date:%Y-%m-%dT%H:%M:%S}" for date in dates]
    np.testing.assert_array_equal(sun.images[:, 3], [one["171"].astype(np.float16) for one in expected])


class Noted(WrapperStore):
    """A store that notes the chunks that are read."""

    def __init__(self, store):
        super().__init__(store)
        self.read = []

    async def get(self, key, prototype, byte_range=None):
        if re.search(r"\d+\.0\.0$", key) and (byte_range is None or byte_range.start == 0):
            self.read.append(key)
        return await super().get(key, prototype, byte_range)


@pytest.mark.parametrize("dates", [DAYS, DENSE, DENSE[::-1], DENSE.repeat(2)])
def test_each_chunk_is_read_once(stores, dates):
    noted = [Noted(LocalStore(store, read_only=True)) for store in stores]
    sdoml_days(dates, (), *(Store(zarr.open_group(store, mode="r")) for store in noted), size=16)
    expected = [27, 3] if dates is DAYS else [36, 2]  # chunks of 90 minutes of nine channels, of 3 hours of HMI
    assert [len(store.read) for store in noted] == [len(set(store.read)) for store in noted] == expected


FAULTS = {
    "a chunk that is cut": "the image of 2011-06-08T00:00 cannot be read (ValueError: its chunk is cut: ",
    "a chunk of another size": "cannot be read (ValueError: its chunk unpacks to 524288 bytes, not to 983040)",
    "damaged bytes": "the image of 2011-06-08T00:00 cannot be read (RuntimeError: ",
    "no chunk": "the image of 2011-06-08T00:00 is missing in the store, or holds no value",
    "a time told twice": "several images have the time 2011-06-08T00:00:00",
    "times out of order": "the time 2011-06-08T00:00:00 does not lie between those of the images before and after it",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_costs_its_dates_and_is_told_in_one_sentence(stores, fault):
    array, place = place_of(stores[0], "171", DAYS[1])
    chunk = f"{stores[0]}/2011/171A/{place // 15}.0.0"
    with open(chunk, "rb") as stream:
        whole = stream.read()
    texts = list(array.attrs["T_OBS"])
    if fault == "a chunk that is cut":
        replace(chunk, whole[: len(whole) // 10])
    elif fault == "a chunk of another size":
        replace(chunk, PACKED.encode(np.zeros((8, SIZE, SIZE), "f4")))
    elif fault == "damaged bytes":
        replace(chunk, whole[:200] + bytes(len(whole) - 200))
    elif fault == "no chunk":
        replace(chunk, None)
    elif fault == "a time told twice":
        texts[place + 1] = texts[place]
        array.attrs["T_OBS"] = texts
    else:
        texts[place - 1 : place + 2] = texts[place - 1 : place + 2][::-1]
        array.attrs["T_OBS"] = texts
    sun = sdoml_days(DAYS, (), *stores, size=32)
    assert sun.days["time"].str[:10].tolist() == ["2011-06-07", "2011-06-09"]
    (sentence,) = [reason for reason in sun.skipped if "SDOML" in reason]
    assert sentence.startswith("SDOML 171 at 2011-06-08T00:00: ") and FAULTS[fault] in sentence
    assert sentence.endswith("; the date lacks 1 of 10 channels")


def replace(path, content):
    """Write a file anew, or remove it."""
    Path(path).unlink()
    if content is not None:
        Path(path).write_bytes(content)


@pytest.mark.parametrize(("fault", "sentence"), [
    ("no times", "lists no time for each of its"),
    ("a time that is none", "T_OBS of /2011/171A is '2011.06.41_00:00:00_TAI', which is no time"),
    ("a description that is cut", "the array 2011/171A cannot be opened (JSONDecodeError: "),
    ("one image", "no stack of images"),
])  # fmt: skip
def test_an_array_that_cannot_be_used_costs_its_year(stores, fault, sentence):
    array, _ = place_of(stores[0], "171", DAYS[1])
    texts = list(array.attrs["T_OBS"])
    if fault == "a description that is cut":
        replace(f"{stores[0]}/2011/171A/.zarray", b'{"chunks": [15, ')
    elif fault == "one image":
        zarr.open_group(stores[0], zarr_format=2).create_array("2011/171A", shape=(8, 8), dtype="f4", overwrite=True)
    else:
        array.attrs["T_OBS"] = [] if fault == "no times" else ["2011.06.41_00:00:00_TAI", *texts[1:]]
    with pytest.raises(InputError, match=re.escape(sentence)):
        sdoml_days(DAYS, (), *stores, size=16)


class Ranges(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, or the part that is asked for, as S3 sends them; the questions are noted."""

    asked = []

    def do_GET(self):
        """Send a file, or a part of it."""
        path, span = self.translate_path(self.path), re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        try:
            with open(path, "rb") as stream:
                content = stream.read()
        except OSError:
            return self.send_error(404)
        part = content[int(span[1]) : int(span[2]) + 1] if span else content
        self.asked.append((self.path, len(part)))
        self.send_response(206 if span else 200)
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)
        return None

    def log_message(self, *arguments):
        """Keep silent."""


def test_a_store_behind_http_is_asked_for_parts(stores, tmp_path):
    pytest.importorskip("aiohttp")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Ranges, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Ranges.asked.clear()
    try:
        host = f"http://127.0.0.1:{server.server_port}"
        sun = sdoml_days(DAYS, (), f"{host}/aia.zarr", f"{host}/hmi.zarr", size=32)
    finally:
        server.shutdown()
    np.testing.assert_array_equal(sun.images, sdoml_days(DAYS, (), *stores, size=32).images)
    parts = [size for path, size in Ranges.asked if path.endswith(".0.0")]
    assert len(parts) == 60  # the header and the blocks of each of 30 images
