"""From arrays under another library's names to a trunk's, and back."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
from flax import nnx

from loft_jax.errors import InputError
from loft_jax.nets.imported.names import Names, Path
from loft_jax.nets.imported.table import NAMES
from loft_jax.nets.trunks.table import build_trunk

IGNORED = ("num_batches_tracked", "relative_position_index")
"""Buffers that say nothing."""
SHOWN = 3
"""Names that a sentence lists."""


class Wanted(NamedTuple):
    """A variable of a trunk as another library has it.

    Attributes:
        path: ours.
        shape: ours.
        flattened: channels of the map that a linear layer reads pixel by pixel; 0 is another layer.
    """

    path: Path
    shape: tuple[int, ...]
    flattened: int

    @property
    def theirs(self) -> tuple[int, ...]:
        """Their shape."""
        if len(self.shape) == 4:
            height, width, inputs, outputs = self.shape
            return outputs, inputs, height, width
        return self.shape[::-1] if self._is_matrix else self.shape

    def to_ours(self, array: np.ndarray) -> np.ndarray:
        """Outputs last; of a flattened map channels last."""
        if self.flattened:
            side = int((array.shape[1] // self.flattened) ** 0.5)
            array = array.reshape(-1, self.flattened, side, side).transpose(2, 3, 1, 0)
            return array.reshape(self.shape)
        if array.ndim == 4:
            return array.transpose(2, 3, 1, 0)
        return array.T if self._is_matrix else array

    def to_theirs(self, array: np.ndarray) -> np.ndarray:
        """Outputs first; of a flattened map channels first."""
        if self.flattened:
            side = int((self.shape[0] // self.flattened) ** 0.5)
            array = array.reshape(side, side, self.flattened, -1).transpose(3, 2, 0, 1)
            return array.reshape(self.shape[::-1])
        if array.ndim == 4:
            return array.transpose(3, 2, 0, 1)
        return array.T if self._is_matrix else array

    @property
    def _is_matrix(self) -> bool:
        return self.path[-1] == "kernel" and len(self.shape) == 2


def wanted(trunk: nnx.Module, names: Names) -> dict[str, Wanted]:
    """What a file must hold, by their names.

    Args:
        trunk: or its shapes.
        names: of the library.
    """
    depths, found = getattr(trunk, "depths", ()), {}
    for place, variable in nnx.to_flat_state(nnx.state(trunk, (nnx.Param, nnx.BatchStat))):
        path = tuple(map(str, place))
        layer = ".".join(path[:-1])
        channels = names.flattened.get(layer, 0) if path[-1] == "kernel" else 0
        found[names.theirs(path, depths)] = Wanted(path, variable.shape, channels)
    return found


def exported(trunk: nnx.Module, names: Names) -> dict[str, np.ndarray]:
    """The weights and statistics of a trunk as the library has them."""
    state = nnx.state(trunk, (nnx.Param, nnx.BatchStat))
    own = {tuple(map(str, path)): leaf for path, leaf in nnx.to_flat_state(state)}
    return {
        name: np.ascontiguousarray(one.to_theirs(np.asarray(own[one.path][...])))
        for name, one in wanted(trunk, names).items()
    }


class Taken(NamedTuple):
    """What a trunk takes from a file.

    Attributes:
        arrays: float32, by our paths within the trunk.
        names: the library that has such names.
        left: names in the file that it has no use for, such as the head's.
        file: where they come from.
    """

    arrays: Mapping[Path, np.ndarray]
    names: Names
    left: tuple[str, ...]
    file: str

    def __str__(self) -> str:
        """What a reader should know of them."""
        left = f", without {', '.join(self.left[:SHOWN])}" if self.left else ""
        return f"{len(self.arrays)} arrays of {self.file} ({self.names.library}){left}"


def taken(
    arrays: Mapping[str, np.ndarray], trunk: str, size: int, channels: int, file: str
) -> Taken:
    """All weights and statistics of a trunk.

    Args:
        arrays: by the names of any library that the trunk's row knows.
        trunk: a name in TRUNKS.
        size: image side in pixels.
        channels: that the trunk sees.
        file: where they come from, for messages.

    Raises:
        InputError: if the trunk's names are not known; or listing what is missing, what is not the
            trunk's, or naming what is of another shape or not finite.
    """
    if trunk not in NAMES:
        msg = f"`--weights` must be left out for {trunk}, got {file}: known are those of "
        raise InputError(msg + ", ".join(NAMES))
    shapes = _abstract(trunk, size, channels)
    names, own = max(
        ((names, wanted(shapes, names)) for names in NAMES.named(trunk)),
        key=lambda pair: len(pair[1].keys() & arrays.keys()),
    )
    rest = [name for name in arrays if name not in own and not name.endswith(IGNORED)]
    strange = [name for name in rest if not name.startswith(names.left or ("\0",))]
    missing = [name for name in own if name not in arrays]
    if missing or strange:
        lacking, odd = _listed(missing, "lacks"), _listed(strange, "has besides")
        came = " and ".join(part for part in (lacking, odd) if part)
        msg = f"`--weights` must hold what {names.library} calls the weights of {trunk}, got "
        raise InputError(msg + f"{file}, which {came}")
    made = {one.path: _one(arrays[name], name, one, trunk, size) for name, one in own.items()}
    return Taken(made, names, tuple(rest), file)


@cache
def _abstract(trunk: str, size: int, channels: int) -> nnx.Module:
    def build() -> nnx.Module:
        return build_trunk(trunk, size=size, channels=channels, rngs=nnx.Rngs(0))

    return nnx.eval_shape(build)


def _one(array: np.ndarray, name: str, own: Wanted, trunk: str, size: int) -> np.ndarray:
    came = None
    if array.shape != own.theirs:
        came = str(list(array.shape))
    elif not np.isfinite(array).all():
        came = "numbers that are not finite"
    elif name.endswith("running_var") and array.min() < 0:
        came = "a negative variance"
    if came is not None:
        msg = f"`--weights` must hold {name} of {list(own.theirs)} for {trunk} at {size} px, got "
        raise InputError(msg + f"{came} (what was trained at 224 px asks for --size 224)")
    return np.ascontiguousarray(own.to_ours(array), np.float32)


def _listed(names: Iterable[str], verb: str) -> str:
    names = list(names)
    if not names:
        return ""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{verb} {', '.join(names[:SHOWN])}{more}"
