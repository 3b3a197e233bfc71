"""The pictures show what was found: active dates far apart, answers in order, the patch where it lies."""

import numpy as np
import pandas as pd
import pytest

from flarebook.solarchip.figures import claims, probes, retrieval
from flarebook.solarchip.models.embeddings import Embedding
from flarebook.solarchip.representation.ablation_tables import claim_table, summarize_ablation

TIMES = np.datetime64("2012-01-01") + np.arange(100)


def embedding(vectors):
    patches = np.stack([vectors] * 16, axis=1) + np.eye(16, vectors.shape[1])
    return Embedding(vectors, patches, vectors, patches)


@pytest.fixture
def vectors():
    return np.random.default_rng(1).normal(size=(100, 20))


def test_shown_dates_are_active_held_out_and_far_apart():
    activity = np.arange(100.0)
    held_out = np.arange(100) < 90
    assert retrieval.choose_active_dates(activity, held_out, 3) == [29, 59, 89]


def test_the_same_day_comes_first_and_answers_lie_within_five_days(vectors):
    found = retrieval.nearest_images(embedding(vectors), embedding(vectors), TIMES, [40, 99], 4)
    assert found.groupby("query")["answer"].first().to_dict() == {40: 40, 99: 99}
    assert (found["answer"] - found["query"]).abs().max() <= 5
    assert found.groupby("query")["cosine"].is_monotonic_decreasing.all()
    images = {name: np.zeros((100, 16, 16)) for name in ("hmi", "171")}
    titles = [axis.get_title() for axis in retrieval.plot_nearest_images(images, "171", TIMES, found).axes]
    assert titles[:2] == ["HMI, 2012-02-10", "the same day"]


def test_the_strongest_patch_is_found_and_framed_at_its_place(vectors):
    field = np.zeros((16, 16))
    field[5, 14] = -900  # second row of four, last column
    patch = retrieval.strongest_patch(field, 4)
    assert patch == 7
    maps = retrieval.similarity_maps({"net": (embedding(vectors), embedding(vectors))}, 10, 60, patch)
    assert maps["net", "same date"].argmax() == patch
    images = {name: np.zeros((100, 16, 16)) for name in ("hmi", "171")}
    figure = retrieval.plot_similarity_maps(images, "171", 10, 60, patch, maps)
    panels = {panel.get_title(): panel for panel in figure.axes}
    assert panels["HMI field,\nthe query"].patches[-1].get_xy() == (11.5, 3.5)
    assert panels["AIA 171 Å,\nanother date"].patches[-1].get_xy() == (11.5, 3.5)
    assert panels["net"].patches[-1].get_xy() == (2.5, 0.5)


def test_the_ablation_has_a_line_per_row_and_a_mark_per_verdict():
    rng = np.random.default_rng(2)
    rows = [
        ("vit-mini", "two", row, seed, score, rng.random(), 0.1)
        for row in ("random", "reconstruction", "+ CLS + patch + intra")
        for seed in (1, 2, 3)
        for score in (*probes.PANELS, "alignment", "uniformity", "linear, r_value, HMI", "k-NN, r_value, HMI")
    ]
    columns = ["backbone", "sharing", "row", "seed", "score", "value", "chance"]
    table = pd.DataFrame(rows, columns=columns)
    figure = probes.plot_ablation(table, summarize_ablation(table))
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["none (random)", "reconstruction", "+ CLS + patch + intra"]
    verdicts = claim_table(table)
    names = [label.get_text() for label in claims.plot_claims(verdicts).axes[0].get_yticklabels()]
    assert len(names) == len(verdicts) + verdicts["claim"].nunique()
    assert names[:2] == ["1: common to both, in place", "all \u2212 reconstruction: recall"]
    panels = probes.plot_probes(summarize_ablation(table)).axes
    assert [panel.get_title() for panel in panels[:2]] == ["vit-mini, linear", "vit-mini, nearest neighbours"]
    assert probes.plot_geometry(summarize_ablation(table)).axes[0].get_xlabel().startswith("uniformity")
