"""Noisy LoFt: the noise in training and in answers, and the bits that answers hold at most."""

import math
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from defended import batch, classifier, configuration, updated

from loft_jax.defenses.loft import LoFt
from loft_jax.defenses.loft_noise import NoisyLoFt

RANK, STD = 3, 0.4


@pytest.fixture(scope="module")
def trained(tiny_trunk):
    return updated(configuration(NoisyLoFt(RANK, STD)), updates=2)


def pixels():
    return jnp.asarray(batch()[0], jnp.float32) / 255


def by_hand(head, features):
    """(code without noise, what the head makes logits of)."""
    kernel, bias = np.asarray(head.encode.kernel[...]), np.asarray(head.encode.bias[...])
    return np.tanh(np.asarray(features, np.float64) @ kernel + bias)


def decoded(head, code):
    return code @ np.asarray(head.decode.kernel[...]) + np.asarray(head.decode.bias[...])


def test_training_adds_noise_of_that_deviation_to_the_tanh_code(trained):
    model = classifier(trained.graphs.train, trained.after)
    features = jnp.repeat(jnp.asarray(np.random.default_rng(0).normal(0, 2, (2, 6)), jnp.float32),
                          4000, axis=0)  # fmt: skip
    noise = np.asarray(model.head(features)[1]) - by_hand(model.head, features)
    assert abs(noise.mean()) < 5 * STD / np.sqrt(noise.size)
    assert noise.std() == pytest.approx(STD, rel=5 / np.sqrt(2 * noise.size))
    assert abs(np.corrcoef(noise.T) - np.eye(RANK)).max() < 5 / np.sqrt(len(noise))
    logits, code = model.head(features)
    np.testing.assert_allclose(logits, decoded(model.head, np.asarray(code)), atol=1e-5)


def test_answers_are_made_of_the_code_with_noise_and_differ_by_the_key(trained):
    model = classifier(trained.graphs.evaluate, trained.after)
    outputs = model.outputs(pixels())
    clean = by_hand(model.head, outputs.features)
    np.testing.assert_allclose(outputs.code, clean, atol=1e-5)  # what the weights compute
    defense = NoisyLoFt(RANK, STD)
    keys = jax.random.split(jax.random.key(0), 2000)
    found = jax.vmap(lambda key: defense.release(outputs, key, model.head))(keys)
    noise = np.asarray(found.code) - clean
    assert noise.std() == pytest.approx(STD, rel=5 / np.sqrt(2 * noise.size))
    assert np.abs(noise.mean(0)).max() < 5 * STD / np.sqrt(len(keys))
    np.testing.assert_allclose(found.logits, decoded(model.head, np.asarray(found.code)), atol=1e-5)


@pytest.mark.parametrize(("rank", "std"), [(8, 0.3), (64, 1.0), (16, 0.1)])
def test_the_guarantee_is_the_capacity_of_so_many_gaussian_channels(rank, std):
    said = NoisyLoFt(rank, std).guarantee()
    one, many = (float(bits) for bits in re.findall(r"at most ([\d.e+]+)", said))
    assert one == pytest.approx(rank / 2 * math.log2(1 + 1 / std**2), rel=1e-3)
    # The mean of a hundred answers has a tenth of the noise's deviation.
    assert many == pytest.approx(rank / 2 * math.log2(1 + 1 / (std / 10) ** 2), rel=1e-3)


def test_no_code_tells_more_than_the_guarantee():
    """Two signs a number, the most telling simple code: its information by quadrature."""
    rank, std = 1, 0.7
    y = np.linspace(-8, 8, 20001)
    normal = [np.exp(-((y - m) ** 2) / (2 * std**2)) / (std * np.sqrt(2 * np.pi)) for m in (-1, 1)]
    mixture = sum(normal) / 2
    entropy = -np.trapezoid(mixture * np.log2(mixture + 1e-300), y)
    told = entropy - 0.5 * math.log2(2 * math.pi * math.e * std**2)
    most = float(re.search(r"at most ([\d.e+]+)", NoisyLoFt(rank, std).guarantee())[1])
    assert 0.5 * most < told < most


def test_it_is_compared_with_loft_of_its_rank_first():
    assert NoisyLoFt(RANK, STD).baselines[0] == LoFt(RANK)
    assert set(NoisyLoFt().adaptive) == {"straight-through", "pre-code", "average"}
