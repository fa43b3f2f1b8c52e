"""The jobs of a sweep: a classifier, a prior, an attack with its judgement; named by content."""

from loft_jax.sweeps.cells.attack import Attack, Given
from loft_jax.sweeps.cells.base import Job, Pictures, Place
from loft_jax.sweeps.cells.model import Model
from loft_jax.sweeps.cells.prior import Prior

Cell = Model | Prior | Attack

__all__ = ["Attack", "Cell", "Given", "Job", "Model", "Pictures", "Place", "Prior"]
