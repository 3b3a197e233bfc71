"""Run one notebook outside the workflow: a profile's parameters, changed as the reader says."""

from flarebook.compendium.errors import InputError
from flarebook.compendium.execute import execute
from flarebook.compendium.parameters import checked, from_text, known_notebook, nearest, read_profile
from flarebook.compendium.project import in_project


def run_notebook(notebook, assignments, profile, output, inputs=None, progress=False):
    """Run a notebook into `output`, with the profile's parameters and the reader's on top; returns its path.

    assignments: ["n_splits=8", ...].  inputs: folder of the earlier steps' results, default build/<profile>.
    Raises InputError for unknown names, NotebookError when a cell fails.
    """
    known_notebook(notebook)
    entries = read_profile(profile).notebooks
    if notebook not in entries:
        raise InputError(f"profile {profile} does not list {notebook}{nearest(notebook, entries)}: add it there")
    own = from_text(notebook, assignments)
    if {"output", "inputs"} & own.keys():
        raise InputError("output and inputs are folders of the run: choose them with --output, --inputs and --profile")
    parameters = {**checked(notebook, entries[notebook].parameters), **own}
    inputs = inputs or f"build/{profile}"
    own_folder = in_project(output) == in_project(inputs)
    return execute(notebook, output, parameters, "" if own_folder else inputs, progress)
