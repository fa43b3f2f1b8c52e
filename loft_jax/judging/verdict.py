"""Whether judges are good enough for a verdict: they are asked about real pictures too."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from loft_jax.metrics.crossed import share_difference

ABLE = 0.5
"""Share of real pictures that an independent judge must verify, or its silence means nothing."""
SURER = 0.1
"""A reconstruction may be plainer than a photograph: so much more often it may be named."""


class Witness(NamedTuple):
    """A judge's answers of each attacked class.

    Attributes:
        name: of the judge.
        found: share of reconstructions that it takes for the class.
        real: share of held-out pictures that it does.
    """

    name: str
    found: Float64[np.ndarray, " k"]
    real: Float64[np.ndarray, " k"]


def bar(classes: int) -> float:
    """Half way from chance to always: who names fewer real pictures is a poor judge."""
    return (1 + 1 / classes) / 2


def withheld(judges: list[Witness], classes: int) -> str | None:
    """One sentence why no verdict may rest on these judges, or None.

    A judge is poor if it names fewer than `bar` of real held-out pictures of the same classes. One
    that names reconstructions more often than real pictures is being fooled unless real pictures
    are merely less plain: so that is held against it where the difference is above SURER and its
    95 % interval over classes excludes zero. One such judge of several is enough: the
    mean has it too.
    """
    reasons = [reason for judge in judges if (reason := _reason(judge, classes)) is not None]
    return f"no verdict may rest on these judges: {'; '.join(reasons)}" if reasons else None


def _reason(judge: Witness, classes: int) -> str | None:
    real, found = float(judge.real.mean()), float(judge.found.mean())
    if real < bar(classes):
        return (
            f"{judge.name} names {real:.2f} of real held-out pictures of the same classes, and "
            f"half way from chance to 1 is {bar(classes):.2f}"
        )
    gap = share_difference(judge.found[None], judge.real[None])
    if gap.value > SURER and gap.low is not None and gap.low > 0:
        return (
            f"{judge.name} names {found:.2f} of the reconstructions and only {real:.2f} of real "
            "held-out pictures of the same classes"
        )
    return None
