"""Stealthy Shield: nearest scores beside a general solver, the draw, and where it leads."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from defended import answered, configuration
from flax import nnx
from scipy.optimize import minimize
from scipy.special import softmax

from loft_jax.defenses.ssd import ShieldedHead, StealthyShield, mean_answers
from loft_jax.defenses.water_filling import nearest_within
from loft_jax.errors import InputError

C = 5


def simplex(n, seed, sharpness=1.0):
    return np.random.default_rng(seed).dirichlet(np.full(C, sharpness), n)


def kl(x, q):
    return np.sum(x * np.log(np.maximum(x, 1e-300) / q))


def searched(p, q, distance):
    """The same by SLSQP over what is added to and taken from each score."""
    start = np.minimum(0.1 * distance / C, 0.1 * p.min())
    found = minimize(
        lambda uv: kl(p + uv[:C] - uv[C:], q),
        np.full(2 * C, start),
        bounds=[(0, 1)] * C + [(0, one - 1e-9) for one in p],
        constraints=[
            {"type": "eq", "fun": lambda uv: uv[:C].sum() - uv[C:].sum()},
            {"type": "ineq", "fun": lambda uv: distance - uv.sum()},
        ],
        method="SLSQP",
        options={"maxiter": 300, "ftol": 1e-12},
    )
    return p + found.x[:C] - found.x[C:]


@pytest.mark.parametrize("distance", [0.02, 0.2, 0.8])
def test_no_solver_finds_nearer_scores(distance):
    p, q = simplex(12, 0), simplex(12, 1)
    found = np.asarray(
        nearest_within(*(jnp.asarray(x, jnp.float32) for x in (p, q)), jnp.full(12, distance))
    )
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)
    assert (found >= 0).all()
    assert (np.abs(found - p).sum(1) <= distance + 1e-5).all()
    for x, own, towards in zip(found, p, q, strict=True):
        other = searched(own, towards, distance)
        assert kl(x, towards) == pytest.approx(kl(other, towards), abs=2e-5)
        np.testing.assert_allclose(x, other, atol=5e-3)


def test_no_distance_moves_nothing_and_a_long_one_reaches_the_goal():
    p, q = (jnp.asarray(simplex(20, seed), jnp.float32) for seed in (2, 3))
    np.testing.assert_allclose(nearest_within(p, q, jnp.zeros(20)), p, atol=1e-6)
    exactly = jnp.abs(p - q).sum(1)
    for far in (exactly, jnp.full(20, 2.0)):
        np.testing.assert_allclose(nearest_within(p, q, far), q, atol=1e-6)
    almost = nearest_within(p, q, 0.9 * exactly)
    assert (np.abs(np.asarray(almost - q)).sum(1) > 1e-3).all()


def head(means):
    made = ShieldedHead(3, C, rngs=nnx.Rngs(0))
    made.means[...] = jnp.asarray(means, jnp.float32)
    return made


LOGITS = np.array([0.3, 0.2, 0.1, -1.0, -2.0])
MEANS = 0.9 * np.eye(C) + 0.02


def drawn(found):
    """Classes whose mean answer was let out."""
    distance = np.abs(np.exp(np.asarray(found))[:, None] - MEANS[None]).sum(-1)
    assert distance.min(1).max() < 1e-4
    return distance.argmin(1)


def shares_are(classes, expected):
    n = len(classes)
    found = np.bincount(classes, minlength=C) / n
    assert (np.abs(found - expected) < 5 * np.sqrt(expected * (1 - expected) / n) + 1e-9).all()


def expected_shares(temperature):
    return softmax(softmax(LOGITS) / temperature)


@pytest.mark.parametrize("temperature", [0.1, 0.5])
def test_the_class_is_drawn_by_its_score_over_the_temperature(temperature):
    defense = StealthyShield(1e3, temperature, hashed=False)
    outputs = answered(np.tile(LOGITS, (8000, 1)))
    found = defense.release(outputs, jax.random.key(0), head(MEANS))
    shares_are(drawn(found.logits), expected_shares(temperature))


def test_a_hash_answers_the_same_question_alike_and_others_apart():
    defense = StealthyShield(1e3)
    jitter = 1e-4 * np.random.default_rng(0).normal(size=(8000, C))
    outputs = answered(np.concatenate([LOGITS + jitter, LOGITS + jitter]))
    found = defense.release(outputs, jax.random.key(0), head(MEANS)).logits
    np.testing.assert_array_equal(found[:8000], found[8000:])
    again = defense.release(outputs, jax.random.key(1), head(MEANS)).logits
    np.testing.assert_array_equal(found, again)
    shares_are(drawn(found[:8000]), expected_shares(0.1))
    unhashed = StealthyShield(1e3, hashed=False).release(outputs, jax.random.key(0), head(MEANS))
    assert (drawn(unhashed.logits[:8000]) != drawn(unhashed.logits[8000:])).any()


@pytest.mark.parametrize("epsilon", [0.05, 0.35])
def test_scores_move_by_epsilon_entropies(epsilon):
    logits = np.random.default_rng(4).normal(0, 1, (50, C))
    p = softmax(logits, axis=1)
    found = StealthyShield(epsilon).release(answered(logits), jax.random.key(0), head(MEANS))
    moved = np.abs(np.exp(np.asarray(found.logits, np.float64)) - p).sum(1)
    entropy = -(p * np.log(p)).sum(1)
    # The goal is further away than that for all of them: the whole way is used.
    np.testing.assert_allclose(moved, epsilon * entropy, rtol=1e-3, atol=1e-5)


def test_means_are_over_the_pictures_of_a_class_and_uniform_without_any():
    logits = np.random.default_rng(5).normal(0, 2, (7, C)).astype(np.float32)
    labels = np.array([0, 2, 2, 0, 4, 2, 4])
    found = mean_answers(logits, labels)
    for label in range(C):
        own = [softmax(row) for row, of in zip(logits, labels, strict=True) if of == label]
        expected = sum(own) / len(own) if own else np.full(C, 1 / C)
        np.testing.assert_allclose(found[label], expected, rtol=1e-5)


def test_without_validation_pictures_it_is_refused_before_anything_is_trained():
    config = configuration(StealthyShield())
    config = replace(config, data=replace(config.data, validation_fraction=0.0))
    with pytest.raises(InputError, match="`--validation-fraction` must be more than 0 for"):
        config.check()
