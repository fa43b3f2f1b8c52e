"""Open-set success: a picture counts only where hardly any stranger would reach its score."""

import numpy as np
from jaxtyping import Bool, Float, Integer

from loft_jax.errors import InputError
from loft_jax.metrics import _checks

FALSE_RATE = 0.001
"""Share of strangers that may be taken for a class."""
LEAST = round(1 / FALSE_RATE)
"""Strangers below which no threshold tells this share from none."""


def stranger_thresholds(logits: Float[np.ndarray, "n c"]) -> Float[np.ndarray, " c"]:
    """The score of each class above which at most 0.1 % of strangers lie: order statistic.

    With m = floor(0.001 n) it is the (m + 1)-th highest of the n scores, so that at most m are
    above it. The share of other strangers above it has mean (m + 1) / (n + 1) and a relative
    standard error of about 1 / sqrt(m + 1): a third for n = 8,192.

    Args:
        logits: a classifier's scores of n pictures of people whom it has no class for.

    Raises:
        InputError: if there are fewer than 1,000 of them, or something is not finite.

    Source: Phillips, Grother and Micheals, "Evaluation methods in face recognition" (2011),
    open-set identification; David and Nagaraja, "Order statistics" (2003), section 2.
    """
    _checks.finite("logits", logits)
    n = len(logits)
    if n < LEAST:
        msg = f"`logits` must be of at least {LEAST} strangers, got {n}"
        raise InputError(msg)
    place = n - 1 - n // LEAST
    return np.partition(logits, place, axis=0)[place]


def open_set_hits(
    logits: Float[np.ndarray, "n c"],
    targets: Integer[np.ndarray, " n"],
    thresholds: Float[np.ndarray, " c"],
) -> Bool[np.ndarray, " n"]:
    """Which pictures' scores of their own target are above that class's threshold.

    Unlike Acc@1 it does not ask whether another class scores higher: the question is not which of
    the known people this is, but whether it is this person at all. Who always answers with the
    likeliest of strangers succeeds in 0.1 % of the cases for each stranger looked at.

    Raises:
        InputError: if something is not finite, or the classes are not those of `thresholds`.
    """
    _checks.finite("logits", logits)
    classes = logits.shape[1]
    if len(thresholds) != classes or targets.min() < 0 or targets.max() >= classes:
        msg = (
            f"`thresholds` and `targets` must be of the {classes} classes of `logits`, got "
            f"{len(thresholds)} and {targets.min()} to {targets.max()}"
        )
        raise InputError(msg)
    return np.take_along_axis(logits, targets[:, None], axis=1)[:, 0] > thresholds[targets]
