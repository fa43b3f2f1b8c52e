"""MIRROR by scores: a genetic search within a deviation of the strangers."""

import dataclasses
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.black_box import BlackBoxRecipe
from loft_jax.attacks.search.questions import Questions


@dataclass(frozen=True, kw_only=True)
class MirrorByScores(BlackBoxRecipe):
    """Parents in proportion to their fitness, genes from either, some of them mutated.

    Attributes:
        fitness: "probability" p_y, or the odds that its "margin" stands for.
        mutation: share of genes to which a number is added.
        size: deviation of that number, in deviations of the strangers.
        reach: the box, in deviations of the strangers in P space.
    """

    fitness: Literal["probability", "margin"] = "margin"
    mutation: float = 0.1
    size: float = 1.0
    reach: float = 1.0

    def climb(self, questions: Questions, shared: Any) -> None:
        """Generation after generation; the best so far stays a parent."""
        scale, generation = questions.scale, 0
        children = scale.inwards(questions.start(self.population)).clip(-self.reach, self.reach)
        fitness = self._asked(questions, children)
        members, logs = np.concatenate([children[:1], children]), np.append(fitness[0], fitness)
        while True:
            key = jax.random.fold_in(questions.key, generation)
            children = np.asarray(
                offspring(key, members, logs, self.mutation, self.size, self.reach)
            )
            fitness, best, generation = (
                self._asked(questions, children), logs.argmax(), generation + 1
            )  # fmt: skip
            members = np.concatenate([members[best : best + 1], children])
            logs = np.append(logs[best], fitness)

    def _asked(self, questions: Questions, members: np.ndarray) -> Float[np.ndarray, " n"]:
        answer = questions.ask(questions.scale.outwards(members))
        wanted = questions.log if self.fitness == "probability" else questions.worth
        return wanted(answer).astype(np.float32)


@partial(jax.jit, static_argnames=("mutation", "size", "reach"))
def offspring(
    key: Key[Array, ""],
    members: Float[Array, "m z"],
    logs: Float[Array, " m"],
    mutation: float,
    size: float,
    reach: float,
) -> Float[Array, "n z"]:
    """N = m - 1 children of members whose fitness is f = exp(logs).

    Both parents are drawn with probability f / sum f; each gene is the first one's with
    probability f1 / (f1 + f2); a share of the genes is mutated; then all are put into the box.

    Source: An et al. 2022 (MIRROR), section V; what is added to a gene is not said there: here a
    normal number.
    """
    n, z = len(members) - 1, members.shape[1]
    parents, genes, chosen, added = jax.random.split(key, 4)
    first, second = jax.random.categorical(parents, logs, shape=(2, n))
    share = jax.nn.sigmoid(logs[first] - logs[second])
    own = jax.random.uniform(genes, (n, z)) < share[:, None]
    children = jnp.where(own, members[first], members[second])
    mutated = jax.random.bernoulli(chosen, mutation, (n, z))
    moved = children + mutated * size * jax.random.normal(added, (n, z))
    return jnp.clip(moved, -reach, reach)


MIRROR_BB_PUBLISHED = MirrorByScores(
    title="MIRROR (black-box)",
    source="An et al., NDSS 2022",
    cite=("an2022mirror",),
    candidates=100_000,
    steps=100,
    population=1000,
    fitness="probability",
    needs=("scores",),
    published="100 generations of 1,000 a class (20 in later comparisons), 100,000 questions a "
    "class, from 100,000 samples, "
    "parents in proportion to p_y, mutation of 0.1, the best one kept, 1 deviation in P space",
    fidelity=Fidelity(
        "SCALED",
        "the prior's own latents in place of StyleGAN's w; a mutation adds N(0, 1) deviation",
        "not known: what a mutation adds is not among the published numbers",
    ),
)
MIRROR_BB = dataclasses.replace(
    MIRROR_BB_PUBLISHED,
    candidates=2000,
    steps=156,
    population=64,
    fitness="margin",
    mutation=0.05,
    size=0.5,
    reach=1.7,
    fidelity=Fidelity(
        "DEVIATES",
        "10,000 questions a class from 2,000 samples; parents by the odds of the margin, which "
        "tells the sure from the surer; half of the mutation at half of the size; a box of 1.7 "
        "deviations",
        "not known: the published form takes 100,000 questions a class",
    ),
    original=MIRROR_BB_PUBLISHED,
)
