"""Some rows of a chunk of a zarr array: where Blosc packed it, only the blocks that hold them are read and unpacked.

A chunk of 15 images of 512 x 512 pixels is one Blosc frame of 60 blocks, each packed by itself; four of them are an
image.  zarr 3 reads and unpacks the whole frame.  Here the wanted blocks become a frame of their own, which Blosc
unpacks.  Format: c-blosc 1, README_CHUNK_FORMAT.rst.  A chunk that is packed in another way is read by zarr.
"""

import asyncio
import struct
from functools import partial
from itertools import groupby

import numpy as np

HEADER = struct.Struct("<4B3I")  # versions of format and codec, flags, bytes of an item; unpacked, of a block, packed
STORED = 0x2  # flag: the bytes are as they were, for no packing made them fewer
HEAD = 4096  # bytes that are read first: the header, and the places of up to a thousand blocks
SHARE = 0.5  # of a chunk's rows, above which it is read whole


def read_rows(array, chunk, rows):
    """Rows of one chunk along the first axis: [ndarray], views of what was unpacked; None when there is no such chunk.

    array: zarr.Array; chunk: number along the first axis; rows: numbers within the array.
    Raises ValueError for a chunk that is cut or that unpacks to another size; what the store raises passes.
    """
    first = chunk * array.chunks[0]
    if not _is_frame(array):
        part = array[first : first + array.chunks[0]]
        return [part[row - first] for row in rows]
    size = int(np.prod(array.chunks[1:])) * array.dtype.itemsize
    spans = [((row - first) * size, (row - first + 1) * size) for row in rows]
    name = array.metadata.encode_chunk_key((chunk,) + (0,) * (array.ndim - 1))
    whole = len(rows) > SHARE * array.chunks[0]
    found = _fetch(_reader(array.store, f"{array.path}/{name}"), spans, array.chunks[0] * size, whole)
    if found is None:
        return None
    frame, starts = found
    data = np.frombuffer(array.metadata.compressor.decode(frame), np.uint8)
    return [data[start : start + size].view(array.dtype).reshape(array.shape[1:]) for start in starts]


def _is_frame(array):
    """Whether each chunk of an array is a Blosc frame of whole rows, in the order of C."""
    meta = array.metadata
    packed = meta.zarr_format == 2 and not meta.filters and getattr(meta.compressor, "codec_id", None) == "blosc"
    return packed and meta.order == "C" and array.chunks[1:] == array.shape[1:]


