"""One run of one notebook: its random numbers, results, metrics and figures."""

import json
import math
import os
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, RootModel

from flarebook.compendium.atomic_files import atomic_write, make_folder
from flarebook.compendium.errors import InputError
from flarebook.compendium.interactive_pages.publish import publish_page
from flarebook.compendium.mapped_arrays import open_arrays
from flarebook.compendium.project import STAGING, built_elsewhere, in_project, shown, split_name
from flarebook.compendium.provenance import MIXTURES, cell_parameters, mix_origins, origin_record, to_json
from flarebook.compendium.staging import recorded_hash
from flarebook.compendium.validation import read_json, validated


class MetricRecord(BaseModel):
    """What a line of metrics.json must say; whatever else it says is kept."""

    model_config = ConfigDict(extra="allow", strict=True)
    name: str
    value: float | None
    spread: float | None = None
    origin: str


class MetricRecords(RootModel):
    """All lines of a metrics.json."""

    root: list[MetricRecord]


def open_run(notebook, output="build/laptop", inputs="", seed=1, figures=True):
    """Start the run of a notebook: make its folders, forget its earlier metrics, set the figure style.

    notebook: "iris/6-classifiers".  output: folder of the run, relative to the project's root.
    inputs: folder of the earlier steps' results that the output lacks; empty, none.  seed: of every random draw.
    figures: False where none is drawn, which saves the import of matplotlib.
    Under `flarebook run`, all is written to a folder of its own, which is put in place of the output at the end.
    Returns a Run.  Raises InputError when the folder cannot be written.
    """
    study, step = split_name(notebook)
    output = in_project(output)
    sources = [output, *([in_project(inputs)] if inputs else [])]
    run = Run(study, step, Path(os.environ.get(STAGING) or output), sources, seed, cell_parameters())
    make_folder(run.figure_folder)
    make_folder(run.folder)
    run.write_metrics()
    if figures:
        from flarebook.compendium.appearance.style import use_style

        use_style()
    return run


