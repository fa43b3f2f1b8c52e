"""C2F-MI: coarse from the scores back to latents, fine by differential evolution."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from loft_jax.attacks.recipes.base import Fidelity, Setting
from loft_jax.attacks.recipes.black_box import BlackBoxRecipe
from loft_jax.attacks.search.questions import Pool, Questions, logarithms, scale_of

RIDGES = (1.0, 10.0, 100.0, 1e3, 1e4, 1e5)
"""Penalties of the inversion, from which cross-validation chooses."""
LEADERS = 10
"""So many of the best strangers have their mean profile where a class's begins."""


class Inversion(NamedTuple):
    """An affine map from profiles, the logits of the scores up to a constant, to coordinates."""

    profiles: Float[np.ndarray, "n c"]
    slope: Float[np.ndarray, "z c"]
    intercept: Float[np.ndarray, " z"]

    def __call__(self, profiles: Float[np.ndarray, "m c"]) -> Float[np.ndarray, "m z"]:
        """The coordinates to expect."""
        return profiles @ self.slope.T + self.intercept[None]


@dataclass(frozen=True, kw_only=True)
class CoarseToFine(BlackBoxRecipe):
    """Guesses from an ever surer profile; the best of them and of the strangers evolve.

    Attributes:
        guesses: latents that the inversion gives of a class.
        survivors: of those, in the first population.
        furthest: the surest profile, in deviations of the class's logit.
        law: see `Questions.follow`.
    """

    one_law = True

    steps: int = 313
    population: int = 32
    guesses: int = 16
    survivors: int = 10
    furthest: float = 5.0
    law: float = 0.03

    def prepare(self, setting: Setting, pool: Pool) -> Inversion:
        """The inversion, from what the target said of strangers."""
        from sklearn.linear_model import RidgeCV  # it takes a second to load

        assert pool.answer.scores is not None
        profiles = profiles_of(pool.answer.scores)
        coordinates = scale_of(setting.prior, pool.latents).inwards(pool.latents)
        fitted = RidgeCV(RIDGES).fit(profiles, coordinates)
        return Inversion(profiles, np.asarray(fitted.coef_), np.asarray(fitted.intercept_))

    def climb(self, questions: Questions, shared: Inversion) -> None:
        """Guess, then evolve."""
        from loft_jax.attacks.parts.evolution import differential  # evosax takes a second to load

        scale = questions.scale
        guesses = shared(self._surer(questions, shared)).astype(np.float32)
        worth = self._worth(questions, guesses)
        best = np.argsort(-worth, kind="stable")[: self.survivors]
        strangers = scale.inwards(questions.start(self.population - len(best)))
        members = np.concatenate([guesses[best], strangers])
        known = self._in_law(questions.worth_of_strangers(len(strangers)), strangers)
        strategy = differential(members, np.append(worth[best], known), key=questions.key)
        questions.follow(strategy, law=self.law)

    def _surer(self, questions: Questions, inversion: Inversion) -> Float[np.ndarray, "m c"]:
        """The mean profile of the best strangers, the class's logit higher and higher."""
        own = inversion.profiles[:, questions.label]
        leaders = np.argsort(-own, kind="stable")[:LEADERS]
        profiles = np.repeat(inversion.profiles[leaders].mean(0)[None], self.guesses, 0)
        profiles[:, questions.label] += np.linspace(0, self.furthest, self.guesses) * own.std()
        return profiles

    def _worth(self, questions: Questions, members: np.ndarray) -> Float[np.ndarray, " n"]:
        margin = questions.worth(questions.ask(questions.scale.outwards(members)))
        return self._in_law(margin, members)

    def _in_law(self, margin: np.ndarray, members: np.ndarray) -> Float[np.ndarray, " n"]:
        return margin - self.law / 2 * np.sum(members**2, 1)


def profiles_of(scores: Float[np.ndarray, "n c"]) -> Float[np.ndarray, "n c"]:
    """Log p less its mean over the classes: the logits, up to that."""
    logs = logarithms(scores)
    return logs - logs.mean(1, keepdims=True)


C2F_MI = CoarseToFine(
    title="C2F-MI",
    source="Ye et al., IEEE TDSC 2023",
    cite=("ye2023c2fmi",),
    needs=("scores",),
    published="an inversion network into a face recogniser's embedding, 16 latents drawn to it by "
    "20 steps of Adam 0.02, the best 10 and others, 32, by 300 generations of differential "
    "evolution on cross-entropy: 9,616 questions a class",
    fidelity=Fidelity(
        "DEVIATES",
        "no recogniser of public faces: the inversion is a ridge regression of latents on logits, "
        "so nothing is left to descend; margin and 0.03 ||u||^2 / 2 in place of cross-entropy; "
        "weight 0.8 and crossing 0.9 of evosax",
        "not known",
    ),
)
