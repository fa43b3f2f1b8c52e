"""RoLSS, SSF and TTS against forward passes written out by hand."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from loft_jax.defenses.network import check_width
from loft_jax.defenses.none import NoDefense
from loft_jax.defenses.shortcuts import SSF, TTS, RoLSS, straight_through
from loft_jax.defenses.table import defense_named
from loft_jax.errors import InputError
from loft_jax.fitting.settings import ModelConfig, TrainConfig
from loft_jax.nets.classifier import Classifier
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.nets.head import LinearHead
from loft_jax.nets.trunks.resnet import BasicBlock, Bottleneck, ResNet

SIZE, WIDTH, SCALE = 8, 4, 0.3
TRUNKS = {
    "basic": partial(ResNet, BasicBlock, (1, 1), SIZE, 1, width=WIDTH, dtype=jnp.float32),
    "bottleneck": partial(ResNet, Bottleneck, (1, 1), SIZE, 1, width=WIDTH, dtype=jnp.float32),
}


def edited(kind, defense):
    """The trunk in evaluation mode; its weights are those of the same seed without a defense."""
    rngs = nnx.Rngs(0)
    trunk = defense.edit(TRUNKS[kind](rngs=rngs), rngs=rngs)
    for number, (_, module) in enumerate(nnx.iter_modules(trunk)):
        if isinstance(module, nnx.BatchNorm):  # nothing is trivial about its statistics
            rng = np.random.default_rng(number)
            module.mean[...] = jnp.asarray(rng.standard_normal(module.mean.shape), jnp.float32)
    return nnx.view(trunk, use_running_average=True)


def images(n=2):
    return jnp.asarray(np.random.default_rng(9).uniform(-1, 1, (n, SIZE, SIZE, 1)), jnp.float32)


def branch(block, x):
    """The block without its shortcut and last ReLU."""
    y = jax.nn.relu(block.norm1(block.conv1(x)))
    y = block.norm2(block.conv2(y))
    return block.norm3(block.conv3(jax.nn.relu(y))) if hasattr(block, "conv3") else y


def by_hand(trunk, x, factors):
    """Features of a ResNet whose shortcuts are multiplied by these factors, a number a block."""
    x = jax.nn.relu(trunk.norm(trunk.stem(x)))
    for block, factor in zip(trunk.blocks, factors, strict=True):
        y = branch(block, x)
        for layer in () if block.shortcut is None else block.shortcut.layers:
            x = layer(x)
        x = jax.nn.relu(y + factor * x)
    return x.mean((1, 2))


@pytest.mark.parametrize("kind", TRUNKS)
@pytest.mark.parametrize(
    ("defense", "factors"),
    [(RoLSS(0.0, blocks=1), (1, 0)), (RoLSS(SCALE, blocks=2), (SCALE, SCALE)),
     (SSF(SCALE), (1, SCALE)), (TTS(), (1, 0.01))],
)  # fmt: skip
def test_the_last_shortcuts_are_scaled(kind, defense, factors):
    plain = edited(kind, NoDefense())
    found = jax.jit(edited(kind, defense))(images())
    expected = jax.jit(lambda x: by_hand(plain, x, factors))(images())
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert np.abs(found - jax.jit(plain)(images())).max() > 1e-3


def test_a_factor_of_one_is_the_same_program():
    programs = [
        jax.make_jaxpr(edited("basic", defense))(images())
        for defense in (NoDefense(), RoLSS(1.0), SSF(1.0), TTS(1.0))
    ]
    assert {str(program) for program in programs} == {str(programs[0])}


class Deep(nnx.Module):
    """Blocks that are never called, so many in each stage."""

    def __init__(self, *depths):
        self.depths = depths
        made = [
            BasicBlock(2, 2, 1, dtype=jnp.float32, rngs=nnx.Rngs(0)) for _ in range(sum(depths))
        ]
        self.blocks = nnx.List(made)


@pytest.mark.parametrize(
    ("defense", "depths", "changed"),
    [(RoLSS(), (1, 1, 2), 2), (RoLSS(blocks=3), (1, 2, 2), 3), (SSF(), (2, 1), 1),
     (SSF(), (1, 3), 3), (SSF(stages=2), (1, 2, 1), 3), (TTS(), (2, 2), 1)],
)  # fmt: skip
def test_n_blocks_are_n_blocks(defense, depths, changed):
    blocks = defense.edit(Deep(*depths), rngs=nnx.Rngs(0)).blocks
    factors = [block.shortcut_scale for block in blocks]
    assert factors == [1.0] * (len(blocks) - changed) + [defense.factor] * changed


def test_a_trunk_without_shortcuts_is_refused():
    for trunk in ("small_cnn", "small_densenet"):
        with pytest.raises(InputError, match="`--trunk` must be one of residual blocks for RoLSS"):
            check_width(trunk, RoLSS(), 32)
    with pytest.raises(InputError, match=r"`--defense rolss` must change at most 6 blocks .*got 7"):
        check_width("small_resnet", RoLSS(blocks=7), 32)
    check_width("small_resnet", RoLSS(blocks=6), 32)


def test_straight_through_answers_alike_and_differentiates_whole_shortcuts():
    trunk = edited("basic", RoLSS(SCALE, blocks=2))
    head = LinearHead(2 * WIDTH, 3, rngs=nnx.Rngs(1))
    model = FrozenClassifier(*nnx.split(Classifier(trunk, head), nnx.Param, ...))
    seen = straight_through(model)
    x = images(1) / 2 + 0.5
    np.testing.assert_allclose(
        seen.outputs(x).logits, model.outputs(x).logits, rtol=1e-5, atol=1e-6
    )
    network = nnx.merge(seen.graph, seen.params, seen.stats)
    block = network.trunk.blocks[0]
    h = jnp.asarray(np.random.default_rng(3).uniform(0, 1, (1, 2, 2, WIDTH)), jnp.float32)
    found = jax.jit(jax.jacobian(lambda flat: block(flat.reshape(h.shape)).ravel()))(h.ravel())
    slope = jax.jit(jax.jacobian(lambda flat: branch(block, flat.reshape(h.shape)).ravel()))
    open_ = (branch(block, h) + SCALE * h).ravel() > 0
    assert 0 < open_.sum() < open_.size
    expected = open_[:, None] * (slope(h.ravel()) + np.eye(h.size))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_tts_begins_with_the_undefended_run():
    config = TrainConfig(model=ModelConfig("small_resnet", TTS(0.1)))
    assert TTS(0.1).start_from(config) == TrainConfig(
        model=ModelConfig("small_resnet", NoDefense())
    )
    assert RoLSS().start_from(config) is None


def test_names_of_the_flag():
    for spec, made in (
        ("rolss:0", RoLSS(0.0)), ("rolss:0.5,blocks=3", RoLSS(0.5, 3)),
        ("ssf", SSF(0.6)), ("tts:0.01,blocks=2", TTS(0.01, 2)),
    ):  # fmt: skip
        assert defense_named(spec) == made
        assert defense_named(made.spec) == made
