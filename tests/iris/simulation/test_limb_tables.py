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


def ratios(tables, name, feature):
    """Median over the spectra of a feature with the limb over that without, by region."""
    both = tables[limb.CENTRE].merge(tables[name], on=KEY, suffixes=("", "_limb"))
    return (both[f"{feature}_limb"] / both[feature]).groupby(both["region"]).median()


def test_near_the_limb_the_continuum_falls_and_the_line_widens(tables):
    continuum, width = (ratios(tables, limb.APART, feature) for feature in ("total_continuum", "line_width"))
    assert continuum["AR"] < 0.85 and width["AR"] > 1.05
    assert continuum["PF"] == 1 and width["PF"] == 1  # at disk centre


def test_at_the_printed_places_the_limb_hardly_tells_the_classes_apart(tables):
    continuum = ratios(tables, limb.DARKENED, "total_continuum")
    assert (continuum < 1).all() and abs(continuum["AR"] - continuum["PF"]) < 0.02
