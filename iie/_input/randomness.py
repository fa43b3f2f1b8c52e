"""Where random numbers come from: a generator, or the seed of one."""

from typing import Any

import numpy as np

Randomness = Any  # np.random.Generator, a seed as `numpy.random.default_rng` takes it, or None


def generator(rng: Randomness, name: str = "rng") -> np.random.Generator:
    """`rng` itself, or the generator of that seed; None is the seed 0, so that results repeat.

    Raises:
        ValueError: if it is neither a generator nor a seed.

    Examples:
        >>> bool(generator(7).integers(9) == np.random.default_rng(7).integers(9))
        True
    """
    try:
        return np.random.default_rng(0 if rng is None else rng)
    except (TypeError, ValueError):
        msg = f"`{name}` must be a numpy.random.Generator, or a seed of at least 0, got {rng!r}"
        raise ValueError(msg) from None


def own_stream(rng: Randomness) -> np.random.Generator:
    """`rng` itself, or for a seed a child of its generator: for functions that are given samples.

    The caller's default_rng(seed) may have drawn them, and noise from the same stream would be the
    samples themselves, and no noise.

    Raises:
        ValueError: if it is neither a generator nor a seed.

    Examples:
        >>> bool(own_stream(7).integers(2**60) == np.random.default_rng(7).integers(2**60))
        False
    """
    if isinstance(rng, np.random.Generator):
        return rng
    (child,) = generator(rng).spawn(1)
    return child
