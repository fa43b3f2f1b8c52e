"""From an architecture to its generator and its discriminator."""

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import jax
from flax import nnx

from loft_jax.priors.architecture import Architecture

if TYPE_CHECKING:
    from loft_jax.priors.row import Fitted


class Networks(nnx.Module):
    """The two networks of one prior, as they are trained."""

    def __init__(self, architecture: Architecture, *, rngs: nnx.Rngs):
        row = row_of(architecture)
        self.generator = row.generator(architecture, rngs=rngs)
        self.discriminator = row.discriminator(architecture, rngs=rngs)


class Graphs(NamedTuple):
    """Static halves: of each network, and the shapes of each one's state."""

    generator: nnx.GraphDef
    discriminator: nnx.GraphDef
    generator_like: nnx.State
    discriminator_like: nnx.State


def row_of(architecture: Architecture) -> "Fitted":
    """How networks of this kind are built.

    Raises:
        InputError: if the kind is no row, or not one that is fitted.
    """
    from loft_jax.priors.table import fitted  # its rows name the classes of `gan`

    return fitted(architecture.kind)


def networks(architecture: Architecture, seed: int) -> Networks:
    """Freshly initialised networks."""
    # XLA compiles the hardware generator in a third of threefry's time.
    return Networks(architecture, rngs=nnx.Rngs(params=jax.random.key(seed, impl="rbg")))


@lru_cache(maxsize=8)
def graphs(architecture: Architecture) -> Graphs:
    """The static halves of both networks; allocates nothing."""
    abstract = nnx.eval_shape(lambda: networks(architecture, 0))
    generator, generator_like = nnx.split(abstract.generator)
    discriminator, discriminator_like = nnx.split(abstract.discriminator)
    return Graphs(generator, discriminator, generator_like, discriminator_like)
