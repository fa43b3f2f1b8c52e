"""People whom a network does not know: drawn anew from the law of its own, or public pictures."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from loft_jax.data.dataset import Dataset
from loft_jax.data.public import FRESH, check_disjoint, load_public, picture_hashes
from loft_jax.data.sources import source_of
from loft_jax.errors import InputError

LEAST = 2


class Strangers(NamedTuple):
    """Pictures of people who are in no class.

    Attributes:
        images: one of each, as far as is known.
        of: where they come from, in words.
    """

    images: UInt8[np.ndarray, "n h w ch"]
    of: str


def strangers_for(
    trained_on: str,
    seed: int,
    pictures: Dataset,
    asked: str | None,
    count: int,
    tell: Callable[[str], None] | None = None,
) -> Strangers | str:
    """Strangers for a network, or one sentence why there are none.

    Args:
        trained_on: its pictures, as `--data` had them.
        seed: of its world.
        pictures: what it is measured on: their size and channels, and nobody of them.
        asked: public pictures, as `--public` has them; None is fresh people of the same law.
        count: at most so many.
        tell: called with a sentence on what is left out of public pictures.

    Raises:
        InputError: if `asked` names nothing of the kind, too few, or the network's own pictures.
    """
    load = partial(load_public, size=pictures.size, channels=pictures.channels, tell=tell)
    source = source_of(trained_on)
    if asked is None:
        if source.law is None:
            return "no pictures of other people are known here; name some by --public"
        fresh = (seed + FRESH) % 2**32
        images = load(trained_on, seed=fresh, count=count)
        return Strangers(images, f"{source.noun} drawn with another seed")
    images = load(asked, flag="--public")
    if len(images) < LEAST:
        msg = f"`--public` must have at least {LEAST} pictures, got {len(images)} in {asked}"
        raise InputError(msg)
    check_disjoint(picture_hashes(images), picture_hashes(pictures.images))
    chosen = np.random.default_rng(seed).permutation(len(images))[:count]
    return Strangers(images[np.sort(chosen)], asked)
