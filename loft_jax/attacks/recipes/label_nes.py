"""An evolution strategy by labels: towards where more noisy copies are called by the class."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.black_box import BlackBoxRecipe
from loft_jax.attacks.search.naming import Named
from loft_jax.attacks.search.questions import Questions


@dataclass(frozen=True, kw_only=True)
class LabelNes(BlackBoxRecipe):
    """Climbs P(label of u + e is the class), e ~ N(0, I), in latents u of mean 0 and deviation 1.

    With noise as wide as the law of the pictures the copies are people like any others, so that
    the slope is not that of a loophole; shrinking u keeps the share of the class away from 1, where
    labels tell nothing.

    Attributes:
        rate: of a move along the slope.
        shrink: part of u that is lost in every move.
        gain: the result is u times this, deeper in the class,
        spread: and draws around it with this deviation, where several are kept.
    """

    rate: float = 2.0
    shrink: float = 0.05
    gain: float = 1.5
    spread: float = 0.3

    def climb(self, questions: Questions, shared: Any) -> None:
        """Ask population after population, and of the last those that are results."""
        named, own = Named(questions), questions.called
        at = questions.scale.inwards(own).mean(0) if len(own) else np.zeros(named.dimension)
        while questions.left >= 2 * self.population:
            half = named.rng.standard_normal((self.population // 2, named.dimension))
            noise = np.concatenate([half, -half])
            said = named.ask(at[None] + noise)
            at = (1 - self.shrink) * at + self.rate * slope(said, noise)
        moves = self.spread * named.rng.standard_normal((self.population, named.dimension))
        moves[0] = 0
        said = named.ask(self.gain * at[None] + moves)
        right = np.argsort(~said, kind="stable")[: questions.per_class]
        questions.standing = named.latest[right]


def slope(said: Bool[np.ndarray, " n"], noise: Float[np.ndarray, "n z"]) -> Float[np.ndarray, " z"]:
    """The gradient of P(class at u + e) by u, from answers to u + e: mean of (said - share) e.

    Source: Wierstra et al. 2014; subtracting the share changes no mean and lowers the variance.
    """
    return ((said - said.mean())[:, None] * noise).mean(0)


LABEL_NES = LabelNes(
    title="Evolution strategy by labels",
    source="no paper on inversion; as an adversarial attack Ilyas et al., ICML 2018",
    cite=("ilyas2018black",),
    needs=("label",),
    published="nothing: the share of noisy copies with the right label in place of a score",
    fidelity=Fidelity(
        "FAITHFUL",
        "",
        "no: on people 0:24 of the plain head 0.79 with 4,947 queries each, by one evaluator",
    ),
)
