"""A random key for every row, so that a reconstruction depends on seed, class and restart alone."""

from functools import partial

import jax
from jaxtyping import Array, Int, Key


@partial(jax.jit, static_argnames=("restarts",))
def row_keys(key: Key[Array, ""], labels: Int[Array, " k"], restarts: int) -> Key[Array, " n"]:
    """Keys of n = k * restarts rows, `restarts` of each class after another."""

    def of_class(label: Array) -> Array:
        return jax.random.split(jax.random.fold_in(key, label), restarts)

    return jax.vmap(of_class)(labels).reshape(-1)


def folded(keys: Key[Array, " n"], number: int | Int[Array, ""]) -> Key[Array, " n"]:
    """Other keys, one from each, for this number."""
    return jax.vmap(lambda key: jax.random.fold_in(key, number))(keys)
