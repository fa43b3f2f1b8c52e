"""Everything that changes during training, as one pytree."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jaxtyping import Array, Int

from loft_jax.defenses.network import build_classifier
from loft_jax.fitting.optimizer import optimizer
from loft_jax.fitting.settings import ModelConfig, TrainConfig
from loft_jax.nets.classifier import Classifier
from loft_jax.nets.description import Description
from loft_jax.nets.frozen import FrozenClassifier


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


def classifier(config: ModelConfig, pictures: Description, seed: int) -> Classifier:
    """A fresh classifier for these pictures."""
    return build_classifier(
        config.trunk,
        config.defense,
        size=pictures.size,
        channels=pictures.channels,
        classes=pictures.classes,
        compute_dtype=config.compute_dtype,
        # XLA compiles the hardware generator in a third of threefry's time (2 s against 8 s here).
        rngs=nnx.Rngs(params=jax.random.key(seed, impl="rbg")),
    )


def blueprint(
    config: TrainConfig, pictures: Description, steps: int
) -> tuple[Graphs, Callable[[], TrainState]]:
    """The static graphs, and a function that makes the state before the first of `steps` steps.

    `jax.eval_shape` of that function tells a checkpoint's shapes without allocating anything.
    """
    abstract = nnx.eval_shape(lambda: classifier(config.model, pictures, config.run.seed))
    train, _, _ = nnx.split(abstract, nnx.Param, nnx.BatchStat)
    view = nnx.view(abstract, use_running_average=True)
    evaluate, _, _ = nnx.split(view, nnx.Param, nnx.BatchStat)
    rule = optimizer(config.optim, steps)

    @jax.jit
    def initialise() -> TrainState:
        model = classifier(config.model, pictures, config.run.seed)
        _, params, stats = nnx.split(model, nnx.Param, nnx.BatchStat)
        average = jax.tree.map(jnp.copy, params) if config.optim.ema > 0 else None
        return TrainState(jnp.int32(0), params, stats, rule.init(params), average)

    return Graphs(train, evaluate), initialise


def begun_with(state: TrainState, start: FrozenClassifier) -> tuple[TrainState, str]:
    """The state with the weights and statistics of another classifier, where shapes agree.

    Returns:
        It, and how many arrays were taken, as `12 of 14`.
    """
    taken = total = 0

    def merged(own: nnx.State, other: nnx.State) -> nnx.State:
        nonlocal taken, total
        found = dict(nnx.to_flat_state(other))
        leaves = []
        for path, variable in nnx.to_flat_state(own):
            given = found.get(path)
            fits = given is not None and given.shape == variable.shape
            taken, total = taken + fits, total + 1
            leaves.append((path, given if fits else variable))
        return nnx.from_flat_state(leaves)

    params, stats = merged(state.params, start.params), merged(state.stats, start.stats)
    average = None if state.ema is None else jax.tree.map(jnp.copy, params)
    return state._replace(params=params, stats=stats, ema=average), f"{taken} of {total}"
