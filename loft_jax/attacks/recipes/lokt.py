"""LOKT: labels teach a surrogate, whose gradients are followed in place of the target's."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax
import numpy as np
from jaxtyping import Float, Int64, UInt8

from loft_jax.attacks.helpers import answers, helper_trunks, load_surrogates
from loft_jax.attacks.parts.selection import Selection
from loft_jax.attacks.parts.spaces import Points
from loft_jax.attacks.parts.transforms import Transform
from loft_jax.attacks.recipes.base import Fidelity, Setting
from loft_jax.attacks.recipes.black_box import BlackBoxRecipe
from loft_jax.attacks.recipes.gradient import GradientRecipe
from loft_jax.attacks.recipes.plg_mi import PLG_MI
from loft_jax.attacks.recipes.ppa import PPA_SELECTION
from loft_jax.attacks.search.gradient import Phase
from loft_jax.attacks.search.naming import Named
from loft_jax.attacks.search.questions import Pool, Questions, pictures
from loft_jax.fitting.distillation import Distillation
from loft_jax.priors import ImagePrior
from loft_jax.runs.session import console

if TYPE_CHECKING:
    from loft_jax.attacks.engine import Engine

PORTION = 4096
"""Pictures drawn at a time."""


@dataclass(frozen=True, kw_only=True)
class Lokt(BlackBoxRecipe):
    """A search on surrogates; the target is asked which of its results last under noise.

    Attributes:
        surrogates: how many.
        teaching: their training, by the labels of the candidates.
        search: the attack on them.
        noise: standard deviation of the noise on the results' latents, which have deviation 1.
    """

    candidates: int = 16384
    steps: int = 4
    surrogates: int = 1
    teaching: Distillation
    search: GradientRecipe
    restarts: int = 8
    noise: float = 0.4

    def with_views(self, change: Callable[[Transform], Transform]) -> "Lokt":
        """With the views of its search changed."""
        return dataclasses.replace(self, search=self.search.with_views(change))

    def prepare(self, setting: Setting, pool: Pool) -> "Engine":
        """The search, bound to surrogates that the pool's labels teach."""
        from loft_jax.attacks.engine import Engine  # it holds a recipe

        target, prior = setting.target, setting.prior
        seed = int(jax.random.randint(jax.random.fold_in(setting.key, 1), (), 0, 2**31 - 1))
        students = load_surrogates(
            pool.answer.label, target.classes, _shown(prior, pool),
            None if target.home is None else target.home / "helpers", setting.mesh, console(),
            trunks=helper_trunks(target.trunk, prior.size, self.surrogates),
            seed=seed, settings=self.teaching,
        )  # fmt: skip
        return Engine(
            students.classifiers, prior, self.search, target.classes,
            self.restarts * setting.per_class, jax.random.fold_in(setting.key, 2), setting.mesh,
        )  # fmt: skip

    def climb(self, questions: Questions, shared: "Engine") -> None:
        """Search on the surrogates, then ask about the results as they are, and under noise."""
        found = shared.reconstruct(np.array([questions.label]), lambda _: None)
        named = Named(questions)
        at = questions.scale.inwards(found.latents[0])[: max(questions.left, 1)]
        lasting, asked = named.ask(at).astype(int), named.latest
        while True:
            surest = np.argsort(-lasting, kind="stable")[: questions.per_class]
            questions.standing = asked[surest]
            lasting += named.ask(at + self.noise * named.rng.standard_normal(at.shape))

    def control(self, questions: Questions, shared: "Engine") -> Int64[np.ndarray, " s"]:
        """The strangers whom the target calls by the class, the surrogate's surest first."""
        own = np.flatnonzero(questions.pool.answer.label == questions.label)
        if not len(own):
            return super().control(questions, shared)
        pool = questions.pool
        shown = _bytes(pictures(questions.prior, pool.latents[own], pool.shown[own]))
        logits = answers(shared.networks[0], shown, shared.mesh)
        sure = jax.nn.softmax(logits)[:, questions.label]
        return np.resize(own[np.argsort(-sure, kind="stable")], questions.per_class)


def _bytes(images: Float[np.ndarray, "n h w ch"]) -> UInt8[np.ndarray, "n h w ch"]:
    return np.floor(255 * images + 0.5).astype(np.uint8)


def _shown(prior: ImagePrior, pool: Pool) -> UInt8[np.ndarray, "n h w ch"]:
    """The pool's pictures, as `drawn` asked about them."""
    parts = []
    for start in range(0, len(pool.shown), PORTION):
        part = slice(start, start + PORTION)
        parts.append(_bytes(pictures(prior, pool.latents[part], pool.shown[part])))
    return np.concatenate(parts)


LOKT = Lokt(
    title="LOKT",
    source="Nguyen et al., NeurIPS 2023",
    cite=("nguyen2023label",),
    needs=("label",),
    teaching=Distillation(epochs=3, batch=64),
    search=dataclasses.replace(
        PLG_MI,
        needs=(),
        search=(Phase(Points(), 70),),
        selection=Selection(candidates=2000, views=8, transform=PPA_SELECTION),
    ),
    published="a GAN whose discriminator learns the target's labels of what it draws (105,000 "
    "updates of 256 pictures), surrogates taught on its pictures by these labels, then "
    "max-margin on the surrogates, Adam 0.1, 600 steps; as their code counts, 12.2 million "
    "questions for all classes and 500 for each",
    fidelity=Fidelity(
        "DEVIATES",
        "faces by their law unless `--prior` names a folder of `fit_prior --prior tacgan`, whose "
        "own 32,000 labels are counted there (1,000 updates; the generator's weight of the class "
        "0.05 in place of 1.5, classes from 30 % on, a penalty on real pictures' slopes); 16,384 "
        "of its pictures are labelled, and teach one small surrogate; the search on it is that of "
        "plg-mi with 70 steps from the best of 2,000; of 8 results those are kept that the target "
        "calls by the class most often under noise",
        "no: with a GAN of this size 0.36 of 24 people, with the law 0.80; labels are hundreds of "
        "times fewer",
    ),
)
