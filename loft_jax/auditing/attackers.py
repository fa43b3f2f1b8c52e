"""Attackers who learn: what decoders make of the answers to pictures that they never saw."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float, Float64, Int64, Key

from loft_jax.auditing.decoders import convolutional, ridge
from loft_jax.auditing.decoders.convolutional import SIDES
from loft_jax.auditing.decoders.latents import fit_to
from loft_jax.auditing.material import CHUNK, PEOPLE, Material
from loft_jax.auditing.upper import upper_end
from loft_jax.data.sources import Law

NOTHING = "no answer"
"""The attacker who knows the law alone and answers its mean."""


class Effort(NamedTuple):
    """Of decoders that are trained.

    Attributes:
        key: of their weights and of the order of samples.
        trains: whether any is; of labels ridge, their means, is the best there is.
        latent_steps: updates of the decoder to latents.
        picture_steps: updates of the decoder to pictures.
    """

    key: Key[Array, ""]
    trains: bool
    latent_steps: int
    picture_steps: int


class Guesses(NamedTuple):
    """What each decoder makes of the held-out answers.

    Attributes:
        latents: the numbers behind each picture [k z], by the decoder's name; none without a law.
        pictures: the pictures, flat [k p], by the decoder's name.
    """

    latents: dict[str, np.ndarray]
    pictures: dict[str, np.ndarray]


class UpperSide(NamedTuple):
    """An upper end of the error.

    Attributes:
        share: of the variance that some attacker leaves unknown, at most.
        by: the decoder.
        value: its mean error on held-out pictures, as a share.
        standard_error: of `value`.
        table: the limits of all decoders, by name.
    """

    share: float
    by: str
    value: float
    standard_error: float
    table: dict[str, float]


def guesses(
    fit: Float[np.ndarray, "n m"],
    held: Float[np.ndarray, "k m"],
    material: Material,
    law: Law | None,
    effort: Effort,
) -> Guesses:
    """What is made of `held` by decoders that learned from `fit` and its pictures.

    Args:
        fit: answers to the pictures to learn from.
        held: answers to those that measure.
        material: the pictures, and what is behind them.
        law: draws a picture of latents, where there is one.
        effort: of decoders that are trained.
    """
    shown = material.fit.pictures
    seen, flat = fit[: len(shown)], shown.reshape(len(shown), -1)
    pictures = {"ridge": ridge.fit(seen, flat).decode(held)}
    if law is None:
        if effort.trains and shown.shape[1] >= SIDES[0]:
            taught = convolutional.fit(seen, shown, effort.key, steps=effort.picture_steps)
            pictures["convolutional"] = taught.decode(held)
        return Guesses({}, pictures)
    assert material.fit.latents is not None
    latents = {"ridge": ridge.fit(fit, material.fit.latents).decode(held)}
    best = latents["ridge"]
    if effort.trains:
        taught = fit_to(fit, material.fit.latents, effort.key, steps=effort.latent_steps)
        best = latents["latents"] = taught.decode(held)
    pictures["drawn latents"] = drawn(law, best)
    return Guesses(latents, pictures)


def drawn(law: Law, latents: Float[np.ndarray, "n z"]) -> Float[np.ndarray, "n p"]:
    """The law's pictures of these latents, flat."""
    found = []
    for start in range(0, len(latents), CHUNK):
        chosen = np.asarray(latents[start : start + CHUNK], np.float32)
        whole = np.asarray(law.decode(np.resize(chosen, (CHUNK, chosen.shape[1]))))
        found.append(whole[: len(chosen)].reshape(len(chosen), -1))
    return np.concatenate(found)


def upper_side(
    errors: dict[str, Float[np.ndarray, " n"]],
    nothing: float | None,
    whose: Int64[np.ndarray, " n"],
    confidence: float,
) -> UpperSide:
    """The smallest limit of several decoders, which share the risk of choosing it (Bonferroni).

    Args:
        errors: of each held-out picture, by the decoder's name, as shares of the variance.
        nothing: share that the law's mean leaves unknown, exactly; None where that is not known.
        whose: which errors belong together: means over these are independent.
        confidence: with which the smallest holds.
    """
    each = 1 - (1 - confidence) / len(errors)
    ends = {
        name: upper_end(_means(error, whose), each, fewest=PEOPLE) for name, error in errors.items()
    }
    best = min(ends, key=lambda name: ends[name].limit)
    table = {name: float(end.limit) for name, end in ends.items()}
    if nothing is not None:
        table[NOTHING] = nothing
        if ends[best].limit >= nothing:
            return UpperSide(nothing, NOTHING, nothing, 0.0, table)
    end = ends[best]
    return UpperSide(table[best], best, float(end.value), float(end.standard_error), table)


def _means(
    errors: Float[np.ndarray, " n"], whose: Int64[np.ndarray, " n"]
) -> Float64[np.ndarray, " k"]:
    """The mean of each person or picture."""
    _, unit = np.unique(whose, return_inverse=True)
    return np.bincount(unit, errors.astype(np.float64)) / np.bincount(unit)
