"""Training a classifier as a task of the loop: epochs, validation, the best by its loss."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Int, Int32, UInt8

from loft_jax.data.batches import batch_indices, steps_per_epoch
from loft_jax.data.split import Split
from loft_jax.fitting.loop import Task
from loft_jax.fitting.optimizer import learning_rate
from loft_jax.fitting.predict import Answerer
from loft_jax.fitting.settings import TrainConfig
from loft_jax.fitting.state import Graphs, TrainState
from loft_jax.fitting.step import train_step
from loft_jax.metrics.accuracy import accuracy, cross_entropy
from loft_jax.runs.devices import share_out


def total_steps(config: TrainConfig, pictures: int) -> int:
    """Updates in a whole run on so many training pictures."""
    return config.optim.epochs * steps_per_epoch(pictures, config.optim.batch)


class ClassifierTask(Task):
    """A classifier learns the classes of pictures; a row an epoch, with its validation.

    Args:
        config: settings.
        images: all pictures.
        labels: their classes.
        split: which of them train and validate.
        graphs: of the classifier.
        mesh: devices.
    """

    def __init__(
        self,
        config: TrainConfig,
        images: UInt8[np.ndarray, "n h w ch"],
        labels: Int32[np.ndarray, " n"],
        split: Split,
        graphs: Graphs,
        mesh: Mesh,
    ):
        self._config, self._images, self._labels = config, images, labels
        self._part, self._validation, self._mesh = split.train, split.validation, mesh
        self.steps = total_steps(config, len(split.train))
        self.row_every = self.save_every = self.steps // config.optim.epochs
        self._update = train_step(graphs.train, config, self.steps, mesh)
        self._answerer = Answerer(graphs.evaluate, config.model.defense, mesh, config.optim.batch)
        self._rate = learning_rate(config.optim, self.steps)

    def advance(self, state: TrainState, step: int) -> tuple[TrainState, Mapping[str, Array]]:
        """One update on a batch of training pictures."""
        chosen = self._part[self._batch(step)]
        images = share_out(self._mesh, self._images[chosen])
        labels = share_out(self._mesh, self._labels[chosen])
        return self._update(state, images, labels)

    def row(
        self, state: TrainState, step: int, metrics: Mapping[str, list[float]]
    ) -> dict[str, Any]:
        """Means over the epoch, and the validation of its last weights."""
        row: dict[str, Any] = {
            "epoch": step // self.row_every,
            "step": step,
            "learning_rate": float(self._rate(step - 1)),
            "train_loss": float(np.mean(metrics["loss"])),
            "train_accuracy": float(np.mean(metrics["accuracy"])),
        }
        chosen = self._validation
        if len(chosen):
            answers = self._answerer(state.evaluated_params, state.stats, self._images[chosen])
            labels = self._labels[chosen]
            row["validation_accuracy"] = accuracy(answers.logits, labels).value
            row["validation_loss"] = cross_entropy(answers.logits, labels)
        return row

    def score(self, row: Mapping[str, Any]) -> float:
        """Minus the validation loss; without validation the latest is best.

        The loss, because with a hundred validation pictures accuracies are even or differ by
        chance. A defense may ask for the latest.
        """
        if self._config.model.defense.keeps_last or "validation_loss" not in row:
            return super().score(row)
        return -row["validation_loss"]

    def advice(self, step: int) -> str:
        """A smaller learning rate."""
        return (
            f" (learning rate {float(self._rate(step)):.2g}); try a smaller --learning-rate. The "
            "checkpoints of earlier epochs are intact"
        )

    def _batch(self, step: int) -> Int[np.ndarray, " b"]:
        optim, seed = self._config.optim, self._config.run.seed
        return batch_indices(len(self._part), optim.batch, seed, step)
