"""Who was reconstructed, where that is known: of all the people that a law drew."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Float64, Int64, UInt8

from loft_jax.data.faces import FaceLaw
from loft_jax.data.faces.traits import SHAPE_DIM
from loft_jax.data.sources import Law
from loft_jax.judging.intervals import with_interval
from loft_jax.metrics.identity_error import Chance, identity_error
from loft_jax.metrics.identity_fit import fitted_latents
from loft_jax.metrics.retrieval import (
    coordinate_correlation,
    identity_correlation,
    identity_rank,
)

REAL = 14
"""Real pictures that are fitted beside the reconstructions."""
BYTES = 2**30
"""What the fit's program takes to compile and run (measured at 32 px)."""
FIT = "latents fitted to the best picture of each class"
STARTS, STEPS = 2, 100
"""Half the fit's own: a real picture is then known to 0.2 deviations instead of 0.1."""
_Searched = dict[str, tuple[Float[np.ndarray, "k s i"], Int64[np.ndarray, " k"]]]
"""Identities found, of each kind of picture, and whose they should be."""


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
    found: Mapping[str, np.ndarray],
    people: int,
    *,
    of_law: bool,
) -> tuple[dict[str, Any], dict[str, Float64[np.ndarray, " k"]]]:
    """(facts for attack.json, outcomes of each class).

    `retrieval_at_1`: of all private people the true one has the identity most correlated with what
    was found (`metrics.retrieval.identity_rank`); `identity_correlation` and, of the faces,
    `traits_correlation` (24 named traits) and `fields_correlation` (72 coefficients of texture)
    say how well it is known. `identity_error` is a footnote: its square is 1 + a^2 - 2 a rho.

    The law's latents are the identity. Pictures of any other prior are first fitted by the renderer
    (`identity_fit`), the best of each class, half a second each. What the fit itself misses is told
    by real pictures of the first classes, fitted in the same way: `identity_error_floor` and
    `real_retrieval_at_1`.

    Args:
        law: of the private people.
        found: `images` and `latents` of `labels`, and the lookalikes where there are some.
        people: how many private people there are.
        of_law: whether the latents are those of the law.
    """
    everybody = np.arange(people)
    identities = np.asarray(law.latents(everybody, np.zeros_like(everybody)))
    identities, labels = identities[:, : law.identity_dim], found["labels"]
    searched = _of_law(found, law) if of_law else _fitted(found, law)
    ranks = {kind: identity_rank(u, identities, whose) for kind, (u, whose) in searched.items()}
    u, true = searched["images"][0], identities[labels]
    outcomes = {
        "retrieval_at_1": np.mean(ranks["images"] == 1, axis=1),
        "identity_correlation": identity_correlation(u, true).mean(1),
        "identity_error": identity_error(u, true).mean(1),
    }
    if "lookalikes" in ranks:
        outcomes["lookalike_retrieval_at_1"] = np.mean(ranks["lookalikes"] == 1, axis=1)
    for name, part in _parts(law).items():
        known = identity_correlation(u[..., part], true[:, part])
        outcomes[f"{name}_correlation"] = known.mean(1)
    facts: dict[str, Any] = {
        "retrieval_people": people,
        "retrieval_rank": float(np.median(ranks["images"])),
        "identity_amplitude": float(np.sqrt(np.mean(u.astype(np.float64) ** 2))),
        "coordinate_correlation": coordinate_correlation(u, true).tolist(),
        "identity_error_of": "the attack's own latents" if of_law else FIT,
        "identity_error_floor": 0.0,
        "identity_error_chance": Chance().mean_face,
        "identity_error_stranger": Chance().stranger,
    }
    if "real" in searched:
        fit, whose = searched["real"]
        facts["identity_error_floor"] = float(identity_error(fit, identities[whose]).mean())
        facts |= with_interval("real_retrieval_at_1", ranks["real"] == 1)
    return facts, outcomes


def _of_law(found: Mapping[str, np.ndarray], law: Law) -> _Searched:
    kinds = {"images": "latents", "lookalikes": "lookalike_latents"}
    there = {kind: found[name] for kind, name in kinds.items() if name in found}
    return {kind: (z[..., : law.identity_dim], found["labels"]) for kind, z in there.items()}


def _fitted(found: Mapping[str, np.ndarray], law: Law) -> _Searched:
    """Of the best picture of each class, of its lookalike, and of some real pictures."""
    labels = found["labels"]
    shown = {kind: _unit(found[kind][:, 0]) for kind in ("images", "lookalikes") if kind in found}
    shown["real"] = np.asarray(law.decode(law.latents(labels, np.zeros_like(labels))[:REAL]))
    fit = fitted_latents(
        np.concatenate(list(shown.values())), jax.random.key(0), starts=STARTS, steps=STEPS
    )
    parts = np.split(fit.latents, np.cumsum([len(part) for part in shown.values()])[:-1])
    return {
        kind: (part[:, None, : law.identity_dim], labels[: len(part)])
        for kind, part in zip(shown, parts, strict=True)
    }


def _parts(law: Law) -> dict[str, slice]:
    """What the coordinates of a face are about; nothing is known of those of another law."""
    if not isinstance(law, FaceLaw):
        return {}
    return {"traits": slice(0, SHAPE_DIM), "fields": slice(SHAPE_DIM, law.identity_dim)}


def _unit(images: UInt8[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    return images.astype(np.float32) / 255
