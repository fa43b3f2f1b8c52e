"""Flows beside what is known of them: their Jacobian, and the posterior of a linear loss."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from loft_jax.attacks.parts.flows import Flows
from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.public import PublicFacts
from loft_jax.attacks.parts.spaces import Space
from loft_jax.attacks.search.gradient import Rule, advance, begin

A = np.array([0.5, -1.0, 0.25, 2.0])
LABELS = jnp.array([0, 1])
KEYS = jax.random.split(jax.random.key(0), 2)
# A flow's first weights are drawn one operation at a time: seconds, once for every shape.
SHAPE = {"layers": 6, "width": 4}


@pytest.fixture
def bent(prior):
    """A flow space, and variables that are far from where it begins, others for each row."""
    space = Flows(kl=1.0, draws=3, **SHAPE)
    first = begin(space, Rule("adam", 0.01), prior, {}, LABELS)[0].variables
    rng = np.random.default_rng(0)
    return space, {
        name: leaf + 0.3 * rng.normal(size=leaf.shape).astype(np.float32)
        for name, leaf in first.items()
    }


def test_it_is_a_space_of_distributions():
    assert isinstance(Flows(kl=1.0, draws=1), Space)
    assert Flows.distribution


def test_the_divergence_is_that_of_the_jacobians(bent, prior):
    space, variables = bent
    found = jax.jit(space.penalty)(prior, variables, KEYS)
    noise = jax.vmap(lambda key: jax.random.normal(key, (3, 4)))(KEYS)

    def latents(u, row):  # row by row, one sample each: the map that is to be differentiated
        def moved(variables, keys, draws, dim):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(jax.random, "normal", lambda key, shape: u[None])
                return space._samples(variables, keys, draws, dim)[0]

        own = {name: leaf[row][None] for name, leaf in variables.items()}
        return moved(own, KEYS[:1], 1, 4)[0, 0]

    told = jax.jit(lambda u, row: (latents(u, row), jax.jacobian(latents)(u, row)))
    expected = np.zeros((2, 3))
    for row in range(2):
        for k in range(3):
            z, slope = (np.asarray(one, float) for one in told(noise[row, k], row))
            expected[row, k] = (z @ z - 4) / 2 - np.linalg.slogdet(slope)[1]
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(found, expected.mean(1), rtol=1e-4, atol=1e-5)


def test_pictures_are_those_of_the_latents_and_rows_do_not_share(bent, prior):
    space, variables = bent
    pictures = jax.jit(space.pictures, static_argnums=4)
    both = pictures(prior, variables, LABELS, KEYS, 5)
    second = {name: leaf[1:] for name, leaf in variables.items()}
    alone = pictures(prior, second, LABELS[1:], KEYS[1:], 5)
    np.testing.assert_allclose(alone.latents, both.latents[5:], atol=1e-5)
    np.testing.assert_allclose(both.images.reshape(-1, 4), (both.latents + 1) / 2, atol=1e-6)


def test_a_linear_loss_moves_the_flow_to_the_posterior_that_is_known(linear, prior):
    # min E(-a.z) + 2 KL is N(a / 2, I). Six layers: each moves only half of the coordinates.
    space = Flows(kl=2.0, draws=256, **SHAPE)
    rule, labels = Rule("adam", 0.01), LABELS[:1]
    state, centre = begin(space, rule, prior, {"latents": jnp.zeros((1, 4))}, labels)
    public = PublicFacts(jnp.zeros((1, 4)), jnp.zeros(4), None)
    state, _ = advance(
        space, rule, Objective(identity="logit"), 600, (linear(np.stack([A, -A])),), prior, public,
        labels, KEYS[:1], state, centre, jnp.int32(0),
    )  # fmt: skip
    pictures = jax.jit(space.pictures, static_argnums=4)
    found = np.asarray(pictures(prior, state.variables, labels, KEYS[:1], 4000).latents)
    np.testing.assert_allclose(found.mean(0), A / 2, atol=0.12)
    np.testing.assert_allclose(found.std(0), 1, atol=0.12)


def test_settings_are_part_of_the_space():
    assert dataclasses.replace(Flows(kl=1.0, draws=1), layers=2) != Flows(kl=1.0, draws=1)
