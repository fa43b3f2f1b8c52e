"""Every loss against its formula written out in NumPy, number by number."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

from loft_jax.attacks.parts import losses

LOGITS = np.array([[1.0, -2.0, 0.5], [0.2, 0.1, 3.0]])
LABELS = np.array([1, 2])


def poincare(logits, label):
    u = logits / np.abs(logits).sum()
    v = np.clip(np.eye(len(u))[label] - 1e-4, 0, 1)
    gap = (u - v) @ (u - v)
    return np.arccosh(1 + 2 * gap / ((1 - u @ u) * (1 - v @ v)))


ON_PAPER = {
    "cross-entropy": lambda x, y: -np.log(special.softmax(x)[y]),
    "doubt": lambda x, y: 1 - special.softmax(x)[y],
    "logit": lambda x, y: -x[y],
    "max-margin": lambda x, y: max(np.delete(x, y)) - x[y],
    "poincare": poincare,
}


def test_every_identity_loss_is_checked():
    assert set(losses.IDENTITY) == set(ON_PAPER)


@pytest.mark.parametrize("name", ON_PAPER)
def test_identity_losses_are_their_formulas(name):
    got = losses.IDENTITY[name].loss(jnp.asarray(LOGITS), jnp.asarray(LABELS))
    expected = [ON_PAPER[name](x, y) for x, y in zip(LOGITS, LABELS, strict=True)]
    np.testing.assert_allclose(got, expected, rtol=1e-5)


@pytest.mark.parametrize("name", ON_PAPER)
def test_gradients_of_identity_losses_are_central_differences(name):
    def of(x):
        return losses.IDENTITY[name].loss(x, jnp.asarray(LABELS)).sum()

    gradient = jax.grad(of)(jnp.asarray(LOGITS))
    expected = np.zeros_like(LOGITS)
    for place in np.ndindex(LOGITS.shape):
        step = np.zeros_like(LOGITS)
        step[place] = 1e-5
        row, y = place[0], LABELS[place[0]]
        up, down = (ON_PAPER[name]((LOGITS + s * step)[row], y) for s in (1, -1))
        expected[place] = (up - down) / 2e-5
    # float32 gradients against float64 differences
    np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-5)


def test_poincare_is_finite_at_the_corner_of_the_simplex():
    logits = jnp.array([[5.0, 0.0, 0.0]])
    value, gradient = jax.value_and_grad(lambda x: losses.poincare(x, jnp.array([0])).sum())(logits)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


def test_max_margin_is_negative_exactly_where_the_class_wins():
    got = losses.IDENTITY["max-margin"].loss(jnp.asarray(LOGITS), jnp.asarray(LABELS))
    assert ((np.asarray(got) < 0) == (LOGITS.argmax(1) == LABELS)).all()


def test_kl_is_the_integral_of_p_log_p_over_q():
    mean, deviation = 0.7, 1.6
    x = np.linspace(-20, 20, 40001)
    p = np.exp(-(((x - mean) / deviation) ** 2) / 2) / (deviation * np.sqrt(2 * np.pi))
    log_ratio = -(((x - mean) / deviation) ** 2) / 2 - np.log(deviation) + x**2 / 2
    expected = np.trapezoid(p * log_ratio, x)
    log_variance = jnp.full((1, 1), 2 * np.log(deviation))
    got = losses.kl_to_normal(jnp.full((1, 1), mean), log_variance)
    np.testing.assert_allclose(got[0], expected, rtol=1e-5)


def test_total_variation_of_a_ramp_is_its_slope():
    ramp = np.broadcast_to(0.1 * np.arange(4)[:, None, None], (4, 4, 1))
    got = losses.total_variation(jnp.asarray(np.stack([ramp, np.full_like(ramp, 0.3)])))
    np.testing.assert_allclose(got, [0.1, 0.0], atol=1e-6)


def test_feature_and_image_norms_are_means_and_the_latents_half_a_sum_of_squares():
    rng = np.random.default_rng(0)
    x, reference = rng.normal(size=(2, 5)), rng.normal(size=5)
    got = losses.feature_distance(jnp.asarray(x), jnp.asarray(reference))
    np.testing.assert_allclose(got, [np.mean((row - reference) ** 2) for row in x], rtol=1e-5)
    np.testing.assert_allclose(
        losses.latent_norm(jnp.asarray(x)), [row @ row / 2 for row in x], rtol=1e-5
    )
    images = rng.uniform(size=(2, 3, 3, 1))
    expected = [np.mean((image - 0.5) ** 2) for image in images]
    np.testing.assert_allclose(losses.image_norm(jnp.asarray(images)), expected, rtol=1e-5)


def test_pattern_angle_is_one_minus_the_cosine():
    features, mean = jnp.array([[2.0, 1.0], [1.0, 0.0]]), jnp.array([1.0, 1.0])
    pattern = jnp.array([[3.0, 0.0], [0.0, 2.0]])
    np.testing.assert_allclose(losses.pattern_angle(features, mean, pattern), [0, 2], atol=1e-6)


def test_statistics_distance_adds_the_norms_of_both_differences():
    zero = jnp.zeros(2)
    got = losses.statistics_distance(jnp.array([3.0, 4.0]), jnp.array([0.0, 2.0]), zero, zero)
    np.testing.assert_allclose(got, 7, rtol=1e-6)
