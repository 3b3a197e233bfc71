"""What the poster's images have in common: computed from the lists where they are at hand, else read as it ships."""

from importlib.resources import files
from typing import NamedTuple

import numpy as np
import pandas as pd

from flarebook.compendium.data.reading import file_reader
from flarebook.stix.archive import flare_tests
from flarebook.stix.archive.published_flares import FEATURES, flare_features, join_table, match_published, real_lists

SHIPPED = files("flarebook.stix") / "data" / "published_flares.csv"
SEED = 20240414  # of the intervals and permutations
DIGITS = 5  # significant ones that ship
KINDS = {
    "join": ["join", "meaning", "printed", "kept"],
    "typical": ["group", "feature", "n", "value", "low", "high"],
    "tests": ["comparison", "feature", "n", "effect", "low", "high", "p", "p_holm"],
    "clusters": ["comparison", "feature", "n", "effect", "low", "high", "p", "p_holm"],
}


class PublishedResults(NamedTuple):
    """Tables: how the images met the list, typical values by group, tests of features, and of single clusters."""

    join: pd.DataFrame
    typical: pd.DataFrame
    tests: pd.DataFrame
    clusters: pd.DataFrame


def compute_results(flares, names, seed=SEED):
    """Match, summarise and test the published images: PublishedResults, numbers rounded as they ship.

    flares: of `read_flare_list`; names: of `published_names`.
    """
    rng = np.random.default_rng(seed)
    listed, printed, kept = match_published(flares, names)
    own, every = flare_features(printed, listed), flare_features(kept, listed)
    rest = listed[~listed.index.isin(kept["flare"])]
    rest = rest.assign(month=rest["start"].dt.strftime("%Y-%m"))
    groups = {"printed": own, "kept": every, "other flares of the list": rest}
    groups |= {f"cluster {number}": table for number, table in own.groupby("cluster")}
    results = PublishedResults(
        join_table(printed, kept),
        flare_tests.summarise_groups(groups, rng),
        flare_tests.compare_features(own, rest, rng),
        flare_tests.compare_each_cluster(own, rng),
    )
    return PublishedResults(*[_rounded(table) for table in results])


def _rounded(table):
    """Table with floats of DIGITS significant digits."""
    floats = table.select_dtypes("float").columns
    return table.assign(**{name: [float(f"{value:.{DIGITS}g}") for value in table[name]] for name in floats})


def overview_tests(tests, level=0.05):
    """Effects with their 95 % intervals as text, a row a feature and a column a comparison; DataFrame.

    tests: of `compare_features`.  A star marks p_holm below the level; a dash a feature that was not compared.
    """
    effects = [
        f"{row.effect:+.2f} ({row.low:+.2f} to {row.high:+.2f}){'*' if row.p_holm < level else ''}"
        for row in tests.itertuples()
    ]
    table = tests.assign(text=effects, feature=tests["feature"].replace(FEATURES))
    wide = table.pivot(index="feature", columns="comparison", values="text")
    order = [list(dict.fromkeys(table[name])) for name in ("feature", "comparison")]
    return wide.loc[order[0], order[1]].fillna("–").rename_axis(index=None, columns=None)


def tidy(results):
    """All tables of a PublishedResults below one another, with a column `table`."""
    return pd.concat([getattr(results, kind).assign(table=kind) for kind in KINDS], ignore_index=True)[
        ["table", *dict.fromkeys(column for columns in KINDS.values() for column in columns)]
    ]


@file_reader("the table that scripts/stix/match_published_flares.py makes")
def read_results(path):
    """Read the shipped results: PublishedResults.  Raises InputError for a missing file or other columns."""
    table = pd.read_csv(path, comment="#")
    parts = {}
    for kind, columns in KINDS.items():
        part = table.loc[table["table"] == kind, columns].reset_index(drop=True)
        whole = [name for name in ("n", "printed", "kept") if name in part]
        parts[kind] = part.astype(dict.fromkeys(whole, int))
    return PublishedResults(**parts)


def published_results():
    """Results and where they come from: (PublishedResults, "recomputed" or "shipped").

    Computed where the flare list and the published names are at hand, else as they ship.
    """
    flares, names = real_lists()
    return (read_results(SHIPPED), "shipped") if flares is None else (compute_results(flares, names), "recomputed")
