"""Answers to pictures: a linear layer to a few pixels, then doublings with convolutions."""

from dataclasses import dataclass
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from loft_jax.auditing.decoders import residual
from loft_jax.auditing.decoders.residual import ResidualDecoder
from loft_jax.auditing.decoders.training import Schedule
from loft_jax.errors import InputError, check_at_least
from loft_jax.metrics import _checks
from loft_jax.nets.layers.convolution import convolve
from loft_jax.priors.doubling import LAYOUT, doubled_convolution

SMALLEST = 4
"""Side of the first picture, at least."""
SIDES = (8, 256)
BATCH, RATE = 64, 2e-3


@dataclass(frozen=True)
class Doublings:
    """Latents to pictures as DCGAN does, by repeated pixels instead of transposed convolutions.

    Attributes:
        size: side of the pictures.
        channels: of them.
        width: maps of the last hidden picture; each smaller one has twice as many.

    Sources: Radford et al. 2016; Odena et al. 2016 (why pixels are repeated).
    """

    size: int
    channels: int
    width: int

    @property
    def doublings(self) -> int:
        """From a side of 4 to 7 to at least `size`, which the last picture is cropped to."""
        return int(np.log2(self.size / SMALLEST))

    @property
    def side(self) -> int:
        """Of the first picture."""
        return -(-self.size >> self.doublings) if self.doublings else self.size

    @property
    def maps(self) -> tuple[int, ...]:
        """Of the hidden pictures."""
        return tuple(self.width << (self.doublings - k) for k in range(self.doublings + 1))

    def weights(self, inputs: int, outputs: int, key: Key[Array, ""]) -> dict[str, Array]:
        """He's initialisation; zeros in the last layer."""
        keys = jax.random.split(key, 1 + self.doublings)
        first = (inputs, self.side**2 * self.maps[0])
        params = {"first": jax.random.normal(keys[0], first) * jnp.sqrt(2 / inputs)}
        for k, (a, b) in enumerate(pairwise(self.maps)):
            kernel = jax.random.normal(keys[k + 1], (3, 3, a, b)) * jnp.sqrt(2 / (9 * a))
            params |= {f"kernel{k}": kernel, f"bias{k}": jnp.zeros(b)}
        return {**params, "last": jnp.zeros((3, 3, self.maps[-1], self.channels))}

    def __call__(self, params: dict[str, Array], answers: Float[Array, "b k"]) -> Array:
        """Pictures, their pixels in one row."""
        x = answers @ params["first"]
        x = jax.nn.relu(x).reshape(len(x), self.side, self.side, self.maps[0])
        for k in range(self.doublings):
            x = doubled_convolution(x, params[f"kernel{k}"]) + params[f"bias{k}"][None, None, None]
            x = jax.nn.relu(x)
        x = convolve(x, params["last"], (1, 1), ((1, 1), (1, 1)), dimension_numbers=LAYOUT)
        return x[:, : self.size, : self.size].reshape(len(x), -1)


def fit(
    answers: Float[np.ndarray, "n m"],
    pictures: Float[np.ndarray, "n h w ch"],
    key: Key[Array, ""],
    *,
    steps: int = 1000,
    width: int = 16,
) -> ResidualDecoder:
    """The decoder to pictures that these samples teach; `decode` gives their pixels in one row.

    Ridge, and what convolutions add to it; how far each is kept is decided pixel by pixel on an
    eighth of the samples that is not trained on.

    Args:
        answers: what was released, any unit.
        pictures: what was asked about, square, in [0, 1].
        key: of the weights and of the order of samples.
        steps: updates.
        width: maps before the last layer.

    Raises:
        InputError: if pictures are not square with a side of 8 to 256, pixels lie outside [0, 1],
            there are fewer than 40, or a number is less than 1.
        DivergenceError: if the network does not learn.
    """
    check_at_least(1, steps=steps, width=width)
    n, height, side, channels = pictures.shape
    if height != side or not SIDES[0] <= side <= SIDES[1]:
        allowed = f"square with a side of {SIDES[0]} to {SIDES[1]} pixels"
        msg = f"`pictures` must be {allowed}, got {height} x {side}"
        raise InputError(msg)
    _checks.unit_pixels("pictures", pictures)
    network = Doublings(side, channels, width)
    flat, schedule = pictures.reshape(n, -1), Schedule(steps, BATCH, RATE)
    return residual.fit(network, answers, flat, key, schedule, within=(0.0, 1.0))
