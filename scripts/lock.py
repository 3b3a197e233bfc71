"""Lock the packages of `pyproject.toml`, with hashes, for Python 3.11 to 3.13: `python scripts/lock.py [--upgrade]`.

uv resolves all extras together into requirements.lock, then each study's own set into locks/, with the same versions.
locks/pins.txt holds the versions alone, for conda, whose pip section knows no hashes beside an editable package.
torch and torchvision stand apart in locks/torch.txt, without hashes, because their build (CPU or CUDA) depends on the
machine; what only a CUDA build needs is left to the installer.
"""

import re
import subprocess
import sys
from itertools import groupby
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
STUDIES = sorted(path.name for path in (ROOT / "notebooks").iterdir())
TORCH = ("torch", "torchvision")
CUDA = re.compile(r"(nvidia|cuda)-.*|triton")
MARKER = " ; python_full_version < '3.14' and platform_machine == 'x86_64' and sys_platform == 'linux'"  # on every line
HEADER = "# Made from pyproject.toml by `make lock` for Python 3.11 to 3.13 on Linux x86-64; do not edit by hand.\n"
NOTE = "# Without torch and torchvision, whose build (CPU or CUDA) depends on the machine: see locks/torch.txt.\n"
TORCH_NOTE = "# Without hashes: the build (CPU or CUDA) depends on the machine and on the index that pip uses.\n"


def resolve(extras, constraint=None, upgrade=False):
    """Resolve the project with extras by uv; returns the blocks of the lock, {name: text with its hashes}.

    A package of which one version suits no Python of the bounds has a line for each version, with its marker.

    extras: names, or ["all"].  constraint: a lock whose versions are to be kept.
    """
    wanted = ["--all-extras"] if extras == ["all"] else [part for extra in extras for part in ("--extra", extra)]
    keep = ["-c", str(constraint)] if constraint else []
    command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", *wanted, *keep, "--quiet", "--no-header"]
    command += ["--universal", "--generate-hashes", "--no-annotate", "--no-emit-index-url", "--python-version", "3.11"]
    command += ["--upgrade"] if upgrade else ["--output-file", str(LOCK)] if not constraint else []
    done = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, check=True)
    text = done.stdout or LOCK.read_text(encoding="utf-8")
    blocks = re.findall(r"^[a-z0-9].*(?:\n .*)*", text.replace(MARKER, ""), re.M)
    return {name: "\n".join(same) for name, same in groupby(blocks, lambda block: block.split("==")[0])}


def read_lock(path):
    """Pins of a lock file: {name: version}; of a package locked for several Pythons, the version of this one."""
    lines = [line.strip(" \\") for line in Path(path).read_text(encoding="utf-8").splitlines()]
    pins = [Requirement(line) for line in lines if re.match(r"[a-z0-9]", line)]
    suited = [item for item in pins if item.marker is None or item.marker.evaluate()]
    return {item.name: next(iter(item.specifier)).version for item in (*pins, *suited)}


def write_lock(path, blocks):
    """Write blocks of a resolution, without torch and its CUDA packages."""
    kept = [text for name, text in blocks.items() if name not in TORCH and not CUDA.fullmatch(name)]
    path.parent.mkdir(exist_ok=True)
    path.write_text(HEADER + NOTE + "\n".join(kept) + "\n", encoding="utf-8")
    print(f"{path.relative_to(ROOT)}: {len(kept)} packages")


def main(arguments):
    """Write all locks."""
    blocks = resolve(["all"], upgrade="--upgrade" in arguments)
    pins = {name: text.split()[0] for name, text in blocks.items()}
    (ROOT / "locks").mkdir(exist_ok=True)
    torch = "\n".join(pins[name] for name in TORCH)
    (ROOT / "locks" / "torch.txt").write_text(f"{TORCH_NOTE}{torch}\n", encoding="utf-8")
    constraint = ROOT / "locks" / "pins.txt"
    kept = [text for name, text in blocks.items() if not CUDA.fullmatch(name)]
    lines = [line.removesuffix(" \\") for text in kept for line in text.splitlines() if line[:1] != " "]
    constraint.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    write_lock(LOCK, blocks)
    write_lock(ROOT / "locks" / "uv.lock", {"uv": blocks["uv"]})
    for study in STUDIES:
        write_lock(ROOT / "locks" / f"{study}.lock", resolve([study, "book"], constraint))


if __name__ == "__main__":
    main(sys.argv[1:])
