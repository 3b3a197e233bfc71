"""Wrong labels on purpose: what is flipped, what is left out, and what stays."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.iris.classifiers import label_errors
from flarebook.iris.classifiers.ensemble import TrainingConfig
from flarebook.iris.classifiers.splits import EXCLUDED, TEST, TRAIN, draw_splits, select_spectra
from flarebook.iris.mg2 import FEATURES


@pytest.fixture
def spectra():
    """Two classes of eight observations that differ in every feature."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(320, 10)), columns=list(FEATURES))
    table = table.assign(observation=[f"{r} {i}" for r in ("PF", "AR") for i in range(8) for _ in range(20)])
    table["region"] = table["observation"].str[:2]
    table.loc[table["region"] == "PF", list(FEATURES)] += 2.0
    return select_spectra(table, rng)


def test_a_flipped_observation_changes_its_label_and_no_other(spectra):
    flipped = label_errors.flip_labels(spectra, ["PF 3"])
    changed = np.array(spectra.names)[np.unique(spectra.observation[flipped.label != spectra.label])]
    assert changed.tolist() == ["PF 3"]
    assert (flipped.positive != spectra.positive).sum() == 1
    with pytest.raises(InputError, match="no spectra of PF 99"):
        label_errors.flip_labels(spectra, ["PF 99"])


def test_what_is_left_out_trains_nothing_and_still_tests(spectra):
    splits = draw_splits(spectra, np.random.default_rng(1), 10)
    out = label_errors.leave_out(splits, spectra, ["PF 3"])
    column = spectra.names.index("PF 3")
    assert set(np.unique(out.role[:, column])) <= {TEST, EXCLUDED}
    assert ((out.role == TEST) == (splits.role == TEST)).all() and (out.role == TRAIN).any()


def test_wrong_test_labels_cost_more_than_wrong_training_labels(spectra):
    splits = draw_splits(spectra, np.random.default_rng(1), 4)
    wrong = ["PF 3", "AR 1", "AR 5"]
    table = label_errors.mislabelled_scores(spectra, splits, TrainingConfig(6, 32, 1), wrong[:1], wrong)
    tss = table[table["metric"] == "tss"].groupby("model")["value"].mean()
    assert set(tss.index) == {label_errors.REFERENCE, *label_errors.VARIANTS}
    assert tss[label_errors.EVERYWHERE] < tss[label_errors.ALL] <= tss[label_errors.REFERENCE] + 0.02
