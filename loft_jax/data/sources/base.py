"""What a source of pictures is: a row of `SOURCES`, to which a plug-in adds its own.

A source either loads pictures that are there, or has a law that draws people who do not exist::

    SOURCES["shapes"] = Source(load=load_shapes, shown=True)
    SOURCES["masks"] = Source(law=MaskLaw, noun="masks", singular="mask", shown=True, size=32)
"""

import os.path
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int32, UInt8

from loft_jax.data.dataset import Dataset
from loft_jax.data.first import ALL, First

DEFAULT_SIZE = 32
"""Side in pixels of what has no files: faces are drawn at it, the 8 px digits enlarged to it."""

Population = Literal["private", "public"]
Images = UInt8[np.ndarray, "n h w ch"]


@runtime_checkable
class Law(Protocol):
    """A population of which pictures can be drawn, as `loft_jax.data.faces.FaceLaw` is one.

    A hashable value (jit takes it as static): attacks search its latents, and where these say who
    somebody is, judges compare them.

    Attributes:
        size: side of its pictures in pixels.
        channels: 1 (gray) or 3 (RGB).
        latent_dim: z, length of the standard normal latents of one picture.
        identity_dim: how many of them, the first, say who it is; the rest how it is taken.
    """

    latent_dim: ClassVar[int]
    identity_dim: ClassVar[int]

    @property
    def size(self) -> int: ...  # noqa: D102 - above

    @property
    def channels(self) -> int: ...  # noqa: D102

    def latents(self, identities: np.ndarray, indices: np.ndarray) -> Any:
        """Latents [n z] of picture i of member k."""
        ...

    def decode(self, latents: Any) -> Any:
        """Their pictures [n h w ch] in [0, 1]; JAX, differentiable."""
        ...

    def pictures(
        self,
        identities: int,
        pictures_per_identity: int,
        progress: Callable[[int], None] | None = None,
    ) -> tuple[Images, Int32[np.ndarray, "n"]]:
        """The first pictures of its first members and whose they are, grouped by member."""
        ...


@runtime_checkable
class LawMaker(Protocol):
    """Makes the law of one population; the two of a seed share its members' kind, but nobody."""

    def __call__(self, size: int, channels: int, seed: int, population: Population) -> Law:
        """That law, of pictures of this side and number of channels."""
        ...


class Wanted(NamedTuple):
    """What was asked of a source; a loader heeds what applies to it.

    Attributes:
        data: as `--data` or `--public` has it.
        size: side in pixels; None is the source's own, or that of the files.
        channels: 1 (gray) or 3 (RGB); None is what there is.
        seed: which world is drawn.
        identities: how many members a law draws.
        pictures: how many pictures of each.
        skip_unreadable: leave out files that cannot be read.
        first: how much of a set that is there is used.
        progress: called with (done, of so many) while much is read or drawn.
        singles: refuse classes of one picture; else leave them out.
        tell: called with a sentence on public pictures that are left out; those of classes have
            `Dataset.notes`.
    """

    data: str
    size: int | None = None
    channels: int | None = None
    seed: int = 0
    identities: int = 128
    pictures: int = 32
    skip_unreadable: bool = False
    first: First = ALL
    progress: Callable[[int, int], None] | None = None
    singles: bool = True
    tell: Callable[[str], None] | None = None

    @property
    def path(self) -> Path:
        """The file or folder that `data` names."""
        return Path(os.path.expanduser(self.data))


@dataclass(frozen=True)
class Source:
    """One kind of pictures. What it says here decides, never what it or a file is called.

    Attributes:
        load: the pictures with their classes; not asked where there is a law. Size, channels
            and number are brought to what was asked for afterwards, if the loader has not done so.
        law: of synthetic people; None for pictures of what there is.
        public: pictures that an attacker may learn from, without labels; not asked where there is a
            law, which draws its public population. None has none.
        recognises: whether it is meant by this `--data`; None is by the name of its row.
        shown: whether its pictures may be shown: they are synthetic or published, nobody's own.
        noun, singular: what is found in its pictures.
        preset: training settings that suit it.
        size: side in pixels where nobody asks for another; None is that of the files.
        classes: their number, where it is known before anything is loaded.
        version: of the law; raised when it draws other pictures for the same numbers.
        cite: keys of references.bib.
    """

    load: Callable[[Wanted], Dataset] | None = None
    law: LawMaker | None = None
    public: Callable[[Wanted], Images] | None = None
    recognises: Callable[[str], bool] | None = None
    shown: bool = False
    noun: str = "classes"
    singular: str = "class"
    preset: str = "photos64"
    size: int | None = None
    classes: int | None = None
    version: int = 1
    cite: tuple[str, ...] = ()

    @property
    def prior(self) -> str:
        """Where attacks on it search if nobody says: in the law, or in pixels where there is none.

        The law of faces is no prior for pictures of anything else.
        """
        return "pixels" if self.law is None else "renderer"

    def known_classes(self, identities: int) -> int | None:
        """How many classes it has, if so many members are drawn; None is not known unloaded."""
        return self.classes if self.law is None else identities
