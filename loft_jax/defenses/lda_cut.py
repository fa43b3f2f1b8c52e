"""A plain head cut to the r numbers of its features that tell most of the class."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from loft_jax.defenses.base import About
from loft_jax.defenses.code_cut import CodeCut, quietest


@dataclass(frozen=True)
class DiscriminantCut(CodeCut):
    """The leading discriminants, and of equal ones those that tell least of the features."""

    tag = "lda"
    about = About(
        "LDA cut",
        "Fisher 1936, Rao 1948; as a filter: iie.filters",
        "the features, after training: their r leading discriminants are left, behind them the "
        "classes are told by linear discriminant analysis",
        "as a classifier, not as a defense",
        cite=("fisher1936use",),
    )

    def rows(self, model: Any) -> Float64[np.ndarray, "r d"]:
        """Uncorrelated, of variance 1."""
        from iie.filters.linear_design import LinearDesign

        if len(model.means) == 1:
            return quietest(model, self.rank)
        design = LinearDesign(model, self.rank)
        return design.filter(design.richest)
