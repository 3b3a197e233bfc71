"""Count what is identical in two runs of one profile: `python -m scripts.compare_repeat build/ci CLONE/build/ci`.

Writes a row of metrics/PROFILE-repeats.csv, which the page *Run again* shows, and prints what is not identical.  The
second run is made in a clone at the same commit, under the condition that the row names:

- "second run": `make book PROFILE=ci`
- "two threads a notebook": `snakemake --cores 2 --config profile=ci --set-threads`, and for each notebook its rule,
  such as `iris_1_real_raster=2`
- "another Python": `make book PROFILE=ci` with the lock's packages under that Python, first on the PATH
"""

from pathlib import Path
from typing import Annotated

import typer

from flarebook.compendium.batch_report import print_line, run_script
from flarebook.compendium.project import project_root
from flarebook.compendium.provenance import machine
from flarebook.compendium.reproduction.repeats import compare_runs, repeats_file, row_of, write_row


def main(
    first: Annotated[Path, typer.Argument(help="Folder of the first run, such as build/ci.")],
    second: Annotated[Path, typer.Argument(help="Folder of the run under another condition.")],
    condition: Annotated[str, typer.Option(help="What differs, in words.")] = "second run",
    study: Annotated[str | None, typer.Option(help="Only this study, where a run holds no other.")] = None,
    profile: Annotated[str, typer.Option(help="Profile of both runs.")] = "ci",
):
    """Compare the runs, print the names of what differs, and write the row of the condition."""
    compared = compare_runs(first, second, study)
    for kind, found in compared.items():
        different = [name for name, same in found.items() if not same]
        print_line(
            f"{kind}: {len(found) - len(different)} of {len(found)} identical; not: {', '.join(different) or '-'}"
        )
    condition = f"{condition}, {study} alone" if study else condition
    write_row(repeats_file(project_root(), profile), row_of(condition, compared, second, machine()))


if __name__ == "__main__":
    run_script(typer.run, main)
