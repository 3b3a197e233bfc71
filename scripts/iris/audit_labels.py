"""Audit the labels of the paper's 68 observations against NOAA's flare and region lists.

`FLAREBOOK_MIRROR=... python -m scripts.iris.audit_labels` writes data/label_audit.csv and data/label_regions.csv.  Both
flare lists must agree on every flare of the table.
"""

import sys
import warnings

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.errors import InputError, MetadataWarning
from flarebook.compendium.provenance import sha256
from flarebook.iris.labels import audit


def audit_labels(folder):
    """Write the two tables of facts into a folder; returns their paths."""
    paths = audit.list_paths()
    if missing := [name for name, path in paths.items() if path is None]:
        raise InputError(f"{', '.join(missing)} are not in FLAREBOOK_MIRROR: set it to a folder that holds these lists")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MetadataWarning)  # the lists do not state their scale
        flares, regions = audit.compute_facts(paths)
        unmatched = audit.unmatched_flares(flares, paths)
    if len(unmatched):
        raise InputError(f"{len(unmatched)} flares stand in one list only, the first at {unmatched['start'].iloc[0]}")
    head = [f"# from {path.name}, sha256 {sha256(path)}" for path in paths.values()]
    head += ["# facts computed by scripts/iris/audit_labels.py; times UTC, distances in arcsec"]
    written = []
    for name, table in ((audit.FLARES, flares), (audit.REGIONS, regions)):
        with atomic_write(folder / name) as partial:
            text = table.to_csv(index=False, date_format="%Y-%m-%dT%H:%M", lineterminator="\n")
            partial.write_text("\n".join(head) + "\n" + text, encoding="utf-8")
        written.append(folder / name)
    return written


if __name__ == "__main__":
    try:
        print(*audit_labels(audit.FOLDER), sep="\n")
    except InputError as error:
        sys.exit(str(error))
