"""The strongest attack that a search finds: losses, weights and efforts of one recipe."""

import dataclasses
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

import numpy as np
from jaxtyping import Int64, Integer

from loft_jax.attacks.recipes.base import Fidelity, Recipe, Setting
from loft_jax.attacks.variant import Variant
from loft_jax.defenses.base import Adaptive
from loft_jax.errors import InputError

FEWEST = 4
"""People on whom a search makes some sense."""
SHARE, MOST = 4, 24
"""Where all classes are asked for, one in SHARE is kept aside, at most MOST."""


class People(NamedTuple):
    """Two parts of the classes of a target that share nobody.

    Attributes:
        reported: attacked with what was found.
        aside: on whom it is found, in random order.
    """

    reported: Int64[np.ndarray, " k"]
    aside: Int64[np.ndarray, " m"]


def people(labels: Integer[np.ndarray, " k"], classes: int, seed: int) -> People:
    """Who is reported and who is not: the others, or of all a part that the seed draws.

    Args:
        labels: classes that are asked for.
        classes: of the target.
        seed: of the draw.

    Raises:
        InputError: if too few are left to search on.
    """
    rng = np.random.default_rng(seed)
    others = rng.permutation(np.setdiff1d(np.arange(classes), labels))
    if len(labels) == classes:
        others = rng.permutation(labels)[: min(classes // SHARE, MOST)]
    if len(others) < FEWEST:
        msg = (
            f"`--classes` must leave at least {FEWEST} people to search the strongest attack on, "
            f"got {len(labels)} of {classes}"
        )
        raise InputError(msg)
    return People(labels[~np.isin(labels, others)].astype(np.int64), others)


@dataclass(frozen=True, kw_only=True)
class Strongest(Recipe):
    """What is searched; `loft_jax.judging.strongest` does it, on people who are not reported.

    Attributes:
        base: recipe whose variants are tried.
        losses: identity losses, as `--adaptive` has them; none is the base's own.
        weights: factors of the weight of the term that keeps pictures likely.
        efforts: factors of steps and of restarts, tried last.
        people: how many people each rung of the ladder is tried on.
        kept: how many variants of a rung the next one goes on with; the last keeps one.
        steps: of every variant; None is as `efforts` say.
        candidates: public pictures that are scored; None is the base's own.
        restarts: of every variant; None is as `efforts` say.
        prior_weight: of every variant; None is as `weights` say.
    """

    base: str = "ppa"
    losses: tuple[str, ...] = ("none", "cross-entropy", "logit", "max-margin")
    weights: tuple[float, ...] = (0.3, 1.0, 3.0)
    efforts: tuple[tuple[int, int], ...] = ((1, 1), (1, 4))
    people: tuple[int, int, int] = (8, 16, 16)
    kept: tuple[int, int] = (4, 1)
    steps: int | None = None
    candidates: int | None = None
    restarts: int | None = None
    prior_weight: float | None = None

    def start(self, setting: Setting) -> NoReturn:
        """It cannot be attacked with before it was searched.

        Raises:
            InputError: always.
        """
        msg = (
            "`--attack` must be a recipe or a variant's file where the private pictures are not "
            "there, since it takes judges to find the strongest, got strongest"
        )
        raise InputError(msg)

    def with_prior_weight(self, factor: float) -> "Strongest":
        """With one weight instead of several."""
        return dataclasses.replace(self, prior_weight=factor)

    def with_identity(self, identity: str) -> NoReturn:
        """It has all of them.

        Raises:
            InputError: always.
        """
        msg = f"`--adaptive` must be none for {self.title}, which tries every form, got another"
        raise InputError(msg)

    def variants(self, own: Mapping[str, Adaptive]) -> list[Variant]:
        """What the first rung tries: every loss at every weight, then the defense's own forms.

        Args:
            own: those forms; those who only ask have others, which are left out.
        """
        seeing = [name for name, form in own.items() if form.repeats == 1]
        weights = self.weights if self.prior_weight is None else (self.prior_weight,)
        asked = [
            *itertools.product(self.losses, weights),
            *itertools.product(seeing, weights[len(weights) // 2 : len(weights) // 2 + 1]),
        ]
        return [
            Variant(self.base, form, weight, self.steps, self.restarts, "auto")
            for form, weight in asked
        ]

    def harder(self, variant: Variant, steps: int, restarts: int) -> list[Variant]:
        """The variant with every effort.

        Args:
            variant: one that was kept.
            steps: of the base.
            restarts: of the base.
        """
        made = [
            dataclasses.replace(
                variant,
                steps=self.steps or times * steps,
                restarts=self.restarts or more * restarts,
            )
            for times, more in self.efforts
        ]
        return list(dict.fromkeys(made))


STRONGEST = Strongest(
    title="the strongest that a search finds",
    source="halving: Jamieson and Talwalkar, AISTATS 2016",
    cite=("jamieson2016non",),
    needs=("gradients",),
    published="nothing: the best of 4 losses x 3 weights of the prior, and of the defense's own "
    "forms, then of 2 efforts, by successive halving",
    fidelity=Fidelity(
        "DEVIATES",
        "variants of ppa, chosen by the judges on people who are not reported",
        "no: it stands for an attacker who knows what works on this very network",
    ),
)
