"""Noisy and rounded answers: what is changed, by how much, and what it is made of again."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from defended import answered, configuration
from flax import nnx
from scipy.special import log_softmax, softmax

from loft_jax.defenses.answers import NoisyAnswers, RoundedAnswers
from loft_jax.defenses.loft import LoFt, LoFtHead
from loft_jax.defenses.none import NoDefense
from loft_jax.defenses.table import defense_named
from loft_jax.errors import InputError
from loft_jax.nets.head import LinearHead

N, C, RANK = 5, 4, 3


def logits():
    return np.random.default_rng(0).normal(0, 2, (N, C))


def head():
    return LoFtHead(6, RANK, C, rngs=nnx.Rngs(0))


def released(defense, code=None, seed=0):
    outputs = answered(logits(), code=code)
    return defense.release(outputs, jax.random.key(seed), head())


def many(defense, code=None):
    """Released logits and codes under 4000 keys."""
    outputs, made = answered(logits(), code=code), head()
    keys = jax.random.split(jax.random.key(0), 4000)
    return jax.vmap(lambda key: defense.release(outputs, key, made))(keys)


def test_logits_have_noise_of_that_deviation():
    noise = np.asarray(many(NoisyAnswers(0.5)).logits) - logits()
    assert noise.std() == pytest.approx(0.5, rel=5 / np.sqrt(2 * noise.size))
    assert np.abs(noise.mean(0)).max() < 5 * 0.5 / np.sqrt(len(noise))


def test_scores_have_noise_and_sum_to_one():
    """Noise so small that no score is cut off: log-scores are shifted by their sum alone."""
    std = 1e-3
    found = np.exp(np.asarray(many(NoisyAnswers(std, "scores")).logits, np.float64))
    np.testing.assert_allclose(found.sum(-1), 1, atol=1e-5)
    scores = softmax(logits(), axis=1)
    # p + e over 1 + sum e: the deviation is std times |unit vector - p|, p the other scores' too.
    away = found - scores
    expected = std * np.sqrt((1 - scores) ** 2 + (C - 1) * scores**2)
    large = scores > 0.05
    np.testing.assert_allclose(away.std(0)[large], expected[large], rtol=0.06)


def test_a_code_with_noise_makes_the_logits():
    code = jnp.asarray(np.random.default_rng(1).uniform(-1, 1, (N, RANK)), jnp.float32)
    found, made = many(NoisyAnswers(0.2, "code", RANK), code), head()
    noise = np.asarray(found.code) - np.asarray(code)
    assert noise.std() == pytest.approx(0.2, rel=5 / np.sqrt(2 * noise.size))
    again = np.asarray(found.code) @ np.asarray(made.decode.kernel[...])
    np.testing.assert_allclose(found.logits, again + np.asarray(made.decode.bias[...]), atol=1e-5)


@pytest.mark.parametrize("step", [0.25, 3.0])
def test_logits_are_the_nearest_multiples(step):
    found = np.asarray(released(RoundedAnswers(step)).logits, np.float64)
    np.testing.assert_allclose(found / step, np.rint(found / step), atol=1e-5)
    assert np.abs(found - logits()).max() <= step / 2 + 1e-5


def test_scores_are_the_nearest_multiples_but_for_their_sum():
    found = np.exp(np.asarray(released(RoundedAnswers(0.1, "scores")).logits, np.float64))
    rounded = np.maximum(0.1 * np.rint(softmax(logits(), axis=1) / 0.1), 1e-6)
    np.testing.assert_allclose(found, rounded / rounded.sum(1, keepdims=True), rtol=1e-4)


def test_where_every_score_is_rounded_to_nothing_they_are_even():
    found = released(RoundedAnswers(2.5, "scores")).logits
    np.testing.assert_allclose(found, log_softmax(np.zeros((N, C)), axis=1), atol=1e-5)


def test_a_rounded_code_makes_the_logits():
    code = jnp.array([[0.9, -0.2, 0.3]] * N)
    made, found = head(), released(RoundedAnswers(0.5, "code", RANK), code)
    expected = np.array([[1.0, 0.0, 0.5]] * N) @ np.asarray(made.decode.kernel[...])
    np.testing.assert_allclose(found.logits, expected + np.asarray(made.decode.bias[...]),
                               atol=1e-5)  # fmt: skip


@pytest.mark.parametrize("kind", [NoisyAnswers, RoundedAnswers])
def test_it_changes_the_answers_of_the_finished_network_of_its_rank(kind):
    for rank, begun in ((None, NoDefense()), (7, LoFt(7))):
        defense = kind(loft=rank)
        assert defense.start_from(configuration(defense)) == configuration(begun)
        assert defense.baselines == (begun,)
        made = defense.head(8, C, rngs=nnx.Rngs(0))
        assert type(made) is (LinearHead if rank is None else LoFtHead)
        assert not defense.trains


def test_a_plain_head_has_no_code_to_change():
    with pytest.raises(InputError, match=r"noisy: what` must be logits or scores .* got code"):
        defense_named("noisy:0.1,what=code")
    assert defense_named("noisy:0.1,what=code,loft=8") == NoisyAnswers(0.1, "code", 8)
