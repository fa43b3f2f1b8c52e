"""An evolution strategy of evosax: ask for a population, tell what it was worth."""

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from evosax.algorithms.distribution_based.sep_cma_es import Sep_CMA_ES
from jaxtyping import Array, Float, Key


class Evolution:
    """Separable CMA-ES, which maximises; compiled once for a population and a dimension.

    Source: Ros and Hansen 2008.

    Args:
        mean: where it begins.
        deviation: of the first population, in every direction.
        population: members of each.
        key: of all draws.
    """

    def __init__(
        self,
        mean: Float[np.ndarray, " z"],
        *,
        deviation: float,
        population: int,
        key: Key[Array, ""],
    ):
        self._strategy, self._key, self._number = _strategy(population, len(mean)), key, 0
        self._given = self._strategy.default_params.replace(std_init=jnp.float32(deviation))
        with jax.numpy_rank_promotion("allow"):  # evosax broadcasts a mean over its members
            self._state = self._strategy.init(key, jnp.asarray(mean), self._given)
        self._members: Any = None

    def ask(self) -> Float[np.ndarray, "n z"]:
        """The next population."""
        self._number += 1
        key = jax.random.fold_in(self._key, 2 * self._number)
        with jax.numpy_rank_promotion("allow"):
            self._members, self._state = self._strategy.ask(key, self._state, self._given)
        return np.asarray(self._members)

    def tell(self, worth: Float[np.ndarray, " n"]) -> None:
        """What each of the last population was worth; more is better."""
        key = jax.random.fold_in(self._key, 2 * self._number + 1)
        with jax.numpy_rank_promotion("allow"):
            self._state, _ = self._strategy.tell(
                key, self._members, jnp.asarray(-worth), self._state, self._given
            )


@cache
def _strategy(population: int, dimensions: int) -> Sep_CMA_ES:
    return Sep_CMA_ES(population, jnp.zeros(dimensions))
