"""What every cell of a sweep is: content that decides its numbers, needs, a folder, a run."""

import abc
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from loft_jax.runs.identity import digest
from loft_jax.runs.settings import Device


@dataclass(frozen=True)
class Pictures:
    """What a sweep knows of a data set once it has been looked at.

    Attributes:
        fingerprint: tells it from others.
        size: side in pixels.
        channels: 1 (gray) or 3 (RGB).
        classes: their number.
    """

    fingerprint: str
    size: int
    channels: int
    classes: int


class Place(NamedTuple):
    """Where and on what cells are worked on.

    Attributes:
        root: folder of the sweep.
        device: which kind of device to use.
        cache: whether compiled programs are kept in the user's cache folder.
        memory: GiB that each attack may use beside what its process holds.
    """

    root: Path
    device: Device
    cache: bool
    memory: float

    def of(self, cell: "Job") -> str:
        """The cell's folder."""
        return str(cell.folder(self.root))


class Job(abc.ABC):
    """A cell."""

    room: ClassVar[str]
    """Folder of its kind in that of the sweep."""

    @property
    @abc.abstractmethod
    def stem(self) -> str:
        """What a reader knows it by."""

    @abc.abstractmethod
    def content(self) -> dict[str, Any]:
        """All that decides its numbers, resolved, as plain JSON."""

    @abc.abstractmethod
    def needs(self) -> "tuple[Job, ...]":
        """Cells that must be finished before it begins."""

    @abc.abstractmethod
    def asked(self, folder: Path) -> tuple[Any, Any]:
        """(settings of the folder as `runs.identity.content`, those that this cell would write).

        Raises:
            InputError: if config.json is damaged.
        """

    @abc.abstractmethod
    def finished(self, folder: Path) -> bool:
        """Whether all is there.

        Raises:
            InputError: if it is damaged and cannot be made again without being removed.
        """

    @property
    @abc.abstractmethod
    def pictures_drawn(self) -> tuple[str, ...]:
        """Files that are drawn after the numbers; a lost one is drawn again."""

    @abc.abstractmethod
    def run(self, place: Place, *, going: bool) -> None:
        """Bring it to its end.

        Args:
            place: where and on what.
            going: whether its folder was begun.

        Raises:
            Stopped: if a signal came; what was done is saved.
        """

    @cached_property
    def name(self) -> str:
        """Of its folder: stem and hash of the content."""
        return f"{re.sub(r'[^A-Za-z0-9._=-]+', '', self.stem)}-{digest(self.content())}"

    def folder(self, root: Path) -> Path:
        """Its place in the sweep's folder."""
        return root / self.room / self.name
