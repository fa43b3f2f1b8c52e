"""The closing number of a prior: its FID against public pictures that it never saw."""

import itertools
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, UInt8

from loft_jax.data.batches import in_batches
from loft_jax.defenses.network import build_classifier
from loft_jax.defenses.none import NoDefense
from loft_jax.errors import InputError
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.priors.gan import GanPrior

RANDOM_TRUNK = "small_cnn"


class Ruler(NamedTuple):
    """The network in whose features FID is measured.

    Attributes:
        name: what result.json calls it.
        network: a classifier, of which only the features are used.
    """

    name: str
    network: FrozenClassifier


def random_ruler(size: int, channels: int) -> Ruler:
    """A small network with random weights, always the same: comparable where no target is at hand.

    Random convolutions see edges, shades and their arrangement, not identities. Such a FID compares
    priors of one size and number of channels with each other and with nothing else.
    """
    made = build_classifier(
        RANDOM_TRUNK, NoDefense(), size=size, channels=channels, classes=2, rngs=nnx.Rngs(0)
    )
    view = nnx.view(made, use_running_average=True)
    graph, params, stats = nnx.split(view, nnx.Param, ...)
    return Ruler(f"{RANDOM_TRUNK} with random weights", FrozenClassifier(graph, params, stats))


def quality(
    prior: GanPrior,
    seen: UInt8[np.ndarray, "a h w ch"],
    held_out: UInt8[np.ndarray, "n h w ch"],
    ruler: Ruler,
    seed: int,
    batch: int,
) -> dict[str, Any]:
    """FID of as many samples as there are held-out pictures, and what real pictures score.

    Keys: `fid`, `fid_of_public` (of as many pictures that the prior has seen: the floor at this
    number), `fid_pictures`, `fid_features` (whose). With too few pictures for the number of
    features both are None and `fid_missing` says what would help.
    """
    from loft_jax.metrics.fid import fid

    n = len(held_out)
    real = features(ruler.network, held_out, batch)
    fake = features(ruler.network, samples(prior, n, seed, batch), batch)
    chosen = np.random.default_rng(seed).permutation(len(seen))[:n]
    floor = features(ruler.network, seen[chosen], batch)
    missing = _missing(n, real.shape[1])
    numbers: dict[str, Any] = {"fid": None, "fid_of_public": None, "fid_missing": missing}
    try:
        if missing is None:
            numbers |= {"fid": float(fid(real, fake)), "fid_of_public": float(fid(real, floor))}
    except InputError as error:
        numbers["fid_missing"] = str(error)
    return {**numbers, "fid_pictures": n, "fid_features": ruler.name}


def samples(prior: GanPrior, n: int, seed: int, batch: int) -> UInt8[np.ndarray, "n h w ch"]:
    """Pictures from the prior's own law, rounded to bytes; classes in turn if it has any."""
    keys = map(partial(jax.random.fold_in, jax.random.key(seed)), itertools.count())
    classes = max(1, prior.architecture.classes)
    return in_batches(lambda at: _bytes(prior, next(keys), jnp.asarray(at % classes)), n, batch)


def features(
    network: FrozenClassifier, images: UInt8[np.ndarray, "n h w ch"], batch: int
) -> Float[np.ndarray, "n d"]:
    """The network's features of every picture."""
    return in_batches(lambda at: _features(network, jnp.asarray(images[at])), len(images), batch)


def _missing(kept: int, features: int) -> str | None:
    """Why there is no FID, and what would help."""
    from loft_jax.metrics.fid import fid_needs

    if kept >= (needed := fid_needs(features)):
        return None
    return (
        f"{kept} public pictures kept for FID, {features} features need {needed}: more pictures "
        "or a larger --count"
    )


@jax.jit
def _bytes(prior: GanPrior, key: Array, labels: Array) -> UInt8[Array, "b h w ch"]:
    images = prior.decode(prior.sample(key, len(labels)), labels)
    return jnp.floor(255 * images + 0.5).astype(jnp.uint8)


@jax.jit
def _features(network: FrozenClassifier, images: UInt8[Array, "b h w ch"]) -> Array:
    return network.outputs(images.astype(jnp.float32) / 255).features
