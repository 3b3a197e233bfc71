"""The archive of a commit for a repository such as Zenodo: its files, a run's figures and tables, and their hashes."""

import hashlib
import io
import shutil
import stat
import subprocess
import tarfile
import time
import zipfile
from pathlib import Path

from flarebook.compendium.atomic_files import WORK, atomic_write
from flarebook.compendium.batch_report import skipping
from flarebook.compendium.errors import InputError
from flarebook.compendium.identity.work import commit_time, read_work
from flarebook.compendium.provenance import code_state, read_record, sha256

SUMS = "SHA256SUMS"
BUILT = ("figures/*", "results/*/*/*.parquet", "results/*/*/metrics.json")  # of a run's folder
EARLIEST = (1980, 1, 1, 0, 0, 0)  # time that a ZIP file can hold
MODES = {True: 0o755, False: 0o644}  # of an executable file and of any other


def write_archive(root, run, folder):
    """Write the archive of a project's commit and of what a run has built; its neighbour .sha256 holds its hash.

    root: folder of the project, a git checkout.  run: folder of the run, such as build/laptop; may be missing.
    folder: is made.  Of files that differ from the commit, the commit's are taken.  The same commit and the same run
    give the same bytes: files are sorted and bear the commit's time.  (zlib of another version may compress otherwise;
    SHA256SUMS inside stays the same.)  `sha256sum -c SHA256SUMS` checks the unpacked files.
    Returns the archive's path.  Raises InputError outside a git checkout.
    """
    commit = code_state(root)["commit"]
    if commit is None:
        raise InputError(f"{root} is no git checkout: clone the project, since the archive is that of a commit")
    files = _tracked(root) | _built(root, run)
    name = f"flarebook-{read_work(root).package.version}-{commit[:10]}"
    with atomic_write(Path(folder) / f"{name}.zip") as partial:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.comment = commit.encode()  # as git archive writes it
            moment = max(time.gmtime(commit_time(root))[:6], EARLIEST)
            sums = []
            for path, (source, mode) in sorted(files.items()):
                sums.append(f"{add_file(archive, f'{name}/{path}', source, mode, moment)}  {path}\n")
            add_file(archive, f"{name}/{SUMS}", "".join(sums).encode(), MODES[False], moment)
    path = Path(folder) / f"{name}.zip"
    with atomic_write(path.with_suffix(".zip.sha256")) as partial:
        partial.write_text(f"{sha256(path)}  {path.name}\n", encoding="utf-8")
    return path


def _tracked(root):
    """Files of the commit: {path: (bytes, mode)}."""
    command = ["git", "-C", str(root), "archive", "--format=tar", "HEAD"]
    made = subprocess.run(command, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(made)) as tar:
        members = [member for member in tar if member.isfile()]
        return {one.name: (tar.extractfile(one).read(), MODES[bool(one.mode & stat.S_IXUSR)]) for one in members}


def _built(root, run):
    """Figures, tables and metrics of a run with their records: {path in the project: (path, mode)}."""
    paths = [path for pattern in BUILT for path in Path(run).glob(pattern) if not path.name.startswith(WORK)]
    return {path.resolve().relative_to(Path(root).resolve()).as_posix(): (path, MODES[False]) for path in paths}


def add_file(archive, name, source, mode, moment):
    """Add a file, bytes or a path, to an archive; returns its SHA-256."""
    entry = zipfile.ZipInfo(name, moment)
    entry.create_system, entry.external_attr = 3, (stat.S_IFREG | mode) << 16  # Unix
    entry.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(entry, "w", force_zip64=True) as stream:
        if isinstance(source, bytes):
            stream.write(source)
            return hashlib.sha256(source).hexdigest()
        with open(source, "rb") as file:
            shutil.copyfileobj(file, stream, 1 << 20)
    return sha256(source)


def other_commits(root, run):
    """Figures of a run that another commit made, or code that was changed: (number of those, number of all)."""
    commit, records = code_state(root)["commit"], []
    for path in sorted((Path(run) / "figures").glob("*.json")):
        with skipping([]):
            records.append(read_record(path.parent, path.stem))
    return sum(record["commit"] != commit or bool(record["dirty"]) for record in records), len(records)
