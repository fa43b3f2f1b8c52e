"""The beginning of every job: compiled programs kept, memory kept, devices found, clock started."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
from rich.console import Console, RenderableType

from loft_jax.runs import devices
from loft_jax.runs.allocator import keep_freed_memory
from loft_jax.runs.compilation import CompileClock, keep_compiled_programs
from loft_jax.runs.environment import Memory, memory
from loft_jax.runs.settings import RunConfig


@dataclass
class Session:
    """What a job is given beside its settings.

    Attributes:
        out: where it tells of its progress.
        clock: compile time so far.
        started: `time.perf_counter()` when the user began to wait.
        before: memory of the process when the job began; a notebook may hold much.
    """

    out: Console
    clock: CompileClock
    started: float = field(default_factory=time.perf_counter)
    before: Memory = field(default_factory=memory)

    @property
    def seconds(self) -> float:
        """Since the user began to wait."""
        return time.perf_counter() - self.started


@contextlib.contextmanager
def ordinary_numbers() -> Iterator[None]:
    """float32 by JAX's own rules of promotion, whatever JAX_ENABLE_X64 and its like say.

    Results must not depend on them. Decorates each job; who calls one from a notebook keeps what
    is set there.
    """
    with jax.enable_x64(False), jax.numpy_dtype_promotion("standard"):
        yield


def begin(run: RunConfig, *, started: float | None = None) -> Session:
    """Prepare the process for a job.

    Args:
        run: device, cache and the processes that work together.
        started: `time.perf_counter()` at process start; None is now.

    Raises:
        InputError: if no device of that kind can be used here.
    """
    if run.cache:
        keep_compiled_programs()
    keep_freed_memory()
    devices.start(run)
    out = console() if devices.first_process() else Console(quiet=True)
    return Session(out, CompileClock(), time.perf_counter() if started is None else started)


@dataclass(frozen=True)
class Result:
    """What a job gives back.

    Attributes:
        folder: where everything lies.
        numbers: what its JSON file holds.
        table: the same for a reader, with what to do next; `print(result)` shows it.
    """

    folder: Path
    numbers: dict[str, Any]
    table: RenderableType = field(repr=False)

    def __rich__(self) -> RenderableType:
        return self.table

    def __str__(self) -> str:
        paper = Console(width=100, markup=False)
        with paper.capture() as captured:
            paper.print(self.table)
        return captured.get()


def console() -> Console:
    """Where commands print; plain lines when it is not a terminal.

    Names of files and classes are data: brackets in them are no markup.
    """
    out = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - None where it was closed (>&-)
    return Console(file=out, soft_wrap=not out.isatty(), markup=False, highlight=False)
