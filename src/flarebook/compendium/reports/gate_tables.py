"""Tables of the gates: head and rows of each, from the verdicts."""

from collections import Counter

from flarebook.compendium.reports.gates import GREEN, KINDS, MISSING, RED, SCIENCE

NONE = "–"


def number(value):
    """A number to four significant digits, or a dash."""
    return NONE if value is None else f"{value:.4g}"


def gate_rows(verdicts):
    """Every gated metric: kind of gate, origin, what was measured and expected, the tolerance and its reason."""
    rows = [
        (f"`{line.name}`", line.gate.kind, line.origin or NONE, number(line.measured), number(line.gate.expected),
         number(line.gate.tolerance), line.verdict, line.gate.why)
        for line in verdicts
        if line.gate
    ]  # fmt: skip
    return ("metric", "kind", "data", "measured", "expected", "tolerance", "verdict", "why"), rows


def kind_rows(verdicts):
    """How many gates of each kind have which verdict."""
    counts = Counter((line.gate.kind, line.verdict) for line in verdicts if line.gate)
    words = (GREEN, RED, MISSING)
    return ("kind", *words), [(kind, *(counts[kind, word] for word in words)) for kind in KINDS]


def finding_rows(verdicts):
    """What the book concludes: each finding with the verdicts on its gates, and the number closest to no effect."""
    findings = {}
    for line in verdicts:
        if line.gate and line.gate.kind == SCIENCE:
            findings.setdefault(line.gate.effect.finding, []).append(line)
    rows = []
    for lines in findings.values():
        counts, closest = Counter(line.verdict for line in lines), min(lines, key=_distance)
        found = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        rows.append((_linked(closest.gate.effect), found, *_effect_row(closest)))
    head = ("finding", "gates", "closest to no effect", "data", "measured", "accepted", "no effect")
    return head, sorted(rows, key=lambda row: row[0].split("../")[1])


def effect_rows(verdicts):
    """Every science gate: metric, data, what was measured, accepted and would be no effect, verdict."""
    rows = [(*_effect_row(line), line.verdict) for line in verdicts if line.gate and line.gate.kind == SCIENCE]
    return ("metric", "data", "measured", "accepted", "no effect", "verdict"), rows


def _distance(line):
    """Distance of a gate's expected value from no effect, in tolerances."""
    return abs(line.gate.expected - line.gate.effect.no_effect) / line.gate.tolerance


def _effect_row(line):
    """Metric, data, what was measured, accepted and would be no effect."""
    return (
        f"`{line.name}`",
        line.origin or NONE,
        number(line.measured),
        _accepted(line.gate),
        _no_effect(line.gate.effect),
    )


def _linked(effect):
    """Sentence of a finding, linked to its notebook."""
    return f"[{effect.finding}](../notebooks/{effect.where}.ipynb)"


def _accepted(gate):
    """Interval that a gate accepts."""
    return f"{number(gate.expected - gate.tolerance)} to {number(gate.expected + gate.tolerance)}"


def _no_effect(effect):
    """Value of no effect, with the metric that gives it."""
    return number(effect.no_effect) + (f" (`{effect.reference}`)" if effect.reference else "")
