"""The first classes of a set and the first pictures of each: as much as a quick look needs."""

import dataclasses
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Integer

from loft_jax.data.dataset import Dataset


class First(NamedTuple):
    """How much of a set is used.

    Attributes:
        classes: so many, the first; None is all.
        pictures: so many of each class, the first; None is all.
    """

    classes: int | None = None
    pictures: int | None = None

    def of(self, data: Dataset) -> Dataset:
        """That part of the data set, with a note on what is left out, if anything is."""
        kept = self.kept(data.labels)
        names = data.class_names[: self.classes]
        if kept.all() and len(names) == data.classes:
            return data
        note = self.note(data.classes, len(kept), int(kept.sum()))
        return dataclasses.replace(
            data,
            images=data.images[kept],
            labels=data.labels[kept],
            class_names=names,
            notes=(*data.notes, note),
        )

    def kept(self, labels: Integer[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
        """Whether the picture with this label is used; pictures of a class count in their order."""
        classes = np.inf if self.classes is None else self.classes
        pictures = np.inf if self.pictures is None else self.pictures
        return (labels < classes) & (_places(labels) < pictures)

    def note(self, classes: int, pictures: int, used: int) -> str:
        """What is used of so many classes and pictures."""
        limits = {"--first-classes": self.classes, "--first-pictures": self.pictures}
        asked = ", ".join(f"{flag} {limit}" for flag, limit in limits.items() if limit is not None)
        return f"used, {used} of {pictures} pictures, of {classes} classes: {asked}"


ALL = First()


def _places(labels: Integer[np.ndarray, " n"]) -> Integer[np.ndarray, " n"]:
    """How many pictures of its class come before each."""
    order = np.argsort(labels, kind="stable")
    places = np.empty(len(labels), int)
    places[order] = np.arange(len(labels)) - np.searchsorted(labels[order], labels[order])
    return places
