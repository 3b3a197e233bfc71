"""The limb changes the spectra and nothing else."""

import pytest

from flarebook.iris.atmospheres.library import load_library
from flarebook.iris.simulation import limb_tables as limb

KEY = ["observation", "exposure", "slit"]


@pytest.fixture(scope="module")
def tables():
    return limb.limb_tables(load_library(), seed=1, number=20, scheduler="synchronous")


def test_the_tables_hold_the_same_pixels_of_the_observations_on_the_disk(tables):
    centre, darkened = tables[limb.CENTRE], tables[limb.DARKENED]
    assert centre["observation"].nunique() == 36 and "AR 4" not in set(centre["observation"])
    both = centre.merge(darkened, on=KEY, suffixes=("", "_limb"))
    assert len(both) > 0.99 * len(centre)  # a fainter spectrum may be too faint to measure
    assert both["activity"].equals(both["activity_limb"]) and both["quiet_fraction"].equals(both["quiet_fraction_limb"])
