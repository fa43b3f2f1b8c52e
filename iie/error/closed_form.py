"""Theorem 1 and its relatives: the ideal inversion error of a release, and of what kind it is."""

import math
from dataclasses import dataclass
from typing import Any, SupportsFloat, SupportsIndex

import numpy as np

from iie._input.randomness import Randomness
from iie.error import factorisation
from iie.error.linear import linear_error
from iie.error.lossy import label_only_error, post_processed_error, quantised_error
from iie.error.mixture import mixture_error
from iie.error.result import A1, A2, A2_NOISE, A3, inversion_error
from iie.error.result import InversionError as InversionError
from iie.laws import Gaussian, GaussianMixture, StudentT, as_prior
from iie.records import Record
from iie.releases import LabelOnly, Linear, PostProcessed, Quantised, as_release

ASSUMPTIONS = (A1, A2, A3)
SOURCE = (
    "Theorem 1 of Yu et al., KDD 2026, arXiv 2410.05814; its proof text was not available, so A1-A3"
    " and the form for general S are stated by this project, and every consequence is ours"
)
NOISELESS = "tr S - tr(S W^T (W S W^T)^+ W S)"
NOISY = "tr S - tr(S W^T (W S W^T + N)^{-1} W S)"


@dataclass(frozen=True, eq=False, repr=False)
class ErrorLaw(Record):
    """Moments of the ideal attacker's squared error on one sample.

    Attributes:
        mean: the IIE, in u^2.
        variance: in u^4.
        fourth_moment: central, in u^8.
    """

    mean: float
    variance: float
    fourth_moment: float


def ideal_inversion_error(
    prior: Any,
    release: Any,
    *,
    cutoff: SupportsFloat | None = None,
    samples: SupportsIndex = 20_000,
    rng: Randomness = None,
) -> InversionError:
    """Smallest mean squared error of any reconstruction of x ~ prior from its release.

    For x ~ N(mu, S), y = W x + b:  IIE = tr S - tr(S W^T (W S W^T)^+ W S), and s^2 (d - rank W)
    for S = s^2 I. It depends on neither mu nor b, and on W only through its row space.

    | prior, release | kind |
    |---|---|
    | Gaussian, Linear with or without noise | exact |
    | StudentT, Linear without noise | exact: the same formula |
    | StudentT, Linear with noise | upper bound: the best linear attacker; with interval |
    | GaussianMixture, Linear | estimate over y with standard error; interval is a bracket |
    | GaussianMixture of K components, LabelOnly(K) | exact if the label is the component |
    | Gaussian, LabelOnly or Quantised | lower bound: rate-distortion, and the inner release's |
    | any, PostProcessed | unchanged if injective, else a lower bound |

    Accuracy in float64: a few eps tr S absolute; below a tenth of tr S a sum of squares is taken,
    and the relative error is a few eps sqrt(tr S / IIE). Both times the condition number of W. S is
    taken at its word in float64: the type it or W came in changes nothing but its own rounding.

    Args:
        prior: a prior, or its covariance S: a Covariance or a "d d" array, unit u^2; may be
            singular.
        release: a release, or its weight W, "m d"; may be rank-deficient or have no rows.
        cutoff: relative size below which a singular value of W, or of W S^{1/2}, is zero, in
            [0, 1). None asks what rounding can do: W's rows, each brought to unit length, count as
            independent above max(10 max(m, d) 2^-52, sqrt(m) eps / 2), eps that of the type W came
            in, and see a direction of x above 10 max(m, d) 2^-52 of a standard deviation. It
            decides what W sees, never what of S varies.
        samples: draws of y for an estimate, at least 2.
        rng: draws them: a generator or a seed; None is the seed 0.

    Returns:
        The error in u^2, in its three forms, with its kind, rank, cut-off and assumptions.

    Raises:
        ValueError: if the covariance is not symmetric positive semidefinite, the shapes disagree,
            an entry is not a finite real number, `cutoff` is outside [0, 1), or nothing is known
            for this prior and release.

    Examples:
        >>> import numpy as np
        >>> ideal_inversion_error(np.eye(5), np.eye(5)[:3]).total
        2.0
        >>> noisy = Linear(np.eye(5)[:3], noise=1.0)
        >>> round(ideal_inversion_error(np.eye(5), noisy).total, 12)
        3.5

    Source: references.bib:yu2026rank, Theorem 1.   Proof: proofs/theorem_1.py, noisy_release.py,
    elliptical.py, mixture.py, label_only.py, quantised_release.py
    """
    law = as_prior(prior)
    out = as_release(release, law.dim)
    options = {"cutoff": cutoff, "samples": samples, "rng": rng}
    if isinstance(out, LabelOnly):
        return label_only_error(law, out)
    if isinstance(out, PostProcessed):
        return post_processed_error(law, out, ideal_inversion_error(law, out.release, **options))
    if isinstance(out, Quantised):
        return quantised_error(law, out, ideal_inversion_error(law, out.release, **options))
    if isinstance(law, GaussianMixture):
        return mixture_error(law, out, **options)
    return _linear(law, out, cutoff)


