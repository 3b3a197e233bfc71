"""Tables 1 and 2 of the paper."""

import numpy as np
import pytest

from flarebook.compendium.errors import InputError
from flarebook.iris import observations


def test_tables_hold_what_the_paper_prints():
    counts = observations.observation_table()["region"].value_counts()
    assert counts.to_dict() == {"PF": 19, "AR": 18, "QS": 18, "SS": 13}  # the text says 18 PF, Table 2 lists 19


def test_all_pre_flare_observations_and_only_they_have_an_m_or_x_flare():
    rows = observations.observation_table()
    assert (rows["goes_class"].str[:1].isin(["M", "X"]) == (rows["region"] == "PF")).all()


def test_every_field_of_view_is_on_the_disk_or_flagged():
    rows = observations.observation_table()
    outside = np.hypot(rows["x"], rows["y"]) > 960
    assert list(rows.loc[outside, "observation"]) == ["AR 4"]
    assert "misprint" in rows.loc[outside, "note"].item()


def test_observation_pf_15_has_the_exposure_time_of_its_real_raster():
    entry = observations.find_observation("PF 15")
    assert (entry["steps"], entry["step_size"], entry["slit_length"]) == (8, 2.0, 175.0)
    assert entry["exposure_time"] == pytest.approx(8.0)


def test_the_slit_of_the_x1_6_flare_holds_pixels_400_to_700():
    assert observations.find_observation("PF 16")["n_slit"] > 700


def test_pre_flare_window_is_25_minutes_and_ends_one_minute_before_onset():
    minutes = observations.exposure_minutes(observations.find_observation("PF 16"))
    assert minutes[0] == -26.0
    assert -1.3 < minutes[-1] < -1.0


@pytest.mark.parametrize("mode", ["Huge sit-and-stare", "Large dense raster", "Large fine 4-step raster", ""])
def test_unknown_mode_is_one_clear_sentence(mode):
    with pytest.raises(InputError, match="observation mode"):
        observations.parse_mode(mode)


def test_unknown_observation_names_the_known_ones():
    with pytest.raises(InputError, match="PF 16"):
        observations.find_observation("PF 99")
