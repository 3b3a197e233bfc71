"""Each study's main finding, broken on purpose: with unrelated features, spectra or days its science gates are red."""

import os
import shutil

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.reports.gates import RED, SCIENCE, judge, read_gates
from flarebook.compendium.run import read_metrics
from flarebook.compendium.workflow.execute import execute
from flarebook.compendium.workflow.parameters import read_profile
from flarebook.iris.mg2 import FEATURES

pytestmark = [pytest.mark.notebooks, pytest.mark.slow]
STUDY = os.environ.get("FLAREBOOK_STUDY") or None


def unrelated_spectra(results, rng):
    """Give each spectrum the features of another, of any observation."""
    path = results / "iris/3-observations/spectra.parquet"
    table = pd.read_parquet(path)
    table[list(FEATURES)] = table[list(FEATURES)].to_numpy()[rng.permutation(len(table))]
    table.to_parquet(path)


def unrelated_features(results, rng):
    """Give each image of the archive and of the labelled set the features of another."""
    for name in ("features", "labelled"):
        permute(results / f"stix/3-encoders/{name}-dinov2-focus.npz", "features", slice(None), rng)


def unrelated_days(results, rng):
    """Give each day the magnetogram of another."""
    permute(results / "solarchip/1-simulated-sun/images.npz", "images", 0, rng)


def permute(path, name, channel, rng):
    """Permute the rows of an array in a file, in one channel or all."""
    arrays = dict(np.load(path))
    rows = arrays[name] if channel == slice(None) else arrays[name][:, channel]
    rows[:] = rows[rng.permutation(len(rows))]
    np.savez(path, **arrays)


BROKEN = {  # notebook: what breaks its input, parameters that make it smaller, gates that must turn red
    "iris/6-classifiers": (unrelated_spectra, {}, ["iris.classifiers.B.tss", "iris.honest.B.tss"]),
    "stix/5-filtering": (unrelated_features, {}, ["stix.filtering.automatic.precision"]),
    "stix/6-multiple-sources": (
        unrelated_features,
        {"n_repeats": 1, "n_draws": 1},
        ["stix.sources.network.expert_labels.auc"],
    ),
    "solarchip/3-probes-and-ablations": (
        unrelated_days,
        {"backbones": ["cnn-tiny"], "n_seeds": 1, "n_steps": 1, "sharings": []},
        ["solarchip.shipped.vit-tiny.recall", "solarchip.shipped.cnn-tiny.patch_date"],
    ),
}


def red_gates(folder):
    """Names of the science gates that a run in a folder turns red."""
    verdicts = judge(read_metrics(folder), read_gates("ci"))
    return {line.name for line in verdicts if line.verdict == RED and line.gate.kind == SCIENCE}


@pytest.mark.parametrize("name", [name for name in BROKEN if STUDY in (None, name.split("/")[0])])
def test_a_broken_finding_turns_its_science_gates_red(built, tmp_path, name):
    breaks, smaller, expected = BROKEN[name]
    entry = read_profile("ci").notebooks[name]
    for step in entry.after:
        shutil.copytree(built / "results" / step, tmp_path / "broken/results" / step)
    breaks(tmp_path / "broken/results", np.random.default_rng(3))
    execute(name, tmp_path / "run", {**entry.parameters, **smaller}, tmp_path / "broken")
    assert set(expected) <= red_gates(tmp_path / "run")
