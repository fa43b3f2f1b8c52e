"""Gradient-free optimisers of evosax: ask for a population, tell what it was worth."""

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from evosax.algorithms import DifferentialEvolution, Sep_CMA_ES
from jaxtyping import Array, Float, Key


class Evolution:
    """A strategy of evosax in the middle of its run; it maximises.

    Args:
        strategy: compiled once for a population and a dimension.
        state: where it is.
        given: its numbers.
        key: of all draws.
    """

    def __init__(self, strategy: Any, state: Any, given: Any, key: Key[Array, ""]):
        self._strategy, self._state, self._given, self._key = strategy, state, given, key
        self._number, self._members = 0, jnp.zeros(0)

    def ask(self) -> Float[np.ndarray, "n z"]:
        """The next population."""
        self._number += 1
        key = jax.random.fold_in(self._key, 2 * self._number)
        with jax.numpy_rank_promotion("allow"):  # evosax broadcasts a mean over its members
            self._members, self._state = self._strategy.ask(key, self._state, self._given)
        return np.asarray(self._members)

    def tell(self, worth: Float[np.ndarray, " n"]) -> None:
        """What each of the last population was worth; more is better."""
        key = jax.random.fold_in(self._key, 2 * self._number + 1)
        with jax.numpy_rank_promotion("allow"):
            self._state, _ = self._strategy.tell(
                key, self._members, jnp.asarray(-worth, jnp.float32), self._state, self._given
            )


def separable_cma(
    mean: Float[np.ndarray, " z"], *, deviation: float, population: int, key: Key[Array, ""]
) -> Evolution:
    """An evolution strategy that adapts a variance for each direction.

    Args:
        mean: where it begins.
        deviation: of the first population, in every direction.
        population: members of each.
        key: of all draws.

    Source: Ros and Hansen 2008, A simple modification in CMA-ES achieving linear time and space
    complexity.
    """
    strategy = _cma(population, len(mean))
    given = strategy.default_params.replace(std_init=jnp.float32(deviation))
    with jax.numpy_rank_promotion("allow"):
        state = strategy.init(key, jnp.asarray(mean, jnp.float32), given)
    return Evolution(strategy, state, given, key)


def differential(
    members: Float[np.ndarray, "n z"], worth: Float[np.ndarray, " n"], *, key: Key[Array, ""]
) -> Evolution:
    """Differential evolution: the best member, moved by the difference of two others.

    Args:
        members: the first population.
        worth: of each; more is better.
        key: of all draws.

    Source: Storn and Price 1997.
    """
    strategy = _differential(*members.shape)
    given = strategy.default_params
    with jax.numpy_rank_promotion("allow"):
        state = strategy.init(
            key, jnp.asarray(members, jnp.float32), jnp.asarray(-worth, jnp.float32), given
        )
    return Evolution(strategy, state, given, key)


@cache
def _cma(population: int, dimensions: int) -> Sep_CMA_ES:
    return Sep_CMA_ES(population, jnp.zeros(dimensions))


@cache
def _differential(population: int, dimensions: int) -> DifferentialEvolution:
    return DifferentialEvolution(population, jnp.zeros(dimensions))
