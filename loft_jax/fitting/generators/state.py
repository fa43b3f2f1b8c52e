"""Both networks of a prior in training, as the one state that checkpoints know."""

from collections.abc import Callable
from typing import NamedTuple, cast

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from loft_jax.fitting.generators.settings import FitConfig
from loft_jax.fitting.state import TrainState
from loft_jax.priors.architecture import Architecture
from loft_jax.priors.gan import GanPrior, prior_of
from loft_jax.priors.networks import networks

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


class Rules(NamedTuple):
    """The update rules of both networks."""

    generator: optax.GradientTransformation
    discriminator: optax.GradientTransformation


def rules(config: FitConfig) -> Rules:
    """Adam with the game's betas.

    Sources: Miyato et al. 2018; Karras et al. 2019; the published settings of GMI and KED-MI.
    """
    b1, b2 = config.game.betas
    return Rules(*(optax.adam(rate, b1=b1, b2=b2) for rate in config.rates))


def moved(
    rule: optax.GradientTransformation,
    grads: nnx.State,
    memory: optax.OptState,
    params: nnx.State,
) -> tuple[nnx.State, optax.OptState]:
    """The weights and the rule's memory after one update."""
    updates, memory = rule.update(grads, memory, params)
    return cast(nnx.State, optax.apply_updates(params, updates)), memory


def blueprint(
    architecture: Architecture, config: FitConfig
) -> tuple[Graphs, Callable[[], TrainState]]:
    """The static graphs, and a function that makes the state before the first step.

    The state's `ema` is the averaged generator, weights and statistics together.
    """
    abstract = nnx.eval_shape(lambda: networks(architecture, config.seed))
    graphs = Graphs(nnx.graphdef(abstract.generator), nnx.graphdef(abstract.discriminator))
    rule = rules(config)

    @jax.jit
    def initialise() -> TrainState:
        made = networks(architecture, config.seed)
        _, generator, generator_stats = nnx.split(made.generator, nnx.Param, ...)
        _, discriminator, discriminator_stats = nnx.split(made.discriminator, nnx.Param, ...)
        return TrainState(
            jnp.int32(0),
            pair(generator, discriminator),
            pair(generator_stats, discriminator_stats),
            (rule.generator.init(generator), rule.discriminator.init(discriminator)),
            jax.tree.map(jnp.copy, nnx.merge_state(generator, generator_stats)),
        )

    return graphs, initialise


def prior_in(state: TrainState, architecture: Architecture) -> GanPrior:
    """The prior that a state amounts to: averaged generator, current discriminator."""
    assert state.ema is not None
    discriminator = nnx.merge_state(state.params[DISCRIMINATOR], state.stats[DISCRIMINATOR])
    return prior_of(architecture, state.ema, discriminator)
