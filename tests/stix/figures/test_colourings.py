"""Colourings say what is known of an image, and nothing of one of which nothing is known."""

import numpy as np
import pandas as pd
import pytest

from flarebook.stix.figures.colourings import UNKNOWN_COLOUR, Groups, colourings, hex_colours


@pytest.fixture
def table():
    """Four simulated images and a real one, whose truth is missing."""
    return pd.DataFrame(
        {
            "band": ["4-10", "16-28", "4-10", "4-10", "4-10"],
            "cluster": [3, 3, 0, 1, 1],
            "kept": [True, False, True, True, True],
            "anomaly": [0.1, 0.9, 0.2, np.nan, 0.3],
            "n_sources": pd.array([1, 2, 7, 0, pd.NA], dtype="Int64"),
            "artefact": ["none", "blank", "none", "none", None],
        }
    )


def names(groups):
    """Name of each image's group."""
    return [groups.names[code] if code >= 0 else "unknown" for code in groups.codes]


def test_groups_carry_the_values(table):
    found = colourings(table)
    assert list(found) == ["cluster", "band", "anomaly", "kept", "artefact", "n_sources"]
    assert names(found["cluster"]) == ["3", "3", "0", "1", "1"]
    assert names(found["band"])[:2] == ["4–10 keV", "16–28 keV"]
    assert names(found["kept"])[:2] == ["kept", "removed"]
    assert names(found["n_sources"]) == ["1", "2", "4 or more", "none", "unknown"]
    assert names(found["artefact"]) == ["none", "blank", "none", "none", "unknown"]


def test_unknown_is_grey_and_groups_differ(table):
    found = colourings(table)
    colours = hex_colours(found["n_sources"])
    assert colours[-1] == UNKNOWN_COLOUR
    assert len(set(hex_colours(found["artefact"]))) == 3
    scale = hex_colours(found["anomaly"])
    assert scale[3] == UNKNOWN_COLOUR
    light = [sum(int(colour[i : i + 2], 16) for i in (1, 3, 5)) for colour in scale]
    assert light[1] > light[4] > light[2] > light[0]  # magma brightens with the value


def test_real_archive_has_no_truth_to_colour_by(table):
    real = table.assign(n_sources=pd.array([pd.NA] * 5, dtype="Int64"), artefact=pd.NA)
    assert list(colourings(real)) == ["cluster", "band", "anomaly", "kept"]


def test_every_image_gets_a_colour_of_its_group(table):
    for colouring in colourings(table).values():
        colours = hex_colours(colouring)
        assert colours.shape == (5,) and all(len(colour) == 7 for colour in colours)
        if isinstance(colouring, Groups):
            assert colouring.codes.max() < len(colouring.colours) == len(colouring.names)