def _fetch(read, spans, size, whole):
    """Blosc frame with the wanted spans of a chunk, and where they start in what it unpacks to; None without a chunk.

    read: of `_reader`; spans: [(first byte, end)] of the unpacked chunk, in order; size: bytes of all of it; whole:
    whether to read all.
    """
    (head,) = read([(0, None if whole else HEAD)])
    if head is None:
        return None
    *_, unpacked, block, packed = _header(head, size)
    if whole or packed <= len(head):  # a small chunk, or a server that sends all of a file when asked for a part
        _check_length(head, packed)
        return head[:packed], [start for start, _ in spans]
    if HEADER.unpack_from(head)[2] & STORED:
        return _stored_rows(read, head, spans)
    count = -(-unpacked // block)
    table = HEADER.size + 4 * count
    head = head if len(head) >= table else read([(0, table)])[0]
    _check_length(head, table)
    starts = np.frombuffer(head, "<i4", count, HEADER.size).astype(int)
    wanted = _blocks(spans, block, count)
    ends = _ends(starts, packed)
    body = _read_blocks(read, starts, ends, wanted)
    places = {number: place * block for place, number in enumerate(wanted)}
    return _frame(head, wanted, ends - starts, body), [places[a // block] + a % block for a, _ in spans]


def _header(head, size):
    """Fields of a frame's header; ValueError when it is none, or unpacks to another number of bytes."""
    _check_length(head, HEADER.size)
    fields = HEADER.unpack_from(head)
    if fields[4] != size or not 0 < fields[5] <= size:
        raise ValueError(f"its chunk unpacks to {fields[4]} bytes, not to {size}")
    return fields


def _check_length(found, expected):
    """ValueError when fewer bytes came than the frame has."""
    if len(found) < expected:
        raise ValueError(f"its chunk is cut: {len(found)} of {expected} bytes are there")


def _stored_rows(read, head, spans):
    """Frame of spans that lie in the chunk as they are, and where they start."""
    first = HEADER.size
    body = b"".join(read([(first + start, first + end) for start, end in spans]))
    _check_length(body, sum(end - start for start, end in spans))
    version, codec, flags, item = head[:4]
    header = HEADER.pack(version, codec, flags, item, len(body), len(body), first + len(body))
    return header + body, np.cumsum([0] + [end - start for start, end in spans[:-1]]).tolist()


def _blocks(spans, block, count):
    """Numbers of the blocks that hold the spans; a shorter last block never stands alone, for Blosc packs it so."""
    wanted = {number for start, end in spans for number in range(start // block, (end - 1) // block + 1)}
    return sorted(wanted | ({max(count - 2, 0)} if wanted == {count - 1} else set()))


def _ends(starts, packed):
    """Where each block ends in the frame; several threads may have written them in any order."""
    order, ends = np.argsort(starts), np.empty_like(starts)
    ends[order] = np.append(starts[order][1:], packed)
    return ends


def _read_blocks(read, starts, ends, wanted):
    """Bytes of the wanted blocks, those that lie in a row read at once."""
    gaps = np.cumsum([0] + [starts[b] != ends[a] for a, b in zip(wanted, wanted[1:], strict=False)])
    runs = [
        [number for _, number in run] for _, run in groupby(zip(gaps, wanted, strict=True), key=lambda pair: pair[0])
    ]
    ranges = [(int(starts[run[0]]), int(ends[run[-1]])) for run in runs]
    parts = read(ranges)
    for part, (start, end) in zip(parts, ranges, strict=True):
        _check_length(part or b"", end - start)
    return b"".join(parts)


def _frame(head, wanted, sizes, body):
    """Blosc frame of some blocks of another one, whose header and blocks' sizes are given."""
    version, codec, flags, item, unpacked, block, _ = HEADER.unpack_from(head)
    table = HEADER.size + 4 * len(wanted)
    starts = table + np.cumsum(np.append(0, sizes[wanted][:-1]))
    count = -(-unpacked // block)
    short = count * block - unpacked if wanted[-1] == count - 1 else 0
    header = HEADER.pack(version, codec, flags, item, len(wanted) * block - short, block, table + len(body))
    return header + starts.astype("<i4").tobytes() + body


def _reader(store, key):
    """Function of [(first byte, end)], end None for all, to the bytes of a store's file; None for each without a file.

    A file on disk is read at once: through zarr's event loop an image would wait for threads longer than for its bytes.
    """
    from zarr.core.sync import sync  # zarr's own event loop, to which its stores are bound
    from zarr.storage import LocalStore

    if type(store) is LocalStore:
        return partial(_read_file, store.root / key)
    return lambda ranges: sync(_gather(store, key, ranges))


def _read_file(path, ranges):
    """Bytes of parts of a file: [bytes], None for each when there is no such file."""
    try:
        with open(path, "rb") as stream:
            return [stream.read(-1 if end is None else end - first) for first, end in ranges if stream.seek(first) >= 0]
    except FileNotFoundError:
        return [None] * len(ranges)


async def _gather(store, key, ranges):
    """Bytes of parts of a file of a store, all asked for at once."""
    from zarr.abc.store import RangeByteRequest
    from zarr.buffer import default_buffer_prototype

    wanted = [None if end is None else RangeByteRequest(first, end) for first, end in ranges]
    found = await asyncio.gather(*(store.get(key, default_buffer_prototype(), one) for one in wanted))
    return [None if one is None else one.to_bytes() for one in found]
