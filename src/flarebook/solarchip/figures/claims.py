"""Figure of the verdicts: every difference with its interval, grouped by claim, on one axis."""

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from flarebook.compendium.appearance.palette import GREEN, VERMILION
from flarebook.compendium.appearance.style import WIDE
from flarebook.evaluation.claims import REFUTED, SUPPORTED, UNDECIDED
from flarebook.solarchip.figures.styles import backbone_style
from flarebook.solarchip.representation.ablation import ALL_TERMS
from flarebook.solarchip.representation.ablation_tables import ADDED
from flarebook.solarchip.representation.scores import HEADLINE, MEAN_PROBE

COLOURS = {SUPPORTED: GREEN, REFUTED: VERMILION, UNDECIDED: "0.55"}
SHORT = {
    "recall@1, neighbouring days": "recall",
    HEADLINE: "mapped recall",
    "crossed probe, mean": "crossed probe",
    "place by content": "place",
    "patch date, neighbouring days": "patch date",
    MEAN_PROBE: "probe",
}
TITLES = {
    "1": "1: common to both, in place",
    "2": "2: each term adds",
    "2 alone": "what a term does alone",
    "5": "5: both backbones",
}


def plot_claims(table):
    """Mean differences and their intervals over seeds: a line per comparison and score, a marker per backbone.

    table: of ablation_tables.claim_table.
    """
    parts = table["comparison"].str.split(": ", n=1, expand=True)
    rows = table.assign(backbone=parts[0], label=_short(parts[1]) + ": " + table["score"].map(SHORT))
    lines = []  # from the top, (claim, label); a claim begins with a heading, whose label is empty
    for claim, own in rows.groupby("claim", sort=False):
        lines += [(claim, ""), *((claim, label) for label in own["label"].unique())]
    figure = Figure(figsize=(WIDE, 1 + 0.2 * len(lines)), layout="constrained")
    axes = figure.subplots()
    backbones = list(rows["backbone"].unique())
    for row in rows.itertuples():
        place = lines.index((row.claim, row.label)) + 0.28 * (backbones.index(row.backbone) - (len(backbones) - 1) / 2)
        axes.plot([row.low, row.high], [place, place], color=COLOURS[row.verdict], linewidth=1.3)
        axes.plot(row.difference, place, backbone_style(row.backbone)[1], color=COLOURS[row.verdict], ms=5)
    _label_lines(axes, rows, lines)
    handles = [Line2D([], [], color=colour, linewidth=3, label=verdict) for verdict, colour in COLOURS.items()]
    handles += [Line2D([], [], marker=backbone_style(b)[1], color="black", ls="", label=b) for b in backbones]
    figure.legend(handles=handles, loc="outside upper center", ncols=5)
    return figure


def _short(words):
    """ "patch added", "patch alone" or "all - reconstruction" of the words of a comparison."""
    added = {f"{new} against {old}": f"{term} added" for term, (new, old) in ADDED.items()}
    words = words.replace(added).str.replace(" alone against random", " alone")
    return words.str.replace(ALL_TERMS, "all").str.replace(" against ", " \u2212 ")


def _label_lines(axes, rows, lines):
    """Labels, headings in bold, the band of gains below the margin, and limits that show every difference.

    Intervals of very few seeds run out of the image.
    """
    names = [label or TITLES.get(claim, claim) for claim, label in lines]
    axes.set_yticks(range(len(lines)), names)
    for place, (text, (_, label)) in enumerate(zip(axes.get_yticklabels(), lines, strict=True)):
        text.set_fontweight("normal" if label else "bold")
        if not label:
            axes.axhline(place, color="0.85", linewidth=0.8, zorder=0)
    axes.axvline(0, color="0.3", linewidth=0.9)
    axes.axvspan(-rows["margin"].max(), rows["margin"].max(), color="0.93", zorder=-1)
    widest = 1.4 * max(0.1, rows["difference"].abs().max())
    ends = rows[["low", "high", "difference"]].stack()
    limits = max(ends.min() - 0.02, -widest), min(ends.max() + 0.02, widest)
    axes.set(xlim=limits, ylim=(len(lines) - 0.4, -0.6))
    axes.set_xlabel("difference of the scores, mean and 95 % interval over seeds")
