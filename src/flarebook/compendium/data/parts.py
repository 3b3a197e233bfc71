"""A data set in parts, one for each observation, batch or month: each whole or absent, with where it comes from.

One job writes one part, so that a killed job costs one part and the next run makes only those that are missing.  A part
is a Parquet file, or a folder of arrays (zarr) where the store's suffix is another.
"""

import json
import os
import re
import tempfile
from contextlib import contextmanager, nullcontext
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet

from flarebook.compendium.atomic_files import make_folder, own_folder, writing
from flarebook.compendium.errors import InputError, reason_of
from flarebook.compendium.project import shown
from flarebook.compendium.provenance import code_state, now, sha256, to_json, versions
from flarebook.compendium.validation import check_known, read_json

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
KEY = b"flarebook"  # of the record in a Parquet file's metadata
PARAMETERS, RECORD = "parameters.json", "provenance.json"
ROW_GROUP = 1 << 17  # spectra read at a time: some 10 MB of features


class PartStore:
    """A folder of parts that were all made with the same parameters.

    folder: is made with its first part, and parameters.json in it.  parameters: what the parts depend on,
    {name: JSON value}.  suffix: ".parquet", or that of folders such as ".zarr".
    Raises InputError when the folder holds parts of other parameters, or cannot be written.
    """

    def __init__(self, folder, parameters, suffix=".parquet"):
        self.folder, self.suffix = Path(folder), suffix
        self.parameters = json.loads(to_json(parameters))  # tuples become lists, as they are read back
        self._held = {}
        if (self.folder / PARAMETERS).exists():
            self._compare_parameters()

    @cached_property
    def _code(self):
        """Versions and commit of the code that makes the parts."""
        return {"versions": versions(), **code_state()}

    def path(self, name):
        """Final place of a part.  Raises InputError for a name that no file should have."""
        if not NAME.fullmatch(name):
            raise InputError(f"{name!r} cannot name a part: use at most 100 letters, digits, dots, - and _")
        return self.folder / f"{name}{self.suffix}"

    def names(self):
        """Names of the parts that are there, sorted."""
        found = (path for path in self.folder.glob(f"[!.]*{self.suffix}") if self._whole(path))
        return sorted(path.name.removesuffix(self.suffix) for path in found)

    def missing(self, names):
        """Those of some names that have no part yet, in their order.

        Raises InputError for a part that is there but cut, or of other parameters.
        """
        absent = [name for name in names if not self._whole(self.path(name))]
        for name in names:
            if name not in absent:
                self.check(name)
        return absent

    @contextmanager
    def claim(self, name):
        """Hold a part while it is made; InputError when another run holds it.  What that run lost is removed."""
        self._begin()
        with own_folder(self.path(name)) as folder:
            self._held[name] = folder
            try:
                yield
            finally:
                del self._held[name]

    def write(self, name, table, inputs=(), **about):
        """Write a part of one table, in place of an earlier one; returns its path.

        table: pandas.DataFrame or pyarrow.Table.  inputs: files that it was made of, whose sha256 is recorded.  about:
        JSON values that the record takes.  Raises InputError when another run holds the part or the disk is full.
        """
        table = table if isinstance(table, pa.Table) else pa.Table.from_pandas(table, preserve_index=False)
        record = self._record(name, inputs, rows=table.num_rows, **about)
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), KEY: to_json(record).encode()})
        with self._place(name) as folder, writing(self.folder):
            partial = folder / "part"
            options = {"row_group_size": ROW_GROUP, "compression": "zstd", "write_page_checksum": True}
            pa.parquet.write_table(table, partial, **options)
            os.replace(partial, self.path(name))
        return self.path(name)

    @contextmanager
    def write_folder(self, name, inputs=(), **about):
        """Give an empty folder to write the arrays of a part to; it takes its place when the block succeeds.

        inputs, about: as of `write`.
        """
        path = self.path(name)
        with self._place(name) as folder, writing(self.folder):
            partial, earlier = folder / "part", folder / "earlier"
            partial.mkdir()
            yield partial
            record = self._record(name, inputs, bytes=folder_bytes(partial), **about)
            (partial / RECORD).write_text(to_json(record), encoding="utf-8")
            if path.exists():
                os.replace(path, earlier)
            os.replace(partial, path)

    def check(self, name):
        """Record of a part: name, parameters, versions, inputs, rows.

        Raises InputError when the part is missing, cut, or was made with other parameters.
        """
        path, where = self.path(name), f"part {name} of {shown(self.folder)}"
        if not self._whole(path):
            raise InputError(f"{where} is missing: run `flarebook parts make` again, which makes only what is missing")
        record = (_folder_record if path.is_dir() else _file_record)(path)
        if record is None:
            raise InputError(f"{where} is cut or no part: remove {shown(path)} and run again; only it is made anew")
        self._compare(record, where)
        return record

    def read_through(self, name):
        """Record of a part whose every page was read: a byte that has changed shows in the checksum of its page only.

        Raises InputError as of `check`, and when a page cannot be read.
        """
        record, path = self.check(name), self.path(name)
        try:
            for _ in self.dataset(names=[name]).to_batches() if path.is_file() else ():
                pass
        except OSError as error:
            reason = f"part {name} of {shown(self.folder)} has changed ({reason_of(error)})"
            raise InputError(f"{reason}: remove {shown(path)} and run again; only it is made anew") from error
        return record

    def dataset(self, columns=None, names=None):
        """The rows of all parts, or of those named in that order, as they lie on disk: pyarrow.dataset.Dataset.

        columns: those that are read; None for all.  A page whose checksum is wrong raises OSError when it is read.
        Raises InputError for a part that is missing, cut or of other parameters, and for a store without parts.
        """
        names = self.names() if names is None else list(names)
        if not names:
            raise InputError(f"{shown(self.folder)} holds no part: run `flarebook parts make` first")
        for name in names:
            self.check(name)
        scan = pyarrow.dataset.ParquetFragmentScanOptions(page_checksum_verification=True)
        layout = pyarrow.dataset.ParquetFileFormat(default_fragment_scan_options=scan)
        found = pyarrow.dataset.dataset([str(self.path(name)) for name in names], format=layout)
        if columns is None:
            return found
        for column in columns:
            check_known(
                column, found.schema.names, f"the parts in {shown(self.folder)} lack the column", "ask for less"
            )
        return found.replace_schema(pa.schema([found.schema.field(column) for column in columns]))

    def _whole(self, path):
        """Whether something stands at the place of a part; a workflow makes the folders of its outputs beforehand."""
        return path.is_file() or (path / RECORD).is_file()

    def _place(self, name):
        """Context of the folder in which a part is written: the claimed one, or one for this alone."""
        if name in self._held:
            return nullcontext(self._held[name])
        self._begin()
        return own_folder(self.path(name))

    def _record(self, name, inputs, **about):
        """Where a part comes from."""
        known = {"name": name, "parameters": self.parameters, "time": now(), **self._code}
        return known | {"inputs": {Path(path).name: sha256(path) for path in inputs}, **about}

    def _begin(self):
        """Make the folder and its parameters.json unless another run does so first: then its content counts."""
        path = make_folder(self.folder) / PARAMETERS
        if not path.exists():
            self._write_parameters(path)
        self._compare_parameters()

    def _compare_parameters(self):
        """Raise InputError when parameters.json is of another run."""
        self._compare(read_json(self.folder / PARAMETERS), shown(self.folder))

    def _write_parameters(self, path):
        """Write parameters.json where there is none."""
        with writing(self.folder), tempfile.NamedTemporaryFile(dir=self.folder, prefix=".partial-") as partial:
            partial.write(to_json({"parameters": self.parameters}).encode())
            partial.flush()
            try:
                os.link(partial.name, path)
            except FileExistsError:
                return

    def _compare(self, record, where):
        """Raise InputError when a record tells of other parameters than those of this run."""
        theirs = record.get("parameters") if isinstance(record, dict) else None
        if not isinstance(theirs, dict):
            raise InputError(f"{where} does not state its parameters: remove it, or choose another folder")
        if differing := [key for key in {**self.parameters, **theirs} if self.parameters.get(key) != theirs.get(key)]:
            pairs = ", ".join(f"{key} {theirs.get(key)!r} instead of {self.parameters.get(key)!r}" for key in differing)
            raise InputError(f"{where} was made with other parameters ({pairs}): choose another folder, or remove it")


def folder_bytes(folder):
    """Bytes of the files in a folder and below, the record of a part aside."""
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file() and path.name != RECORD)


def _folder_record(path):
    """Record of a part that is a folder; None when files of it are missing or cut."""
    record = read_json(path / RECORD)
    return record if isinstance(record, dict) and record.get("bytes") == folder_bytes(path) else None


def _file_record(path):
    """Record in the metadata of a Parquet file; None when the file is cut anywhere, or has no record."""
    try:
        metadata = pa.parquet.read_metadata(path)
        end = max((_end(metadata.row_group(i)) for i in range(metadata.num_row_groups)), default=4)
        whole = end + metadata.serialized_size + 8 == path.stat().st_size  # length of the footer, and the magic number
        return json.loads(metadata.metadata[KEY]) if whole else None
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError):
        return None


def _end(group):
    """First byte after the columns of a row group."""
    columns = [group.column(i) for i in range(group.num_columns)]
    starts = [
        column.dictionary_page_offset if column.has_dictionary_page else column.data_page_offset for column in columns
    ]
    return max(start + column.total_compressed_size for start, column in zip(starts, columns, strict=True))
