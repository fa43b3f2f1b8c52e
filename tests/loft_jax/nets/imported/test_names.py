"""Names of other libraries: against lists typed by hand and torchvision's own rules, and back."""

import re
from functools import partial

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from shallow_trunks import FAMILIES

from loft_jax.nets.imported import densenet, resnet, vgg, vit
from loft_jax.nets.imported.arrays import exported, wanted
from loft_jax.nets.imported.names import renamed
from loft_jax.nets.trunks.densenet import DenseNet
from loft_jax.nets.trunks.resnet import BasicBlock, Bottleneck, ResNet
from loft_jax.nets.trunks.vgg import VGG16

NORM = ("weight", "bias", "running_mean", "running_var")
# Layers of torchvision's resnet18, without its fc, and those that ResNet-50's first stage has.
RESNET18 = """
conv1 bn1
layer1.0.conv1 layer1.0.bn1 layer1.0.conv2 layer1.0.bn2
layer1.1.conv1 layer1.1.bn1 layer1.1.conv2 layer1.1.bn2
layer2.0.conv1 layer2.0.bn1 layer2.0.conv2 layer2.0.bn2 layer2.0.downsample.0 layer2.0.downsample.1
layer2.1.conv1 layer2.1.bn1 layer2.1.conv2 layer2.1.bn2
layer3.0.conv1 layer3.0.bn1 layer3.0.conv2 layer3.0.bn2 layer3.0.downsample.0 layer3.0.downsample.1
layer3.1.conv1 layer3.1.bn1 layer3.1.conv2 layer3.1.bn2
layer4.0.conv1 layer4.0.bn1 layer4.0.conv2 layer4.0.bn2 layer4.0.downsample.0 layer4.0.downsample.1
layer4.1.conv1 layer4.1.bn1 layer4.1.conv2 layer4.1.bn2
"""
BOTTLENECK = """
layer1.0.conv1 layer1.0.bn1 layer1.0.conv2 layer1.0.bn2 layer1.0.conv3 layer1.0.bn3
layer1.0.downsample.0 layer1.0.downsample.1
"""
# torchvision's vgg16_bn: pairs of a convolution and its normalisation, then two linear layers.
VGG = "0 1 3 4 7 8 10 11 14 15 17 18 20 21 24 25 27 28 30 31 34 35 37 38 40 41"


def arrays_of(layers):
    """Names of the arrays of these layers; a convolution has one."""
    convolution = re.compile(r"(conv\d?|downsample\.0)$")
    for layer in layers.split():
        for leaf in ("weight",) if convolution.search(layer) else NORM:
            yield f"{layer}.{leaf}"


def abstract(build, size, **settings):
    return nnx.eval_shape(lambda: build(size, 3, dtype=jnp.float32, rngs=nnx.Rngs(0), **settings))


def test_names_of_resnet18_are_torchvisions():
    build = partial(ResNet, BasicBlock, (2, 2, 2, 2))
    found = wanted(abstract(build, 112, width=2), resnet.NAMES[0])
    assert sorted(found) == sorted(arrays_of(RESNET18))


def test_names_of_bottlenecks_are_torchvisions():
    found = wanted(abstract(partial(ResNet, Bottleneck, (1,)), 112, width=2), resnet.NAMES[0])
    assert sorted(found) == sorted(arrays_of("conv1 bn1" + BOTTLENECK))


def test_names_of_vgg16_are_torchvisions():
    found = wanted(abstract(VGG16, 112), vgg.NAMES[0])
    layers = {int(name.split(".")[1]) for name in found if name.startswith("features")}
    assert sorted(layers) == list(map(int, VGG.split()))
    assert found["features.1.running_mean"].path == ("norms", "0", "mean")
    assert found["features.40.bias"].path == ("convs", "12", "bias")
    assert found["classifier.0.weight"].theirs == (4096, 25088)
    assert found["classifier.3.weight"].path == ("linears", "1", "kernel")


def test_older_names_of_densenet_are_what_torchvisions_rule_makes_new_ones_of():
    # torchvision/models/densenet.py, `_load_state_dict`.
    leaves = "(?:weight|bias|running_mean|running_var)"
    rule = rf"^(.*denselayer\d+\.(?:norm|relu|conv))\.((?:[12])\.{leaves})$"
    network = abstract(partial(DenseNet, (2, 3)), 32, growth=4)
    new, old = (wanted(network, names) for names in densenet.NAMES)
    assert new.keys() != old.keys()
    assert {re.sub(rule, r"\1\2", name) for name in old} == new.keys()


def test_older_names_of_vit_are_what_torchvisions_rule_makes_new_ones_of():
    # torchvision/models/vision_transformer.py: linear_{i + 1} became {3 i}.
    network = abstract(FAMILIES["vit"].build, 16)
    new, old, _ = (wanted(network, names) for names in vit.NAMES)
    rule = {"mlp.linear_1": "mlp.0", "mlp.linear_2": "mlp.3"}
    renewed = {re.sub(r"mlp\.linear_[12]", lambda m: rule[m[0]], name) for name in old}
    assert renewed == new.keys() != old.keys()


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_written_under_their_names_is_read_back(family):
    case = FAMILIES[family]
    graph, state = nnx.split(abstract(case.build, case.size))
    numbers, leaves = np.random.default_rng(0), []
    for path, leaf in nnx.to_flat_state(state):
        made = jnp.asarray(numbers.standard_normal(leaf.shape), jnp.float32)
        leaves.append((path, leaf.replace(made)))
    model = nnx.merge(graph, nnx.from_flat_state(leaves))
    own = {tuple(map(str, path)): leaf[...] for path, leaf in leaves}
    for names in case.names:
        theirs, needed = exported(model, names), wanted(model, names)
        assert len(theirs) == len(own), "two of ours under one name"
        for name, one in needed.items():
            assert theirs[name].shape == one.theirs
            np.testing.assert_array_equal(one.to_ours(theirs[name]), own[one.path])


def test_a_flattened_map_is_read_channel_by_channel_by_pytorch():
    # Its linear layer sees [channel, row, column] in one row, ours [row, column, channel].
    model = abstract(FAMILIES["ir"].build, 32)
    weight = wanted(model, FAMILIES["ir"].names[0])["output_layer.3.weight"]
    channels, side = 16, 8
    theirs = np.random.default_rng(0).standard_normal(weight.theirs)
    feature_map = np.random.default_rng(1).standard_normal((side, side, channels))
    expected = theirs @ feature_map.transpose(2, 0, 1).reshape(-1)
    np.testing.assert_allclose(feature_map.reshape(-1) @ weight.to_ours(theirs), expected)


def test_the_longest_beginning_is_replaced_by_whole_words():
    table = {"a": "x", "a.b": "y", "ab": "z"}
    assert renamed("a.b.c", table) == "y.c"
    assert renamed("a.c", table) == "x.c"
    assert renamed("abc.d", table) == "abc.d"
    assert renamed("ab", table) == "z"
