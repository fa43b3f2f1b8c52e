"""A classifier from settings: a trunk as the defense edits it, behind it the defense's head."""

from functools import cache

from flax import nnx

from loft_jax.defenses.base import Defense
from loft_jax.nets.classifier import Classifier, Pixels
from loft_jax.nets.fisher import Fisher
from loft_jax.nets.head import Head
from loft_jax.nets.trunks.table import build_trunk, feature_width

MANY = 2**20
"""Classes that refuse no defense, while their number is not known."""


def build_classifier(
    trunk: str,
    defense: Defense,
    *,
    size: int,
    channels: int,
    classes: int,
    compute_dtype: str = "float32",
    fisher: int = 0,
    pixels: Pixels | None = None,
    rngs: nnx.Rngs,
) -> Classifier:
    """Freshly initialised classifier of square images, weights float32.

    Args:
        trunk: a name in TRUNKS.
        defense: makes the head and may edit the trunk.
        size: image side in pixels.
        channels: 1 (gray) or 3 (colour).
        classes: number of classes.
        compute_dtype: dtype of the trunk's arithmetic. Head and logits are float32 always.
        fisher: discriminants that the head may read beside the trunk's features.
        pixels: what the trunk is shown of a picture; None is [-1, 1].
        rngs: random streams; the initial weights come from `params`.

    Raises:
        InputError: unknown trunk, images too small for it, or settings that do not fit its width.
    """
    # The head first: what it refuses should be refused before large trunks are allocated.
    beside, width = discriminants(fisher, classes), feature_width(trunk, size)
    head = defense.head(width + beside, classes, rngs=rngs)

    def another(channels: int = channels) -> nnx.Module:
        return build_trunk(
            trunk, size=size, channels=channels, compute_dtype=compute_dtype, rngs=rngs
        )

    pixels = pixels or Pixels()
    own = defense.edit(another(pixels.channels(channels)), rngs=rngs)
    more = Fisher(size, channels, beside, rngs=rngs) if beside else None
    companion = defense.companion(another, width, classes, (size, size, channels), rngs=rngs)
    return Classifier(own, head, more, companion, pixels)


def discriminants(fisher: int, classes: int) -> int:
    """How many there are of at most `fisher`: the means of c classes span c - 1 dimensions."""
    return min(fisher, classes - 1)


@cache  # a grid asks of every seed
def check_width(
    trunk: str, defense: Defense, size: int, classes: int = MANY, fisher: int = 0
) -> None:
    """Check, without allocating anything, that the defense can be built on the trunk.

    Args:
        trunk: a name in TRUNKS.
        defense: that is to be built.
        size: image side in pixels.
        classes: number of classes, as far as it is known.
        fisher: as `build_classifier` has it.

    Raises:
        InputError: as `build_classifier`.
    """
    width = feature_width(trunk, size) + discriminants(fisher, classes)

    def build() -> Head:
        rngs = nnx.Rngs(0)
        if defense.overrides("edit"):
            defense.edit(build_trunk(trunk, size=size, channels=3, rngs=rngs), rngs=rngs)
        return defense.head(width, classes, rngs=rngs)

    nnx.eval_shape(build)
