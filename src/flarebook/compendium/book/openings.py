"""Openings of the book and of its studies: a card for each study, and its claims beside what this run found."""

import re

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from flarebook.compendium.batch_report import counted
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import studies
from flarebook.compendium.provenance import describe_origin, read_record
from flarebook.compendium.reports.agreement import AGREES, DIFFERS, INPUT, NOTHING, badge, show_agreement
from flarebook.compendium.reports.claims import NOT_SUPPORTED, SUPPORTED, join_claims
from flarebook.compendium.reports.gate_tables import gate_mark
from flarebook.compendium.reports.markdown_tables import stacked_table
from flarebook.compendium.validation import check_known, read_yaml, validated
from flarebook.compendium.workflow.parameters import is_real

FILE = "book/claims.yaml"
ROWS = 8  # claims of one study that a reader takes in
ROLE = re.compile(r"\{(?:value|measured|published)\}`([^`:]+)(?::[^`]*)?`")
TYPED = re.compile(r"(?<![A-Z\d])\d*\.\d|\d ?%")  # a class such as M1.0 is no result
HEAD = ("claim", "published", "real", "simulated", "verdict", "own gate")
UNTESTED = "not tested"
FOR, AGAINST = (AGREES, SUPPORTED), (DIFFERS, NOT_SUPPORTED)


class Claim(BaseModel):
    """A claim of a paper, in words, with what this book found on real and on simulated data.

    where: notebook.  real, simulated: sentences whose numbers are roles; empty where nothing was tested.  judged:
    claims of the notebooks' tables that give the verdict.  compared: metric of a paper's statement that gives it.
    Without both there is nothing to compare.  premise: whether the paper takes it as given, and the check is ours.
    """

    model_config = ConfigDict(extra="forbid")
    claim: str
    where: str
    published: str
    real: str = ""
    simulated: str = ""
    judged: list[str] = []
    compared: str = ""
    premise: bool = False

    @model_validator(mode="after")
    def _in_words(self):
        if self.judged and self.compared:
            raise ValueError("give judged or compared, not both")
        if not self.real and not self.simulated:
            raise ValueError("say what was found on real or on simulated data")
        for text in filter(None, (self.published, self.real, self.simulated)):
            rest = ROLE.sub("", text)
            if typed := TYPED.search(rest):
                raise ValueError(f"{typed[0]!r} in {text!r} is typed: write numbers as {{value}}`METRIC`")
            if not re.search("[A-Za-z]{2}", rest):
                raise ValueError(f"{text!r} is a bare number: say in words what it is")
        return self


class Opening(BaseModel):
    """What opens a study: its title, a published figure of real data, what was found, a caution, and its claims.

    part: left, top, right and bottom of what the card shows of the figure, as shares of its width and height: a part
    without labels, which nobody could read at the size of a card.
    """

    model_config = ConfigDict(extra="forbid")
    title: str
    figure: str
    part: tuple[float, float, float, float] = (0, 0, 1, 1)
    found: str
    caution: str = ""
    claims: list[Claim] = Field(min_length=1, max_length=ROWS)


class _Openings(RootModel):
    """All openings: {study: Opening}."""

    root: dict[str, Opening]


def read_openings(root):
    """Openings of the studies, {study: Opening}; InputError for an entry that does not fit.

    root: project folder.
    """
    return validated(_Openings, read_yaml(root / FILE), root / FILE).root


def caution_of(study, root):
    """What readers of a study are warned of, empty where there is nothing.  root: project folder."""
    opening = read_openings(root).get(study)
    return opening.caution if opening else ""


def study_cards(build):
    """Card of each study in the build: its figure, title, and what was found; the others by their titles alone.

    A study without claims, such as a new one, has a card of its title alone.
    """
    openings, titles = read_openings(build.root), studies(build.root)
    cards = [_card(study, one, build) for study, one in openings.items() if build.holds(study)]
    new = [study for study in titles if study not in openings and build.holds(study)]
    cards += [_framed(titles[study], study, "No claims are entered yet.") for study in new]
    others = ", ".join(one.title for study, one in openings.items() if not build.holds(study))
    grid = "\n".join([":::::{grid} 1 1 3 3\n:gutter: 3\n", *cards, ":::::"]) if cards else ""
    return f"{grid}\n\n*Not in this build: {others}.*" if others else grid


def _card(study, opening, build):
    """Card of one study."""
    text = "\n\n".join(filter(None, [_picture(opening, build), opening.found, opening.caution]))
    return _framed(opening.title, study, text)


def _framed(title, study, text):
    """A card that leads to the introduction of a study."""
    options = f":link: {study}/introduction\n:link-type: doc\n:class-card: flarebook-thumb flarebook-study"
    return f"::::{{grid-item-card}} {title}\n{options}\n\n{text}\n::::"


def _picture(opening, build):
    """Part of a figure with its words and its origin; nothing for a figure that a real run lacks."""
    figure = opening.figure
    if not (build.output / "figures" / f"{figure}.json").is_file():
        if is_real(build.profile):
            return ""
        raise InputError(f"{FILE}: no figure of this run is named {figure!r}: correct it, or run its notebook")
    record = read_record(build.output / "figures", figure)
    alt = record["alt"].replace("[", "(").replace("]", ")")
    picture = f"![{alt}]({_cut(figure, opening.part, build)})"
    return f"{picture}\n\n{{numref}}`{record['label']}` ({describe_origin(record)})"


