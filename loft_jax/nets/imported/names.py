"""How another library calls the weights of a family of trunks: one table a family, as data.

Ours are paths such as ("blocks", "7", "conv1", "kernel"), theirs names such as
layer3.1.conv1.weight. Blocks are called by stage and position; within a block and outside of all
blocks the longest beginning of a name that a table has is replaced, and what it has not stays.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

Path = tuple[str, ...]
"""Of a variable in a trunk."""

LEAVES = {
    "kernel": "weight",
    "scale": "weight",
    "slope": "weight",
    "mean": "running_mean",
    "var": "running_var",
}
"""Flax's names of a layer's arrays, and PyTorch's."""
NOTHING: Mapping[str, str] = MappingProxyType({})

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CENTRED = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
"""Mean and standard deviation that pixels in [0, 1] are brought to 0 and 1 by."""


class Place(NamedTuple):
    """Of a block: its number in the trunk, its stage and its position there, all from 0."""

    number: int
    stage: int
    position: int


class Names(NamedTuple):
    """What a library calls the weights of a trunk, and what pictures it trains them with.

    Attributes:
        library: who calls them so.
        outside: ours -> theirs, outside of blocks.
        block: what a block is called.
        inside: ours -> theirs, inside that block.
        left: what their names begin with that a trunk does not have: the classifying head.
        flattened: channels of the maps that these linear layers read pixel by pixel.
        pixels: mean and standard deviation of each channel that they take off pixels.
    """

    library: str
    outside: Mapping[str, str] = NOTHING
    block: Callable[[Place], str] = lambda place: f"blocks.{place.number}"
    inside: Callable[[Place], Mapping[str, str]] = lambda place: NOTHING
    left: tuple[str, ...] = ("fc.",)
    flattened: Mapping[str, int] = MappingProxyType({})
    pixels: tuple[tuple[float, ...], tuple[float, ...]] = IMAGENET

    def theirs(self, path: Path, depths: tuple[int, ...]) -> str:
        """Their name of our variable.

        Args:
            path: of the variable.
            depths: number of blocks in each stage of the trunk.
        """
        leaf = LEAVES.get(path[-1], path[-1])
        if path[0] != "blocks":
            return renamed(".".join((*path[:-1], leaf)), self.outside)
        place = places(depths)[int(path[1])]
        rest = renamed(".".join((*path[2:-1], leaf)), self.inside(place))
        return f"{self.block(place)}.{rest}"


def places(depths: tuple[int, ...]) -> list[Place]:
    """Of all blocks, in their order."""
    pairs = [(stage, position) for stage, n in enumerate(depths) for position in range(n)]
    return [Place(number, *pair) for number, pair in enumerate(pairs)]


def renamed(name: str, table: Mapping[str, str]) -> str:
    """The name with its longest beginning that the table has replaced; whole words between dots."""
    words = name.split(".")
    for count in range(len(words), 0, -1):
        known = ".".join(words[:count])
        if known in table:
            return ".".join((table[known], *words[count:]))
    return name
