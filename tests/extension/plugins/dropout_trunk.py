"""A trunk with dropout, which draws in training only."""

import jax
import jax.numpy as jnp
from flax import nnx

from loft_jax.nets.trunks.table import TRUNKS, Trunk

WIDTH = 32


class DropoutCNN(nnx.Module):
    """Two convolutions, dropout, a mean over pixels."""

    def __init__(self, size, channels, *, dtype, rngs):
        self.convs = nnx.List(
            [
                nnx.Conv(channels, WIDTH, (3, 3), strides=2, dtype=dtype, rngs=rngs),
                nnx.Conv(WIDTH, WIDTH, (3, 3), strides=2, dtype=dtype, rngs=rngs),
            ]
        )
        self.dropout = nnx.Dropout(0.2, rngs=rngs)

    def __call__(self, x):
        for convolve in self.convs:
            x = jax.nn.relu(convolve(x))
        return jnp.mean(self.dropout(x), (1, 2))


TRUNKS["dropout_cnn"] = Trunk(DropoutCNN, lambda size: WIDTH, 8)
