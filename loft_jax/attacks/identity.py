"""Who was reconstructed, where that is known: identity error on the synthetic faces."""

from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Int64, UInt8

from loft_jax.data.faces import IDENTITY_DIM, FaceLaw
from loft_jax.metrics.bootstrap import bootstrap_interval
from loft_jax.metrics.identity_error import Chance, identity_error
from loft_jax.metrics.identity_fit import fitted_latents
from loft_jax.priors import ImagePrior
from loft_jax.priors.renderer import RendererPrior
from loft_jax.training.trained import Trained


def identity_numbers(
    target: Trained,
    prior: ImagePrior,
    images: UInt8[np.ndarray, "k s h w ch"],
    latents: Float[np.ndarray, "k s z"],
    labels: Int64[np.ndarray, " k"],
) -> dict[str, Any]:
    """`identity_error` with its interval over classes, and what no knowledge scores.

    The renderer's latents are the identity; pictures of any other prior are first fitted by the
    renderer (`identity_fit`), which takes a few seconds for each ten of them.
    """
    if isinstance(prior, RendererPrior):
        found, how = latents, "the attack's own latents"
    else:
        pixels = images.reshape(-1, *images.shape[2:]).astype(np.float32) / 255
        fit = fitted_latents(pixels, jax.random.key(0))
        found, how = fit.latents.reshape(*images.shape[:2], -1), "latents fitted to the pictures"
    law = FaceLaw(target.pictures.size, target.pictures.channels, target.config.run.seed)
    people = np.asarray(law.latents(labels, np.zeros_like(labels)))[:, :IDENTITY_DIM]
    error = bootstrap_interval(identity_error(found, people), np.random.default_rng(0))
    return {
        "identity_error": error.value,
        "identity_error_low": error.low,
        "identity_error_high": error.high,
        "identity_error_of": how,
        "identity_error_chance": Chance().mean_face,
        "identity_error_stranger": Chance().stranger,
    }
