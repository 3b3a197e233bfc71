"""Likeness ignores rotations, neighbours and examples are the right rows, colours tell a source from its background."""

import numpy as np
import pandas as pd
import pytest

from flarebook.encoders.registry import create_encoder
from flarebook.stix.clustering import encoder_views, probes
from flarebook.stix.figures import encoders

pytest.importorskip("torch")
RNG = np.random.default_rng(11)


def records(n=40):
    """Records of images with two kinds, one artefact, and a real image at the end."""
    bad = np.arange(n) % 4 == 0
    table = pd.DataFrame({"band": "4-10", "origin": "simulated", "counts_per_detector": np.arange(float(n))}, range(n))
    table["kind"] = np.where(np.arange(n) % 2, "loop", "compact")
    table["n_sources"] = 1
    table["is_artefact"], table["artefact"] = bad, np.where(bad, "low_counts", "none")
    table = table.astype({"is_artefact": "boolean", "n_sources": "Int64"})
    table.loc[n - 1, ["origin", "kind", "artefact", "is_artefact", "n_sources"]] = ["real", None, None, pd.NA, pd.NA]
    return table


def test_likeness_is_one_for_rotations_and_small_for_unrelated_features():
    features = RNG.normal(size=(300, 6))
    turn, _ = np.linalg.qr(RNG.normal(size=(6, 6)))
    table = encoder_views.kernel_alignment(
        {"a": features, "turned": 3 * features @ turn + 5, "b": RNG.normal(size=(300, 6))}
    )
    assert table.loc["a", "turned"] == pytest.approx(1)
    assert table.loc["a", "b"] < 0.2
    np.testing.assert_allclose(table, table.T)


def test_nearest_starts_with_the_image_itself():
    features = np.arange(10.0)[:, None] * [1, 2]
    assert encoder_views.nearest_to(features, 7, 3)[0] == 7
    assert set(encoder_views.nearest_to(features, 7, 2)) == {6, 7, 8}


def test_examples_hold_the_real_image_and_each_name_once():
    table = records()
    names = encoder_views.seen_as(table)
    assert names[39] == "real" and names[0] == "low counts" and names[1] == "loop"
    rows = encoder_views.examples(table, 4)
    assert rows[0] == 39 and sorted(names[rows[1:]]) == ["compact", "loop", "low counts"]
    assert names[rows[1]] == "loop" and rows[1] == 37  # the commonest first, the one of most counts
    unknown = table.assign(kind=None, is_artefact=pd.NA, artefact=None, origin="real")
    assert len(set(encoder_views.examples(unknown, 6))) == 6


def test_probes_tell_a_size_that_sees_from_one_that_does_not():
    table = records(80)
    label = (table["kind"] == "loop").to_numpy(dtype=float)
    seeing = np.column_stack([label, RNG.normal(size=(80, 3))])
    targets = {"kind": probes.targets(table)["kind"]}
    scores = encoder_views.size_scores({56: RNG.normal(size=(80, 4)), 112: seeing}, targets, 1, 3)
    means = scores[scores["probe"] == "linear"].set_index("size")["mean"]
    assert means[112] > 0.95 > 0.75 > means[56]
    figure = encoders.plot_sizes(scores, {56: 0.01, 112: 0.02}, 112)
    assert len(figure.axes[0].containers) == 2 and figure.axes[1].lines[0].get_ydata()[1] == 20
    empty = encoder_views.size_scores({56: seeing}, {}, 1, 3)
    assert not encoders.plot_sizes(empty, {56: 0.01}, 112).axes[0].containers  # no truth, no scores


def test_patches_on_a_source_have_their_own_colour():
    y, x = np.mgrid[:112, :112]
    image = (10 + 240 * np.exp(-((x - 84) ** 2 + (y - 28) ** 2) / 150)).astype(np.uint8)
    colours = encoder_views.patch_colours(create_encoder("dinov2-focus", input_size=112, device="cpu"), image[None])
    assert colours.shape == (1, 8, 8, 3) and colours.min() >= 0 and colours.max() <= 1
    apart = np.linalg.norm(colours[0] - np.median(colours[0], axis=(0, 1)), axis=-1)
    row, column = np.unravel_index(apart.argmax(), (8, 8))
    assert abs(row - 1.5) <= 1.5 and abs(column - 5.5) <= 1.5
    figure = encoders.plot_patches(image[None], ["4-10"], ["compact"], {"dinov2-focus": colours})
    assert len(figure.axes) == 2


def test_an_image_among_the_others_is_ordinary_and_one_far_away_is_not():
    features = np.random.default_rng(1).normal(size=(200, 5)).astype(np.float32)
    rows, share = encoder_views.place_among(features, features[7] + 1e-3, 8)
    assert rows[0] == 7 and share < 0.9
    assert encoder_views.place_among(features, np.full(5, 9.0), 8)[1] == 1
