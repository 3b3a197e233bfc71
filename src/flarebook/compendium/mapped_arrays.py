"""Arrays of an npz that stay on disk: written piece by piece, looked at where they lie, for what fills no memory."""

import struct
import zipfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from flarebook.compendium.atomic_files import atomic_write

NAMES = 26  # bytes of a member's header in a zip before the lengths of its name and of its extra field
LEAST = 1 << 20  # bytes from which an array is mapped; smaller ones are read


@contextmanager
def growing_array(path, name, shape, dtype):
    """Write one array into an npz piece by piece; yields a function that takes the next rows.

    path: of the npz, whole or absent; name: of the array; shape, dtype: of all pieces together.
    """
    header = {"descr": np.lib.format.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": tuple(shape)}
    with atomic_write(path) as partial, zipfile.ZipFile(partial, "w") as archive:
        with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
            np.lib.format.write_array_header_1_0(stream, header)
            yield lambda rows: stream.write(np.ascontiguousarray(rows, dtype).data.cast("B"))


def open_arrays(path):
    """Arrays of an npz, {name: array}; what it holds uncompressed is memory-mapped, and a change stays in memory.

    Raises OSError or ValueError for a file that is no npz, as numpy.load does.
    """
    with np.load(path, allow_pickle=False) as arrays:
        members = {info.filename.removesuffix(".npy"): info for info in arrays.zip.infolist()}
        return {name: _mapped(path, info) if _is_plain(info) else arrays[name] for name, info in members.items()}


def _is_plain(info):
    """Whether a member of a zip lies in it as it is, and is worth mapping."""
    return info.compress_type == zipfile.ZIP_STORED and info.file_size >= LEAST


def _mapped(path, info):
    """Memory map of an uncompressed member of an npz, copied on write."""
    with open(path, "rb") as stream:
        stream.seek(info.header_offset + NAMES)
        stream.seek(sum(struct.unpack("<HH", stream.read(4))), 1)
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, in_columns, dtype = read(stream)
        if dtype.hasobject:
            raise ValueError(f"{path} holds pickled objects, which are never opened")
        return np.memmap(Path(path), dtype, "c", stream.tell(), shape, "F" if in_columns else "C")
