"""The loop that fits a prior: iterations, rows, checkpoints, and a stop when it goes wrong.

Everything it does is a function of (configuration, pictures, step), so a run that was killed and
resumed makes the same weights to the bit as one that was not.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from loft_jax.errors import DivergenceError
from loft_jax.fitting.checkpoint import Checkpoints
from loft_jax.fitting.generators.config import FitConfig
from loft_jax.fitting.generators.material import Material
from loft_jax.fitting.generators.progress import FittingProgress
from loft_jax.fitting.generators.step import Advance
from loft_jax.fitting.state import TrainState
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.runs.interrupt import Interrupt

ROW_EVERY = 50
"""Iterations in a row of metrics.jsonl."""
SAVE_EVERY = 250
"""Iterations between checkpoints and pictures of samples."""
READ_EVERY = 10
"""Iterations between two looks at the losses; in between the device runs ahead of Python."""
SMALLEST_SPREAD = 0.05
"""Of the public pictures' own; below, the generator makes one picture."""
SMALLEST_HINGE = 1e-3
"""Loss of a discriminator that the generator no longer learns from."""


@dataclass
class History:
    """The loop's own bookkeeping; saved with each checkpoint.

    Attributes:
        rows: the lines of metrics.jsonl.
        pending: metrics of the iterations since the last of them.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    pending: dict[str, list[float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Program:
    """What the loop needs and does not change.

    Attributes:
        config: settings.
        material: what is learnt from.
        target: classifier under attack, for priors fitted to one.
        advance: one iteration.
    """

    config: FitConfig
    material: Material
    target: FrozenClassifier | None
    advance: Advance


def fit(
    program: Program,
    state: TrainState,
    history: History,
    checkpoints: Checkpoints,
    progress: FittingProgress,
    interrupt: Interrupt,
    on_save: Callable[[TrainState, list[dict[str, Any]]], None],
) -> TrainState:
    """The state after the last iteration, or after those in which a signal came.

    Raises:
        DivergenceError: if a loss is not finite, the generator makes only one picture, or the
            discriminator tells all pictures apart.
    """
    config, end, step = program.config, program.config.iterations, int(state.step)
    real_spread = _spread(program.material)
    saved, unread = step, []
    while step < end and interrupt.signal is None:
        batches = program.material.batches(config, step)
        state, metrics = program.advance(state, batches, program.target)
        unread.append(metrics)
        step += 1
        if step % READ_EVERY == 0 or step == end:
            _read(unread, history, step)
            last = {name: values[-1] for name, values in history.pending.items()}
            progress.update(step, last["discriminator_loss"], last["generator_loss"])
        if step % ROW_EVERY == 0 or step == end:
            means = {name: float(np.mean(values)) for name, values in history.pending.items()}
            history.rows.append({"step": step, **means})
            history.pending.clear()
            progress.row(history.rows[-1], end)
            _check_alive(history.rows[-1], config, real_spread)
        if step % SAVE_EVERY == 0 or step == end:
            checkpoints.save(state, vars(history), float(step))
            saved = step
            on_save(state, history.rows)
    _read(unread, history, step)
    if step != saved:
        checkpoints.save(state, vars(history), float(step))
    return state


def _spread(material: Material) -> float:
    return float(material.images[:1024].astype(np.float32).std(0).mean()) / 255


def _read(unread: list[dict[str, jax.Array]], history: History, step: int) -> None:
    """Move metrics of the iterations before `step` into the history."""
    first = step - len(unread)
    for offset, metrics in enumerate(unread):
        for name, value in metrics.items():
            number = float(value)
            if not math.isfinite(number):
                msg = (
                    f"{name.replace('_', ' ')} became {number} at step {first + offset}; try a "
                    "smaller --learning-rate. The earlier checkpoints are intact"
                )
                raise DivergenceError(msg)
            history.pending.setdefault(name, []).append(number)
    unread.clear()


def _check_alive(row: dict[str, Any], config: FitConfig, real_spread: float) -> None:
    advice = "try another --seed or a smaller --learning-rate. The earlier checkpoints are intact"
    if row["spread"] < SMALLEST_SPREAD * real_spread:
        msg = (
            f"the generator makes one picture at step {row['step']}: standard deviation over a "
            f"batch {row['spread']:.2g}, of public pictures {real_spread:.2g}; {advice}"
        )
        raise DivergenceError(msg)
    hinge = config.adversary == "hinge" and config.prior != "kedmi"
    if hinge and row["discriminator_loss"] < SMALLEST_HINGE:
        msg = (
            f"the discriminator tells all pictures apart at step {row['step']} (loss "
            f"{row['discriminator_loss']:.2g}), so the generator learns nothing more; {advice}"
        )
        raise DivergenceError(msg)