def ideal_error_law(prior: Any, release: Any, *, cutoff: SupportsFloat | None = None) -> ErrorLaw:
    """Moments of e = ||x - E[x | y]||^2 over x ~ N(mu, S), y = W x + b, with noise or without.

    e = sum_i c_i z_i^2 with z_i ~ N(0, 1) and c_i the eigenvalues of C = Cov(x | y), so
    E e = tr C, Var e = 2 tr C^2, E(e - E e)^4 = 48 tr C^4 + 12 (tr C^2)^2.
    Args and Raises as for `ideal_inversion_error`; also if the prior is not Gaussian or the
    release not linear. Forms d x d matrices. A moment that float64 cannot hold is 0 or infinity.

    Source: ours.   Proof: proofs/error_law.py, proofs/theorem_1.py
    """
    law, out = gaussian_linear(prior, release)
    S = law.covariance
    unseen = factorisation.condition(S, out, cutoff).unseen
    c = np.append(np.linalg.svd(unseen, compute_uv=False) ** 2, S.beyond_root())
    with np.errstate(over="ignore", under="ignore"):
        squares, fourths = np.sum(c**2), np.sum(c**4)
        fourth_moment = 48 * fourths + 12 * squares**2
    return ErrorLaw(math.fsum(c), 2 * float(squares), float(fourth_moment))


def gaussian_linear(prior: Any, release: Any) -> tuple[Gaussian, Linear]:
    """Prior and release, if they are Gaussian and linear.

    Raises:
        ValueError: if they are not.
    """
    law = as_prior(prior)
    out = as_release(release, law.dim)
    if not isinstance(law, Gaussian) or not isinstance(out, Linear):
        msg = (
            "`prior` must be Gaussian and `release` Linear, got"
            f" {type(law).__name__} and {type(out).__name__}"
        )
        raise ValueError(msg)  # noqa: TRY004
    return law, out


def _linear(
    prior: Gaussian | StudentT, release: Linear, cutoff: SupportsFloat | None
) -> InversionError:
    best = linear_error(prior, release, cutoff)
    noisy = release.noise is not None
    facts: dict[str, Any] = {
        "rank": best.rank,
        "cutoff": best.cutoff,
        "formula": NOISY if noisy else NOISELESS,
        "source": SOURCE,
        "assumptions": (A1, A2_NOISE if noisy else A2, A3),
    }
    kind = "exact"
    if noisy:
        facts["source"] = "ours: Gaussian conditioning, " + SOURCE
    if isinstance(prior, StudentT):
        a1 = f"A1: the private input is Student-t, df = {prior.df:g}, covariance S"
        facts["assumptions"] = (a1, *facts["assumptions"][1:])
        if noisy:
            kind = "upper bound"
            facts["source"] = "ours: the best linear attacker's error, whatever the prior"
            noiseless = linear_error(prior, Linear(release.weight), cutoff).total
            facts["interval"] = (min(noiseless, best.total), best.total)
        else:
            facts["source"] = "known: elliptical posterior means are linear; " + SOURCE
    return inversion_error(best.total, best.variance, prior.dim, kind, **facts)
