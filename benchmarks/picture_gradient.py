"""How much faster is our convolution's gradient by the picture than XLA's, inside `lax.scan`?

Attacks follow that gradient in compiled loops. Each case runs both in the same process, in turn:
20 steps against the gradient of sum(sin(conv(x, k))), in one `lax.scan`; processor time, best of
a few rounds.

    taskset -c 1 python benchmarks/picture_gradient.py
"""

import argparse
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array
from rich.console import Console
from rich.table import Table

from loft_jax.nets.layers.convolution import convolve_on_cpu

STEPS = 20
# Side, input channels, output channels, stride; batches of 64.
LAYERS = [(32, 32, 32, 1), (16, 32, 32, 1), (8, 128, 128, 1), (32, 32, 64, 2)]

Route = Callable[[Array, Array], Array]


def descent(route: Route) -> Callable[[Array, Array], Array]:
    """STEPS small steps of the picture, compiled."""

    def step(x: Array, kernel: Array) -> Array:
        return x - 1e-3 * jax.grad(lambda x: jnp.sin(route(x, kernel)).sum())(x)

    return jax.jit(
        lambda x, kernel: jax.lax.scan(lambda x, _: (step(x, kernel), None), x, length=STEPS)[0]
    )


def seconds(program: Callable[[Array, Array], Array], x: Array, kernel: Array) -> float:
    """Processor seconds of one call."""
    start = time.process_time()
    program(x, kernel).block_until_ready()
    return time.process_time() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="calls of each (default: 5)")
    rounds = parser.parse_args().rounds
    table = Table("layer", "lax, ms a step", "ours, ms a step", "ratio")
    for side, inputs, outputs, stride in LAYERS:
        keys = jax.random.split(jax.random.key(0))
        x = jax.random.normal(keys[0], (64, side, side, inputs))
        kernel = 0.05 * jax.random.normal(keys[1], (3, 3, inputs, outputs))

        def lax(x: Array, kernel: Array, stride: int = stride) -> Array:
            return jax.lax.conv_general_dilated(
                x, kernel, (stride,) * 2, ((1, 1), (1, 1)),
                dimension_numbers=("NHWC", "HWIO", "NHWC"),
            )  # fmt: skip

        def ours(x: Array, kernel: Array, stride: int = stride) -> Array:
            return convolve_on_cpu(x, kernel, stride, 1)

        programs = [descent(lax), descent(ours)]
        ends = [program(x, kernel) for program in programs]
        assert jnp.allclose(*ends, atol=1e-5)
        best = [float("inf")] * 2
        for _ in range(rounds):
            best = [min(old, seconds(p, x, kernel)) for old, p in zip(best, programs, strict=True)]
        layer = f"64 x {side} x {side} x {inputs} -> {outputs}, stride {stride}"
        milliseconds = [f"{1e3 * s / STEPS:.1f}" for s in best]
        table.add_row(layer, *milliseconds, f"{best[0] / best[1]:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
