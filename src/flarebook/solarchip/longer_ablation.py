"""The ablation's rows trained longer than a notebook has time for: the table that ships, and which one decides."""

import json
from pathlib import Path

import pandas as pd

from flarebook.compendium.errors import InputError
from flarebook.solarchip.ablation import COLUMNS

FOLDER = Path(__file__).with_name("data")
FILES = "ablation.csv", "ablation.json"
SCRIPT = "python -m flarebook.solarchip.ablation"
THIS, LONGER = "this run", "longer"


def longer_table(folder=FOLDER):
    """Scores of the longer trainings, a DataFrame of ablation.COLUMNS, and what they were made with; else None, None.

    The second is a dictionary of ablation.export: "settings" of each training, sizes, "origin" of the images, and under
    "untaught" the scores of features that nobody trained.  Raises InputError when one of the files is missing or is
    something else.
    """
    paths = [Path(folder) / name for name in FILES]
    missing = [path for path in paths if not path.is_file()]
    if len(missing) == len(paths):
        return None, None
    if missing:
        raise InputError(f"{missing[0]} is missing: make both files with `{SCRIPT}`")
    table, about = pd.read_csv(paths[0]), json.loads(paths[1].read_text(encoding="utf-8"))
    if list(table.columns) != list(COLUMNS) or not {"settings", "origin", "untaught"} <= about.keys():
        raise InputError(f"{paths[0]} is no table of an ablation: make it anew with `{SCRIPT}`")
    return table, about


def deciding(n_steps, origin, about):
    """Which training the verdicts are taken from, THIS or LONGER: the one of more steps, on images of the same origin.

    n_steps: of this run; origin: of its images, "real" or "simulated"; about: of `longer_table`, or None.
    """
    return LONGER if about and about["origin"] == origin and about["settings"]["n_steps"] > n_steps else THIS
