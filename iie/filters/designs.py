"""Which rank-r filter leaks least among those that keep a chosen share of the class signal.

What leaks is judged by the attacker one has in mind. Under Gaussian classes the ideal attacker
weighs the classes by their posterior: his error is the ideal inversion error of the class mixture,
which `attacker="ideal"` makes large. The best linear attacker knows only the covariance of all
classes together; his error is larger, and `attacker="linear"` finds its global optimum. Every
design is measured by both, and what is optimal is signal and leak: the accuracy is computed.
"""

from dataclasses import dataclass
from typing import SupportsFloat, SupportsInt

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.randomness import Randomness, generator
from iie._input.types import ArrayLike
from iie.covariance import as_covariance
from iie.error.closed_form import ideal_inversion_error
from iie.error.result import InversionError
from iie.filters.discriminant import Accuracy as Accuracy
from iie.filters.discriminant import LinearDiscriminantModel, bayes_accuracy
from iie.filters.discriminant import lda_model as lda_model
from iie.filters.discriminant import sufficient_rank as sufficient_rank
from iie.filters.ideal_design import IdealDesign
from iie.filters.linear_design import LinearDesign, first_with, geodesic
from iie.laws import GaussianMixture
from iie.records import Record

ATTACKERS = ("ideal", "linear")


@dataclass(frozen=True, eq=False, repr=False)
class FilterDesign(Record):
    """A filter that leaks least for the signal it keeps.

    Attributes:
        weight: W.
        rank: r.
        share: kept part of tr(S^{-1} S_b), in [0, 1].
        attacker: against whom it is designed, "ideal" or "linear".
        ideal: ideal inversion error under the class mixture, with its standard error.
        linear_error: smallest mean squared error of any linear attacker, summed, in u^2; an upper
            bound on `ideal`.
        error_given_label: error of the ideal attacker who is told the class as well, in u^2; a
            lower bound on `ideal`.
        gap: no rank-r filter with this share has a linear error above linear_error + gap, in u^2;
            from the dual problem. None for a design against the ideal attacker, whose error has
            local optima.
        accuracy: of the best classifier of W x, under the model.
        variance: tr S, in u^2.
    """

    weight: Float64[np.ndarray, "r d"]
    rank: int
    share: float
    attacker: str
    ideal: InversionError
    linear_error: float
    error_given_label: float
    gap: float | None
    accuracy: Accuracy
    variance: float


def design_filter(
    model: LinearDiscriminantModel,
    rank: SupportsInt,
    share: SupportsFloat = 1.0,
    *,
    attacker: str = "ideal",
    rng: Randomness = None,
    samples: SupportsInt = 20_000,
) -> FilterDesign:
    """The rank-r filter with the largest error among those that keep this share of the signal.

    The signal is tr((W S W^T)^{-1} W S_b W^T). Against the linear attacker the result is globally
    optimal (linear_design.py); if the filter that leaks least of all keeps more than the share
    asked for, it is the answer. Against the ideal attacker it is the best of several climbs
    (ideal_design.py), on the draws that are climbed never worse than the linear design.

    Args:
        model: the classes, from `lda_model`.
        rank: r, in 1..d.
        share: kept part of tr(S^{-1} S_b), in [0, 1]; 1 needs r >= `sufficient_rank(model)`.
        attacker: "ideal", who weighs the classes by their posterior, or "linear".
        rng: a generator or a seed, of all draws; None is the seed 0.
        samples: draws for the ideal error, and for the accuracy where it is not exact.

    Raises:
        ValueError: if `rank`, `share` or `attacker` is none of these, no filter of this rank keeps
            this share, or all class means are equal.

    Examples:
        >>> model = lda_model([[-1.0, 0.0], [1.0, 0.0]], np.eye(2))
        >>> design = design_filter(model, 1)
        >>> round(design.linear_error, 9), round(design.share, 9)  # S = diag(2, 1)
        (1.0, 1.0)

    Source: ours (Ky Fan's maximum principle, Lagrange duality).   Proof: proofs/lda.py
    """
    return _Designer(model, rank, attacker, rng, samples).design(_share(share))


