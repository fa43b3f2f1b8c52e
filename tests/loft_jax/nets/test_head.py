"""The LoFt head is W2 act(W1 norm(z) + b1) + b2, and its weight has rank at most r."""

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from loft_jax.defenses.loft import ACTIVATIONS, LoFtHead
from loft_jax.nets.head import LinearHead

# The definitions of PyTorch's modules of these names.
DEFINITIONS = {
    "none": lambda a: a,
    "relu": lambda a: np.maximum(a, 0),
    "relu6": lambda a: np.clip(a, 0, 6),
    "leaky_relu": lambda a: np.where(a > 0, a, 0.01 * a),
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "tanh": lambda a: (np.exp(a) - np.exp(-a)) / (np.exp(a) + np.exp(-a)),
}


def features():
    return np.random.default_rng(0).normal(1.0, 4.0, (6, 8)).astype(np.float32)


def array(variable):
    return np.asarray(variable[...], np.float64)


def randomise(head):
    """Biases start at zero and scales at one: move them, or a test could not see them."""
    rng = np.random.default_rng(1)
    for layer in (getattr(head, "encode", None), head.decode, head.norm):
        if layer is not None:
            layer.bias[...] = jnp.asarray(rng.normal(size=layer.bias.shape), jnp.float32)
    return head


def linear(rank, input_norm=False):
    if rank is None:
        return LinearHead(8, 5, input_norm, rngs=nnx.Rngs(0))
    return LoFtHead(8, rank, 5, "none", input_norm, rngs=nnx.Rngs(0))


def test_every_published_activation_is_there():
    assert set(ACTIVATIONS) == set(DEFINITIONS)


@pytest.mark.parametrize("activation", DEFINITIONS)
def test_logits_are_affine_in_the_activated_affine_code(activation):
    head = randomise(LoFtHead(8, 3, 5, activation, rngs=nnx.Rngs(0)))
    logits, code = head(jnp.asarray(features()))
    expected = features() @ array(head.encode.kernel) + array(head.encode.bias)
    expected = DEFINITIONS[activation](expected)
    np.testing.assert_allclose(code, expected, atol=1e-5)
    expected = expected @ array(head.decode.kernel) + array(head.decode.bias)
    np.testing.assert_allclose(logits, expected, atol=1e-5)


def test_the_plain_head_is_one_affine_map_and_has_no_code():
    head = randomise(LinearHead(8, 5, rngs=nnx.Rngs(0)))
    logits, code = head(jnp.asarray(features()))
    assert code is None
    expected = features() @ array(head.decode.kernel) + array(head.decode.bias)
    np.testing.assert_allclose(logits, expected, atol=1e-5)


def test_input_normalisation_makes_the_logits_blind_to_scale_and_shift_of_the_features():
    head = LoFtHead(8, 3, 5, input_norm=True, rngs=nnx.Rngs(0))
    logits, _ = head(jnp.asarray(features()))
    moved, _ = head(jnp.asarray(7 * features() + 2))
    np.testing.assert_allclose(logits, moved, atol=1e-4)
    plain, _ = LoFtHead(8, 3, 5, rngs=nnx.Rngs(0))(jnp.asarray(features()))
    assert not np.allclose(logits, plain, atol=1e-2)


@pytest.mark.parametrize("rank", [1, 3, 5])
def test_the_weight_has_the_rank_of_the_bottleneck(rank):
    weight = LoFtHead(8, rank, 6, rngs=nnx.Rngs(0)).weight
    assert weight.shape == (6, 8)
    singular = np.linalg.svd(np.asarray(weight, np.float64), compute_uv=False)
    assert (singular > 1e-5 * singular[0]).sum() == rank


@pytest.mark.parametrize("rank", [None, 3])
def test_the_weight_is_the_derivative_of_the_linear_head(rank):
    head = linear(rank)
    zero, _ = head(jnp.zeros((1, 8)))
    logits, _ = head(jnp.eye(8))
    np.testing.assert_allclose((logits - zero).T, head.weight, atol=1e-6)


@pytest.mark.parametrize(("rank", "input_norm"), [(3, False), (3, True), (None, False)])
def test_the_first_layer_is_all_that_the_code_or_the_logits_see_of_the_features(rank, input_norm):
    head = linear(rank, input_norm)
    randomise(head)
    if head.norm is not None:
        rng = np.random.default_rng(2)
        head.norm.scale[...] = jnp.asarray(rng.uniform(0.5, 2, 8), jnp.float32)
        head.norm.var[...] = jnp.asarray(rng.uniform(0.5, 9, 8), jnp.float32)
        head = nnx.view(head, use_running_average=True)
    z = features()
    logits, code = head(jnp.asarray(z))
    seen = np.asarray(logits if code is None else code, np.float64)
    # An affine map: differences of features go to differences of outputs by its matrix alone.
    W = np.asarray(head.first_layer, np.float64)
    np.testing.assert_allclose(seen[1:] - seen[0], (z[1:] - z[0]) @ W.T, rtol=1e-4, atol=1e-5)
