"""Random numbers of the bounds' own: never those that drew the samples."""

from typing import Any

import numpy as np

from iie._input import checks

OWN = 0x1B0D  # beside the seed: a caller's default_rng(seed) may have drawn the samples


def own_stream(rng: Any) -> np.random.Generator:
    """`rng` itself, or a generator for a seed whose stream is not that of default_rng(seed).

    Noise from the stream that drew the samples would be the samples themselves, and no noise.

    Raises:
        ValueError: if it is neither a generator nor a whole number of at least 0.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    return np.random.default_rng([checks.integer("rng", rng, at_least=0), OWN])
