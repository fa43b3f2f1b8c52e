"""The search of all classes, chunk by chunk: sized to a budget, shown, safe from being killed."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from loft_jax.attacks import engine
from loft_jax.attacks.engine import Engine, Reconstructions
from loft_jax.attacks.folder import AttackFolder
from loft_jax.errors import DivergenceError, InputError
from loft_jax.runs.environment import peak_memory_bytes, resident_memory_bytes
from loft_jax.runs.interrupt import Interrupt

RESERVE = 2**28
"""Bytes for selecting, judging and writing, which come after the search (measured: 0.2 GiB for
4,000 pictures of 8 px and for 250 of 32 px)."""


class Stopped(Exception):
    """A signal came; the finished chunks are kept."""


class Size(NamedTuple):
    """How a search is cut.

    Attributes:
        classes_at_a_time: classes in a chunk.
        bytes_needed: what the process holds by then, its largest program by XLA's account, and
            RESERVE; or what compiling took, if that is more.
    """

    classes_at_a_time: int
    bytes_needed: int


def fitting(
    attack: Engine, labels: Int64[np.ndarray, " k"], batch: int, budget: int, *, later: int = 0
) -> Size:
    """The most classes at a time, up to `batch` rows, for which `budget` bytes are enough.

    Memory grows in proportion to the rows, so that one trial shrinks it enough; chunks are as
    equal as possible, because the last one is filled up.

    Args:
        attack: the engine.
        labels: classes under attack.
        batch: at most so many rows side by side.
        budget: bytes that the process may have.
        later: bytes that judging needs beyond RESERVE.

    Raises:
        InputError: if one class alone needs more.
    """
    at_once = _even(len(labels), max(1, batch // attack.rows))
    while True:
        program = attack.bytes_needed(np.resize(labels, at_once))
        held = resident_memory_bytes() + RESERVE + later
        needed = max(peak_memory_bytes(), held + program)
        if needed <= budget:
            return Size(at_once, needed)
        if at_once == 1:
            msg = (
                f"`--memory` must be at least {needed / 2**30:.2f} for {attack.rows} "
                f"reconstructions of one class, got {budget / 2**30:.2f}"
            )
            raise InputError(msg)
        share = max(budget - held, 0) / program
        at_once = _even(len(labels), max(1, min(int(at_once * share), at_once - 1)))


def _even(classes: int, most: int) -> int:
    chunks = -(-classes // most)
    return -(-classes // chunks)


def reconstruct_all(
    attack: Engine,
    labels: Int64[np.ndarray, " k"],
    at_once: int,
    folder: AttackFolder,
    out: Console,
) -> Iterator[Reconstructions]:
    """Every chunk's reconstructions, in order; those that the folder has are not made again.

    Raises:
        Stopped: if a signal came.
        DivergenceError: if the objective is not finite.
    """
    chunks = [labels[start : start + at_once] for start in range(0, len(labels), at_once)]
    bar = Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("objective {task.fields[loss]:.3f}  confidence {task.fields[confidence]:.3f}"),
        TimeRemainingColumn(compact=True),
        console=out,
        transient=True,
        disable=not out.is_terminal,
    )
    with bar, Interrupt() as interrupt:
        task = bar.add_task("searching", total=None, loss=float("nan"), confidence=0.0)

        for index, chosen in enumerate(chunks):

            def report(now: engine.Progress, index: int = index) -> None:
                if interrupt.signal is not None:
                    raise Stopped(interrupt.signal)
                if not math.isfinite(now.loss):
                    msg = (
                        f"the attack's objective became {now.loss} by step {now.done} of "
                        f"{now.steps}; nothing of this chunk was kept"
                    )
                    raise DivergenceError(msg)
                total, done = len(chunks) * now.steps, index * now.steps + now.done
                bar.update(
                    task, total=total, completed=done, loss=now.loss, confidence=now.confidence
                )

            found = folder.read_chunk(index)
            if found is None:
                # Filled up, so that one compiled program serves every chunk.
                whole = attack.reconstruct(np.resize(chosen, at_once), report)
                found = whole._replace(
                    **{
                        name: getattr(whole, name)[: len(chosen)]
                        for name in ("latents", "images", "confidence")
                    }
                )
                folder.write_chunk(index, found)
            out.print(
                f"classes {chosen[0]:>3}..{chosen[-1]:<3}  objective {found.loss[-1]:.3f}  "
                f"confidence {found.target_confidence[-1]:.3f}  kept {found.confidence.mean():.3f}",
                highlight=False,
            )
            yield found
