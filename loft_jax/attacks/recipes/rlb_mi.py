"""RLB-MI: an agent learns which latents the target takes for the class."""

import dataclasses
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.black_box import BlackBoxRecipe
from loft_jax.attacks.search.questions import Questions
from loft_jax.targets.base import Answer

FLOOR = 1e-7
"""Differences of probabilities are no smaller before their logarithm is taken."""


@dataclass(frozen=True, kw_only=True)
class Agent(BlackBoxRecipe):
    """Soft actor-critic; a state is a latent, an action the next one, an episode one step.

    Attributes:
        reach: actions are within so many deviations of the strangers.
        updates: of the agent after each question, on batches of `batch` episodes.
        batch: see above.
        taught: whether the strangers are its first episodes, for which nobody asks again.
    """

    reach: float = 2.0
    updates: int = 10
    batch: int = 128
    taught: bool = True

    def climb(self, questions: Questions, shared: Any) -> None:
        """Act, ask, learn, again and again."""
        from loft_jax.attacks.parts import soft_actor_critic as sac

        first, *keys = jax.random.split(questions.key, 1 + self.steps)
        rng = np.random.default_rng(int(jax.random.bits(first)))
        episodes = _Episodes(questions, self.reach, self.each, rng)
        if self.taught:
            episodes.add_strangers()
        learner = sac.begun(len(questions.scale.mean), first)
        for key in keys:
            acting, learning = jax.random.split(key)
            states = rng.standard_normal((self.population, len(questions.scale.mean)), np.float32)
            actions = np.asarray(sac.act(learner.actor, states, acting))
            latents = questions.scale.outwards(self.reach * actions)
            episodes.add(states, actions, reward(questions.ask(latents), questions.label))
            learner = sac.learnt(
                learner, episodes.buffer, learning, updates=self.updates, batch=self.batch
            )


class _Episodes:
    """All episodes so far, in arrays that do not grow; rewards have mean 0 and deviation 1."""

    def __init__(self, questions: Questions, reach: float, each: int, rng: np.random.Generator):
        self._questions, self._reach, self._rng = questions, reach, rng
        pool, z = questions.pool, len(questions.scale.mean)
        most = len(pool.latents) + each
        self._states, self._actions = np.zeros((2, most, z), np.float32)
        self._rewards, self._n = np.zeros(most, np.float32), 0
        rewards = reward(pool.answer, questions.label)
        self._mean, self._deviation = rewards.mean(), max(rewards.std(), FLOOR)

    def add(self, states: np.ndarray, actions: np.ndarray, rewards: np.ndarray) -> None:
        """Episodes more."""
        new = slice(self._n, self._n + len(states))
        self._states[new], self._actions[new] = states, actions
        self._rewards[new] = (rewards - self._mean) / self._deviation
        self._n += len(states)

    def add_strangers(self) -> None:
        """The strangers within reach, as if they had been actions in states drawn now."""
        pool, own = self._questions.pool, self._questions.own
        actions = self._questions.scale.inwards(pool.latents[own]) / self._reach
        states = self._rng.standard_normal(actions.shape, np.float32)
        rewards = reward(pool.answer, self._questions.label)[own]
        self.add(states, actions.clip(-1, 1), rewards)

    @property
    def buffer(self) -> Any:
        """For the agent."""
        from loft_jax.attacks.parts.soft_actor_critic import Buffer

        return Buffer(self._states, self._actions, self._rewards, self._n)  # pyright: ignore


def reward(answer: Answer, label: int) -> Float[np.ndarray, " n"]:
    """2 log p_y(state) + 2 log p_y(action) + 8 log max(1e-7, p_y - max p_j over the others).

    The state after an action is the action itself, so the first two are one.

    Source: Han et al. 2023 (RLB-MI), eq. 8, with the numbers of the authors' code.
    """
    assert answer.scores is not None
    own, others = answer.scores[:, label], np.delete(answer.scores, label, axis=1)
    margin = np.log(np.maximum(own - others.max(1), FLOOR))
    return 4 * np.log(np.maximum(own, 1e-30)) + 8 * margin


RLB_MI_PUBLISHED = Agent(
    title="RLB-MI",
    source="Han et al., CVPR 2023",
    cite=("han2023reinforcement",),
    candidates=128,
    steps=40_000,
    population=1,
    reach=1.0,
    updates=1,
    batch=256,
    taught=False,
    needs=("scores",),
    published="soft actor-critic, two hidden layers of 256, 40,000 episodes of one step in GMI's "
    "GAN, three pictures each: 120,000 questions a class",
    fidelity=Fidelity(
        "DEVIATES",
        "rewards less the strangers' mean, by their deviation; each picture is asked about once, "
        "since the state after an action is the action; Adam 5e-4 and batches of 256, the "
        "logarithm of the actor's deviation within -5 and 1; the prior in place of GMI's GAN, 128 "
        "strangers measure its box; kept are the surest of all",
        "not known",
    ),
)
RLB_MI = dataclasses.replace(
    RLB_MI_PUBLISHED,
    candidates=2000,
    steps=156,
    population=64,
    reach=2.0,
    updates=8,
    batch=128,
    taught=True,
    fidelity=Fidelity(
        "DEVIATES",
        "rewards as in --published; 10,000 questions a class; strangers whom all classes share are "
        "the first episodes; 8 updates on batches of 128 after each question of 64 pictures; "
        "actions within 2 deviations",
        "not known: the published form takes 40,000 questions a class",
    ),
    original=RLB_MI_PUBLISHED,
)
