"""Generated parts of prose and notebooks.

A comment `<!-- flarebook: NAME -->` becomes the table NAME; {published}`METRIC:FORMAT` a paper's number,
{value}`METRIC:FORMAT` this run's, {measured}`METRIC:FORMAT` the same with its spread, {agreement}`METRIC` the verdict
on both, and {origin}`METRIC` the data behind this run's.
"""

import json
import platform
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from flarebook.compendium.book.api import write_reference
from flarebook.compendium.book.architecture import package_drawing, workflow_drawing
from flarebook.compendium.book.data_page import data_table, data_totals, description_links
from flarebook.compendium.book.gallery import gallery
from flarebook.compendium.book.notebooks import notebooks_archive
from flarebook.compendium.book.openings import claim_count, claim_tables, opening_table, study_cards
from flarebook.compendium.comparison.history import history_drawing
from flarebook.compendium.errors import InputError
from flarebook.compendium.project import studies
from flarebook.compendium.provenance import ORIGINS, code_state, describe_origin, versions
from flarebook.compendium.reports import gate_tables, scale
from flarebook.compendium.reports.agreement import RULE, badge, compare, read_statements, show_agreement
from flarebook.compendium.reports.benchmark_tables import benchmark_table
from flarebook.compendium.reports.citation import cite_book, cite_study
from flarebook.compendium.reports.claims import HEAD, claim_rows
from flarebook.compendium.reports.execution_tables import execution, run_summary, status_table, timeline
from flarebook.compendium.reports.gates import gates_file, judge, read_gates
from flarebook.compendium.reports.markdown_tables import MISSING, measured, stacked_table, table
from flarebook.compendium.reproduction.repeats import repeat_table
from flarebook.compendium.run import read_metrics
from flarebook.compendium.workflow.parameters import is_real, profile_names, read_profile

MARK = re.compile(r"^<!-- flarebook: ([a-z-]+) -->$", re.MULTILINE)
ROLE = re.compile(r"\{(agreement|measured|origin|published|value)\}`([^`:]+)(?::([^`]+))?`")
PAPER_VALUES = "book/paper-values.yaml"


@dataclass(frozen=True)
class Build:
    """What a generated part may look at: project folder, folder of the run, staged source, names of its notebooks."""

    root: Path
    output: Path
    source: Path
    notebooks: tuple

    @property
    def profile(self):
        """Name of the profile, which is the name of the run's folder."""
        return self.output.name

    @cached_property  # twenty tables ask for them
    def metrics(self):
        """Metrics of the run's studies in this build, as of `read_metrics`."""
        return self._of_studies(read_metrics(self.output))

    @cached_property
    def runs(self):
        """When each notebook was executed, as of `execution`."""
        return execution(self.output, self.notebooks)

    @cached_property
    def profiles(self):
        """Notebooks of all profiles and of this run: {profile: {notebook: Entry}}."""
        return {name: read_profile(name).notebooks for name in dict.fromkeys((*profile_names(), self.profile))}

    @cached_property
    def verdicts(self):
        """Verdicts on every metric of the build; a profile without a file of gates has none."""
        gates = read_gates(self.profile) if gates_file(self.profile).is_file() else {}
        return judge(self.metrics, self._of_studies(gates))

    def _of_studies(self, named):
        """Entries of {metric: anything} that belong to the studies in this build."""
        return {name: value for name, value in named.items() if self.holds(name.split(".")[0])}

    @cached_property
    def statements(self):
        """What the papers state, as of `read_statements`."""
        return read_statements(self.root / PAPER_VALUES)

    @cached_property
    def agreements(self):
        """Verdict on each statement of a paper, with the interval that it rests on: {metric: as of `compare`}."""
        values = {name: metric["value"] for name, metric in self.metrics.items()}
        gates = {verdict.name: verdict.gate for verdict in self.verdicts if verdict.gate}
        return {entry.metric: compare(entry, values, gates) for entry in self.statements}

    @cached_property
    def claims(self):
        """Verdicts of the notebooks on the claims of each study, as of `claim_rows`: {study: rows}."""
        return {study: claim_rows(self.output, self.notebooks_of(study)) for study in studies() if self.holds(study)}

    def notebooks_of(self, study):
        """Names of a study's notebooks in this build."""
        return [name for name in self.notebooks if Path(name).parts[1] == study]

    def holds(self, study):
        """Whether the build has notebooks of a study."""
        return bool(self.notebooks_of(study))


def fill(text, build):
    """Text of a page or a cell with every mark replaced.

    Raises InputError for a mark that names no part, for the agreement of a metric with which no paper is compared, and
    for the origin of one that was not measured.
    """

    def part(match):
        known = PARTS | {
            f"{name}-{study}": partial(make, study) for study in studies() for name, make in OF_STUDY.items()
        }
        if match[1] not in known:
            raise InputError(f"no generated part is named {match[1]!r}: choose one of {', '.join(sorted(known))}")
        return known[match[1]](build)

    text = MARK.sub(part, text)
    known = {name: find(build) for name, find in ROLES.items()} if ROLE.search(text) else {}

    def role(match):
        if known[match[1]].get(match[2]) is None:
            if is_real(build.profile) or match[1] in OWN and not build.holds(match[2].split(".")[0]):
                return MISSING
            raise InputError(f"{match[0]} names no metric of this run, or none in {PAPER_VALUES}: correct or enter it")
        found = known[match[1]][match[2]]
        return measured(found, match[3] or ".2f") if match[1] == "measured" else format(found, match[3] or "")

    return ROLE.sub(role, text)


