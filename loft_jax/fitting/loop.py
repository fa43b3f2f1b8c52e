"""The training loop: steps, epochs, validation, checkpoints, and a clean stop.

Everything it does is a function of (configuration, pictures, step), so a run that was killed and
resumed makes the same weights to the bit as one that was not.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh

from loft_jax.data.batches import batch_indices, steps_per_epoch
from loft_jax.data.dataset import Dataset
from loft_jax.data.split import Split
from loft_jax.errors import DivergenceError
from loft_jax.fitting.checkpoint import Checkpoints
from loft_jax.fitting.predict import predict
from loft_jax.fitting.progress import TrainingProgress
from loft_jax.fitting.settings import TrainConfig
from loft_jax.fitting.state import TrainState
from loft_jax.metrics.accuracy import accuracy, cross_entropy
from loft_jax.runs.compilation import CompileClock
from loft_jax.runs.devices import share_out
from loft_jax.runs.interrupt import Interrupt

NEVER_BEST = -1e30
READ_EVERY = 10
"""Steps between two looks at the loss; in between the devices run ahead of Python."""


@dataclass
class History:
    """The loop's own bookkeeping; saved with each checkpoint.

    Attributes:
        rows: one dict an epoch, the lines of metrics.jsonl.
        losses: losses of the running epoch's steps so far.
        accuracies: their training accuracies.
        seconds: spent on steps and validation, in every process so far, without compiling.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class Program:
    """What the loop needs and does not change.

    Attributes:
        config: settings.
        data: pictures.
        split: which of them train, validate and test.
        train: the jitted update.
        evaluate: the jitted answers.
        learning_rate: schedule, for the log.
        mesh: devices.
    """

    config: TrainConfig
    data: Dataset
    split: Split
    train: Callable
    evaluate: Callable
    learning_rate: Callable[[int], Any]
    mesh: Mesh


def total_steps(config: TrainConfig, split: Split) -> int:
    """Updates in the whole run."""
    return config.optim.epochs * steps_per_epoch(len(split.train), config.optim.batch)


def train(
    program: Program,
    state: TrainState,
    history: History,
    checkpoints: Checkpoints,
    progress: TrainingProgress,
    interrupt: Interrupt,
    on_epoch: Callable[[list[dict[str, Any]]], None],
    clock: CompileClock,
) -> TrainState:
    """The state after the last step, or after the step in which a signal came.

    Raises:
        DivergenceError: if a loss is not finite.
    """
    config, data, train_part = program.config, program.data, program.split.train
    per_epoch = steps_per_epoch(len(train_part), config.optim.batch)
    end = total_steps(config, program.split)
    step = int(state.step)
    # Whoever resumes counts on from here.
    began = time.perf_counter() - clock.seconds - history.seconds
    unread: list[dict[str, jax.Array]] = []
    while step < end and interrupt.signal is None:
        batch = batch_indices(len(train_part), config.optim.batch, config.run.seed, step)
        chosen = train_part[batch]
        images = share_out(program.mesh, data.images[chosen])
        labels = share_out(program.mesh, data.labels[chosen])
        state, metrics = program.train(state, images, labels)
        unread.append(metrics)
        step += 1
        at_epoch_end = step % per_epoch == 0
        if at_epoch_end or len(unread) == READ_EVERY:
            _read(unread, history, step, program)
            progress.update(step, history.losses[-1], float(np.mean(history.accuracies)))
        if at_epoch_end:
            row = _epoch_row(program, state, history, step, step // per_epoch)
            history.rows.append(row)
            history.losses, history.accuracies = [], []
            progress.epoch(row, config.optim.epochs)
            history.seconds = time.perf_counter() - clock.seconds - began
            checkpoints.save(state, vars(history), _score(row))
            on_epoch(history.rows)
    _read(unread, history, step, program)
    if step % per_epoch:
        # Stopped within an epoch: not yet validated, so never the best checkpoint.
        history.seconds = time.perf_counter() - clock.seconds - began
        checkpoints.save(state, vars(history), NEVER_BEST)
    return state


def _read(
    unread: list[dict[str, jax.Array]], history: History, step: int, program: Program
) -> None:
    first = step - len(unread)
    for offset, metrics in enumerate(unread):
        loss = float(metrics["loss"])
        if not math.isfinite(loss):
            at = first + offset
            msg = (
                f"the loss became {loss} at step {at} (learning rate "
                f"{float(program.learning_rate(at)):.2g}); try a smaller --learning-rate. "
                "The checkpoints of earlier epochs are intact"
            )
            raise DivergenceError(msg)
        history.losses.append(loss)
        history.accuracies.append(float(metrics["accuracy"]))
    unread.clear()


def _epoch_row(
    program: Program, state: TrainState, history: History, step: int, epoch: int
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "epoch": epoch,
        "step": step,
        "learning_rate": float(program.learning_rate(step - 1)),
        "train_loss": float(np.mean(history.losses)),
        "train_accuracy": float(np.mean(history.accuracies)),
    }
    chosen = program.split.validation
    if len(chosen):
        answers = predict(
            program.evaluate,
            state.evaluated_params,
            state.stats,
            program.data.images[chosen],
            program.config.optim.batch,
            program.mesh,
        )
        labels = program.data.labels[chosen]
        row["validation_accuracy"] = accuracy(answers.logits, labels).value
        row["validation_loss"] = cross_entropy(answers.logits, labels)
    return row


def _score(row: dict[str, Any]) -> float:
    """Minus the validation loss; without validation the latest is best.

    The loss, because with a hundred validation pictures accuracies are even or differ by chance.
    """
    return -row["validation_loss"] if "validation_loss" in row else float(row["step"])
