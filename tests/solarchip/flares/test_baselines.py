"""Baselines without images know what a forecaster would write down on a sheet of paper."""

import numpy as np
import pandas as pd
import pytest

from flarebook.compendium.errors import InputError
from flarebook.solarchip.flares.baselines import complete_days, table_features, true_probability


@pytest.fixture
def days():
    """Three days: quiet, after a C5 flare, after an M2 flare."""
    return pd.DataFrame(
        {
            "time": ["2014-01-01", "2014-01-02", "2014-01-03"],
            "flux_max_past_24h": [0.0, 5e-6, 2e-5],
            "goes_now": [1e-7, 3e-7, 1e-6],
            "r_measured": [0.0, 3.1, 4.2],
            "r_value": [0.0, 2.0, 4.5],
            "p_m": [0.01, 0.2, 0.7],
        }
    )


def test_persistence_asks_for_the_class_of_the_label(days):
    assert table_features("persistence", days)[:, 0].tolist() == [0, 0, 1]
    assert table_features("persistence", days, "label_c")[:, 0].tolist() == [0, 1, 1]


def test_the_largest_flux_of_the_past_is_never_below_the_flux_now(days):
    now, largest = table_features("GOES flux", days).T
    assert now == pytest.approx([-7, np.log10(3e-7), -6])
    assert largest == pytest.approx([-7, np.log10(5e-6), np.log10(2e-5)])


def test_r_of_nothing_is_told_apart_from_small_r(days):
    assert table_features("inversion-line flux, measured", days).tolist() == [[0, 0], [3.1, 1], [4.2, 1]]
    assert table_features("inversion-line flux, simulator's own", days)[:, 0].tolist() == [0, 2.0, 4.5]


def test_the_ceiling_is_known_for_simulated_days_only(days):
    assert true_probability(days).tolist() == [0.01, 0.2, 0.7]
    assert true_probability(days.assign(p_m=pd.array([None] * 3, "Float64"))) is None
    assert true_probability(days.drop(columns="p_m")) is None


def test_days_without_a_label_or_a_day_before_them_are_left_out_and_counted(days):
    images = np.arange(3)
    whole = days.assign(label_m=pd.array([0, 0, 1], "Int64"))
    kept, same, told = complete_days(whole, images)
    assert same is images and told == "" and kept["label_m"].tolist() == [0, 0, 1]
    first = whole.assign(flux_max_past_24h=[np.nan, 5e-6, 2e-5], label_m=pd.array([0, 0, None], "Int64"))
    kept, some, told = complete_days(first, images)
    assert some.tolist() == [1] and kept["label_m"].tolist() == [0] and kept.index.tolist() == [0]
    assert told == "2 of 3 days are left out: missing are label_m of 1, flux_max_past_24h of 1"
    with pytest.raises(InputError, match="none of 3 days can be classified: missing are goes_now of 3; give their X"):
        complete_days(whole.assign(goes_now=np.nan), images)


def test_gaps_are_told_with_their_day(days):
    days.loc[1, "r_measured"] = np.nan
    with pytest.raises(InputError, match="r_measured of 2014-01-02 is missing"):
        table_features("inversion-line flux, measured", days)
    with pytest.raises(InputError, match="no column 'goes_now'"):
        table_features("GOES flux", days.drop(columns="goes_now"))
    with pytest.raises(InputError, match="known are persistence, inversion-line flux, measured, "):
        table_features("horoscope", days)
