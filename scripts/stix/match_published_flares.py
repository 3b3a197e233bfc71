"""Match the poster's images with the science flare list, and write the derived numbers that ship.

`python -m scripts.stix.match_published_flares` writes data/published_flares.csv.  It reads the flare list and the
published names from FLAREBOOK_MIRROR or the cache; no row of either ships.
"""

import hashlib

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.data.download import fetch
from flarebook.compendium.data.manifest import dataset
from flarebook.stix.archive.published_flares import PRINTED
from flarebook.stix.archive.published_results import SHIPPED, compute_results, tidy
from flarebook.stix.maps.file_names import published_names
from flarebook.stix.simulation.flare_statistics import read_flare_list

LISTS = ("stix-flare-list", "stix-kept-filenames")


def main():
    """Compute the results and write the shipped table, with the sha256 of each input in its head."""
    paths = [fetch(dataset(name).files[0]) for name in LISTS] + [PRINTED]
    hashes = [f"# {path.name}: sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in paths]
    head = ["# Derived by `python -m scripts.stix.match_published_flares`; holds no row of the flare list. Inputs:"]
    table = tidy(compute_results(read_flare_list(paths[0]), published_names()))
    with atomic_write(SHIPPED) as partial:
        partial.write_text("\n".join([*head, *hashes]) + "\n" + table.to_csv(index=False, lineterminator="\n"))
    print(f"{SHIPPED.name}: {len(table)} rows")


if __name__ == "__main__":
    main()
