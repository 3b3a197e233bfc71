"""The feature store of study 1 in parts: one observation each, simulated or streamed from its real raster.

Notebooks read the store, never a raster.  What makes a part is imported where it is made, so that naming and gathering
parts takes no time.
"""

from contextlib import contextmanager
from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from flarebook.compendium.batch_report import skipping
from flarebook.compendium.errors import InputError
from flarebook.compendium.provenance import mix_origins
from flarebook.compendium.validation import check_known
from flarebook.compendium.workflow.parts import gathered_parts
from flarebook.iris.mg2 import FEATURES, PROFILE, REGIONS
from flarebook.iris.observations import SOURCES, observation_table

OBSERVATIONS, PROFILES = "iris/3-observations", "iris/12-whole-profiles"
SETTINGS = {  # of the notebooks that have parts: the parameters on which these depend
    OBSERVATIONS: (
        "source", "seed", "spectra_per_observation", "long_spectra", "window", "narrow_window", "scan_widths",
        "scan_share", "long_minutes", "goes",
    ),
    PROFILES: ("source", "seed", "n_spectra"),
}  # fmt: skip
NOTEBOOKS = tuple(SETTINGS)
HELD_OUT = ("PF 16", "AR 1")  # also stored for longer, for the tests in space and time
LONG = "-long"


def part_settings(notebook, values):
    """Parameters of the parts of a notebook.

    values: {name: value} of all its parameters; source may be the origin of a table.  Raises InputError for a notebook
    without parts or another source.
    """
    check_known(notebook, SETTINGS, "there are no parts of", f"known are {', '.join(SETTINGS)}")
    values = {**values, "source": "real" if values["source"] == "rehearsal" else values["source"]}
    check_known(values["source"], SOURCES, "there is no source", f"choose one of {', '.join(SOURCES)}")
    return {"notebook": notebook, **{name: values[name] for name in SETTINGS[notebook]}}


def part_names(parameters):
    """Names of the parts: "PF-16", and "PF-16-long" of the two observations that are stored for longer.

    parameters: of `part_settings`.
    """
    rows = observation_table()
    if parameters["notebook"] == PROFILES:
        return [part_name(name) for name in rows["observation"][rows["region"].isin(["PF", "AR", "QS"])]]
    return [part_name(name) for name in rows["observation"]] + [part_name(name) + LONG for name in HELD_OUT]


def part_name(observation):
    """Name of an observation's part: "PF-16"."""
    return observation.replace(" ", "-")


def part_size(name):
    """Spectra that an observation holds when every slit pixel is read by itself, 0 for another name.

    The largest parts are made first.
    """
    rows = observation_table().set_index(observation_table()["observation"].map(part_name))
    return int((rows["n_slit"] * rows["n_exposures"]).get(name.removesuffix(LONG), 0))


def make_part(name, parameters, store):
    """Make one part and write it to a store; returns the sentence about an observation that is skipped, "" otherwise.

    name: one of `part_names`; store: PartStore of the parameters.  An observation that is not available, or whose
    raster cannot be read, gives a part without rows whose record says why.
    """
    from flarebook.iris.rasters import archive
    from flarebook.iris.simulation.dataset import observation_seed, simulate_features
    from flarebook.iris.simulation.real_dataset import criterion_notes, real_table

    rows = observation_table()
    found = rows[rows["observation"].map(part_name) == name.removesuffix(LONG)]
    if name not in part_names(parameters):
        raise InputError(f"there is no part {name!r}: known are {', '.join(part_names(parameters))}")
    observation, options = found.iloc[0], measuring(parameters, name.endswith(LONG))
    number, seed = options.pop("number"), observation_seed(options.pop("seed"), found.index[0])
    about = {"skipped": "", "notes": []}
    if parameters["source"] == "simulated":
        table, inputs = simulate_features(observation, shared_mixer(), seed, number, **options), []
    else:
        reasons, table, inputs = [], None, []
        with skipping(reasons, f"{observation['observation']} is skipped"):
            inputs = [archive.fetch_raster(observation["start"], observation["obsid"])]
            table, moments, used = real_table(observation, inputs[0], seed, number, **options)
            about["notes"] = criterion_notes(
                observation, moments, used, shared_activity(tuple(parameters.get("goes", ())))
            )
        if table is None:
            about["skipped"], table = reasons[0], empty_table(options)
    origin = table.attrs.get("origin", parameters["source"])
    store.write(name, arrow_table(table, observation, rows), inputs, origin=origin, **about)
    return about["skipped"]


