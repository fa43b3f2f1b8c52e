"""Which pictures are taken, and means over people: pictures of one person are not independent."""

import numpy as np
from jaxtyping import Float, Float64, Int64, Integer, Shaped

from loft_jax.metrics.crossed import mean_interval, share_interval

Told = dict[str, float | None]


def spread(
    labels: Integer[np.ndarray, " n"], count: int, rng: np.random.Generator
) -> Int64[np.ndarray, " m"]:
    """Indices of at most `count` pictures, of as many people as there are, each as often.

    Everybody's pictures are shuffled; all first ones come before all second ones, in random order.
    """
    order = rng.permutation(len(labels))
    by_person = order[np.argsort(labels[order], kind="stable")]
    whose = labels[by_person]
    turn = np.arange(len(labels)) - np.searchsorted(whose, whose)
    rank = np.lexsort((rng.permutation(len(labels)), turn))
    return np.sort(by_person[rank[:count]])


def means(
    values: Shaped[np.ndarray, " n"], labels: Integer[np.ndarray, " n"]
) -> Float64[np.ndarray, " k"]:
    """The mean of each person who is there."""
    _, who = np.unique(labels, return_inverse=True)
    return np.bincount(who, values.astype(np.float64)) / np.bincount(who)


def share(name: str, hits: Shaped[np.ndarray, " n"], labels: Integer[np.ndarray, " n"]) -> Told:
    """`name`, `name`_low and `name`_high: mean over people of a share, and its 95 % interval."""
    return told(name, *share_interval(means(hits, labels)[None])[:3])


def mean(name: str, values: Float[np.ndarray, " n"], labels: Integer[np.ndarray, " n"]) -> Told:
    """The same of any number."""
    return told(name, *mean_interval(means(values, labels)[None])[:3])


def told(name: str, value: float, low: float | None, high: float | None) -> Told:
    """A number and the ends of its interval, by their names in JSON."""
    return {name: value, f"{name}_low": low, f"{name}_high": high}
