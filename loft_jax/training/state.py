"""Everything that changes during training, as one pytree."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import Array, Int

from loft_jax.config import ModelConfig
from loft_jax.data.dataset import Dataset
from loft_jax.models.classifier import Classifier
from loft_jax.models.registry import build_classifier


class TrainState(NamedTuple):
    """What a checkpoint holds and a step returns.

    Attributes:
        step: updates made so far.
        params: trainable weights.
        stats: BatchNorm statistics.
        opt_state: the optimiser's memory.
        ema: moving average of `params`, or None.
    """

    step: Int[Array, ""]
    params: nnx.State
    stats: nnx.State
    opt_state: optax.OptState
    ema: nnx.State | None

    @property
    def evaluated_params(self) -> nnx.State:
        """The weights that evaluation uses."""
        return self.params if self.ema is None else self.ema


class Graphs(NamedTuple):
    """The static halves of one classifier: as it is trained and as it is evaluated."""

    train: nnx.GraphDef
    evaluate: nnx.GraphDef


def classifier(config: ModelConfig, data: Dataset, seed: int) -> Classifier:
    """A fresh classifier for these pictures."""
    return build_classifier(
        config.trunk,
        size=data.size,
        channels=data.channels,
        classes=data.classes,
        rank=config.rank,
        activation=config.activation,
        input_norm=config.input_norm,
        compute_dtype=config.compute_dtype,
        rngs=nnx.Rngs(seed),
    )


def initial_state(
    config: ModelConfig,
    data: Dataset,
    seed: int,
    optimizer: optax.GradientTransformation,
    *,
    ema: bool,
) -> tuple[Graphs, TrainState]:
    """The static graphs and the state before the first step (one compiled program)."""
    abstract = nnx.eval_shape(lambda: classifier(config, data, seed))
    train, _, _ = nnx.split(abstract, nnx.Param, nnx.BatchStat)
    view = nnx.view(abstract, use_running_average=True)
    evaluate, _, _ = nnx.split(view, nnx.Param, nnx.BatchStat)

    @jax.jit
    def initialise() -> TrainState:
        model = classifier(config, data, seed)
        _, params, stats = nnx.split(model, nnx.Param, nnx.BatchStat)
        average = jax.tree.map(jnp.copy, params) if ema else None
        return TrainState(jnp.int32(0), params, stats, optimizer.init(params), average)

    return Graphs(train, evaluate), initialise()

