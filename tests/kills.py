"""Kills a command at random times, types it again until it is done: the same bits come out.

`python tests/kills.py [KILLS [COMMAND]]` does so for train and fit_prior, or one of them, with as
many kills each, and prints what differed. After a kill the folder is either not there, and the
command starts anew, or it goes on with --resume.
"""

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

KILLERS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
FLAGS = {
    "train": ["--data", "digits", "--size", "8", "--epochs", "6", "--rank", "8"],
    "fit_prior": ["--count", "64", "--size", "8", "--batch", "8", "--width", "2", "--steps", "600"],
}


def read(command, folder):
    """What must be the same, from files that the command wrote, without its own readers."""
    rows = (folder / "metrics.jsonl").read_text()
    if command == "fit_prior":
        with np.load(folder / "prior.npz") as archive:
            return rows, {name: archive[name].tobytes() for name in archive.files}
    import jax
    import orbax.checkpoint as ocp

    steps = [int(path.name) for path in (folder / "checkpoint").iterdir() if path.is_dir()]
    state = ocp.PyTreeCheckpointer().restore((folder / "checkpoint" / str(max(steps))).absolute())
    leaves = jax.tree_util.tree_leaves_with_path(state)
    return rows, {jax.tree_util.keystr(path): np.asarray(leaf).tobytes() for path, leaf in leaves}


def start(command, *flags):
    return subprocess.Popen(
        [sys.executable, "-m", f"loft_jax.{command}", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def again(command, folder):
    """The command as somebody types it who finds its folder, or none."""
    place = ["--resume", str(folder)] if folder.exists() else ["--out", str(folder)]
    return start(command, *([] if folder.exists() else FLAGS[command]), *place)


def killed(command, folder, seconds, by=signal.SIGKILL):
    """Whether the command was still at work after so many seconds, and killed then."""
    process = again(command, folder)
    time.sleep(seconds)
    at_work = process.poll() is None
    process.send_signal(by)
    process.communicate()
    return at_work


def finished(command, folder):
    process = again(command, folder)
    out, _ = process.communicate(timeout=300)
    if process.returncode != 0:
        raise RuntimeError(out)
    return folder


def differing(command, kills, place, seed=0):
    """The times of those kills after which something differed."""
    rng, began = np.random.default_rng(seed), time.monotonic()
    right = read(command, finished(command, place / "whole"))
    longest = time.monotonic() - began
    wrong = []
    for number in range(kills):
        at = float(rng.uniform(0.2, longest))
        folder = place / f"killed{number}"
        killed(command, folder, at, signal.Signals(int(rng.choice(KILLERS))))
        try:
            if read(command, finished(command, folder)) != right:
                wrong.append((at, "other bits"))
        except RuntimeError as error:
            wrong.append((at, str(error)))
    return wrong


if __name__ == "__main__":
    count, code = int(sys.argv[1]) if len(sys.argv) > 1 else 10, 0
    for name in sys.argv[2:] or FLAGS:
        with tempfile.TemporaryDirectory() as folder:
            found = differing(name, count, Path(folder))
        print(f"{name}: {count} kills, {len(found)} wrong", flush=True)
        for when, what in found:
            print(f"  after {when:.2f} s: {what}")
        code |= bool(found)
    sys.exit(code)
