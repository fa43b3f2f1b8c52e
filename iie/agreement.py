"""Theorem 1 by three routes: exact rationals, the closed form in float64, and simulation."""

import importlib
import importlib.util
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, SupportsIndex

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.randomness import Randomness, generator
from iie.attackers.affine import ideal_attacker
from iie.attackers.simulation import Estimate, attack_error
from iie.error import closed_form
from iie.error.rational import rational_inversion_error
from iie.error.result import InversionError
from iie.records import Record

ALLOWED_STANDARD_ERRORS = 5.0
ALLOWED_RELATIVE = 1e-10  # between rationals and float64, up to condition 1e6


@dataclass(frozen=True, eq=False, repr=False)
class Case(Record):
    """One prior covariance S and one linear model W, with a name for the table.

    Entries with few binary digits keep the rational route short: it uses them as they are. W may be
    of any kind that `Linear` takes.
    """

    prior: str
    covariance: Float64[np.ndarray, "d d"]
    weight: Any


@dataclass(frozen=True, eq=False, repr=False)
class Agreement(Record):
    """One case by three routes.

    Attributes:
        case: what was compared.
        rational: Theorem 1 without rounding, u^2.
        exact: Theorem 1 in float64.
        simulated: the ideal attacker's simulated error, u^2.
        exact_spread: sqrt(2 tr C^2), the predicted standard deviation of one sample's error, u^2.
        rational_off: |exact - rational| / rational; over tr S where that is 0.
        same_rank: whether both routes found the same rank.
        mean_off: (simulated - exact) in standard errors.
        spread_off: the same for the spread, with the standard error that theory predicts.
    """

    case: Case
    rational: Fraction
    exact: InversionError
    simulated: Estimate
    exact_spread: float
    rational_off: float
    same_rank: bool
    mean_off: float
    spread_off: float

    @property
    def agrees(self) -> bool:
        """Whether all differences stay within what is allowed."""
        off = max(abs(self.mean_off), abs(self.spread_off))
        exact = self.same_rank and self.rational_off <= ALLOWED_RELATIVE
        return exact and off <= ALLOWED_STANDARD_ERRORS


def theorem_1_cases(rng: Randomness) -> list[Case]:
    """Cases from one pixel to 64, all ranks, flat, steep and singular, in arrays of all kinds."""
    from scipy.sparse import csr_array as sparse

    rng = generator(rng)
    power_law = np.arange(1, 65) ** -1.2
    steep = np.geomspace(1.0, 1e-6, 12)
    factor = _whole(rng, 20, 10)
    deficient = _whole(rng, 8, 3) @ _whole(rng, 3, 20)
    cases = [
        Case("one number, W = 0", np.array([[4.0]]), np.zeros((1, 1))),
        Case("isotropic, s = 2", 4.0 * np.eye(16), _whole(rng, 6, 16)),
        Case("power law i^-1.2", _diagonal(power_law), _whole(rng, 8, 64)),
        Case("power law i^-1.2", _diagonal(power_law), _whole(rng, 32, 64)),
        Case("condition 1e6", _diagonal(steep), _whole(rng, 4, 12)),
        Case("singular, rank 10", factor @ factor.T, _whole(rng, 6, 20)),
        Case("correlated, W of rank 3", _correlated(rng, 20), deficient),
        Case("correlated, W invertible", _correlated(rng, 8), _whole(rng, 8, 8) + 8 * np.eye(8)),
        Case("steep, W float32", _diagonal(power_law**2), np.eye(24, 64, dtype=np.float32)),
        Case("correlated, W sparse", _correlated(rng, 12), sparse(_whole(rng, 5, 12))),
    ]
    if importlib.util.find_spec("jax") is None:
        return cases
    # By name: nothing of the theory needs JAX, but its arrays, float32 as a rule, must do.
    jax = importlib.import_module("jax.numpy").asarray
    return [*cases, Case("correlated, W of JAX", _correlated(rng, 12), jax(_whole(rng, 5, 12)))]


def compare(case: Case, *, samples: SupportsIndex, rng: Randomness) -> Agreement:
    """Theorem 1 by three routes, for one case.

    The sample variance v of n errors has Var v = (E(e - E e)^4 - v^2 (n - 3)/(n - 1)) / n, so the
    spread sqrt(v) has standard error sqrt(Var v) / (2 sqrt(v)). A difference below d eps tr S is
    float64 rounding and not held against the theorem.

    Raises:
        ValueError: if S and W do not fit each other, or `samples` is below 2.
    """
    n = checks.count("samples", samples, at_least=2)
    S, W = case.covariance, case.weight
    rational = rational_inversion_error(S, W)
    exact = closed_form.ideal_inversion_error(S, W)
    law = closed_form.ideal_error_law(S, W)
    simulated = attack_error(ideal_attacker(S, W), S, W, samples=n, rng=rng)
    true, trace = float(rational.total), float(np.trace(S))
    rounding = len(S) * np.finfo(np.float64).eps * trace
    spread = math.sqrt(law.variance)
    variance_of_variance = (law.fourth_moment - law.variance**2 * (n - 3) / (n - 1)) / n
    spread_sem = math.sqrt(variance_of_variance) / (2 * spread) if spread > 0 else 0.0
    return Agreement(
        case=case,
        rational=rational.total,
        exact=exact,
        simulated=simulated,
        exact_spread=spread,
        rational_off=abs(exact.total - true) / (true or trace or 1.0),
        same_rank=rational.rank == exact.rank,
        mean_off=(simulated.mean - exact.total) / math.hypot(simulated.sem, rounding),
        spread_off=(simulated.spread - spread) / math.hypot(spread_sem, rounding),
    )


def _whole(rng: np.random.Generator, m: int, d: int) -> Float64[np.ndarray, "{m} {d}"]:
    return rng.integers(-3, 4, (m, d)).astype(np.float64)


def _diagonal(variances: Float64[np.ndarray, " d"]) -> Float64[np.ndarray, "d d"]:
    """The variances, each rounded to 12 binary digits."""
    mantissas, exponents = np.frexp(variances)
    return np.diag(np.ldexp(np.rint(np.ldexp(mantissas, 12)), exponents - 12))


def _correlated(rng: np.random.Generator, d: int) -> Float64[np.ndarray, "{d} {d}"]:
    """A covariance with whole entries, safely positive definite."""
    factor = _whole(rng, d, d)
    return factor @ factor.T + d * np.eye(d)
