"""Large arrays of an npz stay on disk: written in pieces as numpy would, and looked at where they lie."""

import zipfile

import numpy as np
import pytest

from flarebook.compendium.mapped_arrays import growing_array, open_arrays

LARGE = np.random.default_rng(1).normal(size=(600, 20, 64)).astype(np.float16)


def test_an_array_written_in_pieces_is_an_npz_that_numpy_reads(tmp_path):
    with growing_array(tmp_path / "a.npz", "images", LARGE.shape, np.float16) as write:
        for part in np.array_split(LARGE, 7):
            write(part)
    with np.load(tmp_path / "a.npz") as arrays, zipfile.ZipFile(tmp_path / "a.npz") as archive:
        np.testing.assert_array_equal(arrays["images"], LARGE)
        assert archive.testzip() is None


def test_a_writing_that_fails_leaves_no_file(tmp_path):
    with pytest.raises(RuntimeError), growing_array(tmp_path / "a.npz", "images", LARGE.shape, np.float16) as write:
        write(LARGE[:5])
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_what_is_large_and_uncompressed_is_mapped_and_all_else_is_read(tmp_path):
    given = {"images": LARGE, "turned": np.asfortranarray(LARGE[0]).T, "few": np.arange(3), "none": np.zeros(0)}
    given["in_columns"] = np.asfortranarray(LARGE.reshape(600, -1).astype(np.float32))
    np.savez(tmp_path / "a.npz", **given)
    np.savez_compressed(tmp_path / "b.npz", **given)
    for name, mapped in (("a", {"images", "in_columns"}), ("b", set())):
        found = open_arrays(tmp_path / f"{name}.npz")
        assert {key for key, value in found.items() if isinstance(value, np.memmap)} == mapped
        assert found.keys() == given.keys()
        for key, value in given.items():
            np.testing.assert_array_equal(found[key], value)
            assert found[key].dtype == value.dtype


def test_a_change_stays_in_memory(tmp_path):
    np.savez(tmp_path / "a.npz", images=LARGE)
    open_arrays(tmp_path / "a.npz")["images"][:] = 0
    np.testing.assert_array_equal(open_arrays(tmp_path / "a.npz")["images"], LARGE)


@pytest.mark.parametrize("n", [3, 1 << 18])
def test_pickled_objects_are_never_opened(tmp_path, n):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        with archive.open("objects.npy", "w") as stream:
            np.save(stream, np.array([{}] + [None] * n, dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="bject"):
        open_arrays(tmp_path / "a.npz")
