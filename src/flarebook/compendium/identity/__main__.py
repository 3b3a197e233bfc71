"""Describe the work for machines, or archive its commit: `python -m flarebook.compendium.identity describe|archive`."""

import argparse

from flarebook.compendium.atomic_files import atomic_write
from flarebook.compendium.batch_report import run_script
from flarebook.compendium.identity.archive import other_commits, write_archive
from flarebook.compendium.identity.descriptions import describe
from flarebook.compendium.identity.work import check_release, read_work
from flarebook.compendium.project import project_root, shown
from flarebook.compendium.provenance import code_state
from flarebook.compendium.reports.markdown_tables import shown_bytes

FOLDER = "build/archive"


def write_descriptions(root):
    """Write the descriptions of the work into the project's folder; returns the names of those that changed."""
    work = read_work(root)
    check_release(work)
    changed = []
    for name, text in describe(work, root).items():
        if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != text:
            changed.append(name)
            with atomic_write(root / name) as path:
                path.write_text(text, encoding="utf-8")
    return changed


def archive_commit(root, run):
    """Archive the commit with what a run has built; returns what to tell of it, a list of sentences."""
    path = write_archive(root, root / "build" / run, root / FOLDER)
    other, figures = other_commits(root, root / "build" / run)
    told = [f"The archive: {shown(path)} ({shown_bytes(path.stat().st_size)}), its hash: {path.name}.sha256."]
    told.append(f"Figures of the run {run} in it: {figures}.")
    if other:
        told.append(f"Made by another commit or by code that was not committed, as their records say: {other} of them.")
    if code_state(root)["dirty"]:
        told.append("Files here differ from the commit, whose own are archived: commit them and archive again.")
    return told


def run(what, name):
    """Describe the work, or archive its commit with the run of a name, and print what was written."""
    root = project_root()
    if what == "archive":
        print("\n".join(archive_commit(root, name)))
    else:
        print(f"Written: {', '.join(write_descriptions(root)) or 'nothing, all are up to date'}.")


def main():
    """Command line; exit code 1 and one message on standard error when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m flarebook.compendium.identity", description=__doc__)
    parser.add_argument("what", choices=["describe", "archive"])
    parser.add_argument("run", nargs="?", default="laptop", help="run whose figures and tables the archive holds")
    given = parser.parse_args()
    run_script(run, given.what, given.run)


if __name__ == "__main__":
    main()