def _cut(figure, part, build):
    """Write a part of a figure for its card; returns its path from the pages of the book."""
    place = build.source / "figures" / "cards" / f"{figure}.png"
    place.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(build.output / "figures" / f"{figure}.png") as image:
        image.crop([share * side for share, side in zip(part, image.size * 2, strict=True)]).save(place)
    return f"../figures/cards/{place.name}"


def claim_tables(build):
    """Tables of claims of the studies in the build, each with its caution behind a tab of its title."""
    tabs = []
    for study, opening in read_openings(build.root).items():
        if build.holds(study):
            text = "\n\n".join(filter(None, [opening.caution, opening_table(study, build, "../")]))
            tabs.append(f":::::{{tab-item}} {opening.title}\n\n{text}\n:::::")
    return "\n\n".join(["::::::{tab-set}", *tabs, "::::::"]) if tabs else ""


def opening_table(study, build, up):
    """Claims of a study beside what was found on real and on simulated data, with verdict and own gate.

    up: path from the page to the project's folder.  Raises InputError for a claim that no notebook judged, a metric
    with which no paper is compared, and a number in the column of other data.
    """
    claims = read_openings(build.root)
    check_known(study, claims, f"{FILE} has no study", "enter its claims")
    rows = [_row(claim, up, build) for claim in claims[study].claims]
    return stacked_table("claims", HEAD, rows)


def _row(claim, up, build):
    """Cells of one claim."""
    names = [*metrics_of(claim.real), *metrics_of(claim.simulated), *filter(None, [claim.compared])]
    own = [line for line in build.verdicts if line.gate and line.name in names]
    link = f"{'*Our check:* ' * claim.premise}[{claim.claim}]({up}notebooks/{claim.where}.ipynb)"
    return link, claim.published, *found_cells(claim, build), verdict(claim, build)[1], gate_mark(own)


def metrics_of(text):
    """Metrics that the roles of a text name, in its order."""
    return [name.removesuffix(".spread") for name in ROLE.findall(text)]


def verdict(claim, build):
    """Verdict on a claim from the run: (word, text with what it rests on, data); the dash where there is none."""
    if claim.compared:
        check_known(claim.compared, build.agreements, f"{FILE}: no statement is on", "enter it, or correct the name")
        found = build.agreements[claim.compared]
        return found[0], show_agreement(*found), build.metrics.get(claim.compared, {}).get("origin", "")
    rows = {row[0]: row for row in build.claims.get(claim.where.split("/")[0], ())}
    if not claim.judged or is_real(build.profile) and not rows.keys() >= set(claim.judged):
        return NOTHING, NOTHING, ""  # which claims a real run judges depends on what was fetched
    for name in claim.judged:
        check_known(name, rows, f"{FILE}: no notebook of this run judged the claim", "correct it, or run the notebook")
    word, counts, data = join_claims([rows[name] for name in claim.judged])
    return word, badge(word) if word == INPUT else f"{badge(word)} ({counts})", data


def found_cells(claim, build):
    """Cells of the columns real and simulated: in a run on real data a text stands by what was measured."""
    cells = {"real": [], "simulated": []}
    for column in cells:
        text = getattr(claim, column)
        metrics = [build.metrics[name] for name in metrics_of(text) if name in build.metrics]
        origin = " ".join(metric["origin"] for metric in metrics if metric["value"] is not None)
        place = column if not origin else "simulated" if "simulated" in origin else "real"
        if place != column and not is_real(build.profile):
            raise InputError(f"{FILE}: {claim.claim}: a number in column {column!r} is {place}: move the sentence")
        if text and not (is_real(build.profile) and metrics_of(text) and not origin):
            cells[place].append(f"*rehearsal:* {text}" if "rehearsal" in origin else text)
    return ["; ".join(texts) or UNTESTED for texts in cells.values()]


def claim_count(build):
    """Line that counts the claims by verdict, those without one too, and the verdicts that rest on real data.

    The checks of what the papers take as given are counted apart.
    """
    claims = [claim for study, one in read_openings(build.root).items() if build.holds(study) for claim in one.claims]
    if not claims:
        return ""  # of a study that has entered none yet
    found = [verdict(claim, build) for claim in claims if not claim.premise]
    kinds = [sum(word in words for word, *_ in found) for words in (FOR, AGAINST, (INPUT,), (NOTHING,))]
    uncompared = f", {kinds[3]} without a verdict" if kinds[3] else ""
    text = (
        f"**Of {counted(len(found), 'claim')} of the papers: {kinds[0]} found here, {kinds[1]} not found, "
        f"{len(found) - sum(kinds)} undecided, {kinds[2]} put into the simulator{uncompared}. "
        f"Verdicts that rest on real data: {_real(found)}.**"
    )
    checks = [verdict(claim, build) for claim in claims if claim.premise]
    if not checks:
        return text
    against = sum(word in AGAINST for word, *_ in checks)
    verb = "does" if against == 1 else "do"
    premises = f"We also checked {len(checks)} of their premises ({_real(checks)} on real data)"
    return f"{text} {premises}; {against} {verb} not hold."


def _real(verdicts):
    """Number of verdicts, as of `verdict`, that rest on real data."""
    return sum(data.split(",")[0] == "real" for word, _, data in verdicts if word != NOTHING)
