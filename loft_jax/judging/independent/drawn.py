"""Drawn people: an embedding that learned to tell other people of the same law apart."""

import dataclasses
import time

import numpy as np
from flax import nnx
from jaxtyping import UInt8
from rich.console import Console

from loft_jax.data.public import picture_hashes
from loft_jax.data.resize import resize
from loft_jax.data.sources import Source
from loft_jax.data.sources.base import Population
from loft_jax.judging.independent import cache
from loft_jax.judging.independent.network import Trained, evaluated
from loft_jax.judging.independent.row import Recogniser, Row, Wanted
from loft_jax.judging.independent.training import Recipe, embedding, trained
from loft_jax.priors.archive import filled, flat
from loft_jax.runs.identity import digest

SIDE = 32
"""Pixels at most: larger pictures are brought to it, on which people can be told apart as well."""
TAUGHT, NEW = 2**32 - 2, 2**32 - 1
"""Worlds of the people it learns from and of those it is measured on, in which nobody attacks."""
POPULATION: Population = "public"
RECIPE = Recipe()
ROOM = "recognisers"
EACH = 10
"""Pictures of each person it is measured on."""


def recogniser(wanted: Wanted, out: Console, recipe: Recipe = RECIPE) -> Recogniser:
    """The judge for pictures of a law; trained once, then read from the user's cache folder.

    Args:
        wanted: whose pictures are judged.
        out: where training is announced.
        recipe: of the training.
    """
    side = min(wanted.size, SIDE)
    made_of = [wanted.name, wanted.source.version, wanted.size, wanted.channels, SIDE, EACH,
               TAUGHT, NEW, dataclasses.asdict(recipe)]  # fmt: skip
    name = f"{wanted.name}-{wanted.size}px-{digest(made_of)}"
    stored = cache.kept(ROOM, name, out, lambda: _made(wanted, recipe, out))
    embed = _network(stored, side, wanted.channels, recipe)
    return Recogniser(
        trained_on=f"{recipe.people} other {wanted.source.noun} of the same law, drawn",
        embed=lambda images: embed(resize(images, side, source="pictures")),
        strangers=stored["strangers"],
        seen=stored["seen"],
        size=side,
        seconds=float(stored["seconds"]),
    )


def _made(wanted: Wanted, recipe: Recipe, out: Console) -> dict[str, np.ndarray]:
    """Weights, strangers and hashes: what the cache keeps."""
    before = time.perf_counter()
    side = min(wanted.size, SIDE)
    out.print(
        f"training the independent judge, once: it learns to tell {recipe.people} other "
        f"{wanted.source.noun} apart"
    )
    taught = _pictures(wanted, side, TAUGHT, recipe.people, recipe.pictures)
    network = trained(taught, recipe, wanted.heed)
    new = _pictures(wanted, wanted.size, NEW, recipe.strangers, EACH)
    new = resize(new.reshape(-1, *new.shape[2:]), side, source="pictures")
    strangers = network(new).reshape(recipe.strangers, EACH, -1)
    hashes = [picture_hashes(part.reshape(-1, *part.shape[-3:])) for part in (taught, new)]
    return {
        **flat("network", network.state),
        "strangers": strangers,
        "seen": np.concatenate(hashes),
        "seconds": np.array(time.perf_counter() - before),
    }


def _pictures(
    wanted: Wanted, side: int, world: int, people: int, each: int
) -> UInt8[np.ndarray, "p m h w ch"]:
    assert wanted.source.law is not None
    law = wanted.source.law(side, wanted.channels, world, POPULATION)
    images, _ = law.pictures(people, each)
    return images.reshape(people, each, *images.shape[1:])


def _network(stored: dict[str, np.ndarray], side: int, channels: int, recipe: Recipe) -> Trained:
    like = evaluated(nnx.eval_shape(lambda: embedding(recipe, side, channels)))
    return Trained(like.graph, filled("network", like.state, stored))


def _serves(source: Source) -> bool:
    return source.law is not None


DRAWN = Row(
    "an embedding of drawn people, trained on others of their law",
    _serves,
    recogniser,
    cite=("loftiie",),
)
