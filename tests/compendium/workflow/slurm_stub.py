"""A SLURM cluster of one machine: sbatch, srun, squeue, sacct, scancel, scontrol and sinfo that really run the jobs.

The queue is the folder STUB_QUEUE, with a folder for each job; four nodes are four files that one job at a time locks.
A job is struck by a failure when a file `fate` lies in its folder, which holds a final state of SLURM:
  OUT_OF_MEMORY  the process that wrote the file is killed, as the kernel kills the largest one
  TIMEOUT        all processes of the job are asked to end, and killed a second later
  NODE_FAIL      all processes are killed at once
What SLURM reads in other options is accepted and ignored. No variable of this file begins with SLURM_, since the
plugin's job step clears those.
"""

import argparse
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

NODES = ("n1", "n2", "n3", "n4")
ENDED = ("COMPLETED", "FAILED", "CANCELLED", "OUT_OF_MEMORY", "TIMEOUT", "NODE_FAIL")
PAUSE = 0.05  # s between two looks at a job
PATIENCE = 20  # s that sacct waits for running jobs: the plugin else waits 10 s longer after each look in vain
COMMANDS = ("sbatch", "srun", "squeue", "sacct", "scancel", "scontrol", "sinfo")


def install(folder):
    """Write the commands into a folder, which belongs on the PATH."""
    folder.mkdir()
    for name in COMMANDS:
        command = folder / name
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -S {Path(__file__).resolve()} {name} "$@"\n')
        command.chmod(0o755)


def queue():
    """Folders of all jobs in the order of their numbers."""
    return sorted(
        (path for path in Path(os.environ["STUB_QUEUE"]).iterdir() if path.is_dir()), key=lambda p: int(p.name)
    )


def read(job, name, default=""):
    """One fact of a job."""
    path = job / name
    return path.read_text() if path.exists() else default


def keep(job, **facts):
    """Write facts of a job, each whole."""
    for name, text in facts.items():
        (job / f"{name}.new").write_text(str(text))
        os.replace(job / f"{name}.new", job / name)


def parsed(words, *options):
    """Known options of a command line; others are ignored."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    for option in options:
        parser.add_argument(*option, default="")
    return parser.parse_known_args(words)


def sbatch(words):
    """Put a job into the queue, start the process that leads it, and print its number."""
    names = ("job-name", "output", "comment", "wrap", "exclude", "mem", "cpus-per-task", "gres")
    short = [("-D", "--chdir"), ("-p", "--partition"), ("-t", "--time")]
    options, _ = parsed(words, *short, *[(f"--{name}",) for name in names])
    number = 1 + max((int(job.name) for job in queue()), default=1000)
    while (job := Path(os.environ["STUB_QUEUE"]) / str(number)).exists() or not _made(job):
        number += 1
    facts = vars(options)
    keep(job, **(facts | {"output": facts["output"].replace("%j", str(number)), "state": "PENDING"}))
    subprocess.Popen(
        [sys.executable, "-S", __file__, "lead", str(number)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    print(number)


def _made(folder):
    """Whether this process made the folder, and no other one in the same moment."""
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True


def lead(words):
    """Lead a job to its end on a node that it does not exclude."""
    job = Path(os.environ["STUB_QUEUE"]) / words[0]
    allowed = [node for node in NODES if node not in read(job, "exclude").split(",")]
    streams = {node: open(Path(os.environ["STUB_QUEUE"]) / f"{node}.lock", "w") for node in allowed}
    while (node := next((node for node in allowed if _locked(streams[node])), None)) is None:
        time.sleep(PAUSE)
    if (job / "cancelled").exists():
        return keep(job, state="CANCELLED")
    keep(job, node=node, state="RUNNING")
    environment = os.environ | {"SLURM_JOB_ID": job.name, "SLURM_JOB_NODELIST": node, "STUB_JOB": str(job)}
    with open(read(job, "output"), "w") as log:
        process = subprocess.Popen(
            ["bash", "-c", read(job, "wrap")],
            cwd=read(job, "chdir") or None,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        keep(job, state=watch(job, process, time.monotonic() + 60 * float(read(job, "time") or "inf")))


def _locked(stream):
    """Whether a node is free, and then taken."""
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def watch(job, process, end):
    """Final state of a job, which is struck by its fate or by its limit of time."""
    while process.poll() is None:
        fate = "TIMEOUT" if time.monotonic() > end else read(job, "fate")
        if (job / "cancelled").exists() or fate:
            _strike(process, fate, read(job, "victim"))
            process.wait()
            return fate or "CANCELLED"
        time.sleep(PAUSE)
    return "FAILED" if process.returncode else "COMPLETED"


def _strike(process, fate, victim):
    """End a job's processes as its fate wants."""
    if fate == "OUT_OF_MEMORY":
        os.kill(int(victim), signal.SIGKILL)
        return
    if fate != "NODE_FAIL":
        os.killpg(process.pid, signal.SIGTERM)
        time.sleep(1)
    os.killpg(process.pid, signal.SIGKILL)


def srun(words):
    """Run a step of a job in place of this process."""
    while words and words[0].startswith("-"):
        words = words[1:]
    os.execvp(words[0], words)


def sacct(words):
    """Print number and state of a run's jobs, or the node of one; reasons and accounts are not known."""
    options, _ = parsed(words, ("--name",), ("-j",), ("-o", "--format"))
    if options.name:
        jobs = [job for job in queue() if read(job, "job_name") == options.name]
        end = time.monotonic() + PATIENCE
        while any(read(job, "state") not in ENDED for job in jobs) and time.monotonic() < end:
            time.sleep(PAUSE)
        print("".join(f"{job.name}|{read(job, 'state')}\n" for job in jobs), end="")
    elif options.format.startswith("nodelist"):
        print(read(Path(os.environ["STUB_QUEUE"]) / options.j, "node"))


def squeue(words):
    """Print number and state of the jobs that have not ended."""
    for job in queue():
        if (state := read(job, "state")) not in ENDED:
            print(f"{job.name}|{state}")


def scancel(words):
    """Cancel jobs."""
    for number in words:
        if number.isdigit():
            keep(Path(os.environ["STUB_QUEUE"]) / number, cancelled="")


def scontrol(words):
    """Print the settings that the plugin reads."""
    print("MinJobAge = 5 sec\nMaxArraySize = 1001")


def sinfo(words):
    """Print the one partition."""
    print("PARTITION\nstandard*")


if __name__ == "__main__":
    {function.__name__: function for function in (sbatch, lead, srun, sacct, squeue, scancel, scontrol, sinfo)}[
        sys.argv[1]
    ](sys.argv[2:])
