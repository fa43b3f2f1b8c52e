"""A label-only attack: draws from the prior, and keeps what the target gives the right label."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from loft_jax.attacks.recipes.base import Recipe, Setting
from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.attacks.search.base import Progress, Reconstructions, Search

DRAWS = 64


@dataclass(frozen=True, kw_only=True)
class Guessing(Recipe):
    """Asks for labels and for nothing else."""

    steps: int = 4

    def start(self, setting: Setting) -> Search:
        return _Guesses(setting, self.steps)


class _Guesses(Search):
    def __init__(self, setting: Setting, steps: int):
        self.setting, self.steps = setting, steps

    def reconstruct(self, labels, report):
        found = [self._of_class(int(label)) for label in labels]
        report(Progress(self.steps, self.steps, 0.0, 0.0))
        latents, images, right = (np.stack(column) for column in zip(*found, strict=True))
        trace = np.zeros(self.steps, np.float32)
        return Reconstructions(latents, images, right, trace, trace)

    def _of_class(self, label: int):
        s = self.setting
        key = jax.random.fold_in(s.key, label)
        best = None
        for step in range(self.steps):
            latents = s.prior.sample(jax.random.fold_in(key, step), DRAWS)
            images = np.clip(s.prior.decode(latents, jnp.full(DRAWS, label)), 0, 1)
            right = (s.target.ask(images).label == label).astype(np.float32)
            chosen = np.argsort(-right, kind="stable")[: s.per_class]
            here = np.asarray(latents)[chosen], images[chosen], right[chosen]
            best = here if best is None or here[2].sum() > best[2].sum() else best
        return best


RECIPES["guessing"] = Guessing(
    title="Guessing", source="tests", needs=("label",), default_prior="blobs"
)
