"""Rows of a chunk are those that zarr gives, though only the blocks that hold them are read."""

import numpy as np
import pytest
import zarr
from numcodecs import Blosc, blosc
from zarr.storage import LocalStore, MemoryStore, WrapperStore

from flarebook.solarchip.zarr_rows import read_rows

SHAPE, CHUNK = (37, 128, 128), 15


class Counted(WrapperStore):
    """A store that counts the bytes and the questions; deaf: it sends all of a file when asked for a part."""

    deaf, bytes, asked = False, 0, 0

    async def get(self, key, prototype, byte_range=None):
        found = await super().get(key, prototype, None if self.deaf else byte_range)
        self.asked, self.bytes = self.asked + 1, self.bytes + (len(found) if found else 0)
        return found


def images(kind):
    """Frames that pack well, badly, or not at all."""
    rng = np.random.default_rng(1)
    if kind == "bits":
        return rng.integers(0, 1 << 32, SHAPE, dtype=np.uint32).view("f4").copy()
    smooth = np.linspace(0, 1000, SHAPE[1] * SHAPE[2], dtype="f4").reshape(1, *SHAPE[1:])
    return np.repeat(smooth, len(np.arange(SHAPE[0])), 0) + (0 if kind == "smooth" else rng.normal(size=SHAPE))


def array_of(data, packed, store=None, **settings):
    """The data as an array of a store, a chunk 15 images, as SDOML has them."""
    store = MemoryStore() if store is None else store
    group = zarr.open_group(store, mode="w", zarr_format=2)
    settings = {"chunks": (CHUNK, *SHAPE[1:])} | settings
    array = group.create_array("2011/171A", shape=SHAPE, dtype="f4", compressors=packed, fill_value=0, **settings)
    array[:] = data
    return array


@pytest.mark.parametrize("kind", ["smooth", "noisy", "bits"])
@pytest.mark.parametrize("packed", [
    Blosc("zstd", 5, Blosc.SHUFFLE),
    Blosc("zstd", 1, Blosc.BITSHUFFLE, blocksize=1 << 16),
    Blosc("lz4", 5, Blosc.SHUFFLE, blocksize=10_000 * 4),  # blocks that end within an image, the last one short
    Blosc("zlib", 1, Blosc.NOSHUFFLE, blocksize=1 << 12),
    None,
])  # fmt: skip
def test_rows_are_those_that_zarr_gives(kind, packed):
    array = array_of(images(kind).astype("f4"), packed)
    for chunk, rows in ((0, [0]), (0, [14]), (1, [17, 15, 29]), (2, [36]), (2, [30, 33]), (0, list(range(15)))):
        found = read_rows(array, chunk, rows)
        np.testing.assert_array_equal(np.stack(found).view("u4"), array[:][rows].view("u4"))


def test_blocks_that_threads_wrote_in_any_order_are_found():
    before, blosc.use_threads = blosc.set_nthreads(4), True
    try:
        data = np.concatenate([images("noisy")] * 2)[:37].astype("f4")
        packed = [array_of(data, Blosc("zstd", 5, blocksize=1 << 14)) for _ in range(5)]
    finally:
        blosc.use_threads = None
        blosc.set_nthreads(before)
    for array in packed:
        np.testing.assert_array_equal(read_rows(array, 1, [22])[0], data[22])


@pytest.mark.parametrize("settings", [{"order": "F"}, {"chunks": (5, 64, 128)}, {"filters": "zlib"}])
def test_chunks_of_another_form_are_left_to_zarr(settings):
    from numcodecs import Zlib

    settings = {"filters": [Zlib()]} if "filters" in settings else settings
    array = array_of(images("noisy").astype("f4"), Blosc("zstd"), **settings)
    np.testing.assert_array_equal(read_rows(array, 0, [3])[0], array[3])


def test_one_image_of_fifteen_costs_a_fraction_of_the_bytes(tmp_path):
    packed = Blosc("zstd", 5, blocksize=1 << 16)  # one image, as 4 blocks are in the archive
    array_of(images("noisy").astype("f4"), packed, LocalStore(tmp_path))
    store = Counted(LocalStore(tmp_path, read_only=True))
    array = zarr.open_group(store, mode="r")["2011/171A"]
    whole = (tmp_path / "2011" / "171A" / "0.0.0").stat().st_size
    store.bytes = store.asked = 0
    read_rows(array, 0, [7])
    assert store.asked == 2 and store.bytes < whole / 15 * 1.1 + 4096
    store.bytes = store.asked = 0
    read_rows(array, 0, list(range(15)))
    assert (store.asked, store.bytes) == (1, whole)
    store.deaf = True
    np.testing.assert_array_equal(read_rows(array, 0, [7])[0], array[7])


def test_a_chunk_that_is_absent_cut_or_of_another_size(tmp_path):
    array = array_of(images("noisy").astype("f4"), Blosc("zstd", 5, blocksize=1 << 16), LocalStore(tmp_path))
    folder = tmp_path / "2011" / "171A"
    whole = (folder / "0.0.0").read_bytes()
    for kept in (0, 10, 40, len(whole) // 2, len(whole) - 1):
        (folder / "0.0.0").write_bytes(whole[:kept])
        for rows in ([14], list(range(15))):
            with pytest.raises(ValueError, match="its chunk is cut: .* bytes are there"):
                read_rows(array, 0, rows)
    (folder / "0.0.0").write_bytes(whole[:-1])
    np.testing.assert_array_equal(read_rows(array, 0, [0])[0], images("noisy").astype("f4")[0])  # its bytes are there
    (folder / "0.0.0").write_bytes(Blosc("zstd").encode(np.zeros((5, 128, 128), "f4")))
    with pytest.raises(ValueError, match="its chunk unpacks to 327680 bytes, not to 983040"):
        read_rows(array, 0, [3])
    (folder / "0.0.0").unlink()
    assert read_rows(array, 0, [3]) is None
