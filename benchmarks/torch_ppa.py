"""PPA in eager PyTorch, for attack_vs_torch.py: the same networks, losses, search and selection.

PyTorch gets what costs it least: weights without gradients, constants of the weights prepared, one
crop for a whole batch (as torchvision's on a batched tensor; ours draws one for each picture).
"""

import math

import numpy as np
import torch
from flax import nnx
from torch import Tensor
from torch.nn import functional

from loft_jax.attacks.parts.losses import CLIP
from loft_jax.attacks.parts.selection import BATCH
from loft_jax.attacks.parts.transforms import Transform
from loft_jax.attacks.recipes.gradient import GradientRecipe
from loft_jax.nets.trunks.small_cnn import POOL_AFTER, WIDTHS
from loft_jax.priors.architecture import Architecture
from loft_jax.priors.dcgan import SLOPE
from loft_jax.priors.style import DEPTH, GAIN

SIZE, CLASSES, PER_CLASS = 32, 128, 5
ARCHITECTURE = Architecture("style", SIZE, 3, classes=0, width=32, latent_dim=128)

Weights = dict[tuple, np.ndarray]


def weights_of(*states: nnx.State) -> Weights:
    """Arrays by path."""
    flat = (pair for state in states for pair in nnx.to_flat_state(state))
    return {path: np.asarray(leaf[...]) for path, leaf in flat}


class TorchLayer:
    """A modulated convolution of loft_jax.priors.style; GAIN goes into length and bias."""

    def __init__(self, weights: Weights, path: tuple, layout: torch.memory_format):
        self.style = linear(weights, (*path, "style", "weight", "value"), (*path, "style", "bias"))
        self.kernel = kernel(weights[*path, "weight", "value"], layout)
        self.squares = (self.kernel**2).sum((2, 3)).T.contiguous()
        self.bias = GAIN * torch.tensor(weights[*path, "bias"])[None, :, None, None]

    def __call__(self, x: Tensor, w: Tensor) -> Tensor:
        """Activated output."""
        scale = 1 + functional.linear(w, *self.style)
        length = GAIN * torch.rsqrt(scale**2 @ self.squares + 1e-8)
        y = functional.conv2d(x * scale[:, :, None, None], self.kernel, padding=1)
        y = torch.addcmul(self.bias, y, length[:, :, None, None])
        return functional.leaky_relu(y, SLOPE, inplace=True)


class TorchGenerator:
    """The style-based generator."""

    def __init__(self, weights: Weights, layout: torch.memory_format):
        self.mapping = [
            linear(weights, (*layer, "weight", "value"), (*layer, "bias"))
            for layer in (("mapping", "layers", i) for i in range(DEPTH))
        ]
        self.blocks = [
            [TorchLayer(weights, ("blocks", k, name), layout) for name in ("first", "second")]
            for k in range(ARCHITECTURE.doublings + 1)
        ]
        start = torch.tensor(weights[("constant",)]).permute(2, 0, 1)[None]
        self.start = start.contiguous(memory_format=layout)
        self.last = kernel(weights["last", "weight", "value"], layout)
        self.bias = torch.tensor(weights["last", "bias"])

    def sample(self, n: int) -> Tensor:
        """Latents w."""
        z = torch.randn(n, ARCHITECTURE.latent_dim)
        x = z * torch.rsqrt((z**2).mean(1, keepdim=True) + 1e-8)
        for layer in self.mapping:
            x = functional.leaky_relu(functional.linear(x, *layer), SLOPE, inplace=True)
        return x

    def decode(self, w: Tensor) -> Tensor:
        """Pictures in [0, 1]."""
        x = self.start
        for k, (first, second) in enumerate(self.blocks):
            x = functional.interpolate(x, scale_factor=2.0) if k else x
            x = second(first(x, w), w)
        return 0.5 * (torch.tanh(functional.conv2d(x, self.last, self.bias)) + 1)


class TorchClassifier:
    """small_cnn with the plain head, in evaluation mode."""

    def __init__(self, weights: Weights, layout: torch.memory_format):
        count = len(WIDTHS)
        self.kernels = [
            kernel(weights["trunk", "convs", i, "kernel"], layout) for i in range(count)
        ]
        self.norms = [
            [torch.tensor(weights["trunk", "norms", i, name])
             for name in ("mean", "var", "scale", "bias")]
            for i in range(count)
        ]  # fmt: skip
        self.head = linear(weights, ("head", "decode", "kernel"), ("head", "decode", "bias"))

    def __call__(self, images: Tensor) -> Tensor:
        """Logits of pictures in [0, 1]."""
        x = 2 * images - 1
        for i, (weight, norm) in enumerate(zip(self.kernels, self.norms, strict=True)):
            mean, variance, scale, bias = norm
            x = functional.conv2d(x, weight, padding=1)
            x = functional.batch_norm(x, mean, variance, scale, bias, eps=1e-5)
            x = functional.relu(x, inplace=True)
            x = functional.max_pool2d(x, 2) if i in POOL_AFTER else x
        return functional.linear(x.mean((2, 3)), *self.head)


