"""Everything that changes during training, as one pytree."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import Array, Int

from loft_jax.defenses.base import Defense
from loft_jax.defenses.network import build_classifier
from loft_jax.fitting.learning import frozen_paths
from loft_jax.fitting.optimizer import optimizer
from loft_jax.fitting.settings import ModelConfig, TrainConfig
from loft_jax.nets.classifier import Classifier, Pixels
from loft_jax.nets.description import Description


class TrainState(NamedTuple):
    """What a checkpoint holds and a step returns.

    Attributes:
        step: updates made so far.
        params: trainable weights.
        stats: all other state: BatchNorm statistics, singular vectors, streams of dropout.
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


def classifier(config: ModelConfig, pictures: Description, seed: int) -> Classifier:
    """A fresh classifier for these pictures."""
    weights = config.weights
    return build_classifier(
        config.trunk,
        config.defense,
        size=pictures.size,
        channels=pictures.channels,
        classes=pictures.classes,
        compute_dtype=config.compute_dtype,
        fisher=config.fisher,
        pixels=None if weights is None else Pixels(weights.mean, weights.std),
        # XLA compiles the hardware generator in a third of threefry's time (2 s against 8 s here).
        # Streams of other names (dropout, noise) come from the first key.
        rngs=nnx.Rngs(jax.random.key(seed), params=jax.random.key(seed, impl="rbg")),
    )


def blueprint(
    config: TrainConfig, pictures: Description, steps: int
) -> tuple[Graphs, Callable[[], TrainState]]:
    """The static graphs, and a function that makes the state before the first of `steps` steps.

    `jax.eval_shape` of that function tells a checkpoint's shapes without allocating anything.
    """
    abstract = nnx.eval_shape(lambda: classifier(config.model, pictures, config.run.seed))
    view = nnx.view(
        abstract, use_running_average=True, deterministic=True, raise_if_not_found=False
    )
    rule = config.model.defense.rule(optimizer(config.optim, steps))

    @jax.jit
    def initialise() -> TrainState:
        model = classifier(config.model, pictures, config.run.seed)
        _, params, stats = nnx.split(model, nnx.Param, ...)
        average = jax.tree.map(jnp.copy, params) if config.optim.ema > 0 else None
        return TrainState(jnp.int32(0), params, stats, rule.init(params), average)

    trained = _trained(abstract, config.model.defense, pictures)
    return Graphs(trained, nnx.graphdef(view)), initialise


def _trained(abstract: Classifier, defense: Defense, pictures: Description) -> nnx.GraphDef:
    """The graph in training mode, with what does not learn as in evaluation."""
    shape = (2, pictures.size, pictures.size, pictures.channels)
    graph, params, stats = nnx.split(abstract, nnx.Param, ...)
    images = jax.ShapeDtypeStruct(shape, jnp.float32)
    frozen = frozen_paths(defense, graph, params, stats, images)
    for path, module in nnx.iter_modules(abstract):
        statistic = (*map(str, path), "mean")
        if isinstance(module, nnx.BatchNorm) and statistic in frozen:
            module.use_running_average = True
    return nnx.graphdef(abstract)
