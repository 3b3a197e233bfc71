"""Tables of the book's pages in Markdown, and how their numbers are written."""

import re

MISSING = "–"  # for a value that there is not
ZERO = re.compile(r"(?<![\w.-])-(?=0(?:\.0+)?(?![\w.]))")  # the sign of a number that is rounded to zero
HYPHEN = re.compile(r"(?<![\w\-–−./])-(?=\.?\d)")  # before a number; not within 2014-03-29, CLIP-2 or 1e-05
SPREAD = re.compile(r"(?:(?<=\d)|^) ± (?=\.?\d|$)")  # between numbers, which may be glued in and no part of the text
NARROW = "\N{NARROW NO-BREAK SPACE}"
UNITS = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def table(head, rows):
    """Markdown table; a bar inside a cell is escaped."""
    lines = [head := list(head), ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", r"\|") for cell in line) + " |" for line in lines)


def stacked_table(kind, head, rows):
    """Markdown table whose rows become cards on a narrow screen; kind: of columns, whose names the style repeats."""
    return f"::::{{div}} flarebook-stacked flarebook-{kind}\n{table(head, rows)}\n::::"


def shown_bytes(number):
    """Bytes in a unit that suits them, "1.23 MB"; a dash for an unknown number."""
    if not number:
        return MISSING
    factor, unit = next((pair for pair in UNITS if number >= pair[0]), (1, "B"))
    return f"{number / factor:.3g}{NARROW}{unit}"


def measured(metric, spec=".2f"):
    """Value with its spread, or a dash for a number that this run has not; spec: how both are written."""
    if metric is None or metric["value"] is None:
        return MISSING
    spread = "" if metric["spread"] is None else f"{NARROW}±{NARROW}{metric['spread']:{spec}}"
    return f"{metric['value']:{spec}}{spread}"


def set_signs(text):
    """Text whose negative numbers have a minus sign, zero none, and whose spreads stay beside their numbers."""
    return SPREAD.sub(f"{NARROW}±{NARROW}", HYPHEN.sub("\N{MINUS SIGN}", ZERO.sub("", text)))
