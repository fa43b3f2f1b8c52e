"""What an independent judge is: a row of `RECOGNISERS`, to which a plug-in adds its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8, UInt64
from rich.console import Console

from loft_jax.data.sources import Source

Embed = Callable[[UInt8[np.ndarray, "n h w ch"]], Float[np.ndarray, "n d"]]


class Wanted(NamedTuple):
    """Whose pictures are to be judged.

    Attributes:
        name: of their source, a row of `SOURCES`.
        source: that row.
        size: side in pixels.
        channels: 1 (gray) or 3 (RGB).
        heed: called at each step of a training; raises where that is to stop.
    """

    name: str
    source: Source
    size: int
    channels: int
    heed: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Recogniser:
    """An embedding in which pictures of one person are near each other.

    Attributes:
        trained_on: whom it was taught: a sentence.
        embed: pictures -> vectors, whose angles count.
        strangers: embedded pictures [p people, m pictures, d] of people it was never taught, on
            whom its error rates are measured; None where the private people must serve.
        seen: `picture_hashes` of all pictures behind these, brought to the side `size`.
        size: side of the pictures that were hashed; 0 where there are none.
        seconds: what its training took, whenever that was.
    """

    trained_on: str
    embed: Embed
    strangers: Float[np.ndarray, "p m d"] | None = None
    seen: UInt64[np.ndarray, " n"] | None = None
    size: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Row:
    """An independent judge that may be had.

    Attributes:
        title: what it is.
        serves: whether it knows what is on the pictures of a source.
        needs: what must be installed first, as a sentence; None if nothing must.
        load: makes it ready; trains it, with a word, if that was never done.
        cite: keys of references.bib.
    """

    title: str
    serves: Callable[[Source], bool]
    load: Callable[[Wanted, Console], Recogniser]
    needs: Callable[[], str | None] = lambda: None
    cite: tuple[str, ...] = ()
