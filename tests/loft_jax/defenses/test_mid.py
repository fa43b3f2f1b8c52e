"""MID: the divergence is the integral it stands for; noise in training, none in answers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from defended import answered, batch, classifier, configuration, loss_of, updated
from scipy.integrate import quad
from scipy.stats import norm

from loft_jax.defenses.mid import MID

CLASSES, NUMBERS = 4, 3


def draws(seed=0):
    """(mean, spread) of the codes of two pictures."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1, (2, NUMBERS)), rng.normal(5, 1, (2, NUMBERS))


def softplus_of(spread):
    return np.log1p(np.exp(spread - 5))


def divergence_by_quadrature(mean, sigma):
    """The integral of p log(p / q), p = N(mean, sigma^2), q = N(0, 1)."""

    def integrand(x):
        return norm.pdf(x, mean, sigma) * (norm.logpdf(x, mean, sigma) - norm.logpdf(x))

    return quad(integrand, mean - 12 * sigma, mean + 12 * sigma, epsabs=1e-12)[0]


def loss(beta, seed=0):
    hidden = {"head.encode": draws(seed)[0], "head.spread": draws(seed)[1]}
    hidden = {name: jnp.asarray(value, jnp.float32) for name, value in hidden.items()}
    return loss_of(MID(beta), answered(np.zeros((2, CLASSES)), hidden), [0, 1])


@pytest.mark.parametrize("beta", [0.01, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_beta_times_the_mean_divergence_is_added_to_cross_entropy(beta, seed):
    mean, spread = draws(seed)
    integrals = np.vectorize(divergence_by_quadrature)(mean, softplus_of(spread))
    expected = np.log(CLASSES) + beta * integrals.sum(axis=1).mean()
    assert loss(beta, seed) == pytest.approx(expected, rel=1e-5)


@pytest.fixture(scope="module")
def trained(tiny_trunk):
    return updated(configuration(MID(0.01)), updates=2)


def features(seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(0, 1, (2, 6)), jnp.float32)


def test_the_code_is_half_as_wide_as_the_features(trained):
    head = classifier(trained.graphs.train, trained.after).head
    assert head(features())[1].shape == (2, 3)


def test_training_draws_codes_of_the_mean_and_deviation_that_the_loss_knows(trained):
    head = classifier(trained.graphs.train, trained.after).head
    head.spread.bias[...] = head.spread.bias[...] + 5  # noise of a size that statistics can see
    z = np.asarray(features(), np.float64)
    mean = z @ np.asarray(head.encode.kernel[...]) + np.asarray(head.encode.bias[...])
    spread = z @ np.asarray(head.spread.kernel[...]) + np.asarray(head.spread.bias[...])
    n = 4000
    many = np.asarray(head(jnp.repeat(features(), n, axis=0))[1]).reshape(2, n, 3)
    sigma = softplus_of(spread)
    # 6 numbers: 5 standard errors of mean and of deviation are not met by chance.
    assert (np.abs(many.mean(1) - mean) < 5 * sigma / np.sqrt(n)).all()
    assert (np.abs(many.std(1) / sigma - 1) < 5 / np.sqrt(2 * n)).all()
    first = many[:, 0] - mean
    assert np.unique(first).size == first.size  # no number shares its noise


def test_every_call_in_training_draws_anew_and_logits_are_linear_in_the_draw(trained):
    head = classifier(trained.graphs.train, trained.after).head
    (logits, code), (_, other) = head(features()), head(features())
    assert np.abs(np.asarray(code - other)).min() > 0
    kernel, bias = (np.asarray(one[...], np.float64) for one in (head.decode.kernel,
                                                                 head.decode.bias))  # fmt: skip
    np.testing.assert_allclose(logits, np.asarray(code) @ kernel + bias, rtol=1e-4, atol=1e-5)


def test_answers_are_of_the_mean_of_the_code(trained):
    model = classifier(trained.graphs.evaluate, trained.after)
    pixels = jnp.asarray(batch()[0], jnp.float32) / 255
    first, second = model.outputs(pixels), model.outputs(pixels)
    jax.tree.map(np.testing.assert_array_equal, first, second)
    encode = model.head.encode
    mean = np.asarray(first.features, np.float64) @ np.asarray(encode.kernel[...])
    np.testing.assert_allclose(first.code, mean + np.asarray(encode.bias[...]), atol=1e-5)


def test_the_divergence_is_minimised_too(trained):
    """With a large beta the spreads grow towards deviation 1, their best."""
    found = updated(configuration(MID(10.0), learning_rate=0.05), updates=5)
    before, after = (found.before.params, found.after.params)
    moved = np.asarray(after["head"]["spread"]["bias"][...] - before["head"]["spread"]["bias"][...])
    assert (moved > 0).all()
