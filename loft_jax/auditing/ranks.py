"""How many directions of a picture pass each place of the model, for audit.json."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial
from jaxtyping import Array, Float

from loft_jax.auditing.spectrum import Spectrum, layer_spectra, spectrum
from loft_jax.nets.frozen import FrozenClassifier
from loft_jax.targets.base import Network, Target

PICTURES = 4
"""Pictures at which slopes by the pixels are taken."""


def ranks(
    target: Target, pictures: Float[np.ndarray, "n h w ch"], *, layers: bool
) -> list[dict[str, Any]]:
    """The ranks of each place, in order; none of a model that shows no gradients.

    Args:
        target: the model.
        pictures: of which the first few are taken.
        layers: whether of all layers that it names, too; a program is compiled for each.
    """
    if "gradients" not in target.offers:
        return []
    network, some = target.network, np.asarray(pictures[:PICTURES], np.float32)
    if isinstance(network, FrozenClassifier):
        found = layer_spectra(network, some, None if layers else ())
    else:
        found = {"logits": spectrum(Partial(_logits, network), some)}
    return [_told(place, one) for place, one in found.items()]


def _logits(network: Network, images: Float[Array, "b h w ch"]) -> Float[Array, "b c"]:
    return jnp.asarray(network.outputs(images).logits)


def _told(place: str, one: Spectrum) -> dict[str, Any]:
    return {
        "of": place,
        "numerical_rank": one.numerical_rank,
        "effective_rank": one.effective_rank,
        "largest": float(one.values[0]),
        "complete": one.complete,
    }
