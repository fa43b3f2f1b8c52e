"""The control of every attack: the strangers most like a class to the target, and no search."""

import dataclasses

from loft_jax.attacks.parts.spaces import Points
from loft_jax.attacks.recipes.base import Fidelity
from loft_jax.attacks.recipes.ppa import PPA
from loft_jax.attacks.search.gradient import Phase

LOOKALIKES = dataclasses.replace(
    PPA,
    title="Lookalikes",
    source="no search, the control of all others",
    search=(Phase(Points(), 0),),
    published="no attack: what a search must beat, since it begins there",
    fidelity=Fidelity(
        "FAITHFUL",
        "",
        "no: PPA's candidates and selection; every attack keeps its own such control",
    ),
    original=None,
    public_code="",
)
