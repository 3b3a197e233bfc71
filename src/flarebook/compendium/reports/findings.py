"""Findings: what the book concludes from its runs, and the value of "no effect" that each gate must exclude."""

import math
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root
from flarebook.compendium.validation import read_yaml, validated

FINDINGS, POSSIBLE = "book/findings.yaml", "book/possible-values.yaml"
DEVIATIONS = 3  # half width of what a gate of a finding accepts, in standard deviations over seeds
ROUNDING = 0.05  # share by which a standard deviation, stated to one or two digits, may exceed the measured one


class Finding(BaseModel):
    """A sentence of the book with the metrics that carry it.

    where: notebook.  no_effect: {metric: value without the effect, a number or another metric}; a star in a metric's
    name stands for any characters.  profiles: those that show it, empty for all.
    """

    model_config = ConfigDict(extra="forbid")
    finding: str
    where: str
    no_effect: Annotated[
        dict[str, Annotated[float, Field(strict=True, allow_inf_nan=False)] | str], Field(min_length=1)
    ]
    profiles: list[Literal["ci", "laptop", "paper"]] = []


class _Findings(RootModel):
    """All findings of the book."""

    root: list[Finding]


class Kind(BaseModel):
    """What metrics of one kind can be: the least and the largest value, infinite where it has no limit."""

    model_config = ConfigDict(extra="forbid")
    low: float = -math.inf
    high: float = math.inf
    metrics: Annotated[list[str], Field(min_length=1)]


class _Kinds(RootModel):
    """All kinds of metrics with limits: {kind: Kind}."""

    root: dict[str, Kind]


@dataclass(frozen=True)
class Effect:
    """What a gate of a finding guards: the sentence, the value of no effect, and the metric that gives that value.

    possible: least and largest value that the number can have at all.
    """

    finding: str
    where: str
    no_effect: float
    reference: str | None = None
    possible: tuple = (-math.inf, math.inf)


def read_findings():
    """Findings of the book, none in a project without them: list of Finding.  Raises InputError for a wrong entry."""
    path = project_root() / FINDINGS
    if not path.is_file():
        return []
    content = read_yaml(path)
    return validated(_Findings, [] if content is None else content, path).root


def possible_values(names):
    """Least and largest value that metrics can have: {metric: (low, high)}, of the first kind that each name fits."""
    path = project_root() / POSSIBLE
    kinds = validated(_Kinds, read_yaml(path), path).root.values() if path.is_file() else ()
    found = {}
    for kind in kinds:
        fitting = {name for pattern in kind.metrics for name in names if fnmatchcase(name, pattern)}
        found = {name: (kind.low, kind.high) for name in fitting} | found
    return found


def references(names, profile):
    """The finding behind each metric that has one: {metric: (Finding, no effect)}, of those names and that profile."""
    found = {}
    for finding in read_findings():
        if finding.profiles and profile not in finding.profiles:
            continue
        for pattern, no_effect in finding.no_effect.items():
            found |= {name: (finding, no_effect) for name in names if fnmatchcase(name, pattern)}
    return found


def effects(gates, profile):
    """Effects that gates guard: {metric: Effect}.

    gates: {metric: Gate}.  Raises InputError for a gate that accepts no effect, whose tolerance is narrower than
    DEVIATIONS of the seeds, or that is compared with a metric without gate.
    """
    found, possible = {}, possible_values(gates)
    for name, (finding, reference) in references(gates, profile).items():
        _check_tolerance(name, gates[name], profile)
        number = isinstance(reference, float)
        if not number and reference not in gates:
            raise InputError(f"{FINDINGS}: {name}: no gate of profile {profile} is named {reference!r}: correct it")
        value = reference if number else gates[reference].expected
        _check_exclusion(name, gates[name], value, 0.0 if number else _scatter(gates[reference]), profile)
        metric = None if number else reference
        found[name] = Effect(finding.finding, finding.where, value, metric, possible.get(name, Effect.possible))
    return found


def _scatter(gate):
    """Scatter of the metric that gives the value of no effect: over seeds, else what its gate accepts."""
    return gate.tolerance if gate.seed_sd is None else DEVIATIONS * gate.seed_sd


def _check_tolerance(name, gate, profile):
    """InputError unless a gate accepts what seeds scatter, or holds a number of a shipped file that none moves."""
    if gate.fixed:
        return
    sd = gate.seed_sd
    if sd is None or gate.tolerance < DEVIATIONS * sd * (1 - ROUNDING):
        stated = "`why` states none" if sd is None else f"{gate.tolerance:.3g} is less than {DEVIATIONS} x {sd:.3g}"
        raise InputError(
            f"metrics/{profile}.yaml: {name}: a finding's tolerance is {DEVIATIONS} sd over seeds, but {stated}: "
            f"widen it, or withdraw the finding in {FINDINGS}"
        )


def _check_exclusion(name, gate, no_effect, scatter, profile):
    """InputError when a gate accepts no effect, within the scatter of the latter."""
    width = math.hypot(gate.tolerance, scatter)
    if abs(gate.expected - no_effect) <= width:
        raise InputError(
            f"metrics/{profile}.yaml: {name}: {gate.expected:.4g} ± {width:.2g} holds {no_effect:.4g}, the value of "
            f"no effect: run more seeds, or withdraw the finding in {FINDINGS}"
        )
