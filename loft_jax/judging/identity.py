"""Who was reconstructed, where that is known: identity error on the synthetic faces."""

from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Float64, Int64, UInt8

from loft_jax.data.faces import FaceLaw
from loft_jax.data.sources import Law
from loft_jax.judging.measures import with_interval
from loft_jax.metrics.identity_error import Chance, identity_error
from loft_jax.metrics.identity_fit import fitted_latents

FITTED, REAL = 1, 14
"""Reconstructions of each class that are fitted, and real pictures of all classes together."""
BYTES = 2**30
"""What the fit's program takes to compile and run (measured at 32 px)."""
FIT = "latents fitted to the best picture of each class"
STARTS, STEPS = 2, 100
"""Half the fit's own: a real picture is then known to 0.2 deviations instead of 0.1."""


def is_known(law: Law | None, *, of_law: bool) -> bool:
    """Whether who was reconstructed can be measured.

    Args:
        law: of the private people, if there is one.
        of_law: whether the attack searched the law; else people must be fitted to pictures, which
            is done for faces alone.
    """
    return law is not None and (of_law or isinstance(law, FaceLaw))


def identity_numbers(
    law: Law,
    images: UInt8[np.ndarray, "k s h w ch"],
    latents: Float[np.ndarray, "k s z"],
    labels: Int64[np.ndarray, " k"],
    *,
    of_law: bool,
) -> tuple[dict[str, Any], Float64[np.ndarray, "k _"]]:
    """(`identity_error` with its interval and what no knowledge scores, the error of each picture).

    The renderer's latents are the identity. Pictures of any other prior are first fitted by the
    renderer (`identity_fit`), the best of each class, half a second each. What the fit itself adds
    is told by `identity_error_floor`: real pictures of the first classes, fitted in the same way.

    Args:
        law: of the private people.
        images: s reconstructions of each of k classes.
        latents: that they were made from.
        labels: the classes.
        of_law: whether the latents are those of the law.
    """
    people = np.asarray(law.latents(labels, np.zeros_like(labels)))[:, : law.identity_dim]
    floor = 0.0
    if of_law:
        found, how = latents[..., : law.identity_dim], "the attack's own latents"
    else:
        real = np.asarray(law.decode(law.latents(labels, np.zeros_like(labels))[:REAL]))
        fakes = _unit(images[:, :FITTED]).reshape(-1, *images.shape[2:])
        shown = np.concatenate([fakes, real])
        fit = fitted_latents(shown, jax.random.key(0), starts=STARTS, steps=STEPS).latents
        found, how = fit[: len(fakes)].reshape(len(labels), -1, fit.shape[1]), FIT
        floor = float(identity_error(fit[len(fakes) :, None], people[:REAL]).mean())
    errors = identity_error(found, people)
    numbers = {
        **with_interval("identity_error", errors),
        "identity_error_of": how,
        "identity_error_floor": floor,
        "identity_error_chance": Chance().mean_face,
        "identity_error_stranger": Chance().stranger,
    }
    return numbers, errors


def _unit(images: UInt8[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    return images.astype(np.float32) / 255
