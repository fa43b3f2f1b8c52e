"""Both networks of a prior in training, as the one state that checkpoints know."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from loft_jax.priors.architecture import Architecture
from loft_jax.priors.gan import GanPrior, prior_of
from loft_jax.priors.networks import networks
from loft_jax.training.fitting.config import FitConfig
from loft_jax.training.state import TrainState

GENERATOR, DISCRIMINATOR = "generator", "discriminator"


class Graphs(NamedTuple):
    """The static halves of both networks."""

    generator: nnx.GraphDef
    discriminator: nnx.GraphDef


def pair(generator: nnx.State, discriminator: nnx.State) -> nnx.State:
    """One state with an entry for each network."""
    both = nnx.State({})
    both[GENERATOR], both[DISCRIMINATOR] = generator, discriminator
    return both


def adam(config: FitConfig) -> optax.GradientTransformation:
    """The update rule of both networks: Adam (0, 0.9), for wgan-gp and kedmi (0.5, 0.999).

    Sources: Miyato et al. 2018; the published settings of GMI and KED-MI.
    """
    if config.loss == "wgan-gp" or config.prior == "kedmi":
        return optax.adam(config.learning_rate, b1=0.5, b2=0.999)
    return optax.adam(config.learning_rate, b1=0.0, b2=0.9)


def blueprint(
    architecture: Architecture, config: FitConfig
) -> tuple[Graphs, Callable[[], TrainState]]:
    """The static graphs, and a function that makes the state before the first step.

    The state's `ema` is the averaged generator, weights and statistics together.
    """
    abstract = nnx.eval_shape(lambda: networks(architecture, config.seed))
    graphs = Graphs(nnx.graphdef(abstract.generator), nnx.graphdef(abstract.discriminator))
    rule = adam(config)

    @jax.jit
    def initialise() -> TrainState:
        made = networks(architecture, config.seed)
        _, generator, generator_stats = nnx.split(made.generator, nnx.Param, ...)
        _, discriminator, discriminator_stats = nnx.split(made.discriminator, nnx.Param, ...)
        return TrainState(
            jnp.int32(0),
            pair(generator, discriminator),
            pair(generator_stats, discriminator_stats),
            (rule.init(generator), rule.init(discriminator)),
            jax.tree.map(jnp.copy, nnx.merge_state(generator, generator_stats)),
        )

    return graphs, initialise


def prior_in(state: TrainState, architecture: Architecture) -> GanPrior:
    """The prior that a state amounts to: averaged generator, current discriminator."""
    assert state.ema is not None
    discriminator = nnx.merge_state(state.params[DISCRIMINATOR], state.stats[DISCRIMINATOR])
    return prior_of(architecture, state.ema, discriminator)