def measuring(parameters, long=False):
    """Options of `simulate_features` and `real_table` of a part, with number (None for all) and seed."""
    if parameters["notebook"] == PROFILES:
        return {"number": parameters["n_spectra"] or None, "seed": parameters["seed"], "profiles": True}
    options = {"window": parameters["window"], "seed": parameters["seed"] + long}
    if long:
        span = (-parameters["long_minutes"] - 1, -1.0)
        return {**options, "number": parameters["long_spectra"] or None, "span": span}
    widths = further_widths(parameters)
    return {
        **options, "number": parameters["spectra_per_observation"] or None, "widths": widths,
        "share": parameters["scan_share"],
    }  # fmt: skip


def further_widths(parameters):
    """Widths of the narrow window and of the scan that the main window lacks, Angstrom."""
    return sorted({parameters["narrow_window"], *parameters["scan_widths"]} - {parameters["window"]})


def empty_table(options):
    """Table of no spectra with the columns of a part."""
    from flarebook.iris.features.window_scan import width_columns
    from flarebook.iris.simulation.real_dataset import ABOUT

    names = [*FEATURES, *width_columns(options.get("widths", ())), *(PROFILE if options.get("profiles") else ())]
    return pd.DataFrame(columns=[*ABOUT, *names], dtype=np.float32).astype(ABOUT)


def arrow_table(table, observation, rows):
    """Table of an observation as pyarrow.Table, with its name and region in front, as dictionaries of all of them."""
    columns = {
        "observation": (list(rows["observation"]), observation["observation"]),
        "region": (list(REGIONS), observation["region"]),
    }
    arrays = {
        name: pa.DictionaryArray.from_arrays(np.full(len(table), known.index(value), np.int8), known)
        for name, (known, value) in columns.items()
    }
    return pa.table({**arrays, **{name: pa.array(table[name].to_numpy(), from_pandas=True) for name in table}})


@lru_cache(1)
def shared_mixer():
    """The mixer of the shipped library and calibration, made once in a process."""
    from flarebook.iris.atmospheres.library import load_library, make_mixer
    from flarebook.iris.simulation.observation import load_calibration

    return make_mixer(load_library(), load_calibration())


@lru_cache(1)
def shared_activity(goes):
    """Activity by GOES records and flare lists, read once in a process; None without any."""
    from flarebook.iris.labels.criterion import read_activity

    return read_activity(goes) if goes else None


@contextmanager
def feature_store(run, scheduler="threads", **values):
    """Give the store of a notebook's parts, all of them there, and their origin.

    run: of the notebook; values: parameters that differ from those of the running notebook.  The store is the one that
    the workflow filled, one job a part; without one, the parts are made here and removed afterwards, when the notebook
    has gathered what it needs.  Prints what was skipped and violations of the X-ray criterion.
    Raises InputError when no observation is left.
    """
    parameters = part_settings(f"{run.study}/{run.step}", {**run.parameters, "seed": run.seed, **values})
    with gathered_parts(run, parameters, part_names(parameters), make_part, scheduler) as store:
        records = [store.check(name) for name in part_names(parameters)]
        print(*(line for record in records for line in [record["skipped"], *record["notes"]] if line), sep="\n", end="")
        if not any(record["rows"] for record in records):
            raise InputError(f"none of {len(records)} observations are available; the first: {records[0]['skipped']}")
        yield store, mix_origins(*(record["origin"] for record in records if record["rows"]))


def main_rows(store):
    """Rows of the 25-minute windows with the features at the main width, as they lie on disk: pyarrow Dataset."""
    names = [name for name in part_names(store.parameters) if not name.endswith(LONG)]
    columns = store.dataset(names=names[:1]).schema.names
    return store.dataset([name for name in columns if "@" not in name], names)


def long_rows(store):
    """Rows of the two held-out observations, for the tests in space and time: pyarrow Dataset."""
    return store.dataset(names=sorted(part_name(name) + LONG for name in HELD_OUT))


def scanned_rows(store):
    """Rows that were measured at every width, for `window_scan.at_width`: DataFrame."""
    names = [name for name in part_names(store.parameters) if not name.endswith(LONG)]
    dataset = store.dataset(names=names)
    measured = [name for name in dataset.schema.names if "@" in name]
    found = dataset.to_table(filter=pc.field(measured[0]).is_valid() if measured else None)
    return found.to_pandas().reset_index(drop=True)
