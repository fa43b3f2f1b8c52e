"""The grid of figure 3: plain heads, cut to each rank after training."""

import dataclasses

from loft_jax.data.sources import source_of
from loft_jax.sweeps.cells import Model
from loft_jax.sweeps.grid import Grid, attacks_on, check_places, models
from loft_jax.sweeps.settings import SweepConfig

METHODS = ("svd", "covariance")


def compressed_grid(config: SweepConfig) -> Grid:
    """Every plain model of the grid, as it is and cut to each listed rank by both methods.

    The SVD of a weight has no more ranks than classes: ranks beyond them are left to the other.

    Raises:
        InputError: as `loft_jax.sweeps.grid.grid`.
    """
    check_places(config)
    plain = models(dataclasses.replace(config, rank=("none",)))
    ranks = [int(word) for word in config.rank if word != "none"]
    cut = [
        Model(model.config, (method, rank))
        for model in plain
        for method in METHODS
        for rank in ranks
        if method != "svd" or rank <= _known_classes(model, rank)
    ]
    return Grid(tuple(attack for model in [*plain, *cut] for attack in attacks_on(model, config)))


def _known_classes(model: Model, otherwise: int) -> int:
    pictures = model.config.data
    return source_of(pictures.data).known_classes(pictures.identities) or otherwise
