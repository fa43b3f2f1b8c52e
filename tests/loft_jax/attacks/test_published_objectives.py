"""Objectives and update rules beside numbers that the papers' formulas gave in PyTorch 2.13.

Recorded with float64 on tensors of closed form: latents sin(1 + 3 i + 2 j), which are the target's
features, a target with weights cos(2 k + j), classes 0, 3 and 1, a discriminator -||z - 3||^2.
LOMMA's helpers have half and twice the target's weights, and the mean public feature is 1/4.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from loft_jax.attacks.parts.objective import score
from loft_jax.attacks.parts.projections import Box
from loft_jax.attacks.parts.public import PublicFacts
from loft_jax.attacks.parts.spaces import Gaussians, Points
from loft_jax.attacks.parts.transforms import NO_TRANSFORM
from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.attacks.search.gradient import advance, begin
from loft_jax.priors import losses

Z = np.sin(1 + 3 * np.arange(3.0)[:, None] + 2 * np.arange(4.0)[None])
W = np.cos(2 * np.arange(5.0)[:, None] + np.arange(4.0)[None])
Y = np.array([0, 3, 1])

CROSS_ENTROPY = [1.285583, 2.2052587, 1.9046883]
POINCARE = [9.8984981, 10.6602077, 10.3829476]
RECORDED = {
    "mi-face": [0.7235107, 0.889778, 0.851131],
    "gmi": [162.5535336, 261.9967674, 225.3111277],
    "lomma": [5.9739606, 171.5658951, 68.7598012],
    "ked-mi": [162.5535336, 261.9967674, 225.3111277],
    "vmi": CROSS_ENTROPY,
    "mirror": CROSS_ENTROPY,
    "plg-mi": [-0.109859, 1.540822, 0.7884101],
    "ppa": POINCARE,
    "if-gmi": POINCARE,
}
SLOPES = {
    "gmi": [
        [-70.5835293, -68.3442248, -9.325824, 56.4189733],
        [-126.000615, -81.336876, 33.6602262, 108.408816],
        [83.587402, 101.0563769, 18.5215311, -82.7325382],
    ],
    "lomma": [
        [-91.4101755, -74.1970286, -19.813598, 131.1624277],
        [-169.8735965, -120.9848689, 49.9216328, 59.5094328],
        [64.2137674, 118.4292858, 5.7589317, -29.7452357],
    ],
    "ppa": [
        [-0.3858223, -0.5360068, -0.1933891, 0.3270296],
        [-0.3817396, -0.6330623, -0.3023504, 0.306341],
        [0.5070725, 1.0200132, 0.5951585, -0.3768822],
    ],
}


@pytest.fixture
def value(linear, prior):
    """Of a recipe's published objective at latents z, without random views."""
    public = PublicFacts(jnp.zeros((1, 4)), jnp.full(4, 0.25), None)

    def of(name, z):
        objective = dataclasses.replace(
            RECIPES[name].objective, transform=NO_TRANSFORM, views=1, latent_norm=0.0
        )
        networks = [linear(W)]
        if RECIPES[name].helpers:
            networks += [linear(0.5 * W), linear(2 * W)]
        labels, keys = jnp.asarray(Y), jax.random.split(jax.random.key(0), 3)
        images = prior.decode(z, labels)
        return score(objective, tuple(networks), prior, public, z, images, labels, keys).loss

    return of


@pytest.mark.parametrize("name", RECORDED)
def test_the_objective_has_the_recorded_value(name, value):
    np.testing.assert_allclose(value(name, jnp.asarray(Z, jnp.float32)), RECORDED[name], rtol=2e-5)


@pytest.mark.parametrize("name", SLOPES)
def test_the_objective_has_the_recorded_slope(name, value):
    slope = jax.grad(lambda z: value(name, z).sum())(jnp.asarray(Z, jnp.float32))
    np.testing.assert_allclose(slope, SLOPES[name], rtol=2e-4, atol=1e-3)


