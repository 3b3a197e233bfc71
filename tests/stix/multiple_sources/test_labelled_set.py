"""A labelled set has both classes, a label for each image, and the poster's composition."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.multiple_sources.labelled_set import composition, draw_labelled, labelled_set

POSTER = np.repeat([1, 2, 3, 4], [156, 5, 1, 1])


def test_the_posters_set_has_seven_images_with_several_sources():
    labelled = labelled_set(np.zeros((163, 2)), POSTER)
    assert len(labelled) == 163 and labelled.multiple.sum() == 7
    assert composition(POSTER) == "156 with 1 source, 5 with 2 sources, 1 with 3 sources, 1 with 4 sources"
    assert labelled.take([0, 162]).multiple.tolist() == [0, 1]


@pytest.mark.parametrize("n_sources, missing", [([1] * 9, "several sources"), ([2, 3, 4], "one source")])
def test_one_class_alone_is_refused(n_sources, missing):
    with pytest.raises(InputError, match=f"0 of {len(n_sources)} images with {missing}.*no classifier can learn"):
        labelled_set(np.zeros((len(n_sources), 2)), n_sources, "my set")


def test_a_single_example_of_a_class_cannot_be_left_out():
    with pytest.raises(InputError, match="add at least 1"):
        labelled_set(np.zeros((4, 2)), [1, 1, 1, 2])


def test_labels_that_are_missing_or_too_few_are_refused():
    with pytest.raises(InputError, match="1 of 4 images of the labelled set have no label"):
        labelled_set(np.zeros((4, 2)), pd.array([1, 1, 2, pd.NA], dtype="Int64"))
    with pytest.raises(InputError, match="3 labels for 4 images"):
        labelled_set(np.zeros((4, 2)), [1, 1, 2])


def test_a_set_from_the_archive_has_the_posters_share_and_no_image_twice():
    multiple = np.repeat([0, 1], [400, 100])
    rows = draw_labelled(multiple, 163, np.random.default_rng(1))
    assert len(set(rows)) == 163 and multiple[rows].sum() == 7
    assert multiple[draw_labelled(multiple, 10, np.random.default_rng(1))].sum() == 2  # never fewer than two
    with pytest.raises(InputError, match="ask for fewer labels or simulate more"):
        draw_labelled(multiple[:150], 163, np.random.default_rng(1))
