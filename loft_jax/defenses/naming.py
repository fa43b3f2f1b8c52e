"""What a defense is called: in flags, in files, on axes, and to a reader."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar, NamedTuple


class About(NamedTuple):
    """A defense as a survey tells of it.

    Attributes:
        title: as it is known.
        source: where it was published.
        changes: what it changes in a network or its training.
        published: settings as published.
        ours: what is different here.
        not_followed: mistakes of public code that are not followed.
        cite: keys of references.bib.
    """

    title: str
    source: str
    changes: str
    published: str = ""
    ours: str = ""
    not_followed: str = ""
    cite: tuple[str, ...] = ()


@dataclass(frozen=True)
class Named:
    """Settings with names; the first field is the strength."""

    tag: ClassVar[str]
    """Its name, in flags and files."""
    about: ClassVar[About]
    strength_name: ClassVar[str] = "strength"
    """What its first field is called on axes."""

    @property
    def strength(self) -> float | None:
        """The number that says how strong it is, its first field; None where it has none."""
        fields = dataclasses.fields(self)
        value = getattr(self, fields[0].name) if fields else None
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value)

    @property
    def label(self) -> str:
        """Its name for a reader, strength and all that differs from the defaults included."""
        strength = "" if self.strength is None else f" {self.strength_name} {self.strength:g}"
        variant = f" ({self.variant})" if self.variant else ""
        return f"{self.about.title}{strength}{variant}"

    @property
    def variant(self) -> str:
        """What differs from the defaults beside the strength; empty if nothing does."""
        rest = [field for field in dataclasses.fields(self) if not self._is_strength(field)]
        return ", ".join(
            f"{field.name.replace('_', ' ')} {getattr(self, field.name)}"
            for field in rest
            if getattr(self, field.name) != field.default
        )

    @property
    def spec(self) -> str:
        """What `--defense` is for it."""
        words = []
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if self._is_strength(field):
                words.append(f"{value}")
            elif value != field.default:
                words.append(f"{field.name}={value}".lower())
        return ":".join(filter(None, (self.tag, ",".join(words))))

    def _is_strength(self, field: dataclasses.Field) -> bool:
        return self.strength is not None and field == dataclasses.fields(self)[0]
