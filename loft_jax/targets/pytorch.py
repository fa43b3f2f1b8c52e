"""A PyTorch module as a target, gradients included; needs the extra `torch`.

JAX calls PyTorch back inside `jit`, `scan` and `vmap`: no compiler is needed, nothing is built at
the first use, and what comes back is what PyTorch computes. The price is that a gradient runs the
module forward twice, once for the logits and once for the slope.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch
from jax.experimental.buffer_callback import buffer_callback
from jaxtyping import Array, Float

from loft_jax.errors import InputError, one_line
from loft_jax.nets.classifier import Outputs
from loft_jax.runs import arrays
from loft_jax.targets.base import Access
from loft_jax.targets.function import FunctionNetwork
from loft_jax.targets.network import NetworkTarget, as_outputs

Given = np.ndarray | Array
"""JAX hands its callbacks arrays of its own."""


class TorchTarget(NetworkTarget):
    """A PyTorch classifier, white unless said otherwise.

    Args:
        module: pictures [b ch h w] -> logits [b c], in evaluation mode, on any device.
        size: side of its pictures in pixels.
        channels: of its pictures.
        class_names: one name a class.
        access: "scores" and "label" hide its gradients.
        mean: of each channel, if it was trained on (picture - mean) / std; pictures are in [0, 1].
        std: of each channel.
        features: name of the module inside it whose output are its features, such as avgpool.

    Raises:
        InputError: if it is in training mode, does not take such pictures, does not give so many
            logits, or has no module of that name.
    """

    argument = "module"

    def __init__(
        self,
        module: torch.nn.Module,
        *,
        size: int,
        channels: int,
        class_names: tuple[str, ...],
        access: Access = "white",
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        features: str | None = None,
    ):
        _check_still(module)
        scale = _checked_scale(mean, std, channels)
        bridge = Bridge(module, *scale, _inside(module, features))
        self._told = (dict(module.state_dict()), scale)
        super().__init__(
            FunctionNetwork(in_jax(bridge, _widths(bridge, size, channels))),
            f"PyTorch module {type(module).__name__}",
            size=size, channels=channels, class_names=class_names, access=access,
        )  # fmt: skip

    @property
    def fingerprint(self) -> str:
        """Of weights, statistics and normalisation: answers depend on the number of threads."""
        weights, scale = self._told
        numbers = {name: value.detach().cpu().double().numpy() for name, value in weights.items()}
        return arrays.fingerprint((numbers, scale, [*map(str, self.class_names)]))


class Bridge:
    """A module between arrays in our layout, axes in front included.

    Args:
        module: pictures [b ch h w] -> logits [b c].
        mean: taken from each channel.
        std: by which each is divided then.
        layer: the module inside it that gives the features; None where nobody asks for them.
    """

    def __init__(
        self,
        module: torch.nn.Module,
        mean: Float[np.ndarray, " ch"],
        std: Float[np.ndarray, " ch"],
        layer: torch.nn.Module | None,
    ):
        first = next((p for p in module.parameters() if p.is_floating_point()), torch.zeros(0))
        self._module, self._layer = module, layer
        self._kind = {"device": first.device, "dtype": first.dtype}
        self._mean, self._std = (
            torch.tensor(number, **self._kind)[:, None, None] for number in (mean, std)
        )

    def answers(
        self, images: Float[Given, "*v b h w ch"]
    ) -> tuple[Float[np.ndarray, "*v b _"], ...]:
        """(logits,) or (logits, features), float32."""
        with torch.no_grad():
            said = self._said(self._shown(images))
        return tuple(_float32(part).reshape(*np.shape(images)[:-3], -1) for part in said)

    def slope(
        self, images: Float[Given, "*v b h w ch"], *weights: Float[Given, "*v b _"]
    ) -> tuple[Float[np.ndarray, "*v b h w ch"]]:
        """The gradient of the sum of the answers, so weighted, by the pictures."""
        shown = self._shown(images).requires_grad_()
        weighting = [torch.tensor(np.asarray(w), **self._kind).flatten(0, -2) for w in weights]
        with torch.enable_grad():
            found = torch.autograd.grad(self._said(shown), shown, weighting)
        return (_float32(found[0]).reshape(np.shape(images)),)

    def _shown(self, images: Float[Given, "*v b h w ch"]) -> torch.Tensor:
        return torch.tensor(np.asarray(images), **self._kind).flatten(0, -4)

    def _said(self, images: torch.Tensor) -> list[torch.Tensor]:
        seen: list[torch.Tensor] = []
        watched = self._layer or torch.nn.Identity()
        watch = watched.register_forward_hook(lambda _, __, said: seen.append(said.flatten(1)))
        try:
            logits = self._module((images.movedim(-1, 1) - self._mean) / self._std)
        finally:
            watch.remove()
        _check_logits(logits)
        return [logits, *seen[-1:]]


def in_jax(bridge: Bridge, widths: Sequence[int]) -> Callable[[Array], Outputs]:
    """The module as a JAX function, differentiable once in reverse.

    Args:
        bridge: to the module.
        widths: of what it answers: logits, and features if there are some.
    """

    @jax.custom_vjp
    def answers(images: Float[Array, "b h w ch"]) -> tuple[Float[Array, "b _"], ...]:
        kinds = tuple(jax.ShapeDtypeStruct((len(images), width), jnp.float32) for width in widths)
        return _called_back(bridge.answers, kinds, images)

    def forward(images: Array) -> tuple[tuple[Array, ...], Array]:
        return answers(images), images

    def backward(images: Array, weights: tuple[Array, ...]) -> tuple[Array]:
        kinds = (jax.ShapeDtypeStruct(images.shape, jnp.float32),)
        return (_called_back(bridge.slope, kinds, images, *weights)[0].astype(images.dtype),)

    answers.defvjp(forward, backward)

    def outputs(images: Float[Array, "b h w ch"]) -> Outputs:
        logits, *features = answers(images)
        return Outputs(logits, features[0], None) if features else as_outputs(logits)

    return outputs


def _called_back(
    function: Callable[..., tuple[np.ndarray, ...]],
    kinds: tuple[jax.ShapeDtypeStruct, ...],
    *given: Array,
) -> tuple[Array, ...]:
    """What a Python function gives, while a compiled program waits."""
    if jax.default_backend() != "cpu":
        return jax.pure_callback(function, kinds, *given, vmap_method="broadcast_all")

    # `pure_callback` hands over JAX arrays, and reading one may wait for the very thread that the
    # callback holds up: with one core three of four first gradients of a ResNet never came back.
    def filled(_: Any, places: tuple[Any, ...], *buffers: Any) -> None:
        for place, found in zip(places, function(*map(np.asarray, buffers)), strict=True):
            np.asarray(place)[...] = found

    return buffer_callback(filled, kinds, vmap_method="broadcast_all")(*given)


def _widths(bridge: Bridge, size: int, channels: int) -> tuple[int, ...]:
    """How many logits, and features, a gray picture is given."""
    shape = (1, size, size, channels)
    try:
        said = bridge.answers(np.full(shape, 0.5, np.float32))
    except Exception as error:
        msg = (
            f"`module` must take pictures [b {channels} {size} {size}] and give logits [b c], got "
        )
        raise InputError(msg + one_line(error)) from error
    return tuple(part.shape[-1] for part in said)


def _inside(module: torch.nn.Module, name: str | None) -> torch.nn.Module | None:
    if name is None:
        return None
    inside = dict(module.named_modules())
    if not name or name not in inside:
        msg = f"`features` must be one of {', '.join(filter(None, inside))}, got {name or 'none'}"
        raise InputError(msg)
    return inside[name]


def _check_logits(said: Any) -> None:
    if not isinstance(said, torch.Tensor):
        msg = f"a {type(said).__name__}"
        raise TypeError(msg)
    if said.ndim != 2:
        msg = f"shape {tuple(said.shape)}"
        raise TypeError(msg)


def _check_still(module: torch.nn.Module) -> None:
    moving = [name or "itself" for name, part in module.named_modules() if part.training]
    if moving:
        msg = "`module` must be in evaluation mode (call its eval()), got one that trains: "
        raise InputError(msg + ", ".join(moving[:3]) + (", ..." if moving[3:] else ""))


def _checked_scale(
    mean: Sequence[float] | None, std: Sequence[float] | None, channels: int
) -> tuple[np.ndarray, np.ndarray]:
    centre = np.asarray([0.0] * channels if mean is None else mean, np.float32)
    spread = np.asarray([1.0] * channels if std is None else std, np.float32)
    for name, numbers in (("mean", centre), ("std", spread)):
        if numbers.shape != (channels,) or not np.isfinite(numbers).all():
            msg = f"`{name}` must be {channels} finite numbers, one a channel, got {numbers}"
            raise InputError(msg)
    if (spread <= 0).any():
        msg = f"`std` must be above 0, got {spread}"
        raise InputError(msg)
    return centre, spread


def _float32(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().to("cpu", torch.float32).numpy()
