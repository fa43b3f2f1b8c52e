"""A row for each classifier: what the strongest attack on it finds, and what it costs."""

from typing import Any

import numpy as np
import polars as pl

from loft_jax.findings.columns import MODEL
from loft_jax.findings.effects import accuracy
from loft_jax.findings.groups import Group, groups, in_common
from loft_jax.findings.summary import row_of
from loft_jax.metrics.crossed import share_interval
from loft_jax.metrics.strongest import strongest_elsewhere


def strongest_rows(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Of each classifier the row of `summary` of the attack that finds most, over all seeds.

    Its Acc@1 is that of the attack that is strongest on the other half of the classes, both ways,
    so that choosing among many does not raise it; open set, retrieval and verification are of the
    attack that is named. `attacks` says of how many, `seconds_train` how long training took, the
    mean over seeds. A classifier whose attacks share no seed or class is left out.
    """
    models: dict[tuple, list[Group]] = {}
    for group in groups(table):
        models.setdefault(group.key(MODEL), []).append(group)
    shared = [in_common(*attacks) for attacks in models.values()]
    return [_row(found) for found in shared if len(found[0].seeds) and len(found[0].labels)]


def _row(attacks: tuple[Group, ...]) -> dict[str, Any]:
    outcomes = np.stack([accuracy(group) for group in attacks])
    strongest = attacks[int(outcomes.mean((1, 2)).argmax())]
    row = row_of(strongest)
    found = share_interval(strongest_elsewhere(outcomes))
    ends = {"": found.value, "_low": found.low, "_high": found.high}
    row |= {f"accuracy_at_1{end}": value for end, value in ends.items()}
    seconds = strongest.by_seed("seconds_train")
    row["seconds_train"] = None if seconds is None else float(seconds.mean())
    return {**row, "attacks": len(attacks)}
