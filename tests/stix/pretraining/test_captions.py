"""Captions say what the flare list says, and nothing that only the simulation knows."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.stix.pretraining.captions import (
    LISTED,
    LONGEST,
    goes_like,
    listed,
    place_of,
    to_numbers,
    vocabulary,
    write_captions,
)
from flarebook.stix.simulation.artefacts import ARTEFACTS


@pytest.fixture
def records():
    """Two flares with entries of the list and truths of the simulation."""
    listed = {"band": ["4-10", "16-28"], "peak_counts": [3000.0, 150000.0], "attenuator": [False, True]}
    where = {"distance": [0.5, 1.0], "x": [-700.0, 900.0], "y": [1500.0, -100.0]}
    truth = {
        "kind": "two sources",
        "n_sources": 2,
        "is_artefact": True,
        "artefact": "phase_error",
        "centre_error": 70.0,
    }
    flags = {f"artefact_{name}": True for name in ARTEFACTS}
    return pd.DataFrame({"image_id": ["2101010001", "2101010002"], **listed, **where, **truth, **flags})


def test_a_caption_reads_as_the_entry_of_the_flare_list(records):
    first, second = write_captions(records)
    assert first == (
        "solar flare at 4-10 keV class C 1 thousands of counts attenuator out north east on the disk at 0.5 au"
    )
    assert "16-28 keV" in second and "attenuator in" in second and "south west at the limb" in second
    assert "hundred thousands of counts" in second


def test_no_truth_reaches_a_caption(records):
    changed = records.copy()
    for column in changed.columns.difference([*LISTED, "image_id"]):
        changed[column] = {"O": "else", "b": False}.get(changed[column].dtype.kind, 5)
    assert write_captions(changed) == write_captions(records) == write_captions(records[list(LISTED)])
    words = " ".join(write_captions(records))
    assert not [
        word for word in ("source", "loop", "compact", "artefact", "error", "blank", "centre_") if word in words
    ]


def test_every_entry_of_the_list_changes_the_caption(records):
    other = {"band": "16-28", "peak_counts": 3e5, "attenuator": True, "distance": 0.9, "x": 1900.0, "y": -1500.0}
    first = write_captions(records)[0]
    for column, value in other.items():
        assert write_captions(records.astype({column: object}).assign(**{column: value}))[0] != first, column


def test_the_class_follows_counts_and_distance():
    assert goes_like(1e6, 1.0)[0] == "M"
    assert goes_like(3000, 1.0)[0] == "C"
    near, far = goes_like(10000, 0.4), goes_like(10000, 1.0)
    assert ("ABCMX".index(far[0]), far[1]) > ("ABCMX".index(near[0]), near[1])
    assert goes_like(0, 0.3)[0] == "A" and goes_like(1e9, 1.0)[0] == "X"


def test_places_on_the_sun():
    assert place_of(0, 100) == "north west near the centre"
    assert place_of(-600, -100) == "south east on the disk"
    assert place_of(955, -1) == "south west at the limb"


def test_words_become_numbers_and_unknown_ones_are_marked(records):
    captions = write_captions(records)
    words = vocabulary(captions)
    numbers = to_numbers(captions, words)
    assert numbers.shape == (2, LONGEST) and numbers.max() < len(words)
    assert all(np.count_nonzero(row) == len(text.split()) for row, text in zip(numbers, captions, strict=True))
    assert list(to_numbers(["solar eclipse"], words)[0][:3]) == [words["solar"], 1, 0]


def test_a_missing_or_empty_column_of_the_list_is_told(records):
    with pytest.raises(InputError, match="captions need distance of the flare list"):
        write_captions(records.drop(columns="distance"))
    with pytest.raises(InputError, match="captions need peak_counts"):
        write_captions(records.assign(peak_counts=[1.0, np.nan]))
    assert listed(records.assign(peak_counts=[1.0, np.nan])).tolist() == [True, False]
