"""Several pretrainings: the spread is that of the seeds, and the control names the cue that the recall rests on."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.evaluation.claims import UNDECIDED
from flarebook.solarchip.datasets.hidden_parts import OUTLINE, QUIET_MASKED, REGIONS_MASKED, WHOLE
from flarebook.solarchip.representation import pretrainings
from flarebook.solarchip.representation.pretrainings import COLUMNS, RECALL, judge_fingerprint

PARTS = (WHOLE, QUIET_MASKED, REGIONS_MASKED, OUTLINE)


def recalls(whole, hidden, seeds=3):
    """Table of made-up pretrainings; whole, hidden: recall of each of PARTS without and with a hidden quiet Sun."""
    rows = [
        ("vit-tiny", name, seed, part, RECALL, value + 0.01 * (seed - 1) * (name == "nothing"), 0.1)
        for name, values, n in (("nothing", whole, seeds), ("quiet", hidden, 1))
        for seed in range(n)
        for part, value in zip(PARTS, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_the_spread_is_that_of_the_seeds_and_one_training_has_none():
    summary = pretrainings.summarize_pretrainings(recalls([0.7, 0.4, 0.3, 0.1], [0.1, 0.6, 0.1, 0.2]))
    row = summary.query("hidden == 'nothing' and images == @WHOLE").iloc[0]
    assert (row["mean"], row["sd"], row["n"]) == (pytest.approx(0.7), pytest.approx(0.01), 3)
    shown = pretrainings.fingerprint_table(summary)
    assert shown.loc[("vit-tiny", "whole Sun"), WHOLE] == "0.70 ± 0.01"
    assert shown.loc[("vit-tiny", "without the quiet Sun"), QUIET_MASKED] == "0.60" and list(shown) == list(PARTS)
    names = {name: mean for name, mean, *_ in pretrainings.gated_metrics(summary)}
    assert len(names) == 8 and names["vit-tiny.hidden_quiet.outline_alone"] == pytest.approx(0.2)
    assert pretrainings.overview_table(summary).loc["vit-tiny", RECALL] == "0.70 ± 0.01"


@pytest.mark.parametrize(
    ("hidden", "start"),
    [
        ([0.1, 0.2, 0.1, 0.1], "needed"),
        ([0.1, 0.6, 0.1, 0.5], "not needed, but the outline"),
        ([0.1, 0.6, 0.1, 0.2], "not needed: most of the recall remains"),
    ],
)
def test_the_control_names_the_cue(hidden, start):
    assert judge_fingerprint(recalls([0.7, 0.4, 0.3, 0.1], hidden), "vit-tiny").startswith(start)


def test_without_a_control_or_above_no_chance_nothing_is_decided():
    learnt = recalls([0.7, 0.4, 0.3, 0.1], [0.1, 0.6, 0.1, 0.2])
    assert judge_fingerprint(learnt[learnt["hidden"] == "nothing"], "vit-tiny") == UNDECIDED
    assert judge_fingerprint(recalls([0.11, 0.1, 0.1, 0.1], [0.1, 0.6, 0.1, 0.2]), "vit-tiny") == UNDECIDED


def test_a_table_of_something_else_is_refused_and_a_missing_one_is_none(tmp_path):
    assert pretrainings.pretraining_table(tmp_path / "none.csv") is None
    recalls([0.7] * 4, [0.1] * 4).to_csv(tmp_path / "good.csv", index=False)
    assert len(pretrainings.pretraining_table(tmp_path / "good.csv")) == 16
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="other.csv is not a table of pretrainings: make it anew with"):
        pretrainings.pretraining_table(tmp_path / "other.csv")
    assert np.isnan(pretrainings.summarize_pretrainings(recalls([0.7] * 4, [0.1] * 4, 1))["sd"]).all()
