"""A PyTorch module as a target, gradients included; needs the extra `torch`.

JAX calls PyTorch back (`jax.pure_callback`), inside `jit`, `scan` and `vmap`: no compiler is
needed, nothing is built at the first use, and what comes back is what PyTorch computes. The price
is that a gradient runs the module forward twice, once for the logits and once for the slope.
"""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
import torch
from jaxtyping import Array, Float

from loft_jax.errors import InputError, one_line
from loft_jax.runs import arrays
from loft_jax.targets.base import Access
from loft_jax.targets.function import FunctionNetwork
from loft_jax.targets.network import NetworkTarget

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

    Raises:
        InputError: if it is in training mode, does not take such pictures or does not give so
            many logits.
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
    ):
        _check_still(module)
        scale = _checked_scale(mean, std, channels)
        bridge = Bridge(module, *scale)
        self._told = (dict(module.state_dict()), scale)
        super().__init__(
            FunctionNetwork(in_jax(bridge, _logits_of_one(bridge, size, channels))),
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
    """

    def __init__(
        self,
        module: torch.nn.Module,
        mean: Float[np.ndarray, " ch"],
        std: Float[np.ndarray, " ch"],
    ):
        first = next((p for p in module.parameters() if p.is_floating_point()), torch.zeros(0))
        self._module, self._kind = module, {"device": first.device, "dtype": first.dtype}
        self._mean, self._std = (
            torch.tensor(number, **self._kind)[:, None, None] for number in (mean, std)
        )

    def logits(self, images: Float[Given, "*v b h w ch"]) -> Float[np.ndarray, "*v b c"]:
        """What the module answers, float32."""
        with torch.no_grad():
            said = self._asked(self._shown(images))
        return _float32(said).reshape(*np.shape(images)[:-3], -1)

    def slope(
        self, images: Float[Given, "*v b h w ch"], weights: Float[Given, "*v b c"]
    ) -> Float[np.ndarray, "*v b h w ch"]:
        """Gradient of the sum of the logits, so weighted, by the pictures."""
        shown = self._shown(images).requires_grad_()
        weight = torch.tensor(np.asarray(weights), **self._kind).flatten(0, -2)
        with torch.enable_grad():
            found = torch.autograd.grad(self._asked(shown), shown, weight)
        return _float32(found[0]).reshape(np.shape(images))

    def _shown(self, images: Float[Given, "*v b h w ch"]) -> torch.Tensor:
        return torch.tensor(np.asarray(images), **self._kind).flatten(0, -4)

    def _asked(self, images: torch.Tensor) -> torch.Tensor:
        said = self._module((images.movedim(-1, 1) - self._mean) / self._std)
        if not isinstance(said, torch.Tensor):
            msg = f"a {type(said).__name__}"
            raise TypeError(msg)
        if said.ndim != 2:
            msg = f"shape {tuple(said.shape)}"
            raise TypeError(msg)
        return said


def in_jax(bridge: Bridge, classes: int) -> Callable[[Array], Array]:
    """The module as a JAX function, differentiable once in reverse.

    Args:
        bridge: to the module.
        classes: logits that it gives.
    """

    @jax.custom_vjp
    def logits(images: Float[Array, "b h w ch"]) -> Float[Array, "b c"]:
        kind = jax.ShapeDtypeStruct((len(images), classes), jnp.float32)
        return jax.pure_callback(bridge.logits, kind, images, vmap_method="broadcast_all")

    def forward(images: Array) -> tuple[Array, Array]:
        return logits(images), images

    def backward(images: Array, weights: Array) -> tuple[Array]:
        kind = jax.ShapeDtypeStruct(images.shape, jnp.float32)
        method = "broadcast_all"
        found = jax.pure_callback(bridge.slope, kind, images, weights, vmap_method=method)
        return (found.astype(images.dtype),)

    logits.defvjp(forward, backward)
    return logits


def _logits_of_one(bridge: Bridge, size: int, channels: int) -> int:
    """How many logits a gray picture is given."""
    shape = (1, size, size, channels)
    try:
        said = bridge.logits(np.full(shape, 0.5, np.float32))
    except Exception as error:
        msg = (
            f"`module` must take pictures [b {channels} {size} {size}] and give logits [b c], got "
        )
        raise InputError(msg + one_line(error)) from error
    return said.shape[-1]


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
