"""A plain head cut to r random numbers of its features: what rank does by itself."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Interval
from jaxtyping import Float64

from loft_jax.defenses.base import About
from loft_jax.defenses.code_cut import CodeCut


@dataclass(frozen=True)
class RandomCut(CodeCut):
    """The row space is uniform among those of r dimensions."""

    tag = "random-cut"
    about = About(
        "random cut",
        "ours; random projections: Johnson and Lindenstrauss 1984",
        "the features, after training: r random directions are left, behind them the classes are "
        "told by linear discriminant analysis",
        "as a baseline: neither the class nor the features choose what is left",
        cite=("loftiie",),
    )

    draw: Annotated[int, Interval(ge=0, lt=2**32)] = 0
    """Which directions."""

    @property
    def variant(self) -> str:
        """Normalisation and draw."""
        drawn = f"draw {self.draw}" if self.draw else ""
        return ", ".join(filter(None, (super().variant, drawn)))

    def rows(self, model: Any) -> Float64[np.ndarray, "r d"]:
        """Orthonormal."""
        rng = np.random.default_rng(self.draw)
        return np.linalg.qr(rng.standard_normal((model.means.shape[1], self.rank)))[0].T
