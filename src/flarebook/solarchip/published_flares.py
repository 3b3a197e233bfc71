"""Skill of flare forecasts on real data, as others published it: to stand beside ours, never among it."""

from importlib.resources import files

import pandas as pd
import yaml

COLUMNS = ["method", "sees", "tss", "hss", "source"]


def published_skill():
    """Published scores of full-disk forecasts of M1.0 flares within 24 h: DataFrame of COLUMNS, scores as text.

    Each study has its own years and splits, so that the rows compare neither with each other nor with a simulated Sun.
    """
    text = (files("flarebook.solarchip") / "data" / "published_flare_skill.yaml").read_text(encoding="utf-8")
    return pd.DataFrame(yaml.safe_load(text), columns=COLUMNS)
