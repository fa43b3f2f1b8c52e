"""Whether a model answers as one can reckon with: finite, always alike, not always the same."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from loft_jax.errors import InputError
from loft_jax.targets.base import Answer, Target

ALIKE = 1e-3
"""Answers count as the same where they differ by no more than this share of their own spread:
rounding depends on the number of pictures and of threads."""


class Checked(NamedTuple):
    """What a few questions have shown of a model.

    Attributes:
        repeats: whether it gave the same answers when asked the same again.
        alone: whether it answered a picture alone as among others.
        varies: whether different pictures got different answers.
        remarks: a sentence for each of these that does not hold, and for scores that are no
            probabilities.
    """

    repeats: bool
    alone: bool
    varies: bool
    remarks: tuple[str, ...]


def check_answers(target: Target, pictures: Float[np.ndarray, "n h w ch"]) -> Checked:
    """Ask about some pictures twice, and about the first alone: 2 n + 1 queries.

    Args:
        target: the model.
        pictures: of the kind that it sees, 2 at least.

    Raises:
        InputError: if there are fewer, or answers are not finite or of the wrong shape.
    """
    if len(pictures) < 2:
        msg = f"`pictures` must be at least 2 to check a model's answers, got {len(pictures)}"
        raise InputError(msg)
    first, again = (_sound(target, pictures) for _ in range(2))
    single = _sound(target, pictures[:1])
    repeats = _difference(first, again) <= ALIKE
    # Where answers are random, that of one picture alone tells nothing.
    alone = not repeats or _difference({k: v[:1] for k, v in first.items()}, single, first) <= ALIKE
    varies = any(np.ptp(value, axis=0).max() > 0 for value in first.values())
    told = {
        f"the model is not deterministic: asked twice the same, its answers differ by "
        f"{_difference(first, again):.2g} of their spread": repeats,
        "the model answers a picture alone otherwise than among others (is a BatchNorm layer in "
        "training mode?)": alone,
        f"the model gives all {len(pictures)} pictures the same answer": varies,
        "the model's scores are no probabilities: they do not add up to 1": _adds_up(first),
    }
    return Checked(repeats, alone, varies, tuple(text for text, holds in told.items() if not holds))


def _sound(target: Target, pictures: Float[np.ndarray, "n h w ch"]) -> dict[str, np.ndarray]:
    """All that it answers, as numbers, by name."""
    answer = target.ask(pictures)
    return {
        name: _checked(name, np.asarray(value), len(pictures), target.classes)
        for name, value in _arrays(answer).items()
        if value is not None
    }


def _arrays(answer: Answer) -> dict[str, np.ndarray | None]:
    return {name: getattr(answer, name) for name in ("label", "scores", "logits", "features")}


def _checked(name: str, value: np.ndarray, n: int, classes: int) -> np.ndarray:
    shape = {"label": (n,), "features": (n, *value.shape[1:2])}.get(name, (n, classes))
    if value.shape != shape:
        msg = f"`MODEL` must answer {n} pictures with {name} of shape {shape}, got {value.shape}"
        raise InputError(msg)
    bad = int((~np.isfinite(value.reshape(n, -1))).any(1).sum())
    if bad:
        msg = f"`MODEL` must give finite answers, got {name} that are not to {bad} of {n} pictures"
        raise InputError(msg)
    return value


def _difference(
    one: dict[str, np.ndarray],
    other: dict[str, np.ndarray],
    all_of_them: dict[str, np.ndarray] | None = None,
) -> float:
    """Largest difference as a share of the spread; of classes the share that changed."""
    whole = one if all_of_them is None else all_of_them
    shares = []
    for name, value in one.items():
        if name == "label":
            shares.append(float(np.mean(value != other[name])) if len(one) == 1 else 0.0)
            continue
        apart = np.abs(value.astype(np.float64) - other[name])
        size = max(float(whole[name].std()), 1e-2 * float(np.abs(whole[name]).max()), 1e-30)
        shares.append(float(apart.max()) / size)
    return max(shares)


def _adds_up(answers: dict[str, np.ndarray]) -> bool:
    scores = answers.get("scores")
    return scores is None or bool((scores >= 0).all() and np.allclose(scores.sum(1), 1, atol=ALIKE))
