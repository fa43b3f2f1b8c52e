"""Which pictures train, which choose the checkpoint and which are kept for the test."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32, Int64

from loft_jax.errors import InputError, check_at_least

_PARTS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Split:
    """Disjoint, sorted indices into a data set; `validation` may be empty for tiny classes."""

    train: Int64[np.ndarray, "a"]
    validation: Int64[np.ndarray, "v"]
    test: Int64[np.ndarray, "t"]

    def to_json(self) -> dict[str, list[int]]:
        """The split as plain JSON values."""
        return {part: getattr(self, part).tolist() for part in _PARTS}

    @classmethod
    def from_json(cls, values: object, *, images: int) -> "Split":
        """The split that `to_json` wrote, for a data set of `images` pictures.

        Raises:
            InputError: if a part is missing, an index is not one of 0..images-1, or two are equal.
        """
        try:
            parts = {part: _indices(values[part]) for part in _PARTS}  # type: ignore[index]
        except (KeyError, TypeError, OverflowError) as error:
            msg = f"a split must have lists of integers train, validation and test, got {error}"
            raise InputError(msg) from error
        every = np.concatenate(list(parts.values()))
        if every.size and not (every.min() >= 0 and every.max() < images):
            msg = f"a split of this data set must use indices 0..{images - 1}, got "
            msg += f"{every.min()}..{every.max()}: was it made for other data?"
            raise InputError(msg)
        if len(np.unique(every)) != len(every):
            msg = "the parts of a split must be disjoint, got an index that occurs twice"
            raise InputError(msg)
        return cls(**parts)


def split_indices(
    labels: Int32[np.ndarray, "n"],
    *,
    test_fraction: float = 0.25,
    validation_fraction: float = 0.1,
    seed: int,
) -> Split:
    """A random split within each class, a function of labels and seed alone.

    Of a class with m pictures round(m * test_fraction), but at least 1 and at most m - 1, are for
    the test. Of the k that remain k * validation_fraction, rounded up or down at random so that the
    mean over classes is exact, and at most k - 1, are for validation; the rest trains. Each class
    has a random stream of its own: adding a class leaves the others' split as it was.

    Args:
        labels: class of each picture; every class that occurs has at least 2.
        test_fraction: in (0, 1).
        validation_fraction: in [0, 1), of what the test leaves.
        seed: at least 0.

    Raises:
        InputError: if a fraction or the seed is out of range or a class has only one picture.
    """
    _check(test_fraction, validation_fraction, seed)
    parts: dict[str, list[np.ndarray]] = {part: [] for part in _PARTS}
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        if len(members) < 2:
            msg = f"every class must have at least 2 pictures, got: class {label} has 1"
            raise InputError(msg)
        stream = np.random.SeedSequence(seed, spawn_key=(int(label),))
        rng = np.random.default_rng(stream)
        shuffled = rng.permutation(members)
        test = int(np.clip(np.floor(len(members) * test_fraction + 0.5), 1, len(members) - 1))
        rest = len(members) - test
        validation = min(int(rest * validation_fraction + rng.random()), rest - 1)
        parts["test"].append(shuffled[:test])
        parts["validation"].append(shuffled[test : test + validation])
        parts["train"].append(shuffled[test + validation :])
    return Split(**{part: np.sort(np.concatenate(found)) for part, found in parts.items()})


def _check(test_fraction: float, validation_fraction: float, seed: int) -> None:
    if not 0 < test_fraction < 1:
        msg = f"`test_fraction` must be in (0, 1), got {test_fraction}"
        raise InputError(msg)
    if not 0 <= validation_fraction < 1:
        msg = f"`validation_fraction` must be in [0, 1), got {validation_fraction}"
        raise InputError(msg)
    check_at_least(0, seed=seed)


def _indices(values: object) -> np.ndarray:
    if not isinstance(values, list) or not all(type(value) is int for value in values):
        msg = "something else"
        raise TypeError(msg)
    return np.array(values, np.int64)