def test_gmi_moves_as_its_authors_code_does(linear, prior):
    # v' = .9 v - .1 g; z moves by -.9 v + 1.9 v' and is clipped; L = ||z - 3||^2 / 50 + CE. The
    # momentum is not that of the clipped way: heavy ball would be elsewhere after the first step.
    recorded = [
        [[0.9837821, 0.2818378, -0.9261613, 0.558694],
         [-0.5031255, -0.1124137, 0.9330443, -0.7365306],
         [0.507074, 0.2299453, -1.0, 0.5871622]],
        [[1.0, 0.4460919, -0.8874881, 0.4461916],
         [-0.1922835, 0.1018871, 0.877753, -0.960434],
         [0.3341881, 0.0159684, -1.0, 0.7885343]],
        [[1.0, 0.798729, -0.8059422, 0.2090634],
         [0.4256508, 0.5630547, 0.8240852, -1.0],
         [0.0130445, -0.3984737, -1.0, 1.0]],
    ]  # fmt: skip
    rule = dataclasses.replace(RECIPES["gmi"].rule, learning_rate=0.1)
    objective = dataclasses.replace(RECIPES["gmi"].objective, identity_weight=1.0, realness=1 / 50)
    space, labels = Points(Box(-1.0, 1.0)), jnp.asarray(Y)
    state, centre = begin(space, rule, prior, {"latents": jnp.asarray(Z, jnp.float32)}, labels)
    _, trace = advance(
        space, rule, objective, 4, (linear(W),), prior,
        PublicFacts(jnp.zeros((1, 4)), jnp.zeros(4), None), labels,
        jax.random.split(jax.random.key(0), 3), state, centre, jnp.int32(0), keep=True,
    )  # fmt: skip
    np.testing.assert_allclose(
        trace.variables["latents"][jnp.array([0, 1, 3])], recorded, atol=2e-6
    )


def test_a_published_distribution_begins_with_log_variance_one(prior):
    space = RECIPES["ked-mi"].search[0].space
    first = space.begin(prior, {"latents": jnp.asarray(Z)}, jnp.asarray(Y))
    np.testing.assert_array_equal(first["mean"], np.zeros((3, 4)))
    np.testing.assert_array_equal(first["log_variance"], np.ones((3, 4)))


def test_the_divergence_of_gaussians_has_the_recorded_value(prior):
    variables = {
        "mean": jnp.asarray(Z, jnp.float32),
        "log_variance": jnp.cos(jnp.arange(3.0)[:, None] + jnp.arange(4.0)[None]),
    }
    found = Gaussians(kl=1.0).penalty(prior, variables, jax.random.split(jax.random.key(0), 3))
    np.testing.assert_allclose(found, [1.7054814, 1.3564641, 1.2167044], rtol=1e-5)


LOGITS = jnp.asarray(Z @ W.T, jnp.float32)


def test_the_knowledge_losses_have_the_recorded_values():
    soft = jax.nn.softmax(LOGITS[::-1])
    found = losses.knowledge_discriminator(LOGITS, LOGITS[:, ::-1], soft)
    np.testing.assert_allclose(found, 2.5395404, rtol=1e-6)
    features = jnp.asarray(Z, jnp.float32)
    found = losses.feature_matching(features, features[:, ::-1], LOGITS)
    np.testing.assert_allclose(found, 0.2424186, rtol=1e-6)
    np.testing.assert_allclose(
        -losses.knowledge_score(LOGITS), [0.1327793, 0.1806235, 0.127392], rtol=1e-5
    )


def test_the_conditional_losses_have_the_recorded_values():
    found = losses.hinge_discriminator(LOGITS[:, 0], LOGITS[:, 1])
    np.testing.assert_allclose(found, 1.8133236, rtol=1e-6)
    found = -LOGITS[:, 0].mean() + 0.2 * losses.max_margin(LOGITS, jnp.asarray(Y)).mean()
    np.testing.assert_allclose(found, -0.107136, atol=1e-6)
