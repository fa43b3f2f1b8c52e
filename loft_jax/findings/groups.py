"""The table as arrays: for each setting its outcomes by seed and class."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from jaxtyping import Float64, Int64

from loft_jax.errors import InputError
from loft_jax.findings.columns import SETTING


class Group(NamedTuple):
    """One classifier under one attack, over its seeds.

    Attributes:
        setting: the columns of `columns.SETTING`.
        seeds: r seeds.
        labels: k classes that were attacked under every one of them.
        rows: the table's rows of these seeds and classes, sorted by seed and class.
    """

    setting: dict[str, Any]
    seeds: Int64[np.ndarray, " r"]
    labels: Int64[np.ndarray, " k"]
    rows: pl.DataFrame

    @property
    def defended(self) -> bool:
        """Whether there is a baseline to compare it with: it is none itself."""
        return bool(self.setting["baselines"])

    @property
    def withheld(self) -> str | None:
        """Why no verdict may rest on the judges of some of its attacks; None where it may."""
        return next(iter(self.rows["withheld"].drop_nulls()), None)

    def key(self, names: tuple[str, ...]) -> tuple:
        """The setting's values under these names."""
        return tuple(self.setting[name] for name in names)

    def outcome(self, name: str) -> Float64[np.ndarray, "r k"] | None:
        """A column of class outcomes by seed and class; None where it was not measured."""
        column = self.rows[name]
        if column.null_count():
            return None
        return column.cast(pl.Float64).to_numpy().reshape(len(self.seeds), len(self.labels))

    def by_seed(self, name: str) -> Float64[np.ndarray, " r"] | None:
        """A column that belongs to the classifier, a number a seed; None where not measured."""
        found = self.outcome(name)
        return None if found is None else found[:, 0]

    def at(self, seeds: np.ndarray, labels: np.ndarray) -> "Group":
        """The same with these seeds and classes only."""
        kept = pl.col("seed").is_in(seeds.tolist()) & pl.col("class").is_in(labels.tolist())
        return Group(self.setting, seeds, labels, self.rows.filter(kept))


def groups(table: pl.DataFrame) -> Iterator[Group]:
    """Every setting of the table, in its order.

    A class that was not attacked under every seed of its setting is left out, and so is a setting
    without any that was: seeds and classes must be crossed for their intervals.

    Raises:
        InputError: if a class of a setting and seed has more than one row.
    """
    twice = table.filter(table.select(*SETTING, "seed", "class").is_duplicated())
    if len(twice):
        msg = (
            "`table` must hold one row for each setting, seed and class, got several of "
            f"{', '.join(twice['attack_folder'].unique().sort()[:4])}"
        )
        raise InputError(msg)
    for _, rows in table.group_by(SETTING, maintain_order=True):
        seeds = np.unique(rows["seed"].to_numpy())
        counts = rows.group_by("class").agg(pl.len()).filter(pl.col("len") == len(seeds))
        labels = np.unique(counts["class"].to_numpy())
        if len(labels):
            setting = {name: rows[name][0] for name in SETTING}
            ordered = rows.sort("seed", "class")
            yield Group(setting, seeds, labels, ordered).at(seeds, labels)


def in_common(*found: Group) -> tuple[Group, ...]:
    """The groups cut to the seeds and classes that all of them have."""
    seeds, labels = found[0].seeds, found[0].labels
    for group in found[1:]:
        seeds, labels = np.intersect1d(seeds, group.seeds), np.intersect1d(labels, group.labels)
    return tuple(group.at(seeds, labels) for group in found)
