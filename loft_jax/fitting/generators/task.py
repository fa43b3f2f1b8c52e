"""Fitting a prior as a task of the loop: iterations, and a stop when one side has won."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Array

from loft_jax.errors import DivergenceError
from loft_jax.fitting.generators.material import Material
from loft_jax.fitting.generators.settings import FitConfig
from loft_jax.fitting.generators.step import Advance
from loft_jax.fitting.loop import Task
from loft_jax.fitting.state import TrainState
from loft_jax.nets.frozen import FrozenClassifier

ROW_EVERY = 50
"""Iterations in a row of metrics.jsonl."""
SAVE_EVERY = 250
"""Iterations between checkpoints and pictures of samples."""
SMALLEST_SPREAD = 0.05
"""Of the public pictures' own; below, the generator makes one picture."""


class GeneratorTask(Task):
    """A generator and its discriminator learn from public pictures.

    Args:
        config: settings.
        material: what is learnt from.
        target: classifier under attack, for priors fitted to one.
        update: one iteration.
    """

    row_every, save_every = ROW_EVERY, SAVE_EVERY

    def __init__(
        self,
        config: FitConfig,
        material: Material,
        target: FrozenClassifier | None,
        update: Advance,
    ):
        self._config, self._material, self._target, self._update = config, material, target, update
        self.steps = config.iterations
        self._spread = float(material.images[:1024].astype(np.float32).std(0).mean()) / 255

    def advance(self, state: TrainState, step: int) -> tuple[TrainState, Mapping[str, Array]]:
        """One iteration on its own batches of public pictures."""
        return self._update(state, self._material.batches(self._config, step), self._target)

    def row(
        self, state: TrainState, step: int, metrics: Mapping[str, list[float]]
    ) -> dict[str, Any]:
        """Means of the metrics.

        Raises:
            DivergenceError: if the generator makes only one picture, or the discriminator tells all
                pictures apart.
        """
        means = {name: float(np.mean(values)) for name, values in metrics.items()}
        row = {"step": step, **means}
        self._check_alive(row)
        return row

    def advice(self, step: int) -> str:
        """A smaller learning rate."""
        return "; try a smaller --learning-rate. The earlier checkpoints are intact"

    def _check_alive(self, row: Mapping[str, Any]) -> None:
        advice = (
            "try another --seed or a smaller --learning-rate. The earlier checkpoints are intact"
        )
        if row["spread"] < SMALLEST_SPREAD * self._spread:
            msg = (
                f"the generator makes one picture at step {row['step']}: standard deviation over a "
                f"batch {row['spread']:.2g}, of public pictures {self._spread:.2g}; {advice}"
            )
            raise DivergenceError(msg)
        smallest = self._config.game.blind_below
        if smallest is not None and row["discriminator_loss"] < smallest:
            msg = (
                f"the discriminator tells all pictures apart at step {row['step']} (loss "
                f"{row['discriminator_loss']:.2g}), so the generator learns nothing more; {advice}"
            )
            raise DivergenceError(msg)
