"""Identity error: how far the person in a reconstruction is from the true one, in known latents."""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64

from loft_jax.errors import InputError
from loft_jax.metrics import _checks


class Chance(NamedTuple):
    """What knowing nobody in particular scores, in expectation over people.

    Attributes:
        mean_face: always answering the mean face: 1.
        stranger: answering another person of the population: sqrt(2).
    """

    mean_face: float = 1.0
    stranger: float = math.sqrt(2)


def identity_error(
    latents: Float[np.ndarray, "k s z"], identities: Float[np.ndarray, "m i"]
) -> Float64[np.ndarray, "k s"]:
    """sqrt(mean_j (u_j - t_j)^2): root mean square over the identity's coordinates.

    The coordinates are independent standard normals in the population, so the unit is its standard
    deviation. 0 is the person; `Chance` is what answers without knowledge score. An attack that
    does not keep its latents near the law can score above both.

    Its square is 1 + a^2 - 2 a rho, with a the length of what was found and rho its correlation
    with the person (`metrics.retrieval.identity_correlation`), so that it hardly sees rho where
    attacks are: at rho = 0.25 the best of all lengths scores 0.97. Who was found is told by
    `identity_rank`.

    Args:
        latents: of s reconstructions of each of k people, identity first: those an attack on the
            renderer's prior found, or `fitted_latents` of any picture.
        identities: the people's own (`FaceLaw.identity`).

    Raises:
        InputError: if lengths or widths are wrong or something is not finite.
    """
    _checks.finite("latents", latents)
    _checks.finite("identities", identities)
    dims = identities.shape[1]
    if len(identities) != len(latents):
        msg = f"`identities` must have shape ({len(latents)}, {dims}), got {identities.shape}"
        raise InputError(msg)
    if latents.shape[2] < dims:
        msg = f"`latents` must have at least {dims} coordinates, got {latents.shape[2]}"
        raise InputError(msg)
    found = latents[:, :, :dims].astype(np.float64)
    return np.sqrt(np.mean((found - identities[:, None]) ** 2, axis=2))
