"""The data manifest: each data set's origin, addresses, licence, citation, sizes, hashes, stand-in and readers."""

import csv
import math
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root
from flarebook.compendium.validation import check_known, read_yaml, validated

LOOPBACK = r"http://(127\.0\.0\.1|localhost|\[::1\])[:/]"
Address = Annotated[str, Field(pattern=rf"^((https|s3|gs)://|{LOOPBACK})")]


def _inside(place):
    """A path that stays in its folder: that of the project, or the cache."""
    if Path(place).is_absolute() or ".." in Path(place).parts:
        raise ValueError("it leads out of its folder")
    return place


Place = Annotated[str, AfterValidator(_inside)]


class DataFile(BaseModel):
    """One file: where it lies in the project (path) or where it is fetched from (url); size in bytes; sha256.

    mirrors: further addresses of the same bytes.  saved_as: name in the mirror and the cache, when the address's own
    says too little.  sha256: null for a file that nobody of the project has held; data-manifest.lock records it then.
    """

    model_config = ConfigDict(extra="forbid")
    path: Place | None = None
    url: Address | None = None
    mirrors: list[str] = []
    saved_as: Place | None = None
    size: int | None = Field(None, ge=0)
    sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")

    @property
    def name(self):
        """File name, under which it is looked for in the mirror and kept in the cache."""
        return Path(self.path or self.saved_as or self.url or "").name

    @model_validator(mode="after")
    def _somewhere(self):
        if not self.name:
            raise ValueError("a file needs a path in the project or a url that ends in its name")
        if self.mirrors and not self.url:
            raise ValueError("a file with mirrors needs the url that they mirror")
        return self


class Window(BaseModel):
    """Part of a file that is used: minutes from the time in a column of the table, or what a row without one says."""

    model_config = ConfigDict(extra="forbid")
    column: str
    minutes: tuple[float, float]
    otherwise: str

    def text(self, row):
        """Window of a row, an interval by ISO 8601: "2014-03-29T17:09/17:34", the day again where it is another."""
        if not row[self.column]:
            return self.otherwise
        time = datetime.fromisoformat(row[self.column])
        first, last = (time + timedelta(minutes=minutes) for minutes in self.minutes)
        return f"{first:%Y-%m-%dT%H:%M}/{last:{'%H:%M' if first.date() == last.date() else '%Y-%m-%dT%H:%M'}}"


class Template(BaseModel):
    """Addresses of the many files of an archive, by one pattern.

    Attributes
    ----------
    url : str
        Pattern: strftime's codes (%Y) stand for the time, {name} for a value or a column of the table.
    listing : str or None
        Pattern of the page that lists the files, where the address alone cannot be known (IRIS names the second).
    cadence, first, last : str, date, date
        ISO 8601 duration between two files ("P1D"), and the days of the first and the last file.
    values : dict
        For each name the texts that it takes; every combination is a file.
    table : str or None
        Table with a row for each file instead: a CSV, a YAML mapping of names to fields, or the id of the data set
        that lists them.
    number : int or None
        Rows of a table that does not lie in the project.
    where : dict
        Rows of the table that are meant: for a column, its texts.
    time : str or None
        Column of that table with the file's time.
    window : Window or None
        Part of each file that is used.
    columns : dict
        Columns of the table, and "window", that the book's data page shows, with their headings; all by default.
    size : int or None
        Bytes of a typical file.
    functions : list of str
        Functions of the package that make the same addresses, "flarebook.solarchip.images.jsoc.image_url".
    """

    model_config = ConfigDict(extra="forbid")
    url: Address
    listing: str | None = None
    cadence: str | None = Field(None, pattern=r"^P(\d+[YMD]|T\d+[HM])$")
    first: date | None = None
    last: date | None = None
    values: dict[str, list[str]] = {}
    table: Place | None = None
    number: int | None = Field(None, ge=1)
    where: dict[str, list[str]] = {}
    time: str | None = None
    window: Window | None = None
    columns: dict[str, str] = {}
    size: int | None = Field(None, ge=0)
    functions: list[str] = []

    @model_validator(mode="after")
    def _times(self):
        series = (self.cadence, self.first, self.last)
        if bool(self.table) == any(series) or (any(series) and not all(series)):
            raise ValueError("a template needs cadence, first and last, or a table")
        if not self.table and not self.first <= self.last:
            raise ValueError(f"the last day {self.last} comes before the first {self.first}")
        return self

    def address(self, time, **values):
        """Address of one file; time: datetime, date or ISO text; values: texts of the names in braces."""
        time = datetime.fromisoformat(time) if isinstance(time, str) else time
        return time.strftime(self.url).format(**values)

    @property
    def count(self):
        """Number of files, or None where the table is out of reach."""
        rows = self.rows()
        times = self._times_in_series() if self.cadence else self.number if rows is None else len(rows)
        return times and times * math.prod(map(len, self.values.values()))

    def rows(self):
        """Rows of a table that lies in the project, with the window of each: [{column: text}]; None for another."""
        path = project_root() / (self.table or "")
        if not path.is_file():
            return None
        if path.suffix == ".yaml":
            rows = [{"name": name, **fields} for name, fields in read_yaml(path).items()]
        else:
            with open(path, newline="", encoding="utf-8") as stream:
                rows = list(csv.DictReader(stream))
        rows = [row for row in rows if all(row[column] in texts for column, texts in self.where.items())]
        return [row | {"window": self.window.text(row)} for row in rows] if self.window else rows

    def _times_in_series(self):
        """Number of times from the first day to the end of the last, at the cadence."""
        from pandas import date_range  # half a second, which commands without it need not wait for

        units = {"TM": "min", "TH": "h", "Y": "YS", "M": "MS", "D": "D"}
        step = self.cadence.strip("PTYMDH") + units["T" * ("T" in self.cadence) + self.cadence[-1]]
        return len(date_range(self.first, self.last + timedelta(days=1), freq=step, inclusive="left"))


