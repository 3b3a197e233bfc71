# One rule per notebook of a profile; results make the graph; papermill runs each.  Where a profile gives a notebook the
# field `parts`, one job makes each part of its data beforehand: a job that is killed costs one part.
#   snakemake --cores 2 --config profile=laptop [study=iris] [source=real]
#   snakemake --profile profiles/slurm --config profile=paper
import json
import shlex
import sys

from flarebook.compendium.errors import InputError
from flarebook.compendium.workflow.parameters import checked, read_profile, run_name
from flarebook.compendium.workflow.dependencies import code_sources, notebook_sources

PROFILE = config.get("profile", "laptop")
PYTHON = shlex.quote(sys.executable).replace("{", "{{").replace("}", "}}")  # snakemake formats the command
try:
    RUN = run_name(PROFILE, config.get("source") or "simulated")
    NOTEBOOKS = read_profile(RUN, config.get("study") or None).notebooks
    PARAMETERS = {name: checked(name, entry.parameters) for name, entry in NOTEBOOKS.items()}
    SOURCES = {name: notebook_sources(name) for name in NOTEBOOKS}
    PARTS = {name: entry.parts for name, entry in NOTEBOOKS.items() if entry.parts}
    MAKERS = {name: code_sources(f"import flarebook.{name.partition('/')[0]}.parts") for name in PARTS}
except InputError as error:
    sys.exit(f"{error}.")


def executed(name):
    """The executed notebook, which the book shows."""
    return f"build/{RUN}/notebooks/{name}.ipynb"


def results(name):
    """What later steps depend on: the metrics and the checksums of all results."""
    return [f"build/{RUN}/results/{name}/{file}" for file in ("metrics.json", "sha256.json")]


def parts_file(name, file):
    """A file in the folder of a notebook's parts."""
    return f"build/{RUN}/parts/{name}/{file}"


def gathered(name):
    """What a notebook with parts waits for: the summary of all of them."""
    return [parts_file(name, "gathered.json")] if name in PARTS else []


def all_parts(wildcards):
    """Files of all parts of a notebook, whose names a checkpoint lists; of a folder, its record."""
    with open(checkpoints.part_names.get(notebook=wildcards.notebook).output[0]) as listed:
        names = json.load(listed)
    study = __import__(f"flarebook.{wildcards.notebook.partition('/')[0]}.parts", fromlist=["parts"])
    suffix = getattr(study, "SUFFIX", ".parquet")
    record = "" if suffix == ".parquet" else "/provenance.json"
    return [parts_file(wildcards.notebook, f"{part}{suffix}{record}") for part in names]


def minutes_from(name):
    """Minutes that the profile allows to the longest chain from a notebook on: it starts before those with shorter ones."""
    after = [minutes_from(other) for other, entry in NOTEBOOKS.items() if name in entry.after]
    return NOTEBOOKS[name].minutes + max(after, default=0)


rule all:
    default_target: True
    input:
        [executed(name) for name in NOTEBOOKS],


for name, entry in NOTEBOOKS.items():

    rule:
        name:
            name.replace("/", "_").replace("-", "_")
        input:
            notebook=f"notebooks/{name}.ipynb",
            sources=SOURCES[name],
            earlier=[path for step in entry.after for path in results(step)],
            parts=gathered(name),
        output:
            executed(name),
            results(name),
        params:
            notebook=name,
            parameters=PARAMETERS[name],
        priority: minutes_from(name)
        threads: entry.threads
        resources:
            mem_mb=entry.memory_mb,
            runtime=entry.minutes,
        shell:
            f"{PYTHON} -m flarebook.commands.main run {{params.notebook}} "
            f"--profile {RUN} --output build/{RUN} --threads {{threads}}"


wildcard_constraints:
    notebook="[a-z]+/[a-z0-9-]+",
    part="[A-Za-z0-9._-]+",


COMMAND = f"{PYTHON} -m flarebook.commands.main parts"
SETTINGS = f"--profile {RUN} --output build/{RUN}"


checkpoint part_names:
    input:
        lambda wildcards: [f"notebooks/{wildcards.notebook}.ipynb", *MAKERS[wildcards.notebook]],
    output:
        parts_file("{notebook}", "names.json"),
    params:
        parameters=lambda wildcards: PARAMETERS[wildcards.notebook],
    priority: lambda wildcards: 2 + minutes_from(wildcards.notebook)
    threads: 1
    shell:
        f"{COMMAND} list {{wildcards.notebook}} {SETTINGS} --names {{output}}"


# A study's parts are Parquet files or folders of arrays; the rules differ in the file that tells that one is complete.
for kind, file in (("part", "{part}.parquet"), ("part_folder", "{part}.zarr/provenance.json")):

    rule:
        name:
            kind
        input:
            lambda wildcards: MAKERS[wildcards.notebook],
        output:
            parts_file("{notebook}", file),
        params:
            parameters=lambda wildcards: PARAMETERS[wildcards.notebook],
        priority: lambda wildcards: 1 + minutes_from(wildcards.notebook)
        threads: lambda wildcards: PARTS[wildcards.notebook].threads
        resources:
            mem_mb=lambda wildcards: PARTS[wildcards.notebook].memory_mb,
            runtime=lambda wildcards: PARTS[wildcards.notebook].minutes,
        shell:
            f"{COMMAND} make {{wildcards.notebook}} {SETTINGS} --only {{wildcards.part}} --jobs 1"


rule gather:
    input:
        all_parts,
    output:
        parts_file("{notebook}", "gathered.json"),
    priority: lambda wildcards: 1 + minutes_from(wildcards.notebook)
    threads: 1
    shell:
        f"{COMMAND} gather {{wildcards.notebook}} {SETTINGS}"
