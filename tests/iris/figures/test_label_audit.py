"""The timelines of the audit show each observation in its row."""

import matplotlib.pyplot as plt
import pytest

from flarebook.iris.figures.label_audit import plot_timeline
from flarebook.iris.labels import audit, verdicts


@pytest.mark.parametrize(("region", "rows"), [("AR", 18), ("PF", 19)])
def test_each_observation_has_a_row_with_its_name_and_verdict(region, rows):
    facts = audit.shipped_facts()
    figure = plot_timeline(region, facts[0], verdicts.label_verdicts(*facts))
    axis = figure.axes[0]
    assert len(axis.get_yticks()) == rows
    said = [text.get_text() for text in axis.texts]
    assert sum(text.endswith(("holds", "doubtful", "contradicted")) for text in said) == rows
    assert ("M2.4" in said) == (region == "AR") and ("M1.6" in said) == (region == "PF")
    plt.close(figure)
