"""The data manifest: each data set's origin, address, licence, citation, size, hash and stand-in."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root
from flarebook.compendium.validation import check_known, read_yaml, validated


class DataFile(BaseModel):
    """One file: where it lies in the project (path) or where it is fetched from (url); size in bytes; sha256.

    saved_as: name in the mirror and the cache, when the address's own says too little.
    """

    model_config = ConfigDict(extra="forbid")
    path: str | None = None
    url: str | None = None
    saved_as: str | None = None
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
        return self


class DataSet(BaseModel):
    """One data set of the manifest.

    url: page or address; path, size, sha256: shorthand for a single file; files: when there are several, or when
    the file's own address differs from the page's.  stands_in: what the book uses when it is out of reach.
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
    path: str | None = None
    size: int | None = None
    sha256: str | None = None
    files: list[DataFile] = []
    ships: bool
    stands_in: str | None

    @model_validator(mode="after")
    def _files_of_shorthand(self):
        if self.path and not self.files:
            self.files = [DataFile(path=self.path, size=self.size, sha256=self.sha256)]
        if self.ships and not all(file.path for file in self.files):
            raise ValueError("what ships needs the path of each file in the project")
        return self


class Manifest(BaseModel):
    """All data sets of the compendium."""

    model_config = ConfigDict(extra="forbid")
    datasets: list[DataSet]


def read_manifest(path=None):
    """Data sets of data-manifest.yaml: {id: DataSet}; InputError names the first wrong field or a doubled id."""
    path = Path(path or project_root() / "data-manifest.yaml")
    datasets = validated(Manifest, read_yaml(path), path).datasets
    found = {dataset.id: dataset for dataset in datasets}
    if len(found) < len(datasets):
        raise InputError(f"{path.name} lists an id twice: give each data set its own")
    return found


def dataset(id, path=None):
    """One data set of the manifest; InputError names the nearest id."""
    known = read_manifest(path)
    check_known(id, known, "there is no data set", "see `flarebook data status`")
    return known[id]
