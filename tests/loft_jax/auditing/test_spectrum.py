"""Spectra of maps whose singular values are known."""

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from loft_jax.auditing.spectrum import DENSE, LEADING, layer_spectra, spectrum
from loft_jax.defenses.loft import LoFtHead
from loft_jax.errors import InputError
from loft_jax.nets.classifier import Classifier
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.targets.module import ModuleTarget

pytestmark = pytest.mark.compile
X = np.random.default_rng(0).random((3, 4, 4, 2), np.float32)


def matrix(values, rows, columns=32):
    """Q diag(values) P' with random orthonormal columns."""
    rng = np.random.default_rng(1)
    left, right = (np.linalg.qr(rng.normal(size=(n, len(values))))[0] for n in (rows, columns))
    return ((left * values) @ right.T).astype(np.float32)


@pytest.mark.parametrize("rows", [12, 50])  # fewer and more than the pixels
def test_a_linear_map_has_its_own_singular_values(rows):
    values = np.array([5.0, 3.0, 1.0, 0.5, 0.1, 0.01])
    w = matrix(values, rows)
    found = spectrum(lambda x: x.reshape(len(x), -1) @ w.T, X)
    np.testing.assert_allclose(found.values[:6], values, atol=1e-5)
    assert found.values[6:].max() < 1e-5
    assert len(found.values) == min(rows, 32)
    assert found.numerical_rank == 6
    shares = values / values.sum()
    entropy = -(shares * np.log(shares)).sum()
    assert found.effective_rank == pytest.approx(np.exp(entropy), rel=1e-3)
    assert found.complete
    assert found.standard_errors.max() < 1e-6  # the same at every picture


def test_values_of_a_curved_map_are_means_over_the_pictures():
    found = spectrum(jnp.sin, X)
    each = -np.sort(-np.abs(np.cos(X.reshape(3, -1).astype(float))), axis=1)
    np.testing.assert_allclose(found.values, each.mean(0), rtol=1e-5)
    np.testing.assert_allclose(found.standard_errors, each.std(0, ddof=1) / 3**0.5, rtol=1e-3)


def test_of_a_large_map_the_leading_values_are_found():
    side = 33
    assert side**2 > DENSE
    values = 0.95 ** np.arange(side**2) + 1e-3
    shuffled = np.random.default_rng(2).permutation(values).astype(np.float32)
    scale = shuffled.reshape(side, side, 1)
    picture = np.zeros((1, side, side, 1), np.float32)
    found = spectrum(lambda x: jnp.roll(x * scale[None], 5, axis=1), picture)
    np.testing.assert_allclose(found.values, values[:LEADING], rtol=1e-3)
    assert not found.complete
    assert found.numerical_rank == LEADING


def test_of_a_large_map_of_low_rank_the_rank_is_found():
    side, values = 33, np.array([4.0, 2.0, 1.0])
    w = matrix(values, side**2, side**2)
    found = spectrum(
        lambda x: x.reshape(len(x), -1) @ w.T, np.zeros((1, side, side, 1), np.float32)
    )
    np.testing.assert_allclose(found.values[:3], values, rtol=1e-3)
    assert found.numerical_rank == 3


class Layers(nnx.Module):
    """Three linear layers; the middle one is narrow."""

    def __init__(self):
        rngs = nnx.Rngs(0)
        sizes = ((32, 20), (20, 3), (3, 20))
        self.parts = nnx.List([nnx.Linear(*size, rngs=rngs) for size in sizes])

    def __call__(self, x):
        x = x.reshape(len(x), -1)
        for part in self.parts:
            x = nnx.tanh(part(x))
        return x


@pytest.fixture
def network():
    model = Classifier(Layers(), LoFtHead(20, 2, 10, "tanh", rngs=nnx.Rngs(1)))
    return FrozenClassifier(*nnx.split(model, nnx.Param, ...))


def test_a_narrow_layer_and_a_head_of_low_rank_bound_all_that_comes_after(network):
    found = layer_spectra(network, X, [f"trunk.parts.{i}" for i in range(3)])
    assert list(found) == [*(f"trunk.parts.{i}" for i in range(3)), "code", "logits"]
    ranks = {name: one.numerical_rank for name, one in found.items()}
    assert list(ranks.values()) == [20, 3, 3, 2, 2]
    assert len(found["logits"].values) == 10


class Halving(nnx.Module):
    """Two linear layers of pixels with a pooling between them."""

    def __init__(self):
        rngs = nnx.Rngs(0)
        self.parts = nnx.List([nnx.Linear(2, 3, rngs=rngs), nnx.Linear(3, 5, rngs=rngs)])

    def __call__(self, x):
        return self.parts[1](nnx.max_pool(self.parts[0](x), (2, 2), (2, 2))).mean((1, 2))


def test_where_a_trunk_halves_its_picture_is_found_without_naming_it():
    model = Classifier(Halving(), LoFtHead(5, 2, 4, "tanh", rngs=nnx.Rngs(1)))
    found = layer_spectra(FrozenClassifier(*nnx.split(model, nnx.Param, ...)), X)
    assert list(found) == ["trunk.parts.0", "trunk.parts.1", "trunk", "code", "logits"]
    # 16 pixels of 2 numbers, then 4 maxima of 3, their mean, and what a code of 2 lets through.
    assert [one.numerical_rank for one in found.values()] == [32, 12, 3, 2, 2]


def test_layers_of_a_module_of_a_users_own_are_named():
    target = ModuleTarget(Layers(), size=4, channels=2, class_names=tuple("abcdefghijklmnopqrst"))
    found = layer_spectra(target.network, X, ["parts.1"])
    assert found["parts.1"].numerical_rank == 3
    with pytest.raises(InputError, match=r"`layers` must be paths of modules .* got None"):
        layer_spectra(target.network, X)


def test_no_picture_is_refused():
    with pytest.raises(InputError, match="`pictures` must be at least one"):
        spectrum(jnp.sin, X[:0])
