"""The settings of `python -m loft_jax.evaluate`, with those of --robustness."""

import dataclasses
from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Interval

from loft_jax.errors import InputError
from loft_jax.fitting.evaluation import EvaluateConfig
from loft_jax.runs.settings import Seed

QUICK_ATTACKED, QUICK_MEASURED, QUICK_STEPS, QUICK_QUERIES = 16, 64, 4, 10


@dataclass(frozen=True)
class RobustnessConfig:
    """For --robustness: how hard, on how many pictures."""

    linf: tuple[Annotated[float, Interval(gt=0, le=1)], ...] = (2 / 255, 4 / 255, 8 / 255)
    """Strengths: the largest change of a pixel's number, as a share of the range 0 to 1."""
    l2: tuple[Annotated[float, Interval(gt=0, le=10.0**4)], ...] = (0.25, 0.5, 1.0)
    """Strengths: the Euclidean length of the changes of all numbers of a picture, each 0 to 1."""
    attacked: Annotated[int, Interval(ge=1, le=10**6)] = 128
    """Test pictures at most that are attacked, of as many people as there are."""
    measured: Annotated[int, Interval(ge=1, le=20_000)] = 1024
    """Test pictures at most for calibration, corruptions and strangers; so many strangers."""
    attack_steps: Annotated[int, Interval(ge=1, le=10**5)] = 20
    """Steps of PGD and of APGD."""
    queries: Annotated[int, Interval(ge=1, le=10**6)] = 100
    """Queries of the square attack."""
    restarts: Annotated[int, Interval(ge=1, le=1000)] = 1
    """How often each attack begins anew on the pictures that it failed on."""
    public: str | None = None
    """Public pictures of strangers, as in fit_prior --data; none is fresh people of the same law,
    where the run's people are drawn."""
    seed: Seed = 0
    """Of the choice of pictures and of all draws."""
    quick: bool = False
    """A smoke of the same path: at most 16 pictures attacked, 64 measured, 4 steps, 10 queries."""


@dataclass(frozen=True)
class EvaluateFlags(EvaluateConfig):
    """One evaluation, with what else a network is worth if that is asked for."""

    robustness: bool = False
    """Measure, too: accuracy under attack and on corrupted pictures, calibration, strangers."""
    how: RobustnessConfig = field(default_factory=RobustnessConfig)

    def check(self) -> None:
        """Check what concerns several fields.

        Raises:
            InputError: if a flag of --robustness is given without it.
        """
        for one in dataclasses.fields(RobustnessConfig):
            value = getattr(self.how, one.name)
            if not self.robustness and value != one.default:
                flag = one.name.replace("_", "-")
                msg = f"`--{flag}` must be left out without --robustness, got {value}"
                raise InputError(msg)


def quick(config: RobustnessConfig) -> RobustnessConfig:
    """The same path in seconds."""
    return dataclasses.replace(
        config,
        attacked=min(config.attacked, QUICK_ATTACKED),
        measured=min(config.measured, QUICK_MEASURED),
        attack_steps=min(config.attack_steps, QUICK_STEPS),
        queries=min(config.queries, QUICK_QUERIES),
    )