def paper_table(study, build):
    """A study's numbers, as published and in this run, each with its encoder; data, agreement, and own gate."""
    metrics, found = build.metrics, agreements(build)
    gates = {verdict.name: gate_tables.gate_mark([verdict]) for verdict in build.verdicts if verdict.gate}
    rows = [
        (*_paper_row(entry, metrics.get(entry.metric)), found[entry.metric], gates.get(entry.metric, MISSING))
        for entry in build.statements
        if entry.metric.split(".")[0] == study
    ]
    return stacked_table("numbers", ("statement", "published", "this run", "data", "agreement", "own gate"), rows)


def claim_table(study, build):
    """Verdicts of a study's notebooks on its paper's claims, linked to them."""
    rows = build.claims.get(study, [])
    shown = [(f"[{claim}](../{name}.ipynb)", badge(word), *rest) for claim, word, *rest, name in rows]
    return stacked_table("verdicts", HEAD, shown) if shown else "*No notebook of this build judged a claim.*"


def agreements(build):
    """Verdict on each statement of a paper, with its interval: {metric: text}."""
    return {metric: show_agreement(*found) for metric, found in build.agreements.items()}


def origins(build):
    """Origin of each number of this run: {metric: text}."""
    return {name: describe_origin(metric) for name, metric in build.metrics.items()}


def numbers(build):
    """Numbers of this run with their spreads: {metric: as of `read_metrics`}."""
    return {name: metric for name, metric in build.metrics.items() if metric["value"] is not None}


def published(build):
    """Numbers that the papers print: {metric: float}."""
    return {entry.metric: entry.paper for entry in build.statements if isinstance(entry.paper, float)}


def values(build):
    """Numbers of this run and their spreads: {metric: float, metric.spread: float}."""
    metrics = build.metrics.items()
    return {name + end: one[key] for name, one in metrics for end, key in (("", "value"), (".spread", "spread"))}


def _paper_row(entry, metric):
    """Statement and place, the paper's value and this run's, each with the encoder, and the origin."""
    paper = f"{entry.paper:.2f}" if isinstance(entry.paper, float) else entry.paper or entry.absent
    origin = describe_origin(metric) if metric else MISSING
    words = entry.shown and metric and metric["value"] is not None
    shown = _by(entry.shown.format(metric["value"]) if words else measured(metric), (metric or {}).get("encoder"))
    return f"{entry.statement} ({entry.where})", _by(paper, entry.encoder), shown, origin


def _by(value, encoder):
    """Value with the encoder behind it."""
    return f"{value} ({encoder})" if encoder and value != MISSING else value


def origin_table(build):
    """How many numbers and figures of this build are real, simulated, both or neither."""
    metrics = Counter(metric["origin"] for metric in build.metrics.values())
    records = (json.loads(path.read_text(encoding="utf-8")) for path in (build.output / "figures").glob("*.json"))
    figures = Counter(record["origin"] for record in records if build.holds(record["study"]))
    rows = [(kind, metrics[kind], figures[kind]) for kind in ORIGINS if metrics[kind] + figures[kind]]
    return table(("data", "numbers", "figures"), rows)


def versions_table(build):
    """Profile, code state, machine and versions of this run."""
    state = code_state(build.root)
    code = (state["commit"] or "unknown")[:12] + (" (changed since)" if state["dirty"] else "")
    facts = {"profile": build.profile, "commit": code, "system": f"{platform.system()} {platform.machine()}"}
    return table(("what", "version"), (facts | versions()).items())


ROLES = {"agreement": agreements, "measured": numbers, "origin": origins, "published": published, "value": values}
OWN = ("measured", "value")  # roles of this run's numbers, which a book without the study has not
OF_STUDY = {  # parts of one study, whose name follows
    "opening": partial(opening_table, up="../../"),
    "paper-table": paper_table,
    "claim-table": claim_table,
    "cite": lambda study, build: cite_study(study, build.root),
}
PARTS = {
    "study-cards": study_cards,
    "claim-tables": claim_tables,
    "claim-count": claim_count,
    "cite-book": lambda build: cite_book(build.root),
    "agreement-rule": lambda build: RULE,
    "gate-summary": lambda build: gate_tables.gate_summary(build.verdicts),
    "gate-table": lambda build: gate_tables.gate_table(build.verdicts),
    "kind-table": lambda build: table(*gate_tables.kind_rows(build.verdicts)),
    "finding-table": lambda build: table(*gate_tables.finding_rows(build.verdicts)),
    "effect-table": lambda build: table(*gate_tables.effect_rows(build.verdicts)),
    "sign-table": lambda build: gate_tables.sign_table(build.verdicts),
    "constant-table": lambda build: gate_tables.constant_table(build.verdicts),
    "origin-table": origin_table,
    "data-totals": data_totals,
    "data-table": lambda build: data_table(studies(), build),
    "data-descriptions": description_links,
    "run-summary": lambda build: run_summary(build.profile, build.runs),
    "status-table": lambda build: f"{timeline(build)}\n\n{status_table(build.runs)}",
    "versions-table": versions_table,
    "history-drawing": history_drawing,
    "notebooks-archive": notebooks_archive,
    "benchmark-table": lambda build: benchmark_table(build.root),
    "repeat-table": lambda build: repeat_table(build.root, "ci"),
    **{name: lambda build, make=make: make(build.root) for name, make in scale.TABLES.items()},
    "package-drawing": package_drawing,
    "workflow-drawing": workflow_drawing,
    "gallery": gallery,
    "api": write_reference,
}
