"""What an experiment ends with, for those who draw it."""

from typing import NamedTuple

import polars as pl

from loft_jax.sweeps.grid import Grid
from loft_jax.sweeps.store import Store


class Results(NamedTuple):
    """Finished cells and their table.

    Attributes:
        title: what the experiment shows.
        cells: the grid.
        store: where its cells lie.
        table: of the finished attacks, see `loft_jax.findings.columns`.
    """

    title: str
    cells: Grid
    store: Store
    table: pl.DataFrame
