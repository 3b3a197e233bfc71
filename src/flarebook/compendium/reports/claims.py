"""Verdicts of a run's notebooks on the claims of a paper, read from the tables `claims` that they saved."""

from pathlib import Path

from flarebook.compendium.errors import InputError

HEAD = ("claim", "verdict", "parts", "for", "against", "open", "data")
COUNTS = ("n_supported", "n_refuted", "n_undecided")  # columns of such a table, as claim, verdict and perhaps training
TABLE = "claims.parquet"
SUPPORTED, NOT_SUPPORTED = "supported", "not supported"


def claim_rows(folder, notebooks):
    """Read the verdicts on the claims, sorted by claim: a list of tuples of HEAD and the notebook.

    folder: of a run, such as build/ci; notebooks: "notebooks/STUDY/STEP" of those to read.
    Raises InputError for a table of claims that lacks a column.
    """
    rows = []
    for name in notebooks:
        path = Path(folder) / "results" / name.removeprefix("notebooks/") / TABLE
        if path.is_file():
            rows += _rows(path, name)
    return sorted(rows)


def _rows(path, notebook):
    """Rows of one notebook's table."""
    import pandas  # half a second, and most pages have no claims

    table = pandas.read_parquet(path)
    if missing := {"claim", "verdict", *COUNTS} - set(table.columns):
        raise InputError(f"{path} lacks the columns {', '.join(sorted(missing))}: run {notebook} again")
    origin = table.attrs.get("origin", "simulated")
    rows = []
    for row in table.to_dict("records"):
        counts = [row[name] for name in COUNTS]
        data = f"{origin}, {row['training']}" if "training" in row else origin
        rows.append((row["claim"], row["verdict"], sum(counts), *counts, data, notebook))
    return rows


def join_claims(rows):
    """Join the verdicts on the parts of one sentence by the rule for the parts of a claim: (verdict, counts, data).

    rows: as of `claim_rows`, at least one.  One part against a claim decides; else all must be for it.
    """
    words = [row[1] for row in rows]
    supported, refuted, undecided = (sum(row[column] for row in rows) for column in (3, 4, 5))
    open_words = [word for word in words if word != SUPPORTED]
    word = NOT_SUPPORTED if NOT_SUPPORTED in words else open_words[0] if open_words else SUPPORTED
    data = ", ".join(dict.fromkeys(row[6] for row in rows))
    return word, f"{supported} for, {refuted} against, {undecided} open", data
