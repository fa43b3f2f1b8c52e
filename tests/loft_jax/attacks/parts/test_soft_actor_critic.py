"""The agent: densities beside SciPy's, and an action whose reward is known to be the largest."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from loft_jax.attacks.parts.soft_actor_critic import Buffer, _drawn, act, begun, learnt

Z = 2
GOAL = np.array([0.5, -0.4], np.float32)


@pytest.fixture(scope="module")
def learner():
    """One that saw a thousand actions with rewards -4 ||a - GOAL||^2."""
    rng = np.random.default_rng(0)
    states = rng.standard_normal((1024, Z), np.float32)
    actions = rng.uniform(-1, 1, (1024, Z)).astype(np.float32)
    rewards = -4 * np.sum((actions - GOAL) ** 2, 1)
    # Episodes behind `n` are not there: they would teach the opposite.
    states, actions = np.concatenate([states, states]), np.concatenate([actions, actions])
    buffer = Buffer(states, actions, np.concatenate([rewards, -9 * rewards]), 1024)
    return learnt(begun(Z, jax.random.key(1)), buffer, jax.random.key(2), updates=800, batch=64)


def test_it_learns_the_best_action_and_stays_curious(learner):
    states = np.random.default_rng(3).standard_normal((512, Z), np.float32)
    actions = np.asarray(act(learner.actor, states, jax.random.key(4)))
    np.testing.assert_allclose(np.median(actions, 0), GOAL, atol=0.15)
    assert 0.02 < actions.std(0).min() < actions.std(0).max() < 0.5
    assert np.abs(actions).max() < 1


def test_the_density_of_an_action_is_that_of_a_squashed_gaussian(learner):
    states = np.random.default_rng(5).standard_normal((64, Z), np.float32)
    actions, logs = _drawn(learner.actor, jnp.asarray(states), jax.random.key(6))
    # The same Gaussian from many draws: its mean and deviation before the tanh.
    many = np.stack([
        np.arctanh(np.asarray(act(learner.actor, states, jax.random.key(7 + i))).astype(float))
        for i in range(400)
    ])  # fmt: skip
    raw = np.arctanh(np.asarray(actions).astype(float))
    expected = norm.logpdf(raw, many.mean(0), many.std(0)) - np.log(1 - np.asarray(actions) ** 2)
    np.testing.assert_allclose(logs, expected.sum(1), atol=0.5)  # 400 draws of each
    assert np.mean(np.asarray(logs) - expected.sum(1)) == pytest.approx(0, abs=0.05)
