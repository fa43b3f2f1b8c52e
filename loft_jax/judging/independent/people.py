"""Which private pictures an independent judge is shown."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int64, UInt8

from loft_jax.data.public import picture_hashes
from loft_jax.data.resize import resize
from loft_jax.errors import InputError
from loft_jax.judging.independent.row import Recogniser
from loft_jax.judging.private import PrivateData

EACH = 5
"""Pictures of a person at most, for the prototype and beside it."""
PEOPLE, PROBED = 500, 60
"""People at most who are to be told apart; those of them who are shown again where the judge is
measured on them."""

Groups = list[UInt8[np.ndarray, "_ h w ch"]]


class People(NamedTuple):
    """Private people, the attacked ones first.

    Attributes:
        galleries: pictures of each, of which its prototype is made.
        probes: other pictures of the first of them, of the attacked at least.
    """

    galleries: Groups
    probes: Groups


def people_of(private: PrivateData, labels: Int64[np.ndarray, " k"], *, alone: bool) -> People:
    """Held-out pictures for the prototypes and training pictures to be recognised.

    Where none are held out, half of a person's pictures make its prototype.

    Args:
        private: the target's pictures.
        labels: attacked classes.
        alone: whether the judge has no other strangers, and is measured on these people.
    """
    rest = np.setdiff1d(np.arange(private.data.classes), labels)
    parts = private.of(np.concatenate([labels, rest[: max(0, PEOPLE - len(labels))]]))
    galleries, probes = [], []
    for held_out, known in zip(parts.held_out, parts.pictures, strict=True):
        half = 0 if len(held_out) else len(known) // 2
        galleries.append(np.concatenate([held_out, known[:half]])[:EACH])
        probes.append(known[half:][:EACH])
    return People(galleries, probes[: max(len(labels), PROBED if alone else 0)])


def check_independent(judge: Recogniser, private: PrivateData) -> None:
    """Check that the judge has seen no picture of the private people.

    Raises:
        InputError: saying how many it has.
    """
    if judge.seen is None:
        return
    mine = picture_hashes(resize(private.data.images, judge.size, source=private.named))
    if shared := int(np.isin(mine, judge.seen).sum()):
        msg = (
            "`--independent` must be a judge that never saw the private pictures, got one that "
            f"knows {shared} of {len(mine)}"
        )
        raise InputError(msg)
