"""The limb changes the spectra and nothing else; only classes that are apart on the disk differ by it."""

import pytest
from scipy.stats import spearmanr

from flarebook.evaluation.classification import ranking_probability
from flarebook.iris.atmospheres.library import load_library
from flarebook.iris.matching import disk_positions
from flarebook.iris.observations import observation_table
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


def test_the_loss_of_light_follows_the_angle(tables):
    medians = [tables[name].groupby("observation", observed=True)["intensity"].median() for name in tables]
    mu = disk_positions(observation_table()).set_index("observation")["mu"]
    ratio = medians[1] / medians[0]
    assert spearmanr(ratio, mu.reindex(ratio.index.astype(str))).statistic > 0.8
    assert ratio.between(0.5, 1.05).all()


def test_classes_that_are_apart_on_the_disk_differ_in_brightness(tables):
    auc = {}
    for name, table in tables.items():
        groups = {region: rows["intensity"].to_numpy() for region, rows in table.groupby("region", observed=True)}
        auc[name] = ranking_probability(groups["PF"], groups["AR"])
    assert auc[limb.APART] > auc[limb.CENTRE] + 0.02  # AR darkened, PF not
    assert abs(auc[limb.DARKENED] - auc[limb.CENTRE]) < 0.02  # the paper's classes match on the disk
