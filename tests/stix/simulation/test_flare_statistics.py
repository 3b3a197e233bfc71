"""The fits find the laws that a list was drawn from, and the shipped numbers are those of the real list."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.data.download import in_mirror
from flarebook.compendium.errors import InputError
from flarebook.stix.simulation import flare_statistics
from flarebook.stix.simulation.population import draw_counts
from scripts.stix import fit_flare_statistics


def test_power_law_with_a_break_is_found_again():
    law = {"low": 0.6, "break": 50_000.0, "high": 1.1, "highest": 1e8}
    counts = draw_counts(60_000, np.random.default_rng(0), law, 800)
    found = fit_flare_statistics.fit_counts(counts)
    assert found["low"] == pytest.approx(0.6, abs=0.02)
    assert found["high"] == pytest.approx(1.1, abs=0.08)
    assert found["break"] == pytest.approx(50_000, rel=0.4)


def test_counts_reach_from_the_faintest_to_the_brightest_flare():
    law = {"low": 0.5, "break": 1e4, "high": 1.0, "highest": 1e5}
    counts = draw_counts(200_000, np.random.default_rng(0), law, 100)
    assert counts.min() >= 100 and counts.max() <= 1e5
    assert np.mean(counts > 400) == pytest.approx(0.5, abs=0.01)  # a factor 4 at index 1/2 halves the number


def test_share_of_the_upper_band_grows_with_its_signal():
    share = flare_statistics.upper_share(np.array([0.5, 7.0, 1e4]), half=7.0, power=4.0, ceiling=0.8)
    assert share == pytest.approx([0, 0.4, 0.8], abs=1e-3)


def test_missing_column_is_named(tmp_path):
    path = tmp_path / "list.csv"
    pd.DataFrame({"start_UTC": ["2022-01-01"]}).to_csv(path, index=False)
    with pytest.raises(InputError, match="no column 'end_UTC'"):
        flare_statistics.read_flare_list(path)


def test_missing_list_is_told(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        flare_statistics.read_flare_list(tmp_path / "none.csv")


@pytest.mark.skipif(not os.environ.get("FLAREBOOK_MIRROR"), reason="needs the real flare list in FLAREBOOK_MIRROR")
def test_shipped_numbers_are_those_of_the_real_list():
    path = in_mirror("flarelist.csv")
    if path is None:
        pytest.skip("the mirror has no flare list")
    fitted = fit_flare_statistics.fit_distributions(flare_statistics.read_flare_list(path))
    shipped = {name: value for name, value in flare_statistics.distributions().items() if name != "upper_band"}
    assert fitted == shipped


def test_no_row_of_the_list_ships():
    assert len(Path(flare_statistics.FITTED).read_text().splitlines()) < 60
