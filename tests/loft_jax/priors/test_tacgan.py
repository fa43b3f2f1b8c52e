"""T-ACGAN: its losses by hand, and that of its target it learns labels alone."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import expit, log_softmax

from loft_jax.data.settings import AugmentConfig
from loft_jax.priors import tacgan
from loft_jax.priors.architecture import Architecture, Judgement
from loft_jax.priors.games import Turn
from loft_jax.priors.networks import networks

RNG = np.random.default_rng(0)
REAL, FAKE = (RNG.uniform(size=(4, 8, 8, 1)).astype(np.float32) for _ in range(2))
WANTED = np.array([2, 0, 1, 2])
SCORES = RNG.normal(size=(64, 1)).astype(np.float32)
NAMES = RNG.normal(size=(64, 3)).astype(np.float32)
(GAME,) = tacgan.ROW.fitted.games.values()


def judge(images, labels):
    """Linear in the pictures, so that R1 is known: half the squared length of the weights."""
    flat = images.reshape(len(images), -1)
    return Judgement((flat @ SCORES)[:, 0], flat @ NAMES, flat)


@jax.custom_jvp
def sloped(logits):
    """The logits, of which no slope may be taken."""
    return logits


@sloped.defjvp
def _(primals, tangents):
    pytest.fail("a slope of the target was taken")


def target(scale=1.0):
    """Answers by the mean of a quarter of the picture, as surely as `scale` says."""

    def outputs(images):
        parts = images.reshape(len(images), 4, -1).mean(-1)[:, :3]
        return SimpleNamespace(logits=sloped(scale * parts))

    return SimpleNamespace(outputs=outputs)


def turn(of, fake=FAKE, progress=1.0):
    return Turn(
        jnp.asarray(REAL), jnp.zeros(4, int), jnp.zeros((4, 0)), jnp.asarray(fake),
        jnp.asarray(WANTED), jax.random.key(0), of,
        jnp.float32(progress), AugmentConfig(),
    )  # fmt: skip


def named(logits, labels):
    return -np.mean([log_softmax(row)[label] for row, label in zip(logits, labels, strict=True)])


def test_the_discriminator_learns_who_is_real_and_what_the_target_calls_a_fake():
    flat_real, flat = REAL.reshape(4, -1).astype(float), FAKE.reshape(4, -1).astype(float)
    real, fake = (flat_real @ SCORES)[:, 0], (flat @ SCORES)[:, 0]
    called = FAKE.reshape(4, 4, -1).mean(-1)[:, :3].argmax(1)
    truth = -np.log(expit(real)).mean() - np.log(1 - expit(fake)).mean()
    r1 = 0.1 * 0.5 * np.sum(SCORES.astype(float) ** 2)
    expected = truth + r1 + 1.5 * named(flat @ NAMES, called)
    assert not np.array_equal(called, WANTED)
    np.testing.assert_allclose(GAME.discriminator(judge, turn(target())), expected, rtol=1e-5)


def test_the_generator_wants_to_look_real_and_to_be_named_as_it_was_told():
    flat = FAKE.reshape(4, -1).astype(float)
    expected = -np.log(expit((flat @ SCORES)[:, 0])).mean() + 0.05 * named(flat @ NAMES, WANTED)
    np.testing.assert_allclose(GAME.generator(judge, turn(target())), expected, rtol=1e-5)


def test_classes_count_after_a_while():
    early, flat = turn(target(), progress=0.29), FAKE.reshape(4, -1).astype(float)
    fooled = -np.log(expit((flat @ SCORES)[:, 0])).mean()
    np.testing.assert_allclose(GAME.generator(judge, early), fooled, rtol=1e-5)
    late = turn(target(), progress=0.31)
    assert GAME.generator(judge, late) > fooled + 0.01
    assert GAME.discriminator(judge, late) > GAME.discriminator(judge, early) + 0.1


def test_only_labels_of_the_target_count_and_no_slope_of_it_is_taken():
    sure, unsure = (GAME.discriminator(judge, turn(target(scale))) for scale in (1.0, 100.0))
    assert float(sure) == float(unsure)
    jax.grad(lambda fake: GAME.generator(judge, turn(target(), fake)))(jnp.asarray(FAKE))

    def loss(scale):
        return GAME.discriminator(
            lambda *shown: Judgement(*(scale * one for one in judge(*shown))), turn(target())
        )

    assert jax.grad(loss)(1.0) != 0


def test_a_discriminator_names_as_many_classes_as_the_target_has():
    made = networks(Architecture("tacgan", 8, 1, 3, 2, 6), 0).discriminator
    judged = made(jnp.asarray(FAKE), jnp.zeros(4, int), False)
    assert (judged.score.shape, judged.logits.shape) == ((4,), (4, 3))
    again = made(jnp.asarray(FAKE), jnp.ones(4, int), False)
    np.testing.assert_array_equal(again.score, judged.score)
