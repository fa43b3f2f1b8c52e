"""The strongest of several attacks, chosen on some classes and reported on others."""

import numpy as np
from jaxtyping import Float64


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
    k = outcomes.shape[-1]
    even = np.arange(k) % 2 == 0
    reported = np.empty((*outcomes.shape[:-3], *outcomes.shape[-2:]))
    for half in (even, ~even) if k > 1 else (even,):
        judged = outcomes[..., ~half if k > 1 else half]
        best = judged.mean((-2, -1)).argmax(-1)[..., None, None, None]
        chosen = np.take_along_axis(outcomes, best, axis=-3)[..., 0, :, :]
        reported[..., half] = chosen[..., half]
    return reported
