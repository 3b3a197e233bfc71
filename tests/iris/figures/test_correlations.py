"""Correlation matrices number the features as their names beside the first matrix do."""

import numpy as np
import pandas as pd

from flarebook.compendium.appearance.style import figure_faults, use_style
from flarebook.iris.features.correlations import ORDER
from flarebook.iris.figures.correlations import plot_correlation_matrices
from flarebook.iris.mg2 import FEATURE_NAMES


def test_the_rows_of_the_first_matrix_bear_the_names_of_the_numbers_below():
    use_style()
    matrix = pd.DataFrame(np.eye(10), ORDER, ORDER)
    figure = plot_correlation_matrices({"real": matrix, "QS": matrix}, {"real": "REAL", "QS": "QS, simulated"})
    first, second = figure.axes[:2]
    assert [text.get_text() for text in first.get_yticklabels()][0] == f"{FEATURE_NAMES[ORDER[0]]}  1"
    assert [text.get_text() for text in first.get_xticklabels()] == [str(number) for number in range(1, 11)]
    assert not any(text.get_text() for text in second.get_yticklabels())
    assert figure_faults(figure) == []
