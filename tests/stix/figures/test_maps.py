"""What stands beside an image is what is known of it."""

import pandas as pd
import pytest

from flarebook.stix.figures.maps import image_caption


@pytest.mark.parametrize("origin", ["real", "rehearsal"])
def test_an_image_whose_truth_nobody_knows_is_named_for_its_origin(origin):
    record = {"origin": origin, "start": "2022-03-07T12:14:14", "band": "4-10", "artefact": pd.NA, "kind": pd.NA}
    assert image_caption(pd.Series(record)) == f"{origin} flare\n2022-03-07\n4-10 keV"
