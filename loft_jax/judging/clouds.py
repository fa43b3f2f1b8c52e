"""Clouds of features: FID, precision and recall of reconstructions beside the private pictures."""

import numpy as np
from jaxtyping import Float

from loft_jax.metrics.fid import fid, fid_needs
from loft_jax.metrics.prdc import prdc

NEIGHBOUR = 3
"""k of precision, recall, density and coverage, as in the inversion literature."""


def clouds(
    real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"]
) -> dict[str, float | str | None]:
    """FID and PRDC on one network's features; None, never 0, where there are too few pictures.

    Keys: `fid`, `fid_missing` (why there is none), `precision`, `recall`, `density`, `coverage`.
    """
    numbers: dict[str, float | str | None] = {"fid": None, "fid_missing": _missing(real, fake)}
    if numbers["fid_missing"] is None:
        numbers["fid"] = fid(real, fake)
    overlap = prdc(real, fake, k=NEIGHBOUR)._asdict() if len(fake) > NEIGHBOUR else {}
    return numbers | {
        name: overlap.get(name) for name in ("precision", "recall", "density", "coverage")
    }


def _missing(real: Float[np.ndarray, "n d"], fake: Float[np.ndarray, "m d"]) -> str | None:
    """Why there is no FID, and what would help."""
    needed, d = fid_needs(fake.shape[1]), fake.shape[1]
    if len(fake) < needed:
        return (
            f"{len(fake)} reconstructions, {d} features need {needed}: more --classes or "
            "--per-class"
        )
    if len(real) < needed:
        return f"{len(real)} private pictures, {d} features need {needed}: more --classes"
    return None
