"""Agreement of measured numbers with published ones: one rule for every statement of the papers."""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from flarebook.compendium.reports.markdown_tables import NARROW
from flarebook.compendium.validation import read_yaml, validated

AGREES, DIFFERS, UNDETERMINED, INPUT, NOTHING = "agrees", "differs", "undetermined", "input", "–"
DEVIATIONS = 2.0  # half width of an interval, in standard deviations
BADGES = {AGREES: "success", DIFFERS: "danger", "supported": "success", "not supported": "danger"}  # sphinx-design
MARGIN = 0.05  # smallest difference between two scores that matters

RULE = f"""The difference between this run and the paper, or between two quantities that the paper orders, is given with
{DEVIATIONS:g} standard deviations. Ours is the scatter over seeds, each of which simulates other observations; counts
from facts that ship have none. For the paper's number, which seldom has one, the same scatter is assumed, or that
of one simulated flare where the paper has one flare. Both are added in quadrature. A limit or an order in the paper is
taken as exact.

- A number *differs* when the interval excludes zero, and *agrees* when the interval lies within ±{MARGIN:g}.
- An order *agrees* when the interval lies on the paper's side of zero, and *differs* when it lies on the other.
- Anything else is *undetermined*: also a claim in words without an order, and a number whose scatter over seeds is not
  known.
- *Input* marks what the simulator was tuned to: it cannot agree or differ. A dash: there is nothing to compare."""


class Statement(BaseModel):
    """What a paper states, with the metric that answers it.

    metric: name as in metrics.json.  paper: value, or the claim in words; None where the paper has none, with `absent`
    in its place.  sd: the paper's own standard deviation.  above, below: what the paper orders the metric against, a
    number or another metric.  input: whether the simulator was tuned to it.  encoder: of the published number.
    shown: format of this run's number in words, where a bare number would answer a claim in words.
    """

    model_config = ConfigDict(extra="forbid")
    metric: str
    statement: str
    where: str
    paper: Annotated[float, Field(strict=True)] | str | None = None
    absent: str = ""
    sd: float | str | None = None
    above: Annotated[float, Field(strict=True)] | str | None = None
    below: Annotated[float, Field(strict=True)] | str | None = None
    margin: float = MARGIN
    input: Literal["tuned", ""] = ""
    encoder: str = ""
    shown: str = ""

    @model_validator(mode="after")
    def _says_something(self):
        if (self.paper is None) == (not self.absent):
            raise ValueError("give the paper's value or claim in `paper`, or what stands for it in `absent`")
        if self.above is not None and self.below is not None:
            raise ValueError("give above or below, not both")
        return self


class _Statements(RootModel):
    """All statements of a file: {values: [...]}."""

    root: dict[Literal["values"], list[Statement]]


def read_statements(path):
    """Statements of the papers: list of Statement.  Raises InputError for an entry that does not fit."""
    return validated(_Statements, read_yaml(path), path).root["values"]


def compare(statement, values, gates):
    """Compare this run with a statement.

    statement: Statement.  values: {metric: value or None} of this run.  gates: {metric: Gate}, whose seeds give the
    standard deviations.  Returns (verdict, difference, half width); the last two are None where nothing can be
    subtracted or the scatter is not known.
    """
    if statement.paper is None or values.get(statement.metric) is None:
        return NOTHING, None, None
    if statement.input:
        return INPUT, None, None
    difference, variance, ordered = _difference(statement, values, gates)
    if difference is None or variance is None:
        return UNDETERMINED, difference, None
    width = DEVIATIONS * math.sqrt(variance)
    return _verdict(difference, width, statement.margin, ordered), difference, width


def badge(verdict):
    """Verdict as a badge of the book: filled when something was found, outlined when it is open or an input."""
    return verdict if verdict == NOTHING else f"{{bdg-{BADGES.get(verdict, 'muted-line')}}}`{verdict}`"


def show_agreement(verdict, difference, width):
    """Verdict as a badge, with the interval of the difference that it rests on, where the number scatters.

    The half width is written as a number of standard deviations, since ± after a measured value is one.
    """
    if not width:
        return badge(verdict)
    deviation = width / DEVIATIONS
    return f"{badge(verdict)} ({difference:+.2f}{NARROW}±{NARROW}{DEVIATIONS:g}{NARROW}×{NARROW}{deviation:.2f})"


def _verdict(difference, width, margin, ordered):
    """Verdict on an interval: of an order, positive when as the paper says; else of a difference from its number."""
    low, high = difference - width, difference + width
    if ordered:
        return AGREES if low > 0 else DIFFERS if high < 0 else UNDETERMINED
    if -margin <= low and high <= margin:
        return AGREES
    return DIFFERS if low > 0 or high < 0 else UNDETERMINED


def _difference(statement, values, gates):
    """Difference, its variance, and whether it is that of an order; None for what is not known."""
    value, own = values[statement.metric], _seed_sd(statement.metric, gates)
    limit = statement.above if statement.above is not None else statement.below
    if limit is not None:
        other, spread = (values.get(limit), _seed_sd(limit, gates)) if isinstance(limit, str) else (limit, 0.0)
        sign = 1.0 if statement.above is not None else -1.0
        return (None if other is None else sign * (value - other)), _sum_of_squares(own, spread), True
    if isinstance(statement.paper, str):
        return None, None, False
    published = values.get(statement.sd) if isinstance(statement.sd, str) else statement.sd
    known = own if statement.sd is None else published
    return value - statement.paper, _sum_of_squares(own, known), False


def _seed_sd(metric, gates):
    """Standard deviation of a metric over seeds, as its gate states it; zero for a constant, None where not known."""
    if metric not in gates:
        return None
    return 0.0 if gates[metric].fixed else gates[metric].seed_sd


def _sum_of_squares(*deviations):
    """Sum of the squares, or None when one is not known."""
    return None if None in deviations else sum(deviation**2 for deviation in deviations)
