"""PyTorch networks: those of `shallow_trunks`, and evoLVe's IR nets from their description."""

import torch
from torch import nn

from loft_jax.nets.imported.arrays import IGNORED


class Block(nn.Module):
    """A block of evoLVe's IR nets (Deng et al. 2019, section 3.1)."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        if inputs == width:
            self.shortcut_layer = nn.MaxPool2d(1, stride)
        else:
            self.shortcut_layer = nn.Sequential(
                nn.Conv2d(inputs, width, 1, stride, bias=False), nn.BatchNorm2d(width)
            )
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(inputs),
            nn.Conv2d(inputs, width, 3, 1, 1, bias=False),
            nn.PReLU(width),
            nn.Conv2d(width, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x):
        return self.res_layer(x) + self.shortcut_layer(x)


class IR(nn.Module):
    """(width, depth) of each stage; IR_152 by default."""

    def __init__(self, size, stages=((64, 3), (128, 8), (256, 36), (512, 3))):
        super().__init__()
        inputs = stages[0][0]
        self.input_layer = nn.Sequential(
            nn.Conv2d(3, inputs, 3, 1, 1, bias=False), nn.BatchNorm2d(inputs), nn.PReLU(inputs)
        )
        blocks = []
        for width, depth in stages:
            for position in range(depth):
                blocks.append(Block(inputs, width, 1 if position else 2))
                inputs = width
        self.body = nn.Sequential(*blocks)
        side = size >> len(stages)
        self.output_layer = nn.Sequential(
            nn.BatchNorm2d(inputs),
            nn.Dropout(),
            nn.Flatten(),
            nn.Linear(inputs * side**2, 512),
            nn.BatchNorm1d(512),
        )

    def forward(self, x):
        return self.output_layer(self.body(self.input_layer(x)))


def shallow(family):
    """The network of `shallow_trunks.FAMILIES`, without its head."""
    from torchvision.models import (
        DenseNet,
        EfficientNet,
        MaxVit,
        SwinTransformer,
        VisionTransformer,
    )
    from torchvision.models.efficientnet import MBConvConfig

    if family == "densenet":
        network = DenseNet(8, (2, 2), 16)
        network.classifier = nn.Identity()
    elif family == "efficientnet":
        stages = [MBConvConfig(1, 3, 1, 32, 16, 1), MBConvConfig(6, 5, 2, 16, 24, 2)]
        network = EfficientNet(stages, 0.0)
        network.classifier = nn.Identity()
    elif family == "vit":
        network = VisionTransformer(16, 8, 2, 4, 32, 128)
        network.heads = nn.Identity()
    elif family == "swin":
        network = SwinTransformer([4, 4], 16, [2, 2], [2, 4], [3, 3])
        network.head = nn.Identity()
    elif family == "maxvit":
        network = MaxVit((64, 64), 32, 2, [32, 64], [1, 1], 32, 0.0)
        network.classifier[5] = nn.Identity()
    else:
        network = IR(16, ((8, 1), (16, 2)))
    return network.eval()


def shapes(network):
    """Of all that is learnt or counted, by name."""
    state = network.state_dict()
    return {name: tuple(t.shape) for name, t in state.items() if not name.endswith(IGNORED)}


def features(network, arrays, images):
    """What the network with these arrays makes of pictures [b h w 3]."""
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    lacking, unknown = network.load_state_dict(tensors, strict=False)
    assert not unknown
    assert all(name.endswith(IGNORED) for name in lacking)
    with torch.no_grad():
        return network(torch.from_numpy(images.transpose(0, 3, 1, 2).copy())).numpy()
