"""A search that only asks: strangers once for all classes, then class by class within a budget."""

from collections.abc import Callable
from contextlib import suppress

import jax
import numpy as np
from jaxtyping import Integer

from loft_jax.attacks.recipes.base import Setting
from loft_jax.attacks.recipes.black_box import BlackBoxRecipe
from loft_jax.attacks.search.base import Progress, Reconstructions, Search
from loft_jax.attacks.search.questions import Questions, drawn, pictures
from loft_jax.targets.base import BATCH, BudgetSpent

TRACE = 50
"""Points of a class's trace, however many questions it took."""


class BlackBox(Search):
    """A recipe of questions bound to a target and a prior; one class at a time."""

    def __init__(self, setting: Setting, recipe: BlackBoxRecipe):
        self.setting, self.recipe = setting, recipe
        key, self._key = jax.random.split(setting.key)
        self.pool = drawn(setting.target, setting.prior, key, recipe.candidates)
        self.shared = recipe.prepare(setting, self.pool)

    @property
    def rows(self) -> int:
        """Pictures of one class side by side."""
        return BATCH

    def reconstruct(
        self, labels: Integer[np.ndarray, " k"], report: Callable[[Progress], None]
    ) -> Reconstructions:
        """Reconstructions of the classes `labels`, each asked about once however often it is named.

        Args:
            labels: classes, k of them.
            report: called after each question; it may raise to stop.
        """
        found: dict[int, Reconstructions] = {}
        wanted = list(dict.fromkeys(labels.tolist()))
        for place, label in enumerate(wanted):

            def told(done: int, loss: float, sure: float, place: int = place) -> None:
                each = self.recipe.each
                report(Progress(place * each + done, len(wanted) * each, loss, sure))

            found[label] = self._of_class(label, told)
        return _stacked([found[label] for label in labels.tolist()])

    def _of_class(self, label: int, report: Callable[[int, float, float], None]) -> Reconstructions:
        setting, each = self.setting, self.recipe.each
        key = jax.random.fold_in(self._key, label)
        questions = Questions(setting, self.pool, label, each, key, report)
        with setting.target.allowing(each), suppress(BudgetSpent):  # it ends with what it has
            self.recipe.climb(questions, self.shared)
        # Where there are fewer than wanted, they serve again.
        asked, kept = questions.asked, np.resize(self.recipe.kept(questions), setting.per_class)
        control = np.resize(self.recipe.control(questions, self.shared), setting.per_class)
        loss, sure = _resampled(questions.trace)
        both = np.concatenate([kept, control])
        shown = pictures(setting.prior, asked.latents[both], asked.shown[both])
        images, lookalikes = np.split(shown, [len(kept)])
        return Reconstructions(
            asked.latents[kept], images, asked.confidence[kept], loss, sure,
            lookalikes, asked.latents[control],
        )  # fmt: skip


def _resampled(trace: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """TRACE points of it, the last among them; none of a class that was not asked about."""
    if not trace:
        return np.zeros(TRACE), np.zeros(TRACE)
    at = np.linspace(0, len(trace) - 1, TRACE).round().astype(int)
    loss, sure = np.array(trace)[at].T
    return loss, sure


def _stacked(found: list[Reconstructions]) -> Reconstructions:
    means = {
        name: np.mean([getattr(one, name) for one in found], 0)
        for name in ("loss", "target_confidence")
    }
    columns = [one.by_class() for one in found]
    stacked: dict = {name: np.stack([one[name] for one in columns]) for name in columns[0]}
    return Reconstructions(**stacked, **means)
