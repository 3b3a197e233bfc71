"""A choice made by eye survives new cluster numbers, and steps back when the clusters are others."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.clustering import manual_selection

IDS = [f"{number:010d}" for number in range(300)]
LABELS = np.repeat(np.arange(30), 10)


@pytest.fixture
def choice():
    """Clusters 3 and 8 removed by eye, five exemplars each."""
    exemplars = [[IDS[row] for row in np.flatnonzero(LABELS == number)[:5]] for number in range(30)]
    table = pd.DataFrame({"choice": "mine", "encoder": "pixels", "cluster": range(30), "exemplars": exemplars})
    return table.assign(remove=table["cluster"].isin([3, 8]))


def test_new_numbers_do_not_matter(choice):
    other = np.random.default_rng(1).permutation(30)
    name, remove, sentence = manual_selection.fitting_selection(choice, "pixels", IDS, other[LABELS])
    assert name == "mine" and remove == sorted(other[[3, 8]])
    assert "100%" in sentence


def test_a_few_moved_images_do_not_matter_but_another_clustering_does(choice):
    moved = LABELS.copy()
    moved[::25] = (moved[::25] + 1) % 30
    assert manual_selection.fitting_selection(choice, "pixels", IDS, moved)[1] == [3, 8]
    other = np.random.default_rng(1).integers(0, 30, 300)
    name, remove, sentence = manual_selection.fitting_selection(choice, "pixels", IDS, other)
    assert (name, remove) == ("", []) and "automatic rule decides" in sentence


def test_clusters_that_merged_do_not_fit(choice):
    assert manual_selection.carry_over(choice, IDS, LABELS // 2)[1] == pytest.approx(0.5)


def test_a_choice_for_another_encoder_or_other_images_is_not_used(choice):
    assert manual_selection.fitting_selection(choice, "moments", IDS, LABELS)[0] == ""
    assert manual_selection.fitting_selection(choice, "pixels", [f"other {i}" for i in IDS], LABELS)[0] == ""


def test_the_shipped_choices_name_thirty_clusters_each_and_say_what_was_seen():
    shipped = manual_selection.read_selections()
    assert len(shipped)
    for _, rows in shipped.groupby("choice"):
        assert sorted(rows["cluster"]) == list(range(30))
        assert 0 < rows["remove"].sum() < 30
        assert (rows["seen"].str.len() > 3).all() and (rows["exemplars"].str.len() > 0).all()


def test_a_table_without_exemplars_is_refused(tmp_path):
    path = tmp_path / "choice.csv"
    path.write_text("choice,encoder,cluster,remove,seen\n")
    with pytest.raises(InputError, match="lacks the columns exemplars"):
        manual_selection.read_selections(path)
