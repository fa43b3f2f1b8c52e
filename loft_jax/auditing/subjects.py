"""What attackers of one answer are after: who is on the picture, and the picture."""

from typing import NamedTuple

import numpy as np

from loft_jax.auditing.jacobians import Slopes
from loft_jax.auditing.lower import Sought
from loft_jax.data.faces import IDENTITY_DIM, FaceLaw
from loft_jax.data.faces.traits import SHAPE_DIM, Traits
from loft_jax.data.sources import Law

MAIN = "identity"
PICTURE = "picture"


class Subject(NamedTuple):
    """Some of the numbers behind a picture.

    Attributes:
        name: of them.
        part: which of the latents.
    """

    name: str
    part: slice


def subjects_of(law: Law) -> tuple[Subject, ...]:
    """Who it is; of faces the named traits and the texture apart."""
    whole = Subject(MAIN, slice(0, law.identity_dim))
    if not isinstance(law, FaceLaw):
        return (whole,)
    return (
        whole,
        Subject("traits", slice(0, SHAPE_DIM)),
        Subject("texture", slice(SHAPE_DIM, IDENTITY_DIM)),
    )


def trait_names(law: Law | None) -> tuple[str, ...]:
    """What the first latents are called; nothing is known of those of another law than faces."""
    return Traits._fields[:SHAPE_DIM] if isinstance(law, FaceLaw) else ()


def sought(law: Law | None, pixels: int, variance: float, slopes: Slopes | None) -> list[Sought]:
    """What is sought, with its slopes by the latents.

    Args:
        law: of the pictures, or None.
        pixels: numbers of a picture.
        variance: of all of them together.
        slopes: of the picture, and for the number of samples.
    """
    shown = None if slopes is None else slopes.picture
    picture = Sought(PICTURE, pixels, variance, shown, latent=False, known_law=law is not None)
    if law is None:
        return [picture]
    found = []
    for name, part in subjects_of(law):
        rows = np.eye(law.latent_dim)[part]
        own = None if shown is None else np.broadcast_to(rows, (len(shown), *rows.shape))
        found.append(Sought(name, len(rows), float(len(rows)), own, latent=True))
    return [*found, picture]
