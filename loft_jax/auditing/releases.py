"""What is let out of a model's answer: features, code, logits, scores, the top k or the label."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from loft_jax.errors import InputError
from loft_jax.targets.base import Answer

ORDER = ("features", "code", "logits", "scores", "top-k", "label")
"""Each is made of those before it; only a code may be missing in between."""
REAL = ("features", "code", "logits", "scores")
"""Numbers to which noise may be added."""
Numbers = Float[np.ndarray, "n m"]


@dataclass(frozen=True)
class Release:
    """One kind of answer.

    Attributes:
        kind: one of `ORDER`.
        top: k of a top-k; 1 of the others.
    """

    kind: str
    top: int = 1

    @property
    def label(self) -> str:
        """As `--release` has it."""
        return f"top-k:{self.top}" if self.kind == "top-k" else self.kind

    @property
    def source(self) -> str:
        """The numbers that it is made of, and to which noise is added."""
        return "scores" if self.kind == "top-k" else self.kind

    def of(self, numbers: Numbers) -> Numbers:
        """What is let out, from the numbers of its source: a top-k hides all scores but k."""
        if self.kind != "top-k":
            return numbers
        hidden = np.argsort(numbers, axis=1)[:, : numbers.shape[1] - self.top]
        kept = numbers.copy()
        np.put_along_axis(kept, hidden, 0, axis=1)
        return kept

    def follows(self, kind: str) -> bool:
        """Whether it can be computed from numbers of this kind, noise and all."""
        return ORDER.index(self.kind) >= ORDER.index(kind)


def release_named(text: str) -> Release:
    """The release that `--release` names.

    Raises:
        InputError: if it names none.
    """
    kind, _, top = text.partition(":")
    whole = kind == "top-k" and top.isascii() and top.isdecimal() and 1 <= int(top) < 10**6
    if whole or (text in ORDER and text != "top-k"):
        return Release(kind, int(top or 1))
    msg = f"`--release` must be {', '.join(REAL)}, label or top-k:NUMBER, got {text}"
    raise InputError(msg)


def numbers_of(answer: Answer, kind: str, classes: int) -> Numbers | None:
    """The numbers of this source in an answer; a label is a 1 among zeros; None is withheld."""
    if kind == "label":
        return np.eye(classes, dtype=np.float32)[answer.label]
    found = getattr(answer, kind)
    return None if found is None or found.shape[1] == 0 else np.asarray(found)


def shown_by(answer: Answer, classes: int) -> tuple[str, ...]:
    """The sources that a model's answers have."""
    kinds = (*REAL, "label")
    return tuple(kind for kind in kinds if numbers_of(answer, kind, classes) is not None)


def check_shown(releases: tuple[Release, ...], shown: tuple[str, ...], classes: int) -> None:
    """Check that the model can give what is to be audited.

    Args:
        releases: asked for.
        shown: of `shown_by`.
        classes: that the model knows.

    Raises:
        InputError: naming what it cannot give.
    """
    for one in releases:
        if one.source not in shown:
            has = ", ".join(shown)
            msg = f"`--release` must be something that this model shows ({has}), got {one.label}"
            raise InputError(msg)
        if one.top >= max(classes, 2):
            msg = f"`--release` must name fewer than the {classes} classes, got {one.label}"
            raise InputError(msg)


def default_releases(shown: tuple[str, ...]) -> tuple[Release, ...]:
    """What is audited if nobody says: the code (features where there is none), logits, label."""
    inner = next((kind for kind in ("code", "features") if kind in shown), None)
    outer = next((kind for kind in ("logits", "scores") if kind in shown), None)
    return tuple(Release(kind) for kind in (inner, outer, "label") if kind is not None)