def trade_off(
    model: LinearDiscriminantModel,
    rank: SupportsInt,
    shares: ArrayLike | None = None,
    *,
    attacker: str = "ideal",
    rng: Randomness = None,
    samples: SupportsInt = 20_000,
) -> tuple[FilterDesign, ...]:
    """Least-leaking filters of one rank for several shares: signal and accuracy against error.

    Args:
        model: the classes, from `lda_model`.
        rank: r, in 1..d.
        shares: "n", each in [0, 1]; None is nine from that of the filter that leaks least to the
            linear attacker to the largest.
        attacker: as for `design_filter`.
        rng: a generator or a seed; None is the seed 0.
        samples: as for `design_filter`.

    Raises:
        ValueError: as for `design_filter`.

    Source: ours.   Proof: proofs/lda.py
    """
    designer = _Designer(model, rank, attacker, rng, samples)
    linear = designer.linear
    if shares is None:
        wanted = np.linspace(linear.signal(linear.quietest), linear.max_share, 9)
    else:
        wanted = checks.real_array("shares", shares, 1)
    return tuple(designer.design(_share(share)) for share in wanted)


class _Designer:
    """Designs of one rank for one model, against one attacker."""

    def __init__(
        self,
        model: LinearDiscriminantModel,
        rank: SupportsInt,
        attacker: str,
        rng: Randomness,
        samples: SupportsInt,
    ) -> None:
        if attacker not in ATTACKERS:
            msg = f"`attacker` must be one of {', '.join(ATTACKERS)}, got {attacker!r}"
            raise ValueError(msg)
        r = checks.integer("rank", rank, at_least=1, at_most=len(model.within))
        self.model, self.attacker, self.rng = model, attacker, generator(rng)
        self.samples = checks.integer("samples", samples, at_least=2)
        self.linear = LinearDesign(model, r)
        self.ideal = IdealDesign(model, self.rng) if attacker == "ideal" else None
        within = as_covariance(model.within)
        self.law = GaussianMixture(model.priors, model.means, [within] * len(model.means))

    def design(self, share: float) -> FilterDesign:
        """The filter for this share."""
        V, gap = self.linear.solve(share)
        W = self.linear.filter(V)
        if self.ideal is None:
            return self._measured(W, gap)
        return self._measured(self._against_ideal(self.ideal, W, share), None)

    def _against_ideal(
        self, ideal: IdealDesign, W: Float64[np.ndarray, "r d"], share: float
    ) -> Float64[np.ndarray, "r d"]:
        """Climbs from the linear design, and from the filters of most signal and least leak."""
        richest = ideal.span(self.linear.filter(self.linear.richest))
        start = ideal.span(W)
        kept = min(share, ideal.share(start), ideal.share(richest))
        quiet = np.linalg.eigh(ideal.M)[1][:, : W.shape[0]]
        others = [first_with(ideal.share, geodesic(quiet, richest), kept), richest]
        return ideal.filter(ideal.best([start, *others], richest, kept))

    def _measured(self, W: Float64[np.ndarray, "r d"], gap: float | None) -> FilterDesign:
        """What the filter does, to both attackers."""
        model, covariance = self.model, self.law.covariance
        variance = covariance.trace()
        options = {"samples": self.samples, "rng": self.rng}
        released = np.linalg.solve(W @ model.total @ W.T, W @ model.between @ W.T)
        full = np.trace(np.linalg.solve(model.total, model.between))
        return FilterDesign(
            weight=W,
            rank=len(W),
            share=min(float(np.trace(released) / full), 1.0),
            attacker=self.attacker,
            ideal=ideal_inversion_error(self.law, W, **options),
            linear_error=ideal_inversion_error(covariance, W).total,
            error_given_label=ideal_inversion_error(model.within, W).total,
            gap=None if gap is None else gap * variance,
            accuracy=bayes_accuracy(model, W, **options),
            variance=variance,
        )


def _share(value: SupportsFloat) -> float:
    share = float(value)
    if not 0 <= share <= 1:
        msg = f"`share` must be in [0, 1], got {share}"
        raise ValueError(msg)
    return share