class Query(BaseModel):
    """Question to an archive that finds its files: address of the service, form sent by POST, what the answer holds."""

    model_config = ConfigDict(extra="forbid")
    url: Address
    form: dict[str, str]
    finds: str


class DataSet(BaseModel):
    """One data set of the manifest.

    Attributes
    ----------
    url, mirror : str or None
        Page or address, and another of the same.
    path, size, sha256
        Shorthand for a single file.
    files : list of DataFile
        When there are several, or when the file's own address differs from the page's.
    templates : list of Template
        Addresses of archives with many files.
    queries : list of Query
        Questions that find the files of an archive.
    stands_in : str or None
        What the book uses when the data set is out of reach.
    read_by : list of str
        Notebooks that read it, "iris/1-real-raster".
    unchecked : str or None
        What could not be checked without a network: addresses, sizes, layout.
    """

    model_config = ConfigDict(extra="forbid")
    id: str
    study: str
    title: str
    origin: Literal["real", "simulated"]
    url: str | None
    mirror: str | None = None
    doi: str | None
    licence: str
    citation: str | None
    path: Place | None = None
    size: int | None = Field(None, ge=0)
    sha256: str | None = None
    files: list[DataFile] = []
    templates: list[Template] = []
    queries: list[Query] = []
    ships: bool
    stands_in: str | None
    read_by: list[str] = []
    unchecked: str | None = None

    @model_validator(mode="after")
    def _files_of_shorthand(self):
        if self.path and not self.files:
            self.files = [DataFile(path=self.path, size=self.size, sha256=self.sha256)]
        if self.ships and not all(file.path for file in self.files):
            raise ValueError("what ships needs the path of each file in the project")
        return self

    @property
    def count(self):
        """Number of its files, or None where it is not known without the archive."""
        counts = [len(self.files) or None, *(template.count for template in self.templates)]
        return None if None in counts[1:] or not any(counts) else sum(filter(None, counts))

    @property
    def bytes(self):
        """Bytes in all, as far as they are known; None where nothing is."""
        known = [file.size for file in self.files]
        known += [template.size and template.count and template.size * template.count for template in self.templates]
        return sum(filter(None, known)) or self.size


class Manifest(BaseModel):
    """All data sets of the compendium."""

    model_config = ConfigDict(extra="forbid")
    datasets: list[DataSet]


def read_manifest(path=None):
    """Data sets of data-manifest.yaml: {id: DataSet}.

    Raises InputError for the first wrong field (an address that is neither https nor a bucket's among them), a doubled
    id, a notebook or a table that does not exist.
    """
    path = Path(path or project_root() / "data-manifest.yaml")
    datasets = validated(Manifest, read_yaml(path), path).datasets
    found = {dataset.id: dataset for dataset in datasets}
    if len(found) < len(datasets):
        raise InputError(f"{path.name} lists an id twice: give each data set its own")
    for data in datasets:
        _check_names(data, found, path)
    return found


def _check_names(data, known, path):
    """Raise InputError for a notebook or a table of a data set that does not exist."""
    for notebook in data.read_by:
        if not (path.parent / "notebooks" / f"{notebook}.ipynb").is_file():
            raise InputError(f"{path.name}: {data.id} is read by {notebook!r}, which is no notebook: correct it")
    for table in filter(None, (template.table for template in data.templates)):
        if table not in known and not (path.parent / table).is_file():
            raise InputError(f"{path.name}: {data.id} has the table {table!r}, no file and no data set: correct it")


def dataset(id, path=None):
    """One data set of the manifest; InputError names the nearest id."""
    known = read_manifest(path)
    check_known(id, known, "there is no data set", "see `flarebook data status`")
    return known[id]


def page_of(file):
    """Where a file without an address of its own can be had: the page of its data set, in words."""
    pages = [data.url for data in read_manifest().values() if data.url and file in data.files]
    return pages[0] if pages else "where data-manifest.yaml says"
