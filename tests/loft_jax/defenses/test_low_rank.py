"""LoRA: a start that changes nothing, updates of low rank, and kernels that keep their bits."""

import jax
import jax.numpy as jnp
import numpy as np
import platformdirs
import pytest
from flax import nnx
from four_layers import FourLayers, add_trunk, configuration, leaves, updated

import loft_jax
from loft_jax.defenses.low_rank import LoRA
from loft_jax.defenses.table import defense_named
from loft_jax.fitting.trained import load_trained
from loft_jax.runs.devices import data_mesh


@pytest.fixture(autouse=True, scope="module")
def _trunk():
    with pytest.MonkeyPatch.context() as patch:
        add_trunk(patch)
        yield


class Mixed(nnx.Module):
    """A strided convolution with a bias, then a linear layer."""

    def __init__(self, rngs):
        self.conv = nnx.Conv(2, 5, (3, 3), strides=2, padding=1, rngs=rngs)
        self.linear = nnx.Linear(5, 6, rngs=rngs)

    def __call__(self, x):
        return self.linear(jnp.tanh(self.conv(x)).mean((1, 2)))


def images():
    return jnp.asarray(np.random.default_rng(0).standard_normal((3, 6, 6, 2)), jnp.float32)


def merged(layer):
    """The kernel with its update, as a matrix of all inputs by outputs."""
    down = np.asarray(layer.down.kernel[...], np.float64)
    update = down.reshape(-1, down.shape[-1]) @ np.asarray(layer.up.kernel[...], np.float64)
    return np.asarray(layer.kernel[...], np.float64) + update.reshape(layer.kernel.shape), update


@pytest.mark.parametrize("rank", [1, 2])
def test_an_updated_layer_is_the_layer_with_the_kernel_plus_b_a(rank):
    plain = Mixed(nnx.Rngs(0))
    trunk = LoRA(rank).edit(Mixed(nnx.Rngs(0)), rngs=nnx.Rngs(1))
    for number, layer in enumerate((trunk.conv, trunk.linear)):
        shape, rng = layer.up.kernel.shape, np.random.default_rng(number)
        layer.up.kernel[...] = jnp.asarray(rng.standard_normal(shape), jnp.float32)
    for own, layer in ((plain.conv, trunk.conv), (plain.linear, trunk.linear)):
        kernel, update = merged(layer)
        assert np.linalg.matrix_rank(update) == rank
        own.kernel[...] = jnp.asarray(kernel, jnp.float32)
    np.testing.assert_allclose(trunk(images()), plain(images()), rtol=1e-4, atol=1e-5)


def test_at_first_nothing_is_changed():
    trunk = LoRA(2).edit(Mixed(nnx.Rngs(0)), rngs=nnx.Rngs(1))
    np.testing.assert_array_equal(trunk(images()), Mixed(nnx.Rngs(0))(images()))
    assert np.abs(trunk.conv.down.kernel[...]).max() > 0  # else nothing could ever learn


def test_updates_and_head_learn_and_nothing_else():
    _, before, after, _ = updated(configuration(LoRA(2), weight_decay=0.1, ema=0.5), updates=3)
    old, new = leaves(before.params, before.stats), leaves(after.params, after.stats)
    for name in old:
        learns = name.startswith("head") or ".down." in name or ".up." in name
        assert np.array_equal(old[name], new[name]) != learns, name
    assert sum(".up." in name for name in old) == 4


@pytest.mark.slow
@pytest.mark.command
def test_a_run_begins_with_the_trunk_of_strangers(tmp_path, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / "cache")
    run = loft_jax.train(
        data="faces", size=8, identities=4, pictures=8, epochs=1, batch=8, trunk="four",
        defense="lora:1", out=str(tmp_path / "run"), cache=False,
    )  # fmt: skip
    public = next(p for p in (tmp_path / "cache" / "pretrained").iterdir() if p.is_dir())
    own, theirs = (load_trained(str(path), data_mesh()).classifier for path in (run.folder, public))
    old, new = (leaves(one.params, one.stats) for one in (theirs, own))
    for name in old:
        assert np.array_equal(old[name], new[name]) == name.startswith("trunk"), name
    model = nnx.merge(own.graph, own.params, own.stats)
    for layer in model.trunk.convs:
        _, update = merged(layer)
        assert np.linalg.matrix_rank(update) == 1  # it has learnt, and no more than that


def test_the_trunk_of_the_class_itself_is_not_changed():
    LoRA(2).edit(FourLayers(8, 1, dtype=jnp.float32, rngs=nnx.Rngs(0)), rngs=nnx.Rngs(1))
    fresh = FourLayers(8, 1, dtype=jnp.float32, rngs=nnx.Rngs(0))
    assert type(fresh.convs[0]) is nnx.Conv
    assert jax.tree.structure(nnx.state(fresh.convs[0])).num_leaves == 2


def test_the_name_of_the_flag():
    assert defense_named("lora:3") == LoRA(3)
    assert defense_named(LoRA(3).spec) == LoRA(3)
