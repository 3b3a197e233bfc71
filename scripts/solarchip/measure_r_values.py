"""Measure R on SHARP patches at two scales: `python -m scripts.solarchip.measure_r_values`.

The patches are read from the mirror (FLAREBOOK_MIRROR) under the names of the data manifest's entry sdo-hmi-sharp-r.
HMI's own R_VALUE stands in their headers.  The table ships, the patches do not.
"""

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.data.download import fetch
from flarebook.compendium.data.manifest import dataset
from flarebook.solarchip.datasets.sharp_patches import PATCHES, R_TABLE, r_value_table


def write_r_values(target=R_TABLE):
    """Write the table of `r_value_table` with the SHA-256 of each patch; returns the target."""
    files = dataset(PATCHES).files
    table = r_value_table([fetch(file) for file in files]).assign(sha256=[file.sha256 for file in files])
    with atomic_write(target) as partial:
        table.to_csv(partial, index=False, float_format="%.4f")
    return target


if __name__ == "__main__":
    print(write_r_values())
