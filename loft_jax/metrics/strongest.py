"""What is chosen among several by what it finds: on some classes, to be reported on others."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float64


def strongest_elsewhere(
    outcomes: Float64[np.ndarray, "*b a r k"],
) -> Float64[np.ndarray, "*b r k"]:
    """For each class the outcomes of the attack that is strongest on the other half of the classes.

    The largest of several means is too large on the classes that it was chosen on. So every second
    class makes one half, what is chosen on either is reported on the other, and the mean over all
    classes is the mean of both ways. One class alone is its own other half.

    Args:
        outcomes: of a attacks on the same r seeds and k classes.

    Source: sample splitting; Cox, "A note on data-splitting for the evaluation of significance
    levels", Biometrika 62 (1975).
    """
    reported = np.empty((*outcomes.shape[:-3], *outcomes.shape[-2:]))
    for half, other in _halves(outcomes.shape[-1]):
        best = outcomes[..., other].mean((-2, -1)).argmax(-1)[..., None, None, None]
        chosen = np.take_along_axis(outcomes, best, axis=-3)[..., 0, :, :]
        reported[..., half] = chosen[..., half]
    return reported


def safest_elsewhere(
    strengths: Sequence[Float64[np.ndarray, "_ r k"]],
) -> Float64[np.ndarray, "r k"]:
    """The same of the form of a defense whose strongest attack finds least on the other half.

    Args:
        strengths: for each form the outcomes of the attacks on it, of the same seeds and classes.
    """
    reported = np.empty_like(strengths[0][0])
    for half, other in _halves(strengths[0].shape[-1]):
        strongest = [found[int(_finds(found[..., other]).argmax())] for found in strengths]
        least = min(strongest, key=lambda found: float(found[..., other].mean()))
        reported[..., half] = least[..., half]
    return reported


def _finds(outcomes: Float64[np.ndarray, "a r k"]) -> Float64[np.ndarray, " a"]:
    return outcomes.mean((-2, -1))


def _halves(k: int) -> Iterator[tuple[Bool[np.ndarray, " k"], Bool[np.ndarray, " k"]]]:
    """Every second class, and those on which is chosen what is reported of them."""
    even = np.arange(k) % 2 == 0
    yield even, ~even if k > 1 else even
    if k > 1:
        yield ~even, even
