"""The search of all classes, chunk by chunk: sized to a budget, shown, safe from being killed."""

import math
import shlex
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from loft_jax.attacks.folder import AttackFolder
from loft_jax.attacks.search import base
from loft_jax.attacks.search.base import Reconstructions, Search
from loft_jax.errors import DivergenceError, InputError
from loft_jax.runs.environment import Memory, memory
from loft_jax.runs.interrupt import Interrupt
from loft_jax.targets.base import BudgetSpent, Target

RESERVE = 2**28
"""Bytes for selecting, judging and writing, which come after the search (measured: 0.2 GiB for
4,000 pictures of 8 px and for 250 of 32 px)."""


class Size(NamedTuple):
    """How a search is cut.

    Attributes:
        classes_at_a_time: classes in a chunk.
        bytes_needed: beside what the process held before the job: what it has come to hold, the
            largest program by XLA's account, and RESERVE; or what compiling took, if that is more.
    """

    classes_at_a_time: int
    bytes_needed: int


def fitting(
    attack: Search,
    labels: Int64[np.ndarray, " k"],
    batch: int,
    budget: int,
    before: Memory,
    *,
    later: int = 0,
) -> Size:
    """The most classes at a time, up to `batch` rows, for which `budget` bytes are enough.

    Memory grows in proportion to the rows, so that one trial shrinks it enough; chunks are as
    equal as possible, because the last one is filled up.

    Args:
        attack: the search.
        labels: classes under attack.
        batch: at most so many rows side by side.
        budget: bytes that the process may have beside what it held before.
        before: memory of the process when the job began.
        later: bytes that judging needs beyond RESERVE.

    Raises:
        InputError: if one class alone needs more.
    """
    at_once = _even(len(labels), max(1, batch // attack.rows))
    while True:
        program = attack.bytes_needed(np.resize(labels, at_once))
        now = memory()
        held = now.resident - before.resident + RESERVE + later
        # A peak that is no higher than before the job is not the job's.
        taken = now.peak - before.resident if now.peak > before.peak else 0
        needed = max(taken, held + program)
        if needed <= budget:
            return Size(at_once, needed)
        if at_once == 1:
            msg = (
                f"`--memory` must be at least {needed / 2**30:.2f} for {attack.rows} "
                f"reconstructions of one class, got {budget / 2**30:.2f}"
            )
            raise InputError(msg)
        share = max(budget - held, 0) / max(program, 1)
        at_once = _even(len(labels), max(1, min(int(at_once * share), at_once - 1)))


def _even(classes: int, most: int) -> int:
    chunks = -(-classes // most)
    return -(-classes // chunks)


def reconstruct_all(
    attack: Search,
    target: Target,
    labels: Int64[np.ndarray, " k"],
    at_once: int,
    per_class: int,
    folder: AttackFolder,
    out: Console,
    interrupt: Interrupt,
) -> Iterator[Reconstructions]:
    """Every chunk's reconstructions, in order; those that the folder has are not made again.

    If a search without an account of its own wants more pictures than are left, the classes that
    are done are all.

    Raises:
        Stopped: if a signal came.
        DivergenceError: if the objective is not finite.
        BudgetSpent: if no class was done before.
        InputError: if the search gave other numbers of pictures than were asked for.
    """
    chunks = [labels[start : start + at_once] for start in range(0, len(labels), at_once)]
    go_on = f"python -m loft_jax.attack --resume {shlex.quote(str(folder.path))}"
    with _bar(out) as bar:
        task = bar.add_task("searching", total=None, loss=float("nan"), confidence=0.0)

        for index, chosen in enumerate(chunks):

            def report(now: base.Progress, index: int = index) -> None:
                interrupt.check(go_on)
                _check_finite(now)
                total, done = len(chunks) * now.steps, index * now.steps + now.done
                bar.update(
                    task, total=total, completed=done, loss=now.loss, confidence=now.confidence
                )

            interrupt.check(go_on)
            if (stored := folder.read_chunk(index)) is not None:
                found, queries = stored
                target.count(queries)
            else:
                asked = target.queries
                # Filled up, so that one compiled program serves every chunk.
                try:
                    whole = attack.reconstruct(np.resize(chosen, at_once), report)
                except BudgetSpent:
                    if not index:
                        raise
                    out.print(f"the questions are spent; {index * at_once} classes are done")
                    return
                _check_counts(whole, (at_once, per_class))
                found = _first(whole, len(chosen))
                folder.write_chunk(index, found, target.queries - asked)
            out.print(f"{_named(target, chosen)}  {_told(found)}")
            yield found


def joined(chunks: list[Reconstructions]) -> Reconstructions:
    """All classes; the traces are means over the chunks."""
    loss, sure = (
        np.mean([getattr(chunk, name) for chunk in chunks], 0)
        for name in ("loss", "target_confidence")
    )
    parts = [chunk.by_class() for chunk in chunks]
    shared = set(parts[0]).intersection(*parts)  # a chunk of an older version has no lookalikes
    whole: dict = {name: np.concatenate([part[name] for part in parts]) for name in shared}
    return Reconstructions(loss=loss, target_confidence=sure, **whole)


def _first(whole: Reconstructions, classes: int) -> Reconstructions:
    return whole._replace(**{name: part[:classes] for name, part in whole.by_class().items()})


def _check_counts(found: Reconstructions, asked: tuple[int, int]) -> None:
    for name, part in found.by_class().items():
        if part.shape[:2] != asked:
            msg = (
                f"`{name}` of what the search found must be of {asked[0]} classes and "
                f"{asked[1]} of each (--per-class), got shape {part.shape}"
            )
            raise InputError(msg)


def _check_finite(now: base.Progress) -> None:
    if not math.isfinite(now.loss):
        msg = (
            f"the attack's objective became {now.loss} by step {now.done} of {now.steps}; nothing "
            "of this chunk was kept"
        )
        raise DivergenceError(msg)


def _named(target: Target, labels: Int64[np.ndarray, " k"]) -> str:
    first, last = (f"{label} ({target.class_names[label]})" for label in (labels[0], labels[-1]))
    return f"class {first}" if len(labels) == 1 else f"classes {first} to {last}"


def _told(found: Reconstructions) -> str:
    kept = f"kept {found.confidence.mean():.3f}"
    if not len(found.loss):
        return kept
    sure = found.target_confidence[-1]
    return f"objective {found.loss[-1]:.3f}  confidence {sure:.3f}  {kept}"


def _bar(out: Console) -> Progress:
    return Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("objective {task.fields[loss]:.3f}  confidence {task.fields[confidence]:.3f}"),
        TimeRemainingColumn(compact=True),
        console=out,
        transient=True,
        disable=not out.is_terminal,
    )
