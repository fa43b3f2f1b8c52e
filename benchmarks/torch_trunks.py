"""PyTorch's networks beside our trunks: torchvision's, timm's, and evoLVe's from its description.

None is trained: weights are drawn, with nothing left that would be zero or one by default.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import torch
import torchvision
from flax import nnx
from torch import Tensor

from loft_jax.nets.imported.arrays import IGNORED, taken
from loft_jax.nets.trunks.table import build_trunk


class Block(torch.nn.Module):
    """A block of evoLVe's IR nets (Deng et al. 2019, section 3.1)."""

    def __init__(self, inputs: int, width: int, stride: int):
        super().__init__()
        self.shortcut_layer: torch.nn.Module = torch.nn.MaxPool2d(1, stride)
        if inputs != width:
            self.shortcut_layer = torch.nn.Sequential(
                torch.nn.Conv2d(inputs, width, 1, stride, bias=False), torch.nn.BatchNorm2d(width)
            )
        self.res_layer = torch.nn.Sequential(
            torch.nn.BatchNorm2d(inputs),
            torch.nn.Conv2d(inputs, width, 3, 1, 1, bias=False),
            torch.nn.PReLU(width),
            torch.nn.Conv2d(width, width, 3, stride, 1, bias=False),
            torch.nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """The block's output."""
        return self.res_layer(x) + self.shortcut_layer(x)


class IR(torch.nn.Module):
    """evoLVe's IR net with (width, depth) of each stage; IR_152 by default."""

    def __init__(
        self,
        size: int,
        stages: Sequence[tuple[int, int]] = ((64, 3), (128, 8), (256, 36), (512, 3)),
    ):
        super().__init__()
        inputs = stages[0][0]
        self.input_layer = torch.nn.Sequential(
            torch.nn.Conv2d(3, inputs, 3, 1, 1, bias=False),
            torch.nn.BatchNorm2d(inputs),
            torch.nn.PReLU(inputs),
        )
        blocks = []
        for width, depth in stages:
            for position in range(depth):
                blocks.append(Block(inputs, width, 1 if position else 2))
                inputs = width
        self.body = torch.nn.Sequential(*blocks)
        self.output_layer = torch.nn.Sequential(
            torch.nn.BatchNorm2d(inputs),
            torch.nn.Dropout(),
            torch.nn.Flatten(),
            torch.nn.Linear(inputs * (size >> len(stages)) ** 2, 512),
            torch.nn.BatchNorm1d(512),
        )

    def forward(self, x: Tensor) -> Tensor:
        """512 features."""
        return self.output_layer(self.body(self.input_layer(x)))


def headless(network: torch.nn.Module, head: str) -> torch.nn.Module:
    """The network without the classifying layer at this path."""
    *path, last = head.split(".")
    inside = network.get_submodule(".".join(path))
    setattr(inside, last, torch.nn.Identity())
    return network


def of_torchvision(name: str, head: str, **settings: Any) -> torch.nn.Module:
    """Torchvision's network of this name."""
    return headless(torchvision.models.get_model(name, weights=None, **settings), head)


def of_timm(name: str, **settings: Any) -> torch.nn.Module:
    """Timm's network of this name.

    Raises:
        ImportError: if it is not installed.
    """
    import timm

    return timm.create_model(name, pretrained=False, num_classes=0, **settings)


def maxvit(size: int) -> torch.nn.Module:
    """MaxViT-T for pictures of another size than 224: torchvision fixes its windows."""
    widths, depths = [64, 128, 256, 512], [2, 2, 5, 2]
    settings = (size // 32, widths, depths, 32, 0.2)
    return headless(torchvision.models.MaxVit((size, size), 64, *settings), "classifier.5")


class Case(NamedTuple):
    """Our trunk, the side of its pictures, and what makes PyTorch's network."""

    trunk: str
    size: int
    make: Callable[[], torch.nn.Module]


# At small sizes, yet at none at which a window or a pool would have but one pixel everywhere.
CASES: Mapping[str, Case] = {
    "resnet18": Case("resnet18", 112, partial(of_torchvision, "resnet18", "fc")),
    "resnet50": Case("resnet50", 112, partial(of_torchvision, "resnet50", "fc")),
    "vgg16_bn": Case("vgg16_bn", 112, partial(of_torchvision, "vgg16_bn", "classifier.6")),
    "densenet121": Case("densenet121", 64, partial(of_torchvision, "densenet121", "classifier")),
    "inception_v3": Case(
        "inception_v3",
        107,
        partial(of_torchvision, "inception_v3", "fc", aux_logits=False, init_weights=False),
    ),
    "efficientnet_b0": Case(
        "efficientnet_b0", 64, partial(of_torchvision, "efficientnet_b0", "classifier")
    ),
    "efficientnet_b2": Case(
        "efficientnet_b2", 64, partial(of_torchvision, "efficientnet_b2", "classifier")
    ),
    "vit_b_32": Case("vit_b_32", 64, partial(of_torchvision, "vit_b_32", "heads", image_size=64)),
    "swin_t": Case("swin_t", 96, partial(of_torchvision, "swin_t", "head")),
    "maxvit_t": Case("maxvit_t", 64, partial(maxvit, 64)),
    "ir152": Case("ir152", 32, partial(IR, 32)),
    "efficientnet_b0 of timm": Case("efficientnet_b0", 64, partial(of_timm, "efficientnet_b0")),
    "vit_b_16 of timm": Case("vit_b_16", 32, partial(of_timm, "vit_base_patch16_224", img_size=32)),
    "swin_t of timm": Case("swin_t", 224, partial(of_timm, "swin_tiny_patch4_window7_224")),
}


def shaken(network: torch.nn.Module) -> torch.nn.Module:
    """The network in evaluation mode, with statistics, biases and scales drawn."""
    generator = torch.Generator().manual_seed(1)

    def uniform(tensor: Tensor, low: float, high: float) -> None:
        tensor.copy_(low + (high - low) * torch.rand(tensor.shape, generator=generator))

    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                assert module.running_mean is not None
                assert module.running_var is not None
                uniform(module.running_mean, -0.3, 0.3)
                uniform(module.running_var, 0.5, 2)
        for name, tensor in network.named_parameters():
            last = name.rsplit(".", 1)[-1]
            if tensor.ndim == 1:
                uniform(tensor, *((-0.2, 0.2) if "bias" in last else (0.5, 1.2)))
            elif last in ("class_token", "cls_token"):
                uniform(tensor, -1, 1)
    return network.eval()


def both(case: str) -> tuple[Callable[[np.ndarray], Any], Callable[[np.ndarray], np.ndarray]]:
    """(our features, PyTorch's) as functions of pictures [b h w 3] in [-1, 1]; equal weights."""
    trunk, size, make = CASES[case]
    torch.manual_seed(0)
    network = shaken(make())
    arrays = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    found = taken(arrays, trunk, size, 3, case)
    assert not found.left

    model = nnx.eval_shape(lambda: build_trunk(trunk, size=size, channels=3, rngs=nnx.Rngs(0)))
    model = nnx.view(model, use_running_average=True, raise_if_not_found=False)
    graph, state = nnx.split(model)
    filled = [
        (path, leaf.replace(jnp.asarray(found.arrays[tuple(map(str, path))])))
        for path, leaf in nnx.to_flat_state(state)
    ]
    state = nnx.from_flat_state(filled)
    ours = jax.jit(lambda state, x: nnx.merge(graph, state)(x))
    return partial(ours, state), partial(features, network)


def features(network: torch.nn.Module, images: np.ndarray) -> np.ndarray:
    """What the network makes of pictures [b h w 3]."""
    with torch.no_grad():
        return network(torch.from_numpy(images.transpose(0, 3, 1, 2).copy())).numpy()


def shallow(family: str) -> torch.nn.Module:
    """The network that a small member of this family in tests/shallow_trunks.py is held against."""
    from torchvision.models.efficientnet import MBConvConfig

    models = torchvision.models
    if family == "densenet":
        depths: Any = (2, 2)  # it is typed for four stages
        return headless(models.DenseNet(8, depths, 16), "classifier").eval()
    if family == "efficientnet":
        stages = [MBConvConfig(1, 3, 1, 32, 16, 1), MBConvConfig(6, 5, 2, 16, 24, 2)]
        return headless(models.EfficientNet(stages, 0.0), "classifier").eval()
    if family == "vit":
        return headless(models.VisionTransformer(16, 8, 2, 4, 32, 128), "heads").eval()
    if family == "swin":
        network = models.SwinTransformer([4, 4], 16, [2, 2], [2, 4], [3, 3])
        return headless(network, "head").eval()
    if family == "maxvit":
        network = models.MaxVit((64, 64), 32, 2, [32, 64], [1, 1], 32, 0.0)
        return headless(network, "classifier.5").eval()
    return IR(16, ((8, 1), (16, 2))).eval()


def shapes(network: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    """Of all that is learnt or counted, by name."""
    state = network.state_dict()
    return {name: tuple(t.shape) for name, t in state.items() if not name.endswith(IGNORED)}


def loaded(network: torch.nn.Module, arrays: Mapping[str, np.ndarray]) -> torch.nn.Module:
    """The network with these arrays.

    Raises:
        ValueError: if they are not all of its own.
    """
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    lacking, unknown = network.load_state_dict(tensors, strict=False)
    if unknown or not all(name.endswith(IGNORED) for name in lacking):
        msg = f"arrays must be those of the network, got {unknown} and not {lacking}"
        raise ValueError(msg)
    return network
