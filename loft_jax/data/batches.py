"""Which pictures make up a batch: a pure function of the step, so that any step can be resumed."""

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Bool, Int64

from loft_jax.errors import check_at_least


def steps_per_epoch(n: int, batch_size: int) -> int:
    """Number of full batches in n samples, at least 1.

    Raises:
        InputError: if either is less than 1.
    """
    check_at_least(1, n=n, batch_size=batch_size)
    return max(1, n // batch_size)


def batch_indices(n: int, batch_size: int, seed: int, step: int) -> Int64[np.ndarray, "batch"]:
    """The samples of batch `step`, `batch_size` indices in 0..n-1.

    Each epoch is a fresh permutation, seeded by (seed, epoch), cut into full batches; the
    n mod batch_size samples at its end wait for another epoch's permutation. If n < batch_size
    the one batch of an epoch repeats its permutation cyclically.

    Raises:
        InputError: if n or batch_size is less than 1, or seed or step less than 0.
    """
    steps = steps_per_epoch(n, batch_size)
    check_at_least(0, seed=seed, step=step)
    epoch, position = divmod(step, steps)
    order = _permutation(n, seed, epoch)
    return np.resize(order[position * batch_size :], batch_size)


def evaluation_batches(
    n: int, batch_size: int
) -> Iterator[tuple[Int64[np.ndarray, "batch"], Bool[np.ndarray, "batch"]]]:
    """Blocks of indices that go through 0..n-1 once, in order, with a mask of what counts.

    Every block has `batch_size` entries, so that one compiled program serves them all; the last is
    padded with index 0, where the mask is False.

    Raises:
        InputError: if `batch_size` is less than 1.
    """
    check_at_least(1, batch_size=batch_size)
    return _blocks(n, batch_size)


def in_batches(
    answer: Callable[[Int64[np.ndarray, "batch"]], ArrayLike], n: int, batch_size: int
) -> np.ndarray:
    """What `answer` says of samples 0..n-1, at least one, asked as `evaluation_batches` cuts them.

    Raises:
        InputError: if `batch_size` is less than 1.
    """
    blocks = evaluation_batches(n, batch_size)
    return np.concatenate([np.asarray(answer(indices))[valid] for indices, valid in blocks])


def _blocks(n: int, batch_size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for start in range(0, n, batch_size):
        indices = np.arange(start, start + batch_size)
        valid = indices < n
        yield np.where(valid, indices, 0), valid


@lru_cache(maxsize=2)  # drawing a million anew at every step would cost more than the step
def _permutation(n: int, seed: int, epoch: int) -> np.ndarray:
    order = np.random.default_rng((seed, epoch)).permutation(n)
    order.setflags(write=False)
    return order
