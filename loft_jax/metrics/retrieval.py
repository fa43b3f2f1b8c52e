"""Retrieval: whose identity a reconstruction is most like, of all the people it could be."""

import numpy as np
from jaxtyping import Float, Float64, Int64, Integer

from loft_jax.errors import InputError
from loft_jax.metrics import _checks


def identity_correlation(
    latents: Float[np.ndarray, "k s i"], identities: Float[np.ndarray, "m j"]
) -> Float64[np.ndarray, "k s"]:
    """Rho = sum_j u_j t_j / (|u| |t|) over the identity's coordinates; 0 where u is 0.

    The coordinates are standard normal over the population, so its mean is known to be 0 and
    nothing is centred. With a^2 the mean of u_j^2, and that of t_j^2 being 1, the squared
    `identity_error` is 1 + a^2 - 2 a rho: where a rho is small against 1 the error is near 1 or
    above it whatever is known of the person, while rho = 0.25 of 96 coordinates is 2.4 standard
    deviations from a stranger's.

    Raises:
        InputError: if the shapes do not go together, or something is not finite.
    """
    _check(latents, identities)
    return np.sum(_unit(latents) * _unit(identities)[:, None], axis=2)


def identity_rank(
    latents: Float[np.ndarray, "k s i"],
    people: Float[np.ndarray, "m i"],
    whose: Integer[np.ndarray, " k"],
) -> Int64[np.ndarray, "k s"]:
    """1 + how many other people are at least as correlated with a reconstruction as the true one.

    The distance is the angle (1 - rho), not the Euclidean one: that also measures how far from the
    mean face the attack dared to go, and is least for people who are themselves near it. If
    u = a (rho t + sqrt(1 - rho^2) noise) with a and rho unknown, the largest correlation is the
    likeliest person. Ties count against the attack.

    Args:
        latents: identities found, s of each of k people.
        people: identities of all m people who could be meant.
        whose: row in `people` of each of the k.

    Raises:
        InputError: if lengths or widths are wrong, or something is not finite.
    """
    if whose.min() < 0 or whose.max() >= len(people):
        ends = f"{whose.min()} to {whose.max()}"
        msg = f"`whose` must be rows 0..{len(people) - 1} of `people`, got {ends}"
        raise InputError(msg)
    _check(latents, people[whose])
    likeness = _unit(latents) @ _unit(people).T
    own = np.take_along_axis(likeness, whose[:, None, None], axis=2)
    # Of equal people one may round to more: what is nearer than that counts as a tie.
    return np.sum(likeness >= own - 1e-9, axis=2)


def coordinate_correlation(
    latents: Float[np.ndarray, "k s i"], identities: Float[np.ndarray, "m j"]
) -> Float64[np.ndarray, " i"]:
    """rho_j = sum u_j t_j / sqrt(sum u_j^2 sum t_j^2) over people and reconstructions.

    Which traits were seen; its standard error over k people is about 1 / sqrt(k).

    Raises:
        InputError: as `identity_correlation`.
    """
    _check(latents, identities)
    found = latents.reshape(-1, latents.shape[2]).T
    true = np.repeat(identities, latents.shape[1], axis=0).T
    return np.sum(_unit(found) * _unit(true), axis=1)


def _unit(vectors: Float[np.ndarray, "*n i"]) -> Float64[np.ndarray, "*n i"]:
    """The last axis at length 1; 0 stays 0."""
    wide = vectors.astype(np.float64)
    norms = np.linalg.norm(wide, axis=-1, keepdims=True)
    return np.divide(wide, norms, out=np.zeros_like(wide), where=norms > 0)


def _check(latents: np.ndarray, identities: np.ndarray) -> None:
    _checks.finite("latents", latents)
    _checks.finite("identities", identities)
    if identities.shape != (len(latents), latents.shape[2]):
        msg = (
            f"`identities` must have shape {(len(latents), latents.shape[2])}, got "
            f"{identities.shape}"
        )
        raise InputError(msg)
