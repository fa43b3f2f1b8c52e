"""What runs units: processes of this machine, or a cluster by submitit."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO, Protocol, runtime_checkable

from loft_jax.errors import InputError


@runtime_checkable
class Running(Protocol):
    """A unit that runs somewhere."""

    def finished(self) -> bool:
        """Whether it has ended, well or not."""
        ...

    def stop(self) -> None:
        """Ask it to save and end."""
        ...


class Processes:
    """Units as processes of this machine, each with an equal share of its cores."""

    def __init__(self, jobs: int):
        self.jobs = jobs
        self._shares = _shares(jobs)

    def start(self, unit: Path, log: Path) -> "_Process":
        """Begin the unit; what it prints goes to `log`."""
        share = self._shares.pop(0)
        return _Process(unit, log, share, self._shares)


class _Process:
    def __init__(self, unit: Path, log: Path, share: set[int] | None, shares: list):
        self._share, self._shares = share, shares
        with log.open("ab") as file:
            # A new session: Ctrl-C is for us, who ask it to stop.
            self._process = _begun(str(unit), file, start_new_session=True)
        if share is not None:
            os.sched_setaffinity(self._process.pid, share)

    def finished(self) -> bool:
        if self._process.poll() is None:
            return False
        if self._process.stdin is not None:
            self._process.stdin.close()
            self._process.stdin = None
            self._shares.append(self._share)
        return True

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


class Cluster:
    """Units as jobs of a cluster; submitit knows how to hand them over."""

    def __init__(self, engine: str, folder: Path, jobs: int):
        try:
            import submitit
        except ImportError as error:
            msg = "`--submit` needs the extra `cluster` (pip install -e '.[cluster]'), got none"
            raise InputError(msg) from error
        self.jobs = jobs
        kind = None if engine == "auto" else engine
        try:
            self._executor = submitit.AutoExecutor(folder=str(folder / "%j"), cluster=kind)
        except RuntimeError as error:
            msg = f"`--submit` must name an engine that is here, got {engine}: {error}"
            raise InputError(msg) from error
        self._executor.update_parameters(timeout_min=24 * 60, name="loft_jax")

    def start(self, unit: Path, log: Path) -> "_Submitted":
        """Hand the unit over."""
        return _Submitted(self._executor.submit(run_unit, str(unit), str(log)))


class _Submitted:
    def __init__(self, job: Any):
        self._job = job

    def finished(self) -> bool:
        return self._job.done()

    def stop(self) -> None:
        self._job.cancel()


def run_unit(unit: str, log: str) -> int:
    """What a job of the cluster does: the unit, in a process of its own."""
    with Path(log).open("ab") as file, _begun(unit, file) as process:
        return process.wait()


def _begun(unit: str, log: BinaryIO, *, start_new_session: bool = False) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "loft_jax.sweeps.work", unit],
        # Held open while we live: when we are killed, even by SIGKILL, it saves and ends.
        stdin=subprocess.PIPE,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=start_new_session,
    )


def _shares(jobs: int) -> list[set[int] | None]:
    """The cores of each of `jobs` processes; None where the system cannot bind them."""
    if not hasattr(os, "sched_setaffinity"):
        return [None] * jobs
    cores = sorted(os.sched_getaffinity(0))
    each = max(1, len(cores) // jobs)
    return [{cores[(i * each + j) % len(cores)] for j in range(each)} for i in range(jobs)]
