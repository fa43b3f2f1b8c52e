"""Is doubling and convolving as one 2 x 2 convolution faster than one after the other?

The three layers of the style-based generator at 32 px that do it, 128 pictures, float32: the output
and its gradient by the picture, as an attack needs them; medians, in turn, in one process.

    python benchmarks/doubling.py
"""

import time

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console
from rich.table import Table

from loft_jax.priors.doubling import doubled, doubled_convolution
from loft_jax.priors.spectral import padded_convolution

LAYERS = ((4, 128, 64), (8, 64, 32), (16, 32, 32))  # side, maps in, maps out
ROWS, ROUNDS = 128, 15


def plain(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """One after the other."""
    return padded_convolution(doubled(x), kernel)


def main() -> None:
    """Print the table."""
    table = Table("layer", "one after the other, ms", "as one, ms", "ratio")
    for side, inputs, outputs in LAYERS:
        rng = np.random.default_rng(0)
        x = jnp.asarray(rng.normal(size=(ROWS, side, side, inputs)), jnp.float32)
        kernel = jnp.asarray(rng.normal(size=(3, 3, inputs, outputs)), jnp.float32)
        ways = [
            jax.jit(jax.value_and_grad(lambda x, way=way, k=kernel: jnp.sum(jnp.sin(way(x, k)))))
            for way in (plain, doubled_convolution)
        ]
        values = [jax.block_until_ready(way(x)) for way in ways]
        np.testing.assert_allclose(values[0][1], values[1][1], rtol=1e-3, atol=1e-2)
        seconds = np.zeros((ROUNDS, 2))
        for i, j in np.ndindex(ROUNDS, 2):
            before = time.perf_counter()
            jax.block_until_ready(ways[j](x))
            seconds[i, j] = time.perf_counter() - before
        first, second = 1e3 * np.median(seconds, axis=0)
        layer = f"{side} x {side} x {inputs} -> {2 * side} x {2 * side} x {outputs}"
        table.add_row(layer, f"{first:.1f}", f"{second:.1f}", f"{first / second:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
