"""Readers and the field's own software agree on values, places and times of real files, in the versions installed."""

import os

import pytest

from scripts import compare_peers

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]
LARGEST = {  # values (in the record's unit), arcsec, s; why a place differs at all
    "iris.read_raster": (0, 0.03, 1e-6),  # irispy 0.5 places a raster by its mean step
    "stix.read_map": (0, 1e-6, 1e-3),
    "solarchip.read_image": (0.004, 0.05, 1e-3),  # float32 of 60,000 DN/s; corners of the tangent plane
    "goes.read_xrs": (0, 0, 1e-6),
    "stix.SUB_COLLIMATORS": (1e-12, 0, 0),
    "stix.back_project": (1e-12, 0, 0),
}


@pytest.fixture(scope="module")
def records():
    """Differences of all readers from the peers that are installed."""
    return compare_peers.compare_all(os.environ.get("FLAREBOOK_MIRROR"))


@pytest.mark.parametrize(
    ("reader", "module", "package"),
    [
        ("iris.read_raster", "irispy", "irispy-lmsal"),
        ("stix.read_map", "sunpy", "sunpy"),
        ("solarchip.read_image", "sunpy", "sunpy"),
        ("goes.read_xrs", "sunpy", "sunpy"),
        ("stix.SUB_COLLIMATORS", "stixpy", "stixpy"),
        ("stix.back_project", "xrayvision", "xrayvisim"),
    ],
)
def test_reader_agrees_with_its_peer(records, reader, module, package):
    if not compare_peers.installed(module):
        pytest.skip(f"{package} is not installed: pip install {package}")
    found = [record for record in records if record["reader"] == reader]
    if not found and reader == "stix.read_map":
        pytest.skip("needs FLAREBOOK_MIRROR with the archive's CLEAN file")
    assert found
    for record in found:
        for kind, bound in zip(("values", "arcsec", "seconds"), LARGEST[reader], strict=True):
            assert not record[kind] > bound, record


def test_a_file_that_a_peer_refuses_is_told_and_the_others_are_compared(capsys):
    def refuse(path):
        raise KeyError("TDESC2")

    assert compare_peers.attempted(refuse, "x/y.fits") == []
    assert "y.fits" in capsys.readouterr().out