class Run:
    """Results, metrics and figures of one notebook, and the results of the steps before it."""

    def __init__(self, study, step, output, sources, seed, parameters):
        self.study, self.step = study, step
        self.output, self.sources = output, sources  # the folder to write to, and those to read earlier steps from
        self.seed, self.parameters = seed, parameters
        self.origin = "simulated"  # of metrics and figures that do not say; the loaded tables may tell another
        self.encoder = ""  # frozen encoder whose features enter the numbers and figures that do not say another
        self._loaded = False  # whether a table told its origin
        self.earlier = {}  # hashes of the earlier steps' results that were read, {"iris/3-observations/scene.npz": ...}
        self.rng = np.random.default_rng(seed)
        self.metrics = []

    @property
    def folder(self):
        """Folder of this step's results."""
        return self.output / "results" / self.study / self.step

    @property
    def figure_folder(self):
        """Folder of the run's figures, shared by all steps."""
        return self.output / "figures"

    def origin_with(self, other):
        """Origin of what is made of the loaded tables and of data of another origin, "real" or "simulated"."""
        return mix_origins(self.origin, other)

    def use_encoder(self, name):
        """Name the frozen encoder of the run: recorded with each number and figure, glued as <study>.encoder."""
        self.encoder = name
        _glue(f"{self.study}.encoder", name)

    def save_table(self, name, table, origin=None):
        """Write a DataFrame as Parquet, without its index.

        origin: as of `metric`; it travels with the table to the steps that load it.
        """
        table = table.copy(deep=False)
        table.attrs["origin"] = self._sources(f"table {name}", origin, "")["origin"]
        with atomic_write(self.folder / f"{name}.parquet") as path:
            table.to_parquet(path, index=False)

    def save_dataset(self, name, dataset, origin=None):
        """Write a pyarrow dataset as `save_table` does, but piece by piece, memory flat; returns its path."""
        from pyarrow.parquet import ParquetWriter

        origin = self._sources(f"table {name}", origin, "")["origin"]
        schema = dataset.schema.with_metadata({"PANDAS_ATTRS": to_json({"origin": origin})})
        with atomic_write(self.folder / f"{name}.parquet") as path, ParquetWriter(path, schema) as writer:
            for batch in dataset.to_batches():
                writer.write_batch(batch)
        return self.folder / f"{name}.parquet"

    def save_arrays(self, name, compress=True, **arrays):
        """Write named arrays as an npz; large noisy ones are written faster, and hardly larger, uncompressed."""
        write = np.savez_compressed if compress else np.savez
        with atomic_write(self.folder / f"{name}.npz") as path:
            write(path, allow_pickle=False, **arrays)

    def save_weights(self, name, weights):
        """Write named weights, {name: array}, as safetensors."""
        from safetensors.numpy import save_file

        with atomic_write(self.folder / f"{name}.safetensors") as path:
            save_file({key: np.ascontiguousarray(value) for key, value in weights.items()}, path)

    def load_table(self, step, name):
        """DataFrame that an earlier step saved; the run takes over the table's origin, and that of all it loads."""
        import pandas

        with self._reading(step, f"{name}.parquet") as path:
            table = pandas.read_parquet(path)
        self._take_over(table.attrs.pop("origin", None))
        return table

    def open_dataset(self, step, name):
        """Table that an earlier step saved, as it lies on disk: pyarrow.dataset.Dataset; origin as of `load_table`."""
        from pyarrow.dataset import dataset

        with self._reading(step, f"{name}.parquet") as path:
            self._take_over(_table_origin(path))
            return dataset(path)

    def _take_over(self, origin):
        """Take over the origin of a loaded table, None for one that states none."""
        if origin:
            self.origin = self.origin_with(origin) if self._loaded else origin
            self._loaded = True

    def load_arrays(self, step, name):
        """Arrays that an earlier step saved: {name: array}; those saved uncompressed stay on disk, memory-mapped."""
        with self._reading(step, f"{name}.npz") as path:
            return open_arrays(path)

    def load_weights(self, step, name):
        """Weights that an earlier step saved: {name: array}."""
        from safetensors.numpy import load_file

        with self._reading(step, f"{name}.safetensors") as path:
            return load_file(path)

    @contextmanager
    def _reading(self, step, file):
        """Yield the path of an earlier step's result; one InputError tells whatever its reading raises."""
        from flarebook.compendium.data.reading import reading  # with pandas, which those who only list metrics save

        path = self._earlier(step, file)
        with reading(path, f"a result of {self.study}/{step}", shown(path)):
            yield path

    def _earlier(self, step, file):
        """Path of an earlier step's result; InputError names the step to run first.

        The step's results in the run's own output come before those of the folder of inputs, as a whole.
        """
        own, *others = (source / "results" / self.study for source in self.sources)
        found = next((place for place in (own, *others) if (place / step / "metrics.json").is_file()), None)
        folder, searched = found or own, [found] if found else [own, *others]
        remedy = f"run `flarebook run {self.study}/{step} --output {shown(self.sources[0])}` first"
        if not (folder / step / file).is_file():
            raise InputError(
                f"{self.study}/{self.step} needs {file} of {self.study}/{step}, which is not in "
                f"{' or '.join(shown(place / step) for place in searched)}: "
                f"{remedy}, with the same --profile, or name a folder with --inputs"
                f"{'' if found else built_elsewhere(self.study, step, file)}"
            )
        if folder != own and (different := _of_other_origin(own, folder)):
            raise InputError(
                f"{self.study}/{self.step} would mix origins: {different}, but {step} is only in {shown(folder)}: "
                f"{remedy}, or choose another --output"
            )
        self.earlier[f"{self.study}/{step}/{file}"] = recorded_hash(folder / step, file)
        return folder / step / file

    def metric(self, name, value, spread=None, n=None, origin=None, encoder=None):
        """Record a number under <study>.<name> and glue it for the book's text.

        spread: standard deviation over n repetitions; glued as <study>.<name>.spread.
        origin: one of ORIGINS, or the rows that entered (DataFrame with a column "origin"), from which it follows;
        default, that of the loaded tables.  encoder: of the features that entered, "" for none; default, the run's.
        Raises InputError for a repeated name, and where tables of both kinds are loaded and no origin is given.
        """
        name = f"{self.study}.{name}"
        if name in {metric["name"] for metric in self.metrics}:
            raise InputError(f"metric {name} is recorded twice in {self.study}/{self.step}: give it another name")
        spread = None if spread is None else float(spread)
        record = {"name": name, "value": float(value), "spread": spread, "n": n, "seed": self.seed}
        self.metrics.append(record | self._sources(f"metric {name}", origin, encoder))
        self.write_metrics()
        _glue(name, float(value))
        _glue(f"{name}.spread", spread)

    def _sources(self, what, origin, encoder):
        """Sources of a number, a figure or a table: origin, its rows where they were given, and an encoder, if any."""
        if origin is None and self.origin in MIXTURES:
            raise InputError(f"{what} has no origin, and the loaded tables hold {self.origin} rows: pass its rows")
        found = {"origin": self.origin} | (origin_record(origin) if origin is not None else {})
        encoder = self.encoder if encoder is None else encoder
        return found | ({"encoder": encoder} if encoder else {})

    def write_metrics(self):
        """Write metrics.json, complete at any moment; a value that is no number becomes null."""
        numbers = ("value", "spread")
        plain = [{**metric, **{name: _finite(metric[name]) for name in numbers}} for metric in self.metrics]
        with atomic_write(self.folder / "metrics.json") as path:
            path.write_text(to_json(plain), encoding="utf-8")

    def figure(self, id, figure, caption, alt, data, origin=None, encoder=None):
        """Publish a figure as SVG, PNG, PDF, CSV and JSON record, and show it: the last statement of its cell.

        id: iris-12-performance (the paper's figure 12) or iris-x-name.  data: DataFrame of all that is plotted, or
        {panel: DataFrame}, which become one table with a column "panel".  origin, encoder: as of `metric`.
        """
        record = {
            "caption": " ".join(caption.split()),
            "alt": " ".join(alt.split()),
            **self._sources(f"figure {id}", origin, encoder),
            "study": self.study,
            "notebook": f"notebooks/{self.study}/{self.step}.ipynb",
            "parameters": {**self.parameters, "seed": self.seed},
            "earlier": self.earlier,
        }
        from flarebook.compendium.figures import publish  # the commands that read metrics draw nothing

        publish(self.figure_folder, id, figure, data, record)

    def page(self, name, html, title):
        """Publish a self-contained interactive page among the results and show it in a frame; returns its path."""
        return publish_page(self, name, html, title)


