"""The order of a forward pass, against what is read off the trunks' papers and code."""

from functools import partial

import jax
import jax.numpy as jnp
import pytest
from flax import nnx

from loft_jax.defenses.network import build_classifier
from loft_jax.defenses.none import NoDefense
from loft_jax.nets.order import forward_order
from loft_jax.nets.trunks.resnet import Bottleneck, ResNet
from loft_jax.nets.trunks.table import TRUNKS, Trunk


def blocks(depths, convolutions, widens_first):
    """Kernels of residual stages; the first block of a stage has a shortcut if it changes width."""
    number = 0
    for stage, depth in enumerate(depths):
        for position in range(depth):
            yield from (f"blocks.{number}.conv{k + 1}" for k in range(convolutions))
            if position == 0 and (stage > 0 or widens_first):
                yield f"blocks.{number}.shortcut.layers.0"
            number += 1


FIRES = [f"fires.{k}.{part}" for k in range(6) for part in ("squeeze", "small", "large")]
KERNELS = {
    "small_cnn": [f"convs.{k}" for k in range(6)],
    "small_resnet": ["stem", *blocks((2, 2, 2), 2, False)],
    "small_densenet": ["stem", *(f"convs.{k}" for k in range(9))],
    "small_squeezenet": ["stem", *FIRES],
    "resnet18_narrow": ["stem", *blocks((2, 2, 2, 2), 2, False)],
    "bottlenecks": ["stem", *blocks((2, 1), 3, True)],
    "vgg16_bn": [f"convs.{k}" for k in range(13)],
}


@pytest.fixture(autouse=True)
def _few_bottlenecks(monkeypatch):
    build = partial(ResNet, Bottleneck, (2, 1), width=4)
    monkeypatch.setitem(TRUNKS, "bottlenecks", Trunk(build, lambda size: 32, 8))


def order(trunk, size=32):
    abstract = nnx.eval_shape(
        lambda: build_classifier(
            trunk, NoDefense(input_norm=True), size=size, channels=3, classes=4, rngs=nnx.Rngs(0)
        )
    )
    images = jax.ShapeDtypeStruct((2, size, size, 3), jnp.float32)
    parts = nnx.split(abstract, nnx.Param, ...)
    found = forward_order(*parts, images)
    flat = [path for part in parts[1:] for path, _ in nnx.to_flat_state(part)]
    assert sorted(found) == sorted(tuple(map(str, path)) for path in flat)
    return found


@pytest.mark.parametrize("trunk", KERNELS)
def test_kernels_come_as_they_are_called_and_the_head_last(trunk):
    kernels = [".".join(path[:-1]) for path in order(trunk) if path[-1] == "kernel"]
    assert kernels == [*(f"trunk.{name}" for name in KERNELS[trunk]), "head.decode"]


def modules(trunk, size=32):
    """Paths of modules, each once."""
    return list(dict.fromkeys(".".join(path[:-1]) for path in order(trunk, size)))


def test_normalisations_stand_where_they_are_called():
    pairs = [f"trunk.{kind}.{k}" for k in range(6) for kind in ("convs", "norms")]
    assert modules("small_cnn") == [*pairs, "head.norm", "head.decode"]
    before = [f"trunk.{kind}.{k}" for k in range(9) for kind in ("norms", "convs")]
    dense = modules("small_densenet")
    assert dense == ["trunk.stem", *before, "trunk.last", "head.norm", "head.decode"]


def test_the_large_form_of_vgg_ends_with_its_two_linear_layers():
    pairs = [f"trunk.{kind}.{k}" for k in range(13) for kind in ("convs", "norms")]
    linears = ["trunk.linears.0", "trunk.linears.1"]
    assert modules("vgg16_bn", 112) == [*pairs, *linears, "head.norm", "head.decode"]
