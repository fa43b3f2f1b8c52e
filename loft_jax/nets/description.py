"""What a network must know of the pictures it is made for."""

from typing import NamedTuple, Protocol, runtime_checkable


@runtime_checkable
class Pictures(Protocol):
    """Whatever can say this of its pictures, such as a data set."""

    @property
    def size(self) -> int:
        """Side in pixels."""
        ...

    @property
    def channels(self) -> int:
        """1 (gray) or 3 (RGB)."""
        ...

    @property
    def class_names(self) -> tuple[str, ...]:
        """One name a class."""
        ...


class Description(NamedTuple):
    """What a classifier must know of the pictures it is made for.

    Attributes:
        size: side in pixels.
        channels: 1 (gray) or 3 (RGB).
        class_names: one name a class.
    """

    size: int
    channels: int
    class_names: tuple[str, ...]

    @classmethod
    def of(cls, pictures: Pictures) -> "Description":
        """That of these pictures."""
        return cls(pictures.size, pictures.channels, pictures.class_names)

    @property
    def classes(self) -> int:
        """Number of classes c."""
        return len(self.class_names)
