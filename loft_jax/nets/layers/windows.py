"""A map cut into squares of pixels, and put together again."""

from jaxtyping import Array, Float


def windows(x: Float[Array, "b h w d"], side: int) -> Float[Array, "b g n d"]:
    """The g squares of n = side^2 neighbouring pixels; both sides must be multiples of `side`."""
    batch, height, width, channels = x.shape
    x = x.reshape(batch, height // side, side, width // side, side, channels)
    return x.transpose(0, 1, 3, 2, 4, 5).reshape(batch, -1, side * side, channels)


def whole(x: Float[Array, "b g n d"], side: int, height: int) -> Float[Array, "b h w d"]:
    """The map of this height that `windows` cut."""
    batch, _, _, channels = x.shape
    x = x.reshape(batch, height // side, -1, side, side, channels)
    return x.transpose(0, 1, 3, 2, 4, 5).reshape(batch, height, -1, channels)
