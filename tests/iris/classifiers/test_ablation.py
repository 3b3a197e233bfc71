"""The field of view and the width of the windows as ablations."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.iris.classifiers import ablation
from flarebook.iris.classifiers.ensemble import TrainingConfig
from flarebook.iris.classifiers.splits import draw_splits, select_spectra
from flarebook.iris.features import window_scan
from flarebook.iris.mg2 import FEATURES


@pytest.fixture
def table():
    """Two observations, 1,000 and 400 slit pixels, bright near the lower and near the upper end."""
    rows = []
    for name, n_slit, place in (("PF 1", 1000, 0.2), ("AR 1", 400, 0.8)):
        slit = np.tile(np.arange(n_slit), 2)
        light = 10 + 100 * np.exp(-(((slit / n_slit - place) / 0.05) ** 2))
        rows.append(pd.DataFrame({"observation": name, "region": name[:2], "slit": slit, "intensity": light}))
    return pd.concat(rows, ignore_index=True).astype({"observation": "category"})


def test_the_field_follows_the_brightening_of_each_observation(table):
    kept = ablation.restrict_field(table, share=0.25)
    place = kept.groupby("observation", observed=True)["slit"].agg(["min", "max", "size"])
    assert place.loc["PF 1", "min"] < 200 < place.loc["PF 1", "max"]
    assert place.loc["AR 1", "min"] < 320 < place.loc["AR 1", "max"]
    assert place["size"].tolist() == [200, 500] or sorted(place["size"]) == pytest.approx([200, 500], abs=4)


def test_the_field_around_the_pointing_is_the_middle_of_the_slit(table):
    kept = ablation.restrict_field(table, 0.5, "pointing")
    middle = kept.groupby("observation", observed=True)["slit"].median()
    assert middle["PF 1"] == pytest.approx(500, abs=2)
    assert middle["AR 1"] == pytest.approx(200, abs=2)


def test_the_whole_slit_is_no_restriction(table):
    assert ablation.restrict_field(table, 1.0).equals(table)


def test_pixels_without_spectra_do_not_draw_the_field(table):
    holed = table[(table["slit"] < 500) | (table["observation"] == "AR 1")]
    assert ablation.restrict_field(holed, 0.25).query("observation == 'PF 1'")["slit"].max() < 400


@pytest.mark.parametrize(("share", "around"), [(0.0, "brightening"), (1.5, "pointing"), (0.5, "sunspot")])
def test_a_field_that_is_none_is_refused(table, share, around):
    with pytest.raises(InputError, match=f"got {share} around '{around}'"):
        ablation.restrict_field(table, share, around)


def test_a_width_that_was_not_scanned_is_refused():
    scan = pd.DataFrame(np.ones((2, 10)), columns=list(FEATURES)).assign(window=[2.0, 3.0])
    assert [v.name for v in ablation.window_variants(scan, [2.0])] == ["windows of 2 A"]
    with pytest.raises(InputError, match="lacks the width 4 A: add it to scan_widths"):
        ablation.window_variants(scan, [2.0, 4.0])


def test_every_new_run_needs_nothing_that_only_a_simulation_knows():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(5, 1, size=(640, 10)), columns=list(FEATURES))
    table = table.assign(observation=[f"{r} {i}" for r in ("PF", "AR") for i in range(8) for _ in range(40)])
    table = table.assign(region=table["observation"].str[:2], slit=rng.integers(0, 548, 640).astype("int32"))
    table = table.assign(exposure=np.arange(640) % 40, quiet_fraction=np.nan, activity=np.nan)
    table = table.astype({"observation": "category", "region": "category"})
    scan = window_scan.stack_windows([2.0, 4.0], [table, table], ("AR", "PF"))
    base = select_spectra(table, rng)
    splits = draw_splits(base, rng, n_splits=2, n_test=2, n_validation=2)
    variants = ablation.field_variants(table, 0.3, rng) + ablation.window_variants(scan, [2.0, 4.0])
    for variant in variants:
        scores = ablation.run_variant(variant, splits, base.names, rng, TrainingConfig(epochs=1, batch_size=64))
        assert scores["value"].notna().all()
        assert set(scores["model"]) == {variant.name}
