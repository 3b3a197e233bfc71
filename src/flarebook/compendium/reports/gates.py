"""Gates: each metric of a profile against its expected value, and whether it guards a finding or a repetition."""

import math
import re
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, PrivateAttr, RootModel, model_validator

from flarebook.compendium.errors import InputError
from flarebook.compendium.project import project_root, shown
from flarebook.compendium.provenance import describe_origin
from flarebook.compendium.reports.findings import Effect, effects
from flarebook.compendium.run import read_metrics
from flarebook.compendium.validation import nearest, read_yaml, validated
from flarebook.compendium.workflow.parameters import make_command, overlay_of, profile_names, profile_of, read_profile

GREEN, RED, MISSING, UNGATED = "green", "red", "missing", "ungated"
SCIENCE, REPEAT, CONSTANT = KINDS = "science", "repeat", "constant"


class Gate(BaseModel):
    """Expected value of a metric, one tolerance (absolute or relative), and the tolerance's reason.

    fixed: what makes the number a constant, which no simulation, training or random draw of a run can move.
    edition: the only one in which it is; None where it is in every one.
    """

    model_config = ConfigDict(extra="forbid")
    expected: float
    abs: float | None = None
    rel: float | None = None
    why: str
    fixed: Literal["setting", "shipped file"] | None = None
    edition: Literal["simulated"] | None = None
    _effect: Effect | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _one_tolerance(self):
        given = [value for value in (self.abs, self.rel) if value is not None]
        if len(given) != 1 or not given[0] >= 0 or not math.isfinite(given[0] * self.expected):
            raise ValueError("give either abs or rel, not both, none or a negative one")
        if not self.why.strip():
            raise ValueError("say in `why` where the tolerance comes from")
        return self

    @property
    def effect(self):
        """What a finding of the book concludes from the number, or None."""
        return self._effect

    def guarding(self, effect):
        """Copy of the gate that guards an Effect."""
        gate = self.model_copy()
        gate._effect = effect
        return gate

    @property
    def kind(self):
        """Kind of the gate.

        *science*: direction and size of an effect that the book claims.  *constant*: the echo of a setting.  *repeat*:
        all others, which a run on the same machine class repeats to rounding.
        """
        return SCIENCE if self.effect else CONSTANT if self.fixed == "setting" else REPEAT

    @property
    def tolerance(self):
        """Largest difference from the expected value that passes."""
        return self.abs if self.abs is not None else self.rel * abs(self.expected)

    @property
    def seed_sd(self):
        """Standard deviation over seeds that `why` states, else that of the tolerance; None where neither tells.

        Where the tolerance is wider than the seeds' scatter, for rounding or other processors, it is an upper limit.
        """
        found = re.search(r"(\d) sd over \d+ seeds([^;]*)", self.why)
        if found is None:
            return None
        stated, limit = re.search(r" is (\d*\.?\d+)", found[2]), re.search(r"at most (\d*\.?\d+)", found[2])
        if limit and self.tolerance == float(limit[1]):
            return None  # the tolerance stops at the limit, the scatter may not
        return float(stated[1]) if stated else self.tolerance / int(found[1])

    @property
    def sign_blind(self):
        """Whether zero, or the expected value with the other sign, would pass."""
        return self.expected != 0 and self.passes(0.0)

    def passes(self, value, reference=None):
        """Whether a measured value passes; NaN and a missing value do not.

        reference: measured value of no effect, from which a science gate's must differ in the expected direction.
        """
        if value is None or not math.isfinite(value) or abs(value - self.expected) > self.tolerance:
            return False
        return reference is None or (value - reference) * (self.expected - self.effect.no_effect) > 0


class Gates(RootModel):
    """All gates of a profile: {metric: gate}."""

    root: dict[str, Gate]


@dataclass(frozen=True)
class Verdict:
    """One line of the gates' table."""

    name: str
    measured: float | None
    gate: Gate | None
    verdict: str
    origin: str = ""


def gates_file(profile):
    """File that holds a profile's gates, which the runs that an overlay changes share with its own."""
    return project_root() / "metrics" / f"{profile_of(profile)}.yaml"


def read_gates(profile):
    """Gates of a profile: {metric: Gate}; of a run that an overlay changes, those on numbers from shipped files.

    Raises InputError when the profile has none, a gate lacks its one tolerance and its reason, or the gate of a finding
    accepts no effect.
    """
    path = gates_file(profile)
    if not path.is_file():
        known = [found.stem for found in path.parent.glob("*.yaml")]
        raise InputError(
            f"profile {profile!r} has no gates{nearest(profile, known)}: there are gates for {', '.join(sorted(known))}"
        )
    gates = validated(Gates, read_yaml(path) or {}, path).root
    if overlay_of(profile):  # all others expect what the profile's own run gives
        return {name: gate for name, gate in gates.items() if gate.fixed == "shipped file" and not gate.edition}
    for name, effect in effects(gates, profile).items():
        gates[name] = gates[name].guarding(effect)
    return gates


def check(profile, study=None):
    """Compare a profile's measured metrics with its gates.

    Returns a list of Verdict: every gate, then the metrics without one.
    Raises InputError when the profile was not run or has no gates.
    """
    read_profile(profile, study)
    folder = project_root() / "build" / profile
    measured, gates = read_metrics(folder), read_gates(profile)
    if not measured:
        made = [name for name in profile_names() if (folder.parent / name / "results").is_dir()]
        others = f", or give a --profile that has run: {', '.join(made)}" if made else ""
        raise InputError(f"{shown(folder)} holds no metrics: run it first with `{make_command(profile)}`{others}")
    if study:
        measured, gates = _of_study(measured, study), _of_study(gates, study)
    if not gates:
        raise InputError(
            f"{shown(gates_file(profile))} holds no gate to check: write one, or propose with `flarebook gates`"
        )
    return judge(measured, gates)


def notebooks_not_run(profile, study=None):
    """Notebooks of a profile without results in build/<profile>: list of names."""
    results = project_root() / "build" / profile / "results"
    return [name for name in read_profile(profile, study).notebooks if not (results / name / "metrics.json").is_file()]


def _of_study(named, study):
    """Entries of {metric: anything} that belong to a study."""
    return {name: value for name, value in named.items() if name.split(".")[0] == study}


def judge(measured, gates):
    """Verdicts on measured metrics, {name: {value, ...}}, by gates, {name: Gate}.

    A metric without a number, which a run leaves out, is nothing that a gate could guard: it has a line only if it has
    a gate.
    """
    verdicts = []
    for name in gates.keys() | {name for name, metric in measured.items() if metric["value"] is not None}:
        gate, metric = gates.get(name), measured.get(name, {"value": None, "origin": ""})
        passed = GREEN if gate and gate.passes(metric["value"], _reference(gate, measured)) else RED
        verdict = MISSING if name not in measured else passed if gate else UNGATED
        verdicts.append(Verdict(name, metric["value"], gate, verdict, describe_origin(metric)))
    return sorted(verdicts, key=lambda verdict: (verdict.gate is None, verdict.name))


def _reference(gate, measured):
    """Measured value of the metric that a science gate is compared with, or None."""
    name = gate.effect.reference if gate.effect else None
    return measured[name]["value"] if name in measured else None


def all_green(verdicts):
    """Whether no gate is red and no gated metric missing."""
    return not any(verdict.verdict in (RED, MISSING) for verdict in verdicts)
