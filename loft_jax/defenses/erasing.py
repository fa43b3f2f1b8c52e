"""MIDRE: a square of every training picture is painted over, so that no face is seen whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import jax
import jax.numpy as jnp
from annotated_types import Interval
from jaxtyping import Array, Float, Key

from loft_jax.defenses.adaptive import PRE_CODE
from loft_jax.defenses.base import About, Adaptive, Defense

COLOUR = (0.485, 0.456, 0.406)
"""Mean colour of ImageNet, pixels in [0, 1]."""

Share = Annotated[float, Interval(gt=0, le=1)]


@dataclass(frozen=True)
class Erasing(Defense):
    """Training sees no picture without a square of one colour in it; answers are as ever."""

    tag = "midre"
    about = About(
        title="MIDRE",
        source="Tran et al., TMLR 2025 (arXiv 2409.01062)",
        changes="training pictures: a square of random place and size takes the mean colour of "
        "ImageNet, in every picture at every update",
        published="share of the area uniform in .1 to .4, or .8",
        ours="gray pictures take the mean of the three colours",
        not_followed="public code paints normalised pixels with a colour of pixels in [0, 1], "
        "which is a brighter one",
        cite=("tran2025random",),
    )
    strength_name = "area"

    area: Share = 0.4
    """Largest share of a picture that is painted over."""
    least: Share = 0.1
    """Smallest share, as far as it is below the largest."""

    def pictures(
        self, images: Float[Array, "b h w ch"], key: Key[Array, ""]
    ) -> Float[Array, "b h w ch"]:
        """The pictures with a square painted over in each."""
        return jax.vmap(self._erased)(images, jax.random.uniform(key, (len(images), 3)))

    def _erased(self, image: Float[Array, "h w ch"], draws: Float[Array, "3"]) -> Array:
        sides = jnp.array(image.shape[:2])
        least = min(self.least, self.area)
        share = least + (self.area - least) * draws[0]
        length = jnp.round(jnp.sqrt(share * sides.prod())).astype(jnp.int32)
        length = jnp.clip(length, 1, sides.min())
        first = jnp.floor(draws[1:] * (sides - length + 1)).astype(jnp.int32)
        rows, columns = (
            (place >= start) & (place < start + length)
            for place, start in zip(map(jnp.arange, image.shape[:2]), first, strict=True)
        )
        colour = jnp.array(COLOUR if image.shape[2] == 3 else [sum(COLOUR) / 3], image.dtype)
        inside = rows[:, None] & columns[None, :]
        return jnp.where(inside[..., None], colour[None, None], image)

    @property
    def adaptive(self) -> Mapping[str, Adaptive]:
        """The attacker who looks at the trunk's features instead of the logits."""
        return {"pre-code": PRE_CODE}
