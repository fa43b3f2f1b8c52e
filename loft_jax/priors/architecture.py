"""What a generator and a discriminator look like from outside, and how large they are."""

from typing import NamedTuple

from jaxtyping import Array, Float

from loft_jax.errors import InputError

SMALLEST = 4
"""Side in pixels of the first hidden picture of every generator."""


class Architecture(NamedTuple):
    """Everything that fixes the networks of a prior; hashable, and all that a file must say.

    Attributes:
        kind: its row in `table.PRIORS`.
        size: side of the pictures, 4 times a power of two.
        channels: 1 (gray) or 3 (RGB).
        classes: of the target, where the networks know them (kedmi, plgmi, tacgan); else 0.
        width: feature maps at the full size; they double with each halving of the side.
        latent_dim: length of the vector that the search moves.
        spectral: whether the discriminator's weights are spectrally normalised.
    """

    kind: str
    size: int
    channels: int
    classes: int
    width: int
    latent_dim: int
    spectral: bool = True

    @property
    def doublings(self) -> int:
        """Number of doublings from 4 pixels to `size`."""
        return (self.size // SMALLEST).bit_length() - 1

    def maps(self, side: int) -> int:
        """Feature maps of a hidden picture of this side: `width` at half the size, at most 8x."""
        return self.width * min(8, max(1, self.size // 2 // side))

    def check(self) -> "Architecture":
        """Itself.

        Raises:
            InputError: if the size is not 4 times a power of two, 8..128.
        """
        check_side(self.size)
        return self


def check_side(size: int) -> None:
    """Check a side in pixels.

    Raises:
        InputError: if it is not 4 times a power of two, 8..128.
    """
    if size not in (8, 16, 32, 64, 128):
        msg = f"`--size` must be 8, 16, 32, 64 or 128 for a generator, got {size}"
        raise InputError(msg)


class Judgement(NamedTuple):
    """What a discriminator says of pictures.

    Attributes:
        score: higher is more like a public picture.
        logits: class scores, width 0 where the discriminator knows no classes.
        features: the last hidden layer.
    """

    score: Float[Array, " b"]
    logits: Float[Array, "b c"]
    features: Float[Array, "b d"]
