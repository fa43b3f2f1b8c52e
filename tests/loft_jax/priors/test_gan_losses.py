"""The losses of generators and discriminators against their formulas in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from loft_jax.priors import losses

RNG = np.random.default_rng(0)
REAL, FAKE = RNG.normal(size=7).astype(np.float32), RNG.normal(size=7).astype(np.float32)
LOGITS = RNG.normal(size=(7, 4)).astype(np.float32)
OTHER = RNG.normal(size=(7, 4)).astype(np.float32)
LABELS = np.array([0, 1, 2, 3, 0, 1, 2])


def test_hinge_is_the_mean_distance_to_the_margins():
    expected = np.maximum(0, 1 - REAL).mean() + np.maximum(0, 1 + FAKE).mean()
    assert float(losses.hinge_discriminator(*map(jnp.asarray, (REAL, FAKE)))) == pytest.approx(
        expected, rel=1e-6
    )


def test_wasserstein_is_the_difference_of_means():
    expected = FAKE.mean() - REAL.mean()
    assert float(
        losses.wasserstein_discriminator(*map(jnp.asarray, (REAL, FAKE)))
    ) == pytest.approx(expected, rel=1e-5)


def test_logistic_losses_are_cross_entropies_of_the_sigmoid():
    real, fake = (1 / (1 + np.exp(-scores.astype(float))) for scores in (REAL, FAKE))
    expected = -np.log(real).mean() - np.log(1 - fake).mean()
    found = losses.logistic_discriminator(*map(jnp.asarray, (REAL, FAKE)))
    assert float(found) == pytest.approx(expected, rel=1e-5)
    found = losses.logistic_generator(jnp.asarray(FAKE))
    assert float(found) == pytest.approx(-np.log(fake).mean(), rel=1e-5)


def test_r1_is_half_the_mean_squared_slope_at_public_pictures():
    rng = np.random.default_rng(4)
    weight = rng.normal(size=(12, 5))
    real = rng.normal(size=(3, 2, 2, 3)).astype(np.float32)
    # By hand: the slope of sum_k tanh(x W)_k is W (1 - tanh^2).
    slopes = (1 - np.tanh(real.reshape(3, 12) @ weight) ** 2) @ weight.T
    found = losses.real_gradient_penalty(
        lambda x: jnp.tanh(x.reshape(-1, 12) @ jnp.asarray(weight, jnp.float32)).sum(1),
        jnp.asarray(real),
    )
    assert float(found) == pytest.approx(0.5 * (slopes**2).sum(1).mean(), rel=1e-4)


def test_the_knowledge_score_is_log_of_z_over_z_plus_one():
    z = np.exp(LOGITS.astype(float)).sum(1)
    np.testing.assert_allclose(
        losses.knowledge_score(jnp.asarray(LOGITS)), np.log(z / (z + 1)), rtol=1e-5
    )


def test_the_knowledge_discriminator_pays_for_classes_and_half_for_truth():
    soft = np.exp(OTHER) / np.exp(OTHER).sum(1, keepdims=True)
    log = LOGITS - np.log(np.exp(LOGITS).sum(1, keepdims=True))
    real, fake = np.exp(LOGITS).sum(1), np.exp(OTHER).sum(1)
    truth = -np.log(real / (real + 1)).mean() - np.log(1 / (fake + 1)).mean()
    expected = -(soft * log).sum(1).mean() + 0.5 * truth
    found = losses.knowledge_discriminator(
        *(jnp.asarray(a, jnp.float32) for a in (LOGITS, OTHER, soft))
    )
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_feature_matching_compares_means_and_adds_a_little_entropy():
    p = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
    entropy = -(p * np.log(p)).sum()
    expected = np.abs(LOGITS.mean(0) - OTHER.mean(0)).mean() + 1e-4 * entropy
    found = losses.feature_matching(*map(jnp.asarray, (LOGITS, OTHER, LOGITS)))
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_max_margin_is_the_best_other_logit_minus_the_own():
    expected = [max(np.delete(row, y)) - row[y] for row, y in zip(LOGITS, LABELS, strict=True)]
    got = losses.max_margin(jnp.asarray(LOGITS), jnp.asarray(LABELS))
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_the_gradient_penalty_is_that_of_finite_differences():
    rng = np.random.default_rng(3)
    weight = rng.normal(size=(12, 5))
    real, fake = rng.normal(size=(2, 3, 2, 2, 3)).astype(np.float32)

    def score(x, np=np):
        return np.tanh(x.reshape(3, 12) @ weight).sum(1)

    key = jax.random.key(0)
    share = np.asarray(jax.random.uniform(key, (3, 1, 1, 1)), float)
    between, slopes, h = fake + share * (real - fake), np.zeros((3, 12)), 1e-5
    for k in range(12):
        step = np.zeros(12)
        step[k] = h
        up, down = (score(between + sign * step.reshape(2, 2, 3)) for sign in (1, -1))
        slopes[:, k] = (up - down) / (2 * h)
    expected = np.mean((np.linalg.norm(slopes, axis=1) - 1) ** 2)
    found = losses.gradient_penalty(
        lambda x: score(x, jnp).astype(jnp.float32), jnp.asarray(real), jnp.asarray(fake), key
    )
    assert float(found) == pytest.approx(expected, rel=1e-4)


def test_the_gradient_penalty_of_a_flat_score_has_a_finite_gradient():
    images = jnp.ones((2, 2, 2, 1))

    def penalty(slope):
        return losses.gradient_penalty(
            lambda x: slope * x.sum((1, 2, 3)), images, images, jax.random.key(0)
        )

    assert float(penalty(0.0)) == pytest.approx(1, abs=1e-5)
    assert np.isfinite(jax.grad(penalty)(0.0))
