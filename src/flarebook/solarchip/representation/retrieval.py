"""Which image of the other instrument belongs to this one: among all dates, among neighbouring days, and by place."""

import numpy as np
import pandas as pd
from sklearn.linear_model import RidgeCV
from sklearn.preprocessing import StandardScaler

from flarebook.compendium.errors import InputError

KS = (1, 5)
NEIGHBOURS = 5  # days to either side: the Sun turns by 66 degrees, so that the same regions are in view
PENALTIES = np.logspace(0, 5, 6)  # of the linear map, chosen by leaving out one date at a time


def cosine(queries, gallery):
    """Cosine of the angle between features: (..., n, d) and (..., m, d) to (..., n, m)."""
    return np.einsum("...nd,...md->...nm", _unit(queries), _unit(gallery), optimize=True)


def _unit(vectors):
    """Vectors scaled to unit length; those without length stay as they are."""
    vectors = np.asarray(vectors, np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def hit_rates(similarity, k=1, among=None):
    """Probability that each query's own entry is among its k most similar, ties broken by lot: (..., n).

    similarity: (..., n, n), the query i belongs to the entry i; among: (n, n) bool, entries that compete, default all.
    Features that have collapsed to one point score chance, not one.
    """
    own = np.diagonal(similarity, axis1=-2, axis2=-1)[..., None]
    among = np.ones(similarity.shape[-2:], bool) if among is None else among
    tolerance = 1e-6  # of single precision: below it two cosines are equal
    better = ((similarity > own + tolerance) & among).sum(axis=-1)
    equal = ((np.abs(similarity - own) <= tolerance) & among).sum(axis=-1)  # itself included
    return np.clip((k - better) / equal, 0.0, 1.0)


def candidates(times, negatives, days=NEIGHBOURS):
    """Which dates compete as answers to each query, (n, n) bool: "all dates", or "neighbouring days" only.

    times: (n,) anything that pandas reads as a time.  Raises InputError for other words, and where no neighbours are.
    """
    if negatives == "all dates":
        return np.ones((len(times), len(times)), bool)
    if negatives != "neighbouring days":
        raise InputError(f'negatives {negatives!r} are unknown: take "all dates" or "neighbouring days"')
    day = pd.to_datetime(pd.Series(np.asarray(times))).to_numpy().astype("datetime64[s]").astype(float) / 86400
    among = np.abs(day[:, None] - day[None, :]) <= days
    if not (among.sum(axis=1) > 1).any():
        raise InputError(f"no two dates lie within {days} days of each other: give a denser series, or more days")
    return among


def date_recall(
    queries: np.ndarray, gallery: np.ndarray, times: np.ndarray, ks: tuple[int, ...] = KS, days: float = NEIGHBOURS
) -> pd.DataFrame:
    """Compute the recall of co-temporal images across two channels.

    Parameters
    ----------
    queries, gallery : numpy.ndarray, shape (n, d)
        Features of two channels of the same dates.
    times : array_like, shape (n,)
        Times of the dates.
    ks : tuple of int
        Ranks up to which a match counts.
    days : float
        Largest distance in days of the candidates among neighbouring days.

    Returns
    -------
    pandas.DataFrame
        Columns negatives ("all dates" or "neighbouring days"), k, recall, and chance (expected of unrelated features).

    Raises
    ------
    InputError
        For fewer than two dates, or no dates within `days` of each other.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from flarebook.solarchip import date_recall
    >>> times = pd.date_range("2012-01-01", periods=4)
    >>> date_recall(np.eye(4), np.eye(4), times, ks=(1,))["recall"].tolist()
    [1.0, 1.0]
    """
    if len(queries) != len(gallery) or len(queries) < 2:
        raise InputError(f"{len(queries)} queries cannot be sought among {len(gallery)}: give two or more of both")
    similarity = cosine(queries, gallery)
    rows = []
    for negatives in ("all dates", "neighbouring days"):
        among = candidates(times, negatives, days)
        for k in ks:
            chance = np.minimum(k / among.sum(axis=1), 1.0).mean()
            rows.append((negatives, k, hit_rates(similarity, k, among).mean(), chance))
    return pd.DataFrame(rows, columns=["negatives", "k", "recall", "chance"])


def position_recall(queries, gallery):
    """Share of the patches that find the patch at their own place of the other channel: (same date, another date).

    queries, gallery: (n, L, d) patch features of L places.  A code of the place alone finds it on any date; what the
    image adds is the same date's recall less that of another date, half the series away.  Chance is 1 / L.
    """
    other = np.roll(gallery, max(1, len(gallery) // 2), axis=0)
    return tuple(float(hit_rates(cosine(queries, answers)).mean()) for answers in (gallery, other))


def patch_date_recall(queries, gallery, times):
    """Share of the patches that find their date among neighbouring days, and chance: the question of the patch term.

    queries, gallery: (n, L, d) patch features of two channels; times: (n,).
    """
    among = candidates(times, "neighbouring days")
    similarity = cosine(queries.swapaxes(0, 1), gallery.swapaxes(0, 1))
    return float(hit_rates(similarity, 1, among).mean()), float((1 / among.sum(axis=1)).mean())


def linear_map(queries, gallery):
    """Function that takes features of one channel to those of another: standardised, ridge regression.

    queries, gallery: (n, d) and (n, e) of the training dates.  It asks what two encoders know in common, even where
    nothing has made their features point the same way.  Returns a function of (queries, gallery) to the mapped
    queries and the standardised gallery.
    """
    first, second = StandardScaler().fit(queries), StandardScaler().fit(gallery)
    model = RidgeCV(PENALTIES).fit(first.transform(queries), second.transform(gallery))
    return lambda a, b: (model.predict(first.transform(a)), second.transform(b))
