"""The real flare's visibilities are what they were, and say where the flare is."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.imaging.forward_fit import fit_two_circles
from flarebook.stix.imaging.visibilities import IMAGING
from flarebook.stix.imaging.visibilities import SUB_COLLIMATORS as GRIDS
from flarebook.stix.maps.samples import REAL_FLARE, read_visibilities, real_visibilities


def test_24_real_visibilities_fall_off_with_resolution_as_those_of_a_source_of_30_arcsec():
    seen = real_visibilities()
    assert len(seen) == 24 and set(seen.label) == set(GRIDS.label[IMAGING])
    mean = [seen.amplitude[[name[:-1] == str(level) for name in seen.label]].mean() for level in range(3, 11)]
    assert np.all(np.diff(mean) > 0) and mean[0] < 0.1 * mean[-1]
    assert (seen.amplitude / seen.error).max() > 10


def test_their_points_are_those_of_the_grids():
    seen = real_visibilities()
    order = [list(GRIDS.label).index(name) for name in seen.label]
    assert np.hypot(seen.u - GRIDS.u[order], seen.v - GRIDS.v[order]).max() < 6e-4


def test_the_flare_lies_on_the_disk_near_its_south_eastern_limb():
    assert real_visibilities().in_solar_axes().centre == REAL_FLARE.centre
    assert REAL_FLARE.centre[0] < 0 > REAL_FLARE.centre[1]
    assert 0.95 < np.hypot(*REAL_FLARE.centre) / REAL_FLARE.solar_radius < 1
    assert REAL_FLARE.megametres(REAL_FLARE.solar_radius) == pytest.approx(696, abs=1)  # the solar radius


def test_the_fainter_part_lies_north_west_of_the_core():
    core, fainter = fit_two_circles(real_visibilities().in_solar_axes()).sky
    assert 15 < fainter.x - core.x < 25 and 18 < fainter.y - core.y < 30


@pytest.mark.peers
def test_the_table_holds_what_xrayvision_ships():
    xrayvision = pytest.importorskip("xrayvision", reason="xrayvisim is not installed (extra `peers`)")
    with open(Path(xrayvision.__file__).with_name("data") / "stix_vis.pkl", "rb") as file:
        theirs = pickle.load(file)[3]  # a file of an installed package, not of a stranger
    ours = real_visibilities()
    np.testing.assert_allclose(ours.value, np.asarray(theirs.vis), atol=1e-12)
    np.testing.assert_allclose([ours.u, ours.v], [theirs.u.value, theirs.v.value], atol=1e-15)


def test_a_table_of_something_else_is_refused(tmp_path):
    path = tmp_path / "flare.ecsv"
    path.write_text("# %ECSV 1.0\n# ---\n# datatype:\n# - {name: u, datatype: float64}\nu\n1.0\n", encoding="utf-8")
    for given in (path, tmp_path / "missing.ecsv"):
        with pytest.raises(InputError, match="an ECSV table of visibilities: label, u, v, re, im"):
            read_visibilities(given)
