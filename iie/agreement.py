"""Theorem 1 against simulation: closed form beside Monte Carlo, case by case."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from iie import _checks, closed_form
from iie.attackers import ideal_attacker
from iie.monte_carlo import Estimate, attack_error

ALLOWED_STANDARD_ERRORS = 5.0


@dataclass(frozen=True)
class Case:
    """One prior covariance S and one linear model W, with a name for the table."""

    prior: str
    covariance: Float64[np.ndarray, "d d"]
    weight: Float64[np.ndarray, "m d"]


@dataclass(frozen=True)
class Agreement:
    """One case's closed form beside its simulation.

    Attributes:
        case: what was compared.
        exact: Theorem 1.
        simulated: the ideal attacker's simulated error, u^2.
        exact_spread: sqrt(2 tr C^2), the predicted standard deviation of one sample's error, u^2.
        mean_off: (simulated - exact) in standard errors.
        spread_off: the same for the spread, with the standard error that theory predicts.
    """

    case: Case
    exact: closed_form.InversionError
    simulated: Estimate
    exact_spread: float
    mean_off: float
    spread_off: float

    @property
    def agrees(self) -> bool:
        """Whether both differences stay within `ALLOWED_STANDARD_ERRORS`."""
        return max(abs(self.mean_off), abs(self.spread_off)) <= ALLOWED_STANDARD_ERRORS


def theorem_1_cases(rng: np.random.Generator) -> list[Case]:
    """Cases from one pixel to 64, full, zero and deficient rank, flat, steep, singular priors."""
    power_law = np.arange(1, 65) ** -1.2
    steep = np.geomspace(1.0, 1e-6, 12)
    half_empty = np.repeat([1.0, 0.0], 10)
    deficient = rng.standard_normal((8, 3)) @ rng.standard_normal((3, 20))
    return [
        Case("one number, W = 0", np.array([[4.0]]), np.zeros((1, 1))),
        Case("isotropic, s = 2", 4.0 * np.eye(16), rng.standard_normal((6, 16))),
        Case("power law i^-1.2", _rotated(power_law, rng), rng.standard_normal((8, 64))),
        Case("power law i^-1.2", _rotated(power_law, rng), rng.standard_normal((32, 64))),
        Case("condition 1e6", _rotated(steep, rng), rng.standard_normal((4, 12))),
        Case("singular, rank 10", _rotated(half_empty, rng), rng.standard_normal((6, 20))),
        Case("W of rank 3", _rotated(np.linspace(1, 2, 20), rng), deficient),
        Case("invertible W", _rotated(np.linspace(1, 2, 8), rng), rng.standard_normal((8, 8))),
    ]


def compare(case: Case, *, samples: int, rng: np.random.Generator) -> Agreement:
    """Theorem 1 beside the simulated ideal attacker, for one case.

    The sample variance v of n errors has Var v = (E(e - E e)^4 - v^2 (n - 3)/(n - 1)) / n, so the
    spread sqrt(v) has standard error sqrt(Var v) / (2 sqrt(v)). A difference below d eps tr S is
    float64 rounding and not held against the theorem.

    Raises:
        ValueError: if S and W do not fit each other, or `samples` is below 2.
    """
    n = _checks.count("samples", samples, at_least=2)
    S, W = case.covariance, case.weight
    exact = closed_form.ideal_inversion_error(S, W)
    law = closed_form.ideal_error_law(S, W)
    simulated = attack_error(ideal_attacker(S, W), S, W, samples=n, rng=rng)
    rounding = len(S) * np.finfo(np.float64).eps * float(np.trace(S))
    spread = math.sqrt(law.variance)
    variance_of_variance = (law.fourth_moment - law.variance**2 * (n - 3) / (n - 1)) / n
    spread_sem = math.sqrt(variance_of_variance) / (2 * spread) if spread > 0 else 0.0
    return Agreement(
        case=case,
        exact=exact,
        simulated=simulated,
        exact_spread=spread,
        mean_off=(simulated.mean - exact.total) / math.hypot(simulated.sem, rounding),
        spread_off=(simulated.spread - spread) / math.hypot(spread_sem, rounding),
    )


def _rotated(
    eigenvalues: Float64[np.ndarray, " d"], rng: np.random.Generator
) -> Float64[np.ndarray, "d d"]:
    """A covariance with these eigenvalues along random axes."""
    axes = np.linalg.qr(rng.standard_normal((len(eigenvalues),) * 2)).Q
    return axes * eigenvalues @ axes.T
