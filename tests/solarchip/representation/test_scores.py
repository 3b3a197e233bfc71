"""The scores of an encoder: what knows the Sun scores high, what knows nothing scores chance."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.models.embeddings import Embedding
from flarebook.solarchip.representation import scores

N = 120


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def archive(rng, split=None):
    """Days, images of 32 pixels whose third channel repeats the first."""
    days = pd.DataFrame({"time": pd.date_range("2011-01-01", periods=N).astype(str), "r_value": rng.normal(size=N)})
    days["split"] = np.repeat(["train", "gap", "test"], [70, 5, 45]) if split is None else split
    images = rng.normal(0, 0.3, (N, 11, 32, 32)).astype(np.float32)
    images[:, 3] = images[:, 0]
    return scores.build_evaluation_set(images, days, 100 * images[:, 0])


def embedding(cls, patches):
    def unit(values):
        return values / np.linalg.norm(values, axis=-1, keepdims=True)

    return Embedding(cls, patches, unit(cls), unit(patches))


def values(table):
    return table.set_index("score")["value"]


def test_features_that_share_the_truth_score_high_everywhere(rng):
    dates = archive(rng)
    cls = np.column_stack([dates.targets["r_value"], rng.normal(size=(N, 7))])
    patches = rng.normal(size=(N, 16, 8))
    same = embedding(cls, patches)
    found = values(scores.score_features(same, {"171": same}, dates))
    exact = ["recall@1, all dates", scores.HEADLINE, "place by content", "patch date, neighbouring days"]
    assert found[exact].to_numpy() == pytest.approx(1, abs=0.15)
    assert found["crossed linear, r_value"] > 0.8
    assert found["alignment"] == 0


def test_unrelated_features_score_chance(rng):
    dates = archive(rng)
    first, second = (embedding(rng.normal(size=(N, 8)), rng.normal(size=(N, 16, 8))) for _ in range(2))
    table = scores.score_features(first, {"171": second}, dates).dropna(subset="chance").set_index("score")
    recalls = table[table.index.str.contains("recall|place|patch date")]
    assert (recalls["value"] - recalls["chance"]).abs().max() < 0.12
    assert abs(table.loc[scores.MEAN_PROBE, "value"]) < 0.3


def test_pixels_of_the_same_image_find_each_other(rng):
    dates = archive(rng)
    hmi, aia = (scores.pixel_embedding(dates.images, channel) for channel in ("hmi", "171"))
    assert hmi.patches.shape == (N, 64, 16)
    assert np.array_equal(hmi.patches, aia.patches)
    assert hmi.patches[3, 9, 0] == pytest.approx(dates.images[3, 0, 4, 4], abs=1e-6)  # second row, second patch
    assert values(scores.score_features(hmi, {"171": aia}, dates))["place, same date"] == 1


def test_field_of_either_sign_shines_and_needs_no_training_to_be_found(rng):
    dates = archive(rng)
    field = np.kron(rng.normal(0, 0.2, (N, 16, 16)), np.ones((2, 2)))
    dates.images[:, 0], dates.images[:, 3] = field, 2 * np.abs(field) - 1  # black where there is none
    found = {name: values(table) for name, table in scores.score_untrained_features(dates, ["171"]).items()}
    assert found[scores.STRENGTH]["recall@1, neighbouring days"] == 1  # without any map
    assert found[scores.STRENGTH]["patch date, neighbouring days"] > 0.9
    assert found["pixels"]["recall@1, neighbouring days"] < 1
    assert found["pixels"][scores.HEADLINE] > 0.5


def test_patches_in_the_corners_lie_off_the_disk():
    kept = scores.on_disk(64).reshape(8, 8)
    assert not kept[0, 0] and kept[4, 4] and kept[0, 4] and kept.sum() < 64


def test_places_off_the_disk_do_not_count(rng):
    dates, content = archive(rng), rng.normal(size=(N, 16, 5))
    kept = np.flatnonzero(scores.on_disk(16))
    for place, exact in ((0, True), (kept[0], False)):
        spoiled = content.copy()
        spoiled[:, place] = rng.normal(size=(N, 5))
        rows = scores.position_rows(embedding(content[:, 0], content), embedding(content[:, 0], spoiled), dates)
        found = {score: value for score, value, _ in rows}
        for score in ("place, same date", "patch date, neighbouring days"):
            assert (found[score] == 1) == exact
    assert 0 not in kept


def test_an_archive_without_held_out_dates_is_told(rng):
    with pytest.raises(InputError, match="take a longer series"):
        archive(rng, split="train")
