"""Files that others wrote: whatever a reader raises is one sentence, and what a file claims is checked beforehand.

A header of 2,880 bytes may claim a terabyte, and a gzip file of one megabyte unpack to a thousand.  No memory is taken
for more than the limits here.
"""

import bz2
import csv
import gzip
import io
import lzma
import os
import stat
import tarfile
import warnings
import zipfile
from contextlib import contextmanager, nullcontext
from functools import wraps
from math import prod
from pathlib import Path

from flarebook.compendium.errors import InputError, plain, reason_of

# Of one array of a file, and of a file unpacked in memory: eight images of 4096 pixels in float64.
IMAGE_BYTES = 1 << 30
TABLE_BYTES, TABLE_COLUMNS = 64 << 20, 500  # of a text table
CHUNK = 1 << 20
TAR_HEADER = 1 << 20  # bytes of a tar member's long name or attributes, which are read into memory
LONG_HEADERS = (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE)


def _open_member(path, mode="rb"):
    """The one file of a zip archive, open; InputError for an archive of several."""
    members = [member for member in zipfile.ZipFile(path).infolist() if not member.is_dir()]
    if len(members) != 1:
        raise InputError(f"{Path(path).name} is a zip archive of {len(members)} files: unpack it first")
    return zipfile.ZipFile(path).open(members[0], mode[0])


FITS = b"SIMPLE  ="  # its first bytes
PACKED = {  # by the first bytes of a file
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"PK\x03\x04": _open_member,
}


def file_reader(content):
    """Decorate a function that reads a file, its first argument: whatever it raises is told in one InputError.

    content: what the file should hold, with an article, such as "a GOES X-ray record".  A file that is missing, a
    folder or forbidden is told before the function is called, with the system's reason; so is a pipe or a device, whose
    end may never come.
    """

    def decorate(function):
        @wraps(function)
        def read(path, *arguments, **options):
            with reading(path, content):
                return function(path, *arguments, **options)

        return read

    return decorate


@contextmanager
def reading(path, content, name=None):
    """Context manager of what `file_reader` does for a function, around the lines that read the file `path`.

    name: of the file in messages, its own by default.
    """
    name = name or Path(path).name
    try:
        mode = os.stat(path).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise InputError(f"{path} is a pipe or a device, no file: save its content, and give {content}")
        with open(path, "rb"):
            pass
    except InputError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or reason_of(error)
        raise InputError(f"{path} cannot be opened ({reason}): give {content}") from error
    try:
        yield
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(f"{name} needs more memory than there is: give {content} of the usual size") from error
    except Exception as error:  # libraries pass on what their decompressors and converters raise
        reason = f"{type(error).__name__}: {reason_of(error)}"
        raise InputError(f"{name} is broken or not {content} ({reason}): fetch it again or correct it") from error


def files_below(folder, suffixes):
    """Files in a folder and below whose names end with one of some suffixes, sorted: [Path].

    Raises InputError for a folder that is missing or may not be looked into.
    """
    try:
        os.scandir(folder).close()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or reason_of(error)
        raise InputError(f"{folder} cannot be opened ({reason}): give a folder of files that you may read") from error
    return sorted(path for path in Path(folder).rglob("*") if path.name.endswith(suffixes))


@contextmanager
def open_fits(path, limit=IMAGE_BYTES, folder=None, name=None):
    """Yield the astropy.io.fits.HDUList of a file, packed too, in which no array claims more than `limit` bytes.

    folder: where a packed file is unpacked; in memory by default.  name: of the file in messages.  Nothing is mapped,
    so that the file may be removed afterwards.  Warnings of cards that break the standard, as the archives write them,
    are not shown.
    Raises InputError for larger claims, OSError for a file that is cut or no FITS, and what astropy raises.
    """
    from astropy.io import fits  # a second with pandas, which commands that read no such file save
    from astropy.utils.exceptions import AstropyWarning

    name, content = name or Path(path).name, unpacked(path, limit, folder)
    with nullcontext(content) if isinstance(content, io.BytesIO) else open(content, "rb") as stream:
        first = stream.read(len(FITS))
        stream.seek(0)
    if first != FITS:
        raise OSError(f"it begins with {first!r}, not with {FITS!r}")  # `reading` tells it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)  # and no other: readers tell theirs inside
        with fits.open(content, memmap=False) as hdus:
            for number, hdu in enumerate(hdus):
                check_claim(hdu, f"extension {number} of {name}", limit)
            last = hdus[-1].fileinfo()
            wanted, found = last["datLoc"] + last["datSpan"], last["file"].size
            if found < wanted:
                raise OSError(f"truncated, it has {found} of {wanted} bytes")
            yield hdus


def check_claim(hdu, where, limit=IMAGE_BYTES):
    """Raise InputError when an HDU of astropy claims an array of more than `limit` bytes, or impossible axes.

    For a compressed image the claim is that of the image, not of the table that holds it.
    """
    header = hdu.header
    prefix = "Z" if "ZNAXIS" in header else ""
    axes = [header.get(f"{prefix}NAXIS{i + 1}", 0) for i in range(int(header.get(f"{prefix}NAXIS", 0)))]
    if any(not isinstance(axis, int) or axis < 0 for axis in axes):
        raise InputError(f"{where} has axes {axes}, which no array has: fetch the file again")
    claimed = prod(axes) * abs(int(header.get(f"{prefix}BITPIX", 8))) // 8 if axes else 0
    if claimed + int(header.get("PCOUNT", 0)) > limit:
        raise InputError(f"{where} claims {claimed:.3g} bytes, more than the {limit:.3g} allowed: give a smaller file")


