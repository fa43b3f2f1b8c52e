"""LoRA: of a trunk that knows strangers, each kernel moves by a matrix of low rank alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Interval
from flax import nnx
from jaxtyping import Array, Float

from loft_jax.defenses.adaptive import PRE_CODE
from loft_jax.defenses.base import About, Adaptive, Defense
from loft_jax.nets.order import Path


class UpdatedConv(nnx.Conv):
    """A convolution whose kernel, as a matrix of (height width inputs) x outputs, has B A added.

    By the picture: `down` is a convolution of the same geometry to r channels, `up` mixes them.
    """

    down: nnx.Conv
    up: nnx.Linear

    def __call__(self, *inputs: Float[Array, "b h w i"]) -> Float[Array, "b h2 w2 o"]:
        """Output of the kernel and of its update."""
        return super().__call__(*inputs) + self.up(self.down(*inputs))


class UpdatedLinear(nnx.Linear):
    """A linear layer whose kernel has B A added."""

    down: nnx.Linear
    up: nnx.Linear

    def __call__(self, *inputs: Float[Array, "... i"]) -> Float[Array, "... o"]:
        """Output of the kernel and of its update."""
        return super().__call__(*inputs) + self.up(self.down(*inputs))


@dataclass(frozen=True)
class LoRA(Defense):
    """Few numbers of the trunk can learn of a private picture."""

    tag = "lora"
    about = About(
        title="LoRA",
        source="Hu et al., ICLR 2022 (arXiv 2106.09685)",
        changes="the trunk learns public people first; then each of its kernels moves by a matrix "
        "of rank r",
        published="rank 2 and 3 (scripts of Yu et al., KDD 2026)",
        ours="normalisations stay as they are, statistics included; the head is trained fully; "
        "people drawn from the public population where --pretrain names none",
        cite=("hu2022lora",),
    )
    strength_name = "rank"
    needs_public = True

    rank: Annotated[int, Interval(ge=1, le=2**12)] = 2
    """Rank r of what is added to a kernel, at most."""

    def edit(self, trunk: nnx.Module, *, rngs: nnx.Rngs) -> nnx.Module:
        """The trunk with an update at each convolution and linear layer, at first of zeros."""
        for _, layer in list(nnx.iter_modules(trunk)):
            if type(layer) is nnx.Conv:
                self._update(layer, UpdatedConv, _down(layer, self.rank, rngs), rngs)
            elif type(layer) is nnx.Linear:
                down = nnx.Linear(
                    layer.in_features, self.rank, use_bias=False, dtype=layer.dtype, rngs=rngs
                )
                self._update(layer, UpdatedLinear, down, rngs)
        return trunk

    def _update(self, layer: Any, kind: type, down: nnx.Module, rngs: nnx.Rngs) -> None:
        # On the object alone: its path stays that of the trunk that it begins with.
        object.__setattr__(layer, "__class__", kind)
        layer.down = down
        layer.up = nnx.Linear(
            self.rank,
            layer.out_features,
            use_bias=False,
            dtype=layer.dtype,
            kernel_init=nnx.initializers.zeros,
            rngs=rngs,
        )

    def trainable(self, path: Path, order: tuple[Path, ...]) -> bool:
        """Of the trunk, the updates alone."""
        return path[0] != "trunk" or path[-2] in ("down", "up")

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """The attacker who looks at the trunk's features instead of the logits."""
        return {"pre-code": PRE_CODE}


def _down(layer: nnx.Conv, rank: int, rngs: nnx.Rngs) -> nnx.Conv:
    """A convolution of the same geometry to `rank` channels."""
    return nnx.Conv(
        layer.in_features,
        rank,
        layer.kernel_size,
        strides=layer.strides,
        padding=layer.padding,
        use_bias=False,
        dtype=layer.dtype,
        conv_general_dilated=layer.conv_general_dilated,
        rngs=rngs,
    )
