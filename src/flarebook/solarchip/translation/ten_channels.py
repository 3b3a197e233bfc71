"""From the magnetogram to all ten AIA channels: scores of each channel beside its mean image, and the gain over it."""

import pandas as pd

from flarebook.solarchip.images.channels import AIA
from flarebook.solarchip.translation.comparison import SHIPPED, metric_key
from flarebook.solarchip.translation.direct import MEAN, UNET
from flarebook.solarchip.translation.scores import SCORES

METHODS = (MEAN, UNET, SHIPPED)  # a translator that ships with fewer channels stands in those alone
COLUMNS = ["method", "target", "score", "gain", "sd", "n"]


def channel_scores(table):
    """Rows of the ten channels on the disk, in the order of the channels: of `translation_scores.summarize_scores`."""
    rows = table[(table["region"] == "disk") & table["target"].isin(AIA) & table["method"].isin(METHODS)]
    order = {channel: place for place, channel in enumerate(AIA)}
    return rows.sort_values("target", key=lambda target: target.map(order), kind="stable").reset_index(drop=True)


def gains_over_mean(scores):
    """Mean over the dates of the difference of each score to that of the mean image: DataFrame of COLUMNS.

    scores: of `comparison.score_translations`.  The differences are paired by date, and sd is their deviation.
    """
    rows = scores[(scores["region"] == "disk") & scores["target"].isin(AIA)]
    values = rows.pivot(index="image", columns=["method", "target"], values=list(SCORES))
    found = []
    for method in METHODS[1:]:
        for target in [channel for channel in AIA if (SCORES[0], method, channel) in values]:
            for score in SCORES:
                gain = values[score, method, target] - values[score, MEAN, target]
                found.append((method, target, score, gain.mean(), gain.std(ddof=1), gain.count()))
    return pd.DataFrame(found, columns=COLUMNS)


def gated_gains(gains):
    """Yield the gated numbers: (name, value, standard deviation over dates, number of dates) of each gain."""
    for row in gains.itertuples():
        yield f"{metric_key(row.method)}.{row.target}.{row.score}_gain", row.gain, row.sd, row.n