def read_metrics(folder):
    """All metrics of a run's folder: {name: record with the notebook's name added}."""
    found = {}
    for path in sorted(Path(folder).glob("results/*/*/metrics.json")):
        notebook = "/".join(path.parent.parts[-2:])
        for metric in validated(MetricRecords, read_json(path), path).root:
            found[metric.name] = {**metric.model_dump(), "notebook": notebook}
    return found


def _of_other_origin(own, other):
    """What tells that one of two folders of a study's results is of real data and the other is not; empty for none."""
    for path in sorted(own.glob("*/*.parquet")):
        table = path.relative_to(own)
        if (other / table).is_file():
            origins = _table_origin(path), _table_origin(other / table)
            if {"real", "rehearsal"} & set(origins) and origins[0] != origins[1]:
                return f"{table} is {origins[0]} in {shown(own)} and {origins[1]} in {shown(other)}"
    return ""


def _table_origin(path):
    """Origin that `save_table` wrote with a table; "simulated" for a table without."""
    from pyarrow.parquet import read_schema

    kept = (read_schema(path).metadata or {}).get(b"PANDAS_ATTRS", b"{}")
    return json.loads(kept).get("origin", "simulated")


def _finite(value):
    """Value, or None for NaN and infinities, which JSON has not."""
    return value if value is not None and math.isfinite(value) else None


def _glue(name, value):
    """Glue a number for the book's text when a notebook is running."""
    from IPython import get_ipython

    if value is not None and get_ipython() is not None:
        from myst_nb import glue

        glue(name, value, display=False)
