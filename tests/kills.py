"""Kills a command at random times, types it again until it is done: the same numbers come out.

`python tests/kills.py [KILLS [COMMAND]]` does so for every command below, or one of them, with as
many kills each that found it at work, and prints what came of each. Where a command has --resume,
it is gone on with by that as soon as its folder is there.
"""

import csv
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

KILLERS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
COSTS = ("seconds", "memory", "peak_memory", "environment")
"""How the names of numbers begin that no two runs share."""
TINY = "--data digits --size 8 --epochs 6"
PARTS = {
    "target": ("train", f"{TINY} --rank 8"),
    "judge": ("train", TINY),
    "attack": ("attack", "{target} --attack mi-face --steps 20 --evaluators {judge}"),
}
"""What others need, in folders of these names, and what makes it."""


def state(folder):
    """Of a training: its metrics, and every number of the last checkpoint."""
    import jax
    import orbax.checkpoint as ocp

    steps = [int(path.name) for path in (folder / "checkpoint").iterdir() if path.is_dir()]
    tree = ocp.PyTreeCheckpointer().restore((folder / "checkpoint" / str(max(steps))).absolute())
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    bits = {jax.tree_util.keystr(path): np.asarray(leaf).tobytes() for path, leaf in leaves}
    return (folder / "metrics.jsonl").read_text(), bits


def arrays(file):
    with np.load(file) as archive:
        return {name: archive[name].tobytes() for name in archive.files}


def prior(folder):
    return (folder / "metrics.jsonl").read_text(), arrays(folder / "prior.npz")


def judgement(folder):
    numbers = costless(json.loads((folder / "attack.json").read_text()))
    return numbers, arrays(folder / "outcomes.npz")


def attack(folder):
    return judgement(folder), arrays(folder / "reconstructions.npz")


def table(folder):
    with (folder / "table.csv").open(newline="") as file:
        return [costless(row) for row in csv.DictReader(file)]


def costless(value):
    """A JSON value without what it cost, and without the seal over that."""
    if isinstance(value, list):
        return [costless(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = (name for name in value if not name.startswith(COSTS) and name != "sha256")
    return {name: costless(value[name]) for name in kept}


class Command(NamedTuple):
    """What is typed beside --out, what is read of the folder, and whether --resume goes on."""

    flags: str
    read: Callable[[Path], Any]
    resumes: bool = True


COMMANDS = {
    "train": Command(f"{TINY} --rank 8", state),
    "fit_prior": Command("--count 64 --size 8 --batch 8 --width 2 --steps 600", prior),
    "attack": Command(
        "{target} --attack mi-face --steps 2000 --batch 4 --per-class 2 --classes 0:6 "
        "--evaluators {judge}",
        attack,
    ),
    "judge": Command("{attack} --evaluators {judge} --knowledge", judgement, resumes=False),
    "sweep": Command(
        "--data digits --size 16 --rank none 4 --seeds 0 --adaptive none --attack mi-face "
        "--steps 3 --quick",
        table,
        resumes=False,
    ),
}


def start(command, *flags):
    return subprocess.Popen(
        [sys.executable, "-m", f"loft_jax.{command}", *map(str, flags)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def named(flags, place):
    """The flags with the places of PARTS."""
    return [flag.format(**{part: place / part for part in PARTS}) for flag in flags.split()]


def again(name, folder):
    """The command as somebody types it who finds its folder, or none."""
    if COMMANDS[name].resumes and folder.exists():
        return start(name, "--resume", folder)
    return start(name, *named(COMMANDS[name].flags, folder.parent), "--out", folder)


def killed(name, folder, seconds, by=signal.SIGKILL):
    """Whether the command was still at work after so many seconds, and killed then."""
    process = again(name, folder)
    time.sleep(seconds)
    at_work = process.poll() is None
    process.send_signal(by)
    process.communicate()
    return at_work


def done(process):
    out, _ = process.communicate(timeout=300)
    if process.returncode != 0:
        raise RuntimeError(out)


def prepare(name, place):
    """Make what the command's flags name: a target, somebody who judges, a finished attack."""
    if "{" in COMMANDS[name].flags:
        for part, (made_by, flags) in PARTS.items():
            done(start(made_by, *named(flags, place), "--out", place / part))


def found_after(name, kills, place, seed=0):
    """Of each kill: (seconds until it came, what was wrong, if anything)."""
    prepare(name, place)
    rng, read = np.random.default_rng(seed), COMMANDS[name].read
    began = time.monotonic()
    done(again(name, place / "whole"))
    longest, right = time.monotonic() - began, read(place / "whole")
    number = 0
    while number < kills:
        at = float(rng.uniform(0.2, longest))
        folder = place / f"killed{number}"
        if not killed(name, folder, at, signal.Signals(int(rng.choice(KILLERS)))):
            longest = at  # it was faster this time
            folder.rename(place / f"late{at}")
            continue
        number += 1
        try:
            done(again(name, folder))
            yield at, None if read(folder) == right else "other numbers"
        except RuntimeError as error:
            yield at, str(error)


if __name__ == "__main__":
    count, code = int(sys.argv[1]) if len(sys.argv) > 1 else 10, 0
    for name in sys.argv[2:] or COMMANDS:
        with tempfile.TemporaryDirectory() as folder:
            for at, wrong in found_after(name, count, Path(folder)):
                print(f"{name} killed after {at:.2f} s: {wrong or 'the same'}", flush=True)
                code |= wrong is not None
    sys.exit(code)