def linear(weights: Weights, weight: tuple, bias: tuple) -> tuple[Tensor, Tensor]:
    return torch.tensor(weights[weight]).T.contiguous(), torch.tensor(weights[bias])


def kernel(weight: np.ndarray, layout: torch.memory_format) -> Tensor:
    return torch.tensor(weight).permute(3, 2, 0, 1).contiguous(memory_format=layout)


def torch_poincare(logits: Tensor, labels: Tensor) -> Tensor:
    """The Poincare loss of each row, as loft_jax.attacks.parts.losses computes it."""
    u = logits / logits.abs().sum(1, keepdim=True).clamp_min(1e-12)
    v = (1 - CLIP) * functional.one_hot(labels, CLASSES)
    distance = ((u - v) ** 2).sum(1)
    room = (1 - (u**2).sum(1)).clamp_min(1e-6) * CLIP * (2 - CLIP)
    return torch.arccosh(1 + 2 * distance / room)


def torch_view(images: Tensor, transform: Transform, rng: np.random.Generator) -> Tensor:
    """What torchvision does to a batch: one crop in whole pixels, enlarged; one random flip."""
    low, high = transform.crop_scale
    side = SIZE * math.sqrt(rng.uniform(low, high))
    stretch = transform.crop_ratio ** rng.uniform(-0.5, 0.5)
    height, width = (min(SIZE, round(x)) for x in (side / stretch, side * stretch))
    top, left = (int(rng.integers(SIZE - x + 1)) for x in (height, width))
    images = images[:, :, top : top + height, left : left + width]
    if (height, width) != (SIZE, SIZE):
        images = functional.interpolate(images, (SIZE, SIZE), mode="bilinear")
    return images.flip(3) if rng.random() < transform.flip else images


class TorchAttack:
    """PPA in eager PyTorch."""

    def __init__(
        self,
        generator: Weights,
        classifier: Weights,
        recipe: GradientRecipe,
        layout: torch.memory_format,
    ):
        self.generator = TorchGenerator(generator, layout)
        self.classifier = TorchClassifier(classifier, layout)
        self.recipe = recipe
        self.rng = np.random.default_rng(0)

    def step(self, w: Tensor, labels: Tensor, optimizer: torch.optim.Optimizer) -> None:
        """One update of w."""
        images = self.generator.decode(w)
        view = torch_view(images, self.recipe.objective.transform, self.rng)
        loss = torch_poincare(self.classifier(view), labels).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def search(self, w: Tensor, labels: Tensor, steps: int) -> Tensor:
        """Where w ends after so many steps."""
        rule = self.recipe.rule
        w = w.clone().requires_grad_()
        optimizer = torch.optim.Adam([w], rule.learning_rate, (rule.momentum, rule.decay))
        for _ in range(steps):
            self.step(w, labels, optimizer)
        return w.detach()

    @torch.inference_mode()
    def candidates(self) -> tuple[Tensor, Tensor]:
        """(latents, confidence in every class), mean over a picture and its mirror image."""
        parts = []
        for w in self.generator.sample(self.recipe.selection.candidates).split(BATCH):
            images = self.generator.decode(w)
            logits = self.classifier(torch.cat([images, images.flip(3)]))
            parts.append((w, logits.softmax(1).reshape(2, len(w), -1).mean(0)))
        latents, confidence = (torch.cat(column) for column in zip(*parts, strict=True))
        return latents, confidence

    @torch.inference_mode()
    def select(self, w: Tensor, label: int) -> Tensor:
        """The pictures of one class that stay themselves in random views."""
        selection, images = self.recipe.selection, self.generator.decode(w)
        confidence = torch.zeros(len(w))
        for _ in range(selection.views):
            view = torch_view(images, selection.transform, self.rng)
            confidence += self.classifier(view).softmax(1)[:, label]
        return images[confidence.topk(PER_CLASS).indices]

    def attack(self, labels: list[int], candidates: tuple[Tensor, Tensor]) -> list[Tensor]:
        """Pictures kept of each class; all their rows are searched side by side."""
        latents, confidence = candidates
        each = PER_CLASS * self.recipe.selection.restarts
        start = torch.cat([latents[confidence[:, y].topk(each).indices] for y in labels])
        repeated = torch.tensor(labels).repeat_interleave(each)
        found = self.search(start, repeated, self.recipe.search[0].steps)
        return [self.select(w, y) for w, y in zip(found.split(each), labels, strict=True)]
