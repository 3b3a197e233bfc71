# One rule per notebook of a profile; results make the graph; papermill runs each.
#   snakemake --cores 2 --config profile=laptop [study=iris] [source=real]
#   snakemake --profile profiles/slurm --config profile=paper
import shlex
import sys

from flarebook.compendium.errors import InputError
from flarebook.compendium.workflow.parameters import checked, read_profile, run_name
from flarebook.compendium.workflow.dependencies import notebook_sources

PROFILE = config.get("profile", "laptop")
PYTHON = shlex.quote(sys.executable).replace("{", "{{").replace("}", "}}")  # snakemake formats the command
try:
    RUN = run_name(PROFILE, config.get("source") or "simulated")
    NOTEBOOKS = read_profile(RUN, config.get("study") or None).notebooks
    PARAMETERS = {name: checked(name, entry.parameters) for name, entry in NOTEBOOKS.items()}
    SOURCES = {name: notebook_sources(name) for name in NOTEBOOKS}
except InputError as error:
    sys.exit(f"{error}.")


def executed(name):
    """The executed notebook, which the book shows."""
    return f"build/{RUN}/notebooks/{name}.ipynb"


def results(name):
    """What later steps depend on: the metrics and the checksums of all results."""
    return [f"build/{RUN}/results/{name}/{file}" for file in ("metrics.json", "sha256.json")]


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
        output:
            executed(name),
            results(name),
        params:
            notebook=name,
            parameters=PARAMETERS[name],
        threads: entry.threads
        resources:
            mem_mb=entry.memory_mb,
            runtime=entry.minutes,
        shell:
            f"{PYTHON} -m flarebook.commands.main run {{params.notebook}} "
            f"--profile {RUN} --output build/{RUN} --threads {{threads}}"
