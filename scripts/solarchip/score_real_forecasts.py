"""Score forecasts of real flares, once: the tables that ship instead of NOAA's lists.

Run `FLAREBOOK_MIRROR=folder python -m scripts.solarchip.score_real_forecasts` from the repository's root, with the
files of the data sets noaa-flares, noaa-regions and noaa-forecasts in that folder.  Then enter sizes and hashes in
data-manifest.yaml.
"""

from pathlib import Path

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.batch_report import run_script
from flarebook.compendium.data.manifest import dataset
from flarebook.compendium.errors import InputError
from flarebook.compendium.provenance import sha256
from flarebook.solarchip.flares.real_skill import FOLDER, LISTS, TABLES, read_lists, score_lists

DIGITS = 5  # significant, of the numbers in the tables


def main():
    """Write the tables, each with the hashes of its inputs."""
    lists = read_lists()
    if lists is None:
        raise InputError(f"not all files of {', '.join(LISTS)} are at hand: name their folder in FLAREBOOK_MIRROR")
    inputs = [f"# {file.name} {file.sha256}" for name in LISTS for file in dataset(name).files]
    head = ["# REAL: computed by scripts/solarchip/score_real_forecasts.py from (name, sha256)", *inputs]
    for name, table in score_lists(*lists).items():
        path = Path(str(FOLDER)) / TABLES[name]
        with atomic_write(path) as partial:
            body = table.to_csv(index=False, float_format=f"%.{DIGITS}g")
            partial.write_text("\n".join([*head, body]), encoding="utf-8")
        print(f"{path.name}: {path.stat().st_size} bytes, sha256 {sha256(path)}")


if __name__ == "__main__":
    run_script(main)
