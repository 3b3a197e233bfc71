"""Tables of the gates from the verdicts: head and rows of each, and the parts of a page that they make up."""

from collections import Counter

from flarebook.compendium.project import studies
from flarebook.compendium.reports.gates import CONSTANT, GREEN, KINDS, MISSING, RED, SCIENCE
from flarebook.compendium.reports.markdown_tables import MISSING as NONE
from flarebook.compendium.reports.markdown_tables import table

ORDER = (RED, MISSING, GREEN)  # what needs a look stands first
NAMED = 6  # metrics that one line names


def number(value):
    """A number to four significant digits, or a dash."""
    return NONE if value is None else f"{value:.4g}"


def headline(verdicts):
    """Verdicts on all gates in one line: the red ones by name, then the missing ones, then how many are green."""
    names = {word: [line.name for line in verdicts if line.gate and line.verdict == word] for word in ORDER}
    parts = [f"{len(names[word])} {word} ({first_names(names[word])})" for word in (RED, MISSING) if names[word]]
    return "; ".join([*parts, f"{len(names[GREEN])} of {sum(map(len, names.values()))} {GREEN}"])


def gate_mark(verdicts):
    """Verdicts on a row's gates: a tick when all are green, so that the eye finds only what is not, else the counts."""
    others = [line.verdict for line in verdicts if line.verdict != GREEN]
    if not others:
        return f"{{abbr}}`✓ (own gate: {GREEN})`" if verdicts else NONE
    words = ", ".join(f"{others.count(word)} {word}" for word in ORDER if word in others)
    return f"**{others[0] if len(verdicts) == 1 else words}**"


def first_names(names):
    """The first names of a list, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def gate_rows(verdicts):
    """Gated metrics, the red first: verdict, kind of gate, measured, expected, tolerance, origin, the reason."""
    lines = sorted((line for line in verdicts if line.gate), key=lambda line: ORDER.index(line.verdict))
    rows = [
        (f"`{line.name}`", line.verdict if line.verdict == GREEN else f"**{line.verdict}**", line.gate.kind,
         number(line.measured), number(line.gate.expected), number(line.gate.tolerance), line.origin or NONE,
         line.gate.why)
        for line in lines
    ]  # fmt: skip
    return ("metric", "verdict", "kind", "measured", "expected", "tolerance", "data", "why"), rows


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
        name, data, *numbers = _effect_row(closest)
        found = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        rows.append((f"{_linked(closest.gate.effect)}<br>{name}", found, data, *numbers))
    head = ("finding, and the metric closest to no effect", "gates", "data", "measured", "accepted", "no effect")
    return head, sorted(rows, key=lambda row: ("simulated" in row[2], row[0].split("../")[1]))  # real before simulated


def effect_rows(verdicts):
    """Every science gate: metric, what gives the value of no effect, data, what was measured, accepted, verdict."""
    lines = [line for line in verdicts if line.gate and line.gate.kind == SCIENCE]
    rows = [(_against(line), *_effect_row(line)[1:], line.verdict) for line in lines]
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
        number(line.gate.effect.no_effect),
    )


def _linked(effect):
    """Sentence of a finding, linked to its notebook."""
    return f"[{effect.finding}](../notebooks/{effect.where}.ipynb)"


def _accepted(gate):
    """Interval that a gate accepts, as far as the number can have such values."""
    low, high = gate.effect.possible
    return f"{number(max(gate.expected - gate.tolerance, low))} to {number(min(gate.expected + gate.tolerance, high))}"


def _against(line):
    """Metric, and the one that gives the value of no effect."""
    reference = line.gate.effect.reference
    return f"`{line.name}`" + (f"<br>against `{reference}`" if reference else "")


def gate_summary(verdicts):
    """How many gates are red, missing and green, in all and by study, and a table of those that are not green."""
    found = [line for line in verdicts if line.gate]
    if not found:
        return "This run has no gates."
    counts = [(title, Counter(line.verdict for line in lines)) for title, lines in _by_study(found)]
    rows = [(title, *(count[word] for word in ORDER)) for title, count in counts]
    parts = [f"**{headline(found)}.**", table(("study", *ORDER), rows)]
    if others := [line for line in found if line.verdict != GREEN]:
        parts.append(table(*gate_rows(others)))
    return "\n\n".join(parts)


def gate_table(verdicts):
    """Every gate, folded by study, those that are not green first."""
    found = _by_study([line for line in verdicts if line.gate])
    return "\n\n".join(
        f":::{{dropdown}} {title}: {headline(lines)}\n{table(*gate_rows(lines))}\n:::" for title, lines in found
    )


def _by_study(lines):
    """Verdicts of each study that has some: list of (title, lines)."""
    of = {title: [line for line in lines if line.name.startswith(f"{study}.")] for study, title in studies().items()}
    return [(title, found) for title, found in of.items() if found]


def sign_table(verdicts):
    """Gates that cannot see a change of sign, counted and listed."""
    what = "cannot see a change of sign: their tolerance includes zero"
    return _listed(verdicts, what, lambda gate: gate.sign_blind, "tolerance", lambda gate: number(gate.tolerance))


def constant_table(verdicts):
    """Gates on constants, counted and listed."""
    what = "hold a constant: the echo of a setting, which guards nothing else"
    return _listed(verdicts, what, lambda gate: gate.kind == CONSTANT, "fixed by", lambda gate: f"a {gate.fixed}")


def _listed(verdicts, what, chosen, head, cell):
    """Count of the gates that are chosen, and a folded list of them with a third column of its own."""
    gates = {verdict.name: verdict.gate for verdict in verdicts if verdict.gate}
    rows = [(f"`{name}`", number(gate.expected), cell(gate)) for name, gate in gates.items() if chosen(gate)]
    text = f"{len(rows)} of {len(gates)} gates {what}."
    if not rows:
        return text
    folded = table(("metric", "expected", head), rows)
    return f"{text}\n\n:::{{dropdown}} Gates that {what.split(':')[0]}\n{folded}\n:::"
