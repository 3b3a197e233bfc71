"""The prepared disks of study 3 in parts: a month of real dates each, of the JSOC or of SDOML's stores.

A part is a folder: images.npy, (n, 11, size, size) float16, and times.json.  Notebook 1 gathers them; a job that is
killed costs its month.
"""

import json

import numpy as np
import pandas as pd

from flarebook.compendium.batch_report import skipping
from flarebook.compendium.errors import InputError
from flarebook.compendium.mapped_arrays import growing_array, open_arrays
from flarebook.compendium.provenance import mix_origins
from flarebook.compendium.validation import check_known
from flarebook.compendium.workflow.parts import gathered_parts
from flarebook.goes.labels import find_flare_files
from flarebook.solarchip.datasets.archive import dates_at_once
from flarebook.solarchip.datasets.load import SunSource, load_dates
from flarebook.solarchip.images.channels import CHANNELS
from flarebook.solarchip.images.sdoml import find_stores

SUFFIX = ".zarr"  # of parts that are folders
DISKS = "solarchip/1-simulated-sun"
SETTINGS = {DISKS: ("source", "folder", "start", "n_days", "size")}
NOTEBOOKS = tuple(SETTINGS)
IMAGES, TIMES = "images.npy", "times.json"


def has_parts(source, folder):
    """Whether the dates of a source are read in parts: those that the JSOC or stores have, not a folder of files."""
    return source != "simulated" and (not folder or find_stores(folder) is not None)


def part_settings(notebook, values):
    """Parameters of the parts of a notebook.

    values: {name: value} of all its parameters; source may be the origin of a table.  Raises InputError for a notebook
    or a source without parts.
    """
    check_known(notebook, SETTINGS, "there are no parts of", f"known are {', '.join(SETTINGS)}")
    if not has_parts(values["source"], values["folder"]):
        raise InputError(
            f"{notebook} of source {values['source']!r} and folder {values['folder']!r} has no parts: a month a part "
            'is read with source "real" of the JSOC (folder empty) or of the stores of SDOML'
        )
    return {"notebook": notebook, **{name: values[name] for name in SETTINGS[notebook]}, "source": "real"}


def part_names(parameters):
    """Names of the parts, "2011-02", in the order of time.  parameters: of `part_settings`."""
    return list(dict.fromkeys(f"{date:%Y-%m}" for date in _dates(parameters)))


def make_part(name, parameters, store):
    """Make the part of one month and write it to a store; returns why the month is skipped, "" otherwise.

    name: one of `part_names`; store: PartStore of the parameters, its suffix SUFFIX.  A month of which no date can be
    used gives a part without images, whose record says why.
    """
    dates = _dates(parameters)
    dates = dates[dates.strftime("%Y-%m") == name]
    if dates.empty:
        raise InputError(f"there is no part {name!r}: known are {', '.join(part_names(parameters))}")
    size, skipped, sun = parameters["size"], [], None
    with skipping(skipped):
        sun = load_dates(SunSource("real", parameters["folder"], size=size), dates, flares=())
        skipped += [reason for reason in sun.skipped if "label" not in reason]
    images = np.empty((0, len(CHANNELS), size, size), np.float16) if sun is None else sun.images
    times = [] if sun is None else sun.days["time"].tolist()
    origin = "" if sun is None else sun.days["origin"].iloc[0]
    about = {"origin": origin, "rows": len(times), "skipped": "" if times else skipped[0], "notes": skipped}
    with store.write_folder(name, **about) as folder:
        np.save(folder / IMAGES, images)
        (folder / TIMES).write_text(json.dumps(times), encoding="utf-8")
    return about["skipped"]


def gather_sun(run, path, scheduler="synchronous", **values):
    """Gather the months of a run into one SunDays whose images lie on disk: (SunDays, as of `real_days`).

    run: of the notebook; path: npz that receives the images, a few dates at a time; values: parameters that differ from
    those of the running notebook.  Labels are found here, since they look into the next day and the one before.
    Raises InputError when no date is left.
    """
    from flarebook.goes.archive import fetch_xrs_days
    from flarebook.solarchip.datasets.real import build_real_tables

    wanted = {**run.parameters, **values}
    parameters, flares = part_settings(f"{run.study}/{run.step}", wanted), wanted["flare_list"]
    with gathered_parts(run, parameters, part_names(parameters), make_part, scheduler, SUFFIX) as store:
        records = {name: store.check(name) for name in part_names(parameters)}
        skipped = [reason for record in records.values() for reason in record["notes"]]
        number = sum(record["rows"] for record in records.values())
        if not number:
            raise InputError(f"none of {len(_dates(parameters))} dates can be used; first: {[*skipped, ''][0]}")
        times = [time for name in records for time in json.loads((store.path(name) / TIMES).read_text())]
        with growing_array(path, "images", (number, len(CHANNELS), *2 * (parameters["size"],)), np.float16) as keep:
            for name in records:
                images = np.load(store.path(name) / IMAGES, mmap_mode="r")
                for start in range(0, len(images), step := dates_at_once(images)):
                    keep(images[start : start + step])
    sources = [flares] if flares else []
    if not flares and not parameters["folder"]:
        dates = pd.DatetimeIndex(times)
        sources, absent = fetch_xrs_days(dates.union(dates - pd.Timedelta("1D")))
        skipped += absent
    origin = mix_origins(*(record["origin"] for record in records.values() if record["rows"]))
    return build_real_tables(open_arrays(path)["images"], times, find_flare_files(sources), skipped, origin)


def _dates(parameters):
    """Dates of all parts, one a day; InputError when they go on into the future."""
    dates = pd.date_range(parameters["start"], periods=parameters["n_days"])
    if len(dates) and dates[-1] > pd.Timestamp.now():
        raise InputError(
            f"{len(dates)} days from {parameters['start']} end on {dates[-1]:%Y-%m-%d}, which has not been observed: "
            "choose an earlier start or a smaller n_days"
        )
    return dates
