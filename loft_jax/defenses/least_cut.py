"""A plain head cut to r numbers that tell least of its features and enough of the class."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Interval
from jaxtyping import Float64

from loft_jax.defenses.base import About
from loft_jax.defenses.code_cut import CodeCut, quietest


@dataclass(frozen=True)
class LeastLeakingCut(CodeCut):
    """Of all codes of r numbers with so much class signal the one with the largest linear IIE.

    By the theory the best defense there is at its rank; whether attacks agree is another question.
    """

    tag = "least-cut"
    about = About(
        "least-leaking cut",
        "ours: iie.design_filter on the features (Ky Fan 1949)",
        "the features, after training: the r numbers are left that tell least of the features, "
        "behind them the classes are told by linear discriminant analysis",
        "no attack was published on it",
        cite=("loftiie",),
    )

    share: Annotated[float, Interval(ge=0, le=1)] = 0.9
    """Class signal that is kept, of the most that r numbers can hold (Pillai's trace)."""

    @property
    def variant(self) -> str:
        """Normalisation and share."""
        kept = f"share {self.share:g}" if self.share != LeastLeakingCut.share else ""
        return ", ".join(filter(None, (super().variant, kept)))

    def rows(self, model: Any) -> Float64[np.ndarray, "r d"]:
        """Uncorrelated, of variance 1."""
        from iie.filters.linear_design import LinearDesign

        if len(model.means) == 1:
            return quietest(model, self.rank)
        design = LinearDesign(model, self.rank)
        return design.filter(design.solve(self.share * design.max_share)[0])
