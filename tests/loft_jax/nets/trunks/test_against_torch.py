"""Our trunks on the weights of torchvision's, timm's and evoLVe's networks: the same features.

All weights come from freshly initialised PyTorch modules, made random where they would be trivial.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from loft_jax.nets.imported.arrays import taken
from loft_jax.nets.trunks.table import build_trunk

pytestmark = pytest.mark.slow
torch = pytest.importorskip("torch")
models = pytest.importorskip("torchvision.models")


def without(*head):
    """A torchvision model of this name, and the module of it that a trunk does not have."""

    def make(name, **settings):
        network = getattr(models, name)(weights=None, **settings)
        inside = network
        for part in head[:-1]:
            inside = inside[int(part)] if part.isdecimal() else getattr(inside, part)
        last = head[-1]
        if last.isdecimal():
            inside[int(last)] = torch.nn.Identity()
        else:
            setattr(inside, last, torch.nn.Identity())
        return network

    return make


def timm_model(name, **settings):
    timm = pytest.importorskip("timm")
    return timm.create_model(name, pretrained=False, num_classes=0, **settings)


def ir(size):
    from torch_trunks import IR

    return IR(size)


# Trunk, side in pixels (the smallest at which nothing is trivial), network without its head.
FC, CLASSIFIER = without("fc"), without("classifier")
CASES = {
    "resnet18": ("resnet18", 112, partial(FC, "resnet18")),
    "resnet50": ("resnet50", 112, partial(FC, "resnet50")),
    "vgg16_bn": ("vgg16_bn", 112, partial(without("classifier", "6"), "vgg16_bn")),
    "densenet121": ("densenet121", 64, partial(CLASSIFIER, "densenet121")),
    "inception_v3": (
        "inception_v3", 107,
        partial(FC, "inception_v3", aux_logits=False, init_weights=False),
    ),
    "efficientnet_b0": ("efficientnet_b0", 64, partial(CLASSIFIER, "efficientnet_b0")),
    "efficientnet_b2": ("efficientnet_b2", 64, partial(CLASSIFIER, "efficientnet_b2")),
    "vit_b_32": ("vit_b_32", 64, partial(without("heads"), "vit_b_32", image_size=64)),
    "swin_t": ("swin_t", 96, partial(without("head"), "swin_t")),
    "maxvit_t": (
        "maxvit_t", 64,
        partial(without("classifier", "5"), "maxvit_t", input_size=(64, 64), partition_size=2),
    ),
    "ir152": ("ir152", 32, partial(ir, 32)),
    "timm efficientnet_b0": ("efficientnet_b0", 64, partial(timm_model, "efficientnet_b0")),
    "timm vit_b_16": ("vit_b_16", 32, partial(timm_model, "vit_base_patch16_224", img_size=32)),
    "timm swin_t": (
        "swin_t", 224, partial(timm_model, "swin_tiny_patch4_window7_224")
    ),
}  # fmt: skip


def shaken(network):
    """The network in evaluation mode, with nothing left that is zero or one by default."""
    generator = torch.Generator().manual_seed(1)

    def uniform(tensor, low, high):
        tensor.copy_(low + (high - low) * torch.rand(tensor.shape, generator=generator))

    with torch.no_grad():
        for module in network.modules():
            if hasattr(module, "running_var"):
                uniform(module.running_mean, -0.3, 0.3)
                uniform(module.running_var, 0.5, 2)
        for name, tensor in network.named_parameters():
            last = name.rsplit(".", 1)[-1]
            if tensor.ndim == 1:  # biases, slopes and scales
                uniform(tensor, *((-0.2, 0.2) if "bias" in last else (0.5, 1.2)))
            elif last in ("class_token", "cls_token"):
                uniform(tensor, -1, 1)
    return network.eval()


def difference(case):
    """(largest difference of features, their standard deviation in theirs)."""
    trunk, size, make = CASES[case]
    torch.manual_seed(0)
    network = shaken(make())
    arrays = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    found = taken(arrays, trunk, size, 3, case)
    assert not found.left
    model = nnx.eval_shape(lambda: build_trunk(trunk, size=size, channels=3, rngs=nnx.Rngs(0)))
    model = nnx.view(model, use_running_average=True, raise_if_not_found=False)
    graph, state = nnx.split(model)
    leaves = [
        (path, leaf.replace(jnp.asarray(found.arrays[tuple(map(str, path))])))
        for path, leaf in nnx.to_flat_state(state)
    ]
    state = nnx.from_flat_state(leaves)
    images = np.random.default_rng(0).uniform(-1, 1, (2, size, size, 3)).astype(np.float32)
    ours = jax.jit(lambda state, x: nnx.merge(graph, state)(x))(state, images)
    with torch.no_grad():
        theirs = network(torch.from_numpy(images.transpose(0, 3, 1, 2).copy())).numpy()
    assert ours.shape == theirs.shape
    return float(np.abs(ours - theirs).max()), float(theirs.std())


@pytest.mark.parametrize("case", CASES)
def test_features_are_those_of_the_other_library(case):
    largest, spread = difference(case)
    assert spread > 1e-2, "features that hardly vary would agree in anything"
    assert largest <= 1e-4 * max(1, spread)
