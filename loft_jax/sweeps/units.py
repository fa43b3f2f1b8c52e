"""A unit of work: cells that one process brings to their end, in this order; and its file."""

import dataclasses
from pathlib import Path
from typing import Any, NamedTuple

from loft_jax.attacks.settings import AttackConfig
from loft_jax.config import from_dict, to_dict
from loft_jax.fitting.generators.config import FitConfig
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.runs.files import write_json
from loft_jax.runs.settings import Device
from loft_jax.sweeps.cells import Attack, Cell, Model, Prior


class Unit(NamedTuple):
    """Cells in an order in which each comes after what it needs.

    Attributes:
        name: of its file and its log.
        cells: the work.
        device: which kind of device to use.
        cache: whether compiled programs are kept in the user's cache folder.
        memory: GiB that each attack may use.
    """

    name: str
    cells: tuple[Cell, ...]
    device: Device
    cache: bool
    memory: float


def write_unit(path: Path, unit: Unit) -> None:
    """Write the unit's file."""
    cells = [_described(cell) for cell in unit.cells]
    write_json(path, {**unit._asdict(), "cells": cells})


def read_unit(path: Path) -> Unit:
    """The unit that `write_unit` wrote.

    Raises:
        InputError: if the file is missing or damaged.
    """
    values = RunFolder(path.parent).read(path.name)
    cells = tuple(_cell(cell) for cell in values["cells"])
    return Unit(**{**values, "cells": cells})


def _described(cell: Cell | str | None) -> Any:
    if isinstance(cell, Model):
        return {"model": to_dict(cell.config), "compression": cell.compression}
    if isinstance(cell, Prior):
        return {"prior": dataclasses.asdict(cell.config), "target": _described(cell.target)}
    if isinstance(cell, Attack):
        return {
            "attack": dataclasses.asdict(cell.config),
            "model": _described(cell.model),
            "from": _described(cell.prior),
            "judges": [_described(judge) for judge in cell.judges],
        }
    return cell


def _cell(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "attack" in value:
        config = {**value["attack"], "evaluators": ()}
        judges = tuple(_cell(judge) for judge in value["judges"])
        return Attack(_cell(value["model"]), AttackConfig(**config), _cell(value["from"]), judges)
    if "prior" in value:
        return Prior(FitConfig(**value["prior"]), _cell(value["target"]))
    cut = value["compression"]
    return Model(from_dict(value["model"]), None if cut is None else (cut[0], cut[1]))