def unpacked(path, limit=IMAGE_BYTES, folder=None):
    """The path of a file, or what gzip, bzip2, xz or zip packed in it: io.BytesIO, or a path in a folder if given.

    Raises InputError beyond `limit` bytes, and what the decompressor raises.
    """
    with open(path, "rb") as stream:
        first = stream.read(max(map(len, PACKED)))
    opener = next((found for magic, found in PACKED.items() if first.startswith(magic)), None)
    if opener is None:
        return path
    target = None if folder is None else Path(folder) / "unpacked"
    with opener(path, "rb") as packed, open(target, "wb") if target else nullcontext(io.BytesIO()) as content:
        while chunk := packed.read(CHUNK):
            if content.tell() + len(chunk) > limit:
                raise InputError(f"{Path(path).name} unpacks to more than {limit:.3g} bytes: give a smaller file")
            content.write(chunk)
        content.seek(0)
    return target or content


class _TarHeader(tarfile.TarInfo):
    """Header of a tar member that claims little memory."""

    @classmethod
    def frombuf(cls, buffer, encoding, errors):
        """Header from its block; InputError when what it announces would fill the memory."""
        header = super().frombuf(buffer, encoding, errors)
        if header.type in (*LONG_HEADERS, tarfile.SOLARIS_XHDTYPE) and header.size > TAR_HEADER:
            raise InputError(f"a member's name claims {header.size:.3g} bytes: give an archive as it was published")
        return header


def open_tar(path):
    """Open a tar archive, packed or not, to be read from its beginning to its end: tarfile.TarFile."""
    return tarfile.open(path, "r|*", tarinfo=_TarHeader)


def check_tar(path, limit):
    """Read a tar archive to its end; returns the names of its files.

    limit: bytes to which it may unpack.  Raises InputError beyond it, for a member that is a link or a device, and for
    a name that leads out of the archive's folder.
    """
    names, claimed = [], 0
    with open_tar(path) as archive:
        for member in archive:
            claimed += member.size
            if claimed > limit:
                raise InputError(f"{path.name} unpacks to more than {limit:.3g} bytes: give a smaller archive")
            if not (member.isfile() or member.isdir()):
                raise InputError(f"{path.name} holds {plain(member.name)}, a link or a device: give one of files")
            if member.name.startswith("/") or ".." in member.name.split("/"):
                raise InputError(f"{path.name} holds {plain(member.name)}, which leads out of it: give another archive")
            names += [member.name] if member.isfile() else []
    return names


def read_text(path, errors="strict"):
    """Text of a file in UTF-8, packed by gzip, bzip2, xz or zip too.

    errors: of bytes.decode.  Raises InputError for more than TABLE_BYTES.
    """
    path = Path(path)
    if path.stat().st_size > TABLE_BYTES:
        raise InputError(f"{path.name} has {path.stat().st_size:.3g} bytes, more than {TABLE_BYTES:.3g}: split it")
    content = unpacked(path, TABLE_BYTES)
    found = content.read() if isinstance(content, io.BytesIO) else path.read_bytes()
    return found.decode("utf-8-sig", errors).replace("\r\n", "\n").replace("\r", "\n")


def read_text_table(path, **options):
    """Table of a CSV file, packed too, as pandas.DataFrame of text, whose rows have the header's number of fields.

    options: of pandas.read_csv, such as comment.  pandas itself takes the first field of longer rows as an index, which
    shifts every column by one.  A first field of all rows that counts them from 0 and has no name, as pandas writes an
    index with index_label=False, becomes a column "".  Raises InputError for a row of another length, named by its
    line, for repeated columns, and for more than TABLE_BYTES or TABLE_COLUMNS.
    """
    import pandas as pd

    path, comment = Path(path), options.get("comment")
    text = read_text(path)
    kept = (line for line in io.StringIO(text) if line.strip() and not (comment and line.startswith(comment)))
    reader = csv.reader(kept, skipinitialspace=options.get("skipinitialspace", False))
    header = next(reader, None)
    if header is None:
        raise InputError(f"{path.name} is empty: give a table with a row of column names")
    wrong, counted = None, False
    for number, row in enumerate(reader):
        counted = (counted or not number) and len(row) == len(header) + 1 and row[0] == str(number)
        wrong = wrong or (None if len(row) == len(header) else (number + 1, row))
        if wrong and not counted:
            break
    if counted and number:  # one row alone counts nothing
        header, wrong = ["", *header], None
    if len(header) > TABLE_COLUMNS or len(set(header)) < len(header):
        raise InputError(
            f"{path.name} has {len(header)} columns of {len(set(header))} names: at most {TABLE_COLUMNS}, each once"
        )
    if wrong:
        raise InputError(
            f"row {wrong[0]} of {path.name} ({','.join(wrong[1])[:60]!r}) has {len(wrong[1])} fields where the first "
            f"line has {len(header)}: correct it"
        )
    defaults = {"dtype": str, "keep_default_na": False, "index_col": False, "names": header, "header": 0}
    return pd.read_csv(io.StringIO(text), **(defaults | options))
