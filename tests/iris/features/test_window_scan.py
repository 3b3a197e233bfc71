"""What the width of the k and h windows changes."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.iris.features import window_scan
from flarebook.iris.features.extract import extract_features
from flarebook.iris.mg2 import FEATURES
from flarebook.iris.rasters.samples import real_raster


@pytest.fixture(scope="module")
def scan():
    """The real raster at the widths of the paper's text and code, and narrower."""
    return window_scan.scan_raster(real_raster(), [1.0, 2.0, 3.0])


def test_half_of_the_features_use_no_window():
    rng = np.random.default_rng(0)
    wavelength = np.linspace(2793, 2806, 500)
    lines = sum(np.exp(-0.5 * ((wavelength - core) / 0.25) ** 2) for core in (2796.4, 2803.5))
    spectra = 100 * lines + 20 + rng.random((50, 500))
    narrow, wide = (extract_features(spectra, wavelength, 2.0, width)[0] for width in (2.0, 3.0))
    changed = {name for name, one in zip(FEATURES, (narrow != wide).any(axis=0), strict=True) if one}
    assert changed == set(window_scan.AFFECTED) - {"line_center"} | changed & {"line_center"}


def test_features_agree_with_themselves_and_less_with_those_of_other_widths(scan):
    effect = window_scan.width_effect(scan).set_index(["feature", "window"])["rank_correlation"]
    for feature in window_scan.AFFECTED:
        assert effect[feature, 3.0] == pytest.approx(1)
    assert effect["line_width", 1.0] < effect["line_width", 2.0] < 0.9


def test_the_coupling_of_continuum_and_width_comes_from_the_continuum_inside_the_window(scan):
    coupling = window_scan.continuum_and_width(scan)
    assert coupling[1.0] < coupling[2.0] < coupling[3.0]
    assert coupling[3.0] > 0.5 > 0.3 > coupling[2.0]


def test_only_the_regions_asked_for_are_stacked():
    table = pd.DataFrame(np.ones((3, 10)), columns=list(FEATURES)).assign(region=["PF", "QS", "AR"], slit=[1, 2, 3])
    stacked = window_scan.stack_windows([2.0, 3.0], [table, table], ("AR", "PF"))
    assert stacked["window"].tolist() == [2.0, 2.0, 3.0, 3.0]
    assert set(stacked["region"]) == {"AR", "PF"}


def test_a_scan_without_the_reference_width_is_refused(scan):
    with pytest.raises(InputError, match="lacks the width of 2.5 A"):
        window_scan.width_effect(scan, reference=2.5)


def test_a_window_wider_than_the_grid_is_refused():
    with pytest.raises(InputError, match="5.0 A wide; choose a width between 0.5 and 4.4 A"):
        window_scan.scan_raster(real_raster(), [5.0])
