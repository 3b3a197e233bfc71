"""How far probabilities can be trusted."""

import numpy as np
import pandas as pd
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss


def reliability(label, score, n_bins=10):
    """Share of pre-flare spectra among those of similar score: DataFrame score, observed, n.

    A calibrated model lies on the diagonal.  Empty bins are left out.
    """
    observed, mean = calibration_curve(label, score, n_bins=n_bins)
    numbers = np.histogram(score, bins=np.linspace(0, 1, n_bins + 1))[0]
    return pd.DataFrame({"score": mean, "observed": observed, "n": numbers[numbers > 0]})


def brier_score(label, score):
    """Mean squared difference of score and label: 0 perfect, 0.25 for always saying one half."""
    return float(brier_score_loss(label, score))
