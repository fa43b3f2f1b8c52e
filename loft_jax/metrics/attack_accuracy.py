"""Attack accuracy: how often an evaluator takes a reconstruction for its target."""

import numpy as np
from jaxtyping import Bool, Float, Integer

from loft_jax.errors import InputError
from loft_jax.metrics import _checks


def attack_accuracy(
    logits: Float[np.ndarray, "k s c"], targets: Integer[np.ndarray, "k"], *, top: int = 1
) -> Bool[np.ndarray, "k s"]:
    """Which reconstructions the evaluator ranks within its first `top` answers.

    A hit has fewer than `top` other classes with a score at least as high: a tie counts against
    the attack, so that an evaluator without an opinion recognises nobody. With at most `top`
    classes everything is a hit.

    Args:
        logits: the evaluator's scores of s reconstructions of each of k targets.
        targets: class of each row.
        top: 1 for Acc@1, 5 for Acc@5.

    Raises:
        InputError: if `logits` is empty or not finite, a target is no class, or `top` < 1.

    Source: Zhang et al., "The secret revealer" (GMI), CVPR 2020.
    """
    _checks.finite("logits", logits)
    classes = logits.shape[2]
    if targets.min() < 0 or targets.max() >= classes:
        msg = (
            f"`targets` must be classes 0..{classes - 1} of the evaluator, "
            f"got {targets.min()} to {targets.max()}"
        )
        raise InputError(msg)
    if top < 1:
        msg = f"`top` must be at least 1, got {top}"
        raise InputError(msg)
    own = np.take_along_axis(logits, targets[:, None, None], axis=2)
    return np.sum(logits >= own, axis=2) <= top
