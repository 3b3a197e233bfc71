"""The figures can be read by everyone, and name each feature once."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from flarebook.iris import mg2

# Full dichromacy in linear RGB: Machado, Oliveira & Fernandes 2009, table 1.
DICHROMACY = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colour, deficiency):
    """CIE L*a*b* of a colour as a reader with that deficiency sees it."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.array(DICHROMACY[deficiency]) @ linear, 0, 1)
    f = np.cbrt(np.maximum(xyz / TO_XYZ.sum(axis=1), 0.008856))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("deficiency", DICHROMACY)
def test_region_colours_stay_apart_for_every_reader(deficiency):
    colours = [*mg2.REGION_COLOURS.values(), mg2.REAL_COLOUR]
    seen = [lab(colour, deficiency) for colour in colours]
    distances = [np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)]
    assert min(distances) > 25  # a just noticeable difference is about 2.3


def test_every_feature_has_a_label_a_name_and_a_rank():
    from flarebook.iris.mg2 import FEATURES

    assert set(mg2.FEATURE_LABELS) == set(mg2.FEATURE_NAMES) == set(mg2.FEATURE_RANKING) == set(FEATURES)
    assert len(mg2.FEATURE_RANKING) == 10


def test_tables_and_axes_give_the_same_unit_of_a_feature():
    assert mg2.FEATURE_HEADS["intensity"] == "intensity [DN/s]" and mg2.FEATURE_HEADS["kh_ratio"] == "k/h ratio"
    for name, head in mg2.FEATURE_HEADS.items():
        assert head.partition(" [")[2] == mg2.FEATURE_LABELS[name].partition(" [")[2]
