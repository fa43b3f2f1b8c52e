"""Which heads the theory is held against: ranks, epochs, and ways of one rank that leak unlike."""

import dataclasses

from loft_jax.reproductions.experiments import LAPTOP
from loft_jax.reproductions.settings import ReproduceConfig
from loft_jax.sweeps.grid import Grid, grid
from loft_jax.sweeps.look import Look
from loft_jax.sweeps.settings import SweepConfig, absolute, quick

RANKS, EPOCHS = (64, 16, 8), (3, 10, 20)
KINDS = ("loft", "svd", "random-cut", "lda", "least-cut")
"""Of one rank: trained so, and the plain head cut afterwards by its weight, at random, for the
class, and against the features."""
HEADS = dataclasses.replace(
    LAPTOP,
    rank=(),
    defense=("none", *(f"{kind}:{rank}" for kind in KINDS for rank in RANKS)),
    adaptive=("logit",),
)
"""One attack a head: by the logit, from which an activation hides least."""
SMOKE_EPOCHS = (2,)


def asked_of(config: ReproduceConfig) -> SweepConfig:
    """The grid of one number of epochs."""
    asked = dataclasses.replace(
        HEADS,
        prior=() if config.prior is None else (config.prior,),
        seeds=config.seeds,
        jobs=config.jobs,
        memory=config.memory,
        submit=config.submit,
        out=f"{config.out}/cells",
        device=config.device,
        cache=config.cache,
        quick=config.quick,
    )
    return absolute(quick(asked) if config.quick else asked)


def heads(asked: SweepConfig, look: Look) -> Grid:
    """All heads at all epochs under one attack, judged by the evaluators that learnt longest.

    Raises:
        InputError: if the grid is impossible.
    """
    epochs = SMOKE_EPOCHS if asked.quick else EPOCHS
    grids = [grid(dataclasses.replace(asked, epochs=count), look) for count in epochs]
    judges = grids[-1].attacks[0].judges
    attacks = (attack for each in grids for attack in each.attacks)
    return Grid(tuple(dataclasses.replace(attack, judges=judges) for attack in attacks))
