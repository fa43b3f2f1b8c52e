"""A classifier as others meet it, within a program: what its defense lets out, and no more."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from loft_jax.defenses.answers import NoisyAnswers
from loft_jax.defenses.none import NoDefense
from loft_jax.defenses.released import answering, released
from loft_jax.nets.classifier import Classifier
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.nets.head import LinearHead

IMAGES = jnp.asarray(np.random.default_rng(0).random((3, 2, 2, 1), np.float32))


class Flat(nnx.Module):
    def __call__(self, x):
        return x.reshape(len(x), -1)


@pytest.fixture(scope="module")
def network():
    model = Classifier(Flat(), LinearHead(4, 3, rngs=nnx.Rngs(0)))
    return FrozenClassifier(*nnx.split(model, nnx.Param, ...))


def logits(network, images):
    return np.asarray(jax.jit(lambda one, x: one.outputs(x).logits)(network, images))


def test_a_defense_of_training_alone_changes_no_answer(network):
    found = logits(answering(NoDefense(), network), IMAGES)
    np.testing.assert_array_equal(found, logits(network, IMAGES))


def test_the_same_question_is_answered_alike_and_another_one_anew(network):
    noisy = answering(NoisyAnswers(1.0), network)
    noise = logits(noisy, IMAGES) - logits(network, IMAGES)
    assert noise.std() > 0.3
    np.testing.assert_array_equal(logits(noisy, IMAGES), logits(noisy, IMAGES))
    other = IMAGES.at[0, 0, 0, 0].add(0.1)
    again = logits(noisy, other) - logits(network, other)
    assert np.abs(again - noise).min() > 1e-3


def test_a_key_decides_where_there_is_one(network):
    defense = NoisyAnswers(1.0)
    first, second = (released(defense, network, jax.random.key(i), IMAGES).logits for i in (0, 1))
    assert np.abs(first - second).min() > 1e-3
