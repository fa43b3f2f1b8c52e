"""A unit of work: cells that one process brings to their end, in this order; and its file."""

from dataclasses import dataclass
from pathlib import Path

from loft_jax.runs import schema
from loft_jax.runs.files import read_json, write_json
from loft_jax.runs.settings import Device
from loft_jax.sweeps.cells import Attack, Model, Prior


@dataclass(frozen=True)
class Unit:
    """Cells in an order in which each comes after what it needs.

    Attributes:
        name: of its file and its log.
        cells: the work.
        device: which kind of device to use.
        cache: whether compiled programs are kept in the user's cache folder.
        memory: GiB that each attack may use.
    """

    name: str
    cells: tuple[Model | Prior | Attack, ...]
    device: Device
    cache: bool
    memory: float


def write_unit(path: Path, unit: Unit) -> None:
    """Write the unit's file."""
    write_json(path, schema.write(unit))


def read_unit(path: Path) -> Unit:
    """The unit that `write_unit` wrote.

    Raises:
        InputError: if the file is missing, damaged or was changed.
    """
    return schema.read(Unit, read_json(path), str(path))
