"""DP-SGD: clipping picture by picture, noise of the right size, statistics that mix nobody."""

import dataclasses
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from four_layers import BATCH, add_trunk, configuration, leaves, pictures, updated

import loft_jax
from loft_jax.defenses.accounting import sampled_epsilon, shuffled_epsilon
from loft_jax.defenses.private import Private
from loft_jax.defenses.table import defense_named
from loft_jax.errors import InputError
from loft_jax.nets.imported.settings import ImportedWeights
from loft_jax.runs.files import read_json

RATE = 0.5
PLAIN_SGD = {
    "optimizer": "sgd", "schedule": "multi-step", "momentum": 0.0, "weight_decay": 0.0,
    "learning_rate": RATE,
}  # fmt: skip
SILENT = 1e-9


@pytest.fixture(autouse=True, scope="module")
def _trunk():
    with pytest.MonkeyPatch.context() as patch:
        add_trunk(patch)
        yield


def moved(config):
    """(graphs, state before, the gradient that one update followed)."""
    graphs, before, after, _ = updated(config)
    old, new = leaves(before.params), leaves(after.params)
    return graphs, before, {name: (old[name] - new[name]) / RATE for name in old}


def slopes_of(graphs, state, *groups):
    """Gradients of the mean cross-entropy of groups of pictures, by the network in evaluation."""
    images, labels = pictures()

    @jax.jit
    @jax.grad
    def slope(params, pixels, labels):
        logits = nnx.merge(graphs.evaluate, params, state.stats)(pixels)
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    pixels = images.astype(np.float32) / 255
    return [leaves(slope(state.params, pixels[chosen], labels[chosen])) for chosen in groups]


def length(slope):
    return np.sqrt(sum((value.astype(np.float64) ** 2).sum() for value in slope.values()))


@pytest.mark.parametrize("parts", [1, 4])
def test_each_picture_is_clipped_alone(parts):
    clip = 1.0
    graphs, state, found = moved(
        configuration(Private(SILENT, clip=clip), accumulate=parts, **PLAIN_SGD)
    )
    single = slopes_of(graphs, state, *([i] for i in range(BATCH)))
    lengths = [length(slope) for slope in single]
    assert min(lengths) < clip < max(lengths)
    for name, slope in found.items():
        expected = sum(
            one[name] * min(1, clip / size) for one, size in zip(single, lengths, strict=True)
        )
        np.testing.assert_allclose(slope, expected / BATCH, rtol=1e-4, atol=1e-5)


def test_without_noise_and_with_a_large_norm_it_is_the_plain_gradient():
    graphs, state, found = moved(configuration(Private(1e-12, clip=1e3), **PLAIN_SGD))
    (expected,) = slopes_of(graphs, state, np.arange(BATCH))
    for name, slope in found.items():
        np.testing.assert_allclose(slope, expected[name], rtol=1e-4, atol=1e-5)


def test_statistics_stay_and_weights_learn():
    _, before, after, _ = updated(configuration(Private()), updates=2)
    old, new = leaves(before.params, before.stats), leaves(after.params, after.stats)
    for name in old:
        assert np.array_equal(old[name], new[name]) == name.endswith((".mean", ".var")), name


@pytest.mark.parametrize("parts", [1, 4])
def test_noise_has_the_standard_deviation_that_was_asked_for(parts):
    noise, clip, n = 3.0, 0.5, 40000
    shapes = {"a": (BATCH // parts, n), "b": (BATCH // parts, 2, n // 2)}
    zero = nnx.State({name: jnp.zeros(shape) for name, shape in shapes.items()})
    keys = jax.random.split(jax.random.key(0), parts)
    draws = [Private(noise, clip).slope(zero, parts, key) for key in keys]
    a, b = (np.mean([np.asarray(draw[name]).ravel() for draw in draws], 0) for name in "ab")
    for one in (a, b):  # the standard error of a standard deviation is 0.35 %
        assert one.std() == pytest.approx(noise * clip / BATCH, rel=0.02)
        assert abs(one.mean()) < 5 * noise * clip / BATCH / n**0.5
    assert abs(np.corrcoef(a, b)[0, 1]) < 5 / n**0.5


@pytest.mark.slow
def test_updates_draw_their_own_noise():
    config = configuration(Private(1e3), **PLAIN_SGD)
    _, before, once, _ = updated(config)
    _, _, twice, _ = updated(config, updates=2)
    name = "trunk.convs.1.kernel"
    start, first, second = (leaves(state.params)[name] for state in (before, once, twice))
    size = RATE * 1e3 / BATCH  # gradients of length 1 are nothing beside it
    assert (first - start).std() == pytest.approx(size, rel=0.3)
    assert abs(np.corrcoef((first - start).ravel(), (second - first).ravel())[0, 1]) < 0.5


@dataclass(frozen=True)
class Mixing(Private):
    """Its statistics learn, of all pictures of a batch."""

    tag = "mixing"

    def trainable(self, path, order):
        return True


def test_a_network_that_mixes_pictures_does_not_compile():
    with pytest.raises(ValueError, match="out_axes"):
        updated(configuration(Mixing()))


def test_epsilon_is_told_of_what_was_run():
    told = Private(1.5).told(1000, 100, 70)  # 10 batches an epoch: 7 epochs
    delta = 1000**-1.1
    assert told["delta"] == pytest.approx(delta)
    assert told["epsilon"] == shuffled_epsilon(1.5, 7**0.5, delta)
    assert told["epsilon_if_sampled"] == sampled_epsilon(1.5, 0.1, 70, delta)
    # A batch that is larger than all pictures holds some of them three times.
    few = Private(1.5).told(10, 25, 4)
    assert few["epsilon"] == shuffled_epsilon(1.5, 3 * 4**0.5, 10**-1.1)


@pytest.mark.parametrize(
    ("what", "flag"),
    [
        ({"start_from": "run"}, "start-from"),
        ({"fisher": 8}, "fisher"),
        ({"weights": ImportedWeights("w")}, "weights"),
    ],
)
def test_what_knows_the_pictures_otherwise_is_refused(what, flag):
    config = configuration(Private())
    if "start_from" not in what:
        config = dataclasses.replace(config, model=dataclasses.replace(config.model, **what))
    else:
        config = dataclasses.replace(config, **what)
    with pytest.raises(InputError, match=f"`--{flag}` must be left out for DP-SGD"):
        config.check()


def test_the_name_of_the_flag():
    assert defense_named("dp:2,clip=0.5") == Private(2.0, 0.5)
    assert defense_named(Private(2.0, 0.5).spec) == Private(2.0, 0.5)
    with pytest.raises(InputError, match="must be a number, more than 0"):
        defense_named("dp:0")


@pytest.mark.command
def test_a_run_tells_its_epsilon(tmp_path):
    run = loft_jax.train(
        data="faces", size=8, identities=4, pictures=8, epochs=2, batch=8, trunk="four",
        accumulate=2, defense="dp:1.5", out=str(tmp_path / "run"), cache=False,
    )  # fmt: skip
    n = len(read_json(run.folder / "split.json")["train"])
    assert n >= 8
    assert run.numbers["delta"] == pytest.approx(n**-1.1)
    assert run.numbers["epsilon"] == shuffled_epsilon(1.5, 2**0.5, n**-1.1)
    assert run.numbers["epsilon_if_sampled"] == sampled_epsilon(1.5, 8 / n, n // 8 * 2, n**-1.1)
    assert "not one person" in run.numbers["guarantee"]
    assert run.numbers["remark"] is None, "what has a remark is never said to protect"
