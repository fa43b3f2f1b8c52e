"""Strangers: fresh pictures of public people, whom no class of a classifier is about."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jaxtyping import UInt8
from numpy import ndarray

from loft_jax.data.public import FRESH, check_disjoint, load_public, picture_hashes
from loft_jax.data.sources import source_of
from loft_jax.data.sources.table import row_of
from loft_jax.errors import InputError
from loft_jax.fitting.generators.folder import PriorFolder
from loft_jax.judging.private import PrivateData
from loft_jax.metrics.open_set import LEAST

COUNT = 8192
"""Drawn strangers: eight of them are the 0.1 %."""


@dataclass(frozen=True)
class Strangers:
    """Pictures of people whom nobody knows.

    Attributes:
        count: how many pictures.
        of: where they come from, in words.
        content: what tells them from others.
        pictures: draws or gives them.
    """

    count: int
    of: str
    content: str
    pictures: Callable[[], UInt8[ndarray, "n h w ch"]]


def strangers_for(
    private: PrivateData,
    prior: str,
    asked: str | None,
    tell: Callable[[str], None] | None = None,
) -> Strangers | str:
    """Strangers for the people of `private`, or one sentence why there are none.

    Args:
        private: the private people.
        prior: of the attack, as `--prior` has it: the public pictures that it learned from will do.
        asked: public pictures, as `--strangers` has them; None is fresh people of the same law, or
            of the prior.
        tell: called with a sentence on what is left out of public pictures.

    Raises:
        InputError: if `asked` names nothing of the kind, too few, or private pictures.
    """
    if asked is not None:
        return _of_files(private, asked, "`--strangers`", tell)
    if private.law is not None:
        return _drawn(private)
    folder = Path(prior)
    if not folder.is_dir():
        return "no public pictures of other people are known here; name some by --strangers"
    data = PriorFolder.open(folder, "--prior").config().data
    if source_of(data).law is not None:
        return f"the prior learned from drawn {data}, who are no strangers to photographs"
    try:
        return _of_files(private, data, "the prior's public pictures", tell)
    except InputError as error:
        return f"{error}; name others by --strangers"


def _drawn(private: PrivateData) -> Strangers:
    law = private.law
    assert law is not None
    name, source = row_of(private.named)
    assert source.law is not None
    seed = (private.seed + FRESH) % 2**32
    fresh = source.law(law.size, law.channels, seed, "public")
    content = json.dumps([name, source.version, law.size, law.channels, seed, COUNT])
    of = f"{source.noun} drawn with another seed"
    return Strangers(COUNT, of, content, lambda: fresh.pictures(COUNT, 1)[0])


def _of_files(
    private: PrivateData, data: str, named: str, tell: Callable[[str], None] | None
) -> Strangers:
    size, channels = private.data.size, private.data.channels
    images = load_public(data, size=size, channels=channels, tell=tell)
    if len(images) < LEAST:
        msg = f"{named} must be at least {LEAST} for an open set, got {len(images)} in {data}"
        raise InputError(msg)
    hashes = picture_hashes(images)
    check_disjoint(hashes, picture_hashes(private.data.images))
    return Strangers(len(images), data, hashes.tobytes().hex(), lambda: images)
