"""The largest lower bound on the error of any attacker that what is known of a release allows."""

from collections.abc import Callable
from functools import partial
from typing import Any, SupportsFloat

from iie._input.randomness import Randomness, own_stream
from iie._input.types import ArrayLike
from iie.bounds.information_error import information_bound
from iie.bounds.limits import checked_confidence
from iie.bounds.rate_distortion import bits_bound
from iie.bounds.result import Bound, BoundTable, best_of
from iie.bounds.samples import check_drawn, released_rows, rows
from iie.bounds.van_trees import van_trees_bound
from iie.bounds.weiss_weinstein import weiss_weinstein_bound
from iie.laws import Gaussian, as_prior


def lower_bound(
    prior: Any,
    *,
    samples: ArrayLike | None = None,
    releases: ArrayLike | Callable[..., ArrayLike] | None = None,
    noise: ArrayLike | None = None,
    jacobian: Any = None,
    bits: SupportsFloat | None = None,
    entropy: SupportsFloat | None = None,
    directions: ArrayLike | None = None,
    confidence: SupportsFloat = 0.95,
    rng: Randomness = None,
) -> BoundTable:
    """The IIE of any release is at least this: the largest bound, with a table of all.

    What allows which bound, for every attacker, biased or not:

    * `bits`: the release takes at most 2^bits values (see `answer_bits`, `code_bits`);
    * `noise` and `releases`: information bounded from above, then rate-distortion;
    * `noise` and `jacobian`: van Trees;
    * `noise`, `samples` and a function for `releases`, Gaussian prior: Weiss-Weinstein.

    Bounds that are estimated share the risk (Bonferroni), so that the largest holds with the
    confidence asked for. For the numbers u ~ N(0, I_k) behind a picture the prior is np.eye(k), and
    samples, directions and Jacobians are those of u. Bounds on unbiased attackers
    (Hammersley-Chapman-Robbins, dFIL) forbid nothing to an attacker with a prior: none is here.

    Args:
        prior: law of x, or its covariance S, "d d"; unit u^2.
        samples: independent draws x_i of the prior, "n d".
        releases: f(x_i), "n m", before the noise is added; or f itself, "n d" to "n m".
        noise: N: one variance, "m" variances or "m m".
        jacobian: J of f at each sample, "n m d", or its products, as for `van_trees_bound`.
        bits: that the release takes in all, over all queries.
        entropy: h(x) in bits, where `prior` is only the covariance of a law that is not Gaussian;
            van Trees and Weiss-Weinstein, which want the law itself, are then left out.
        directions: for Weiss-Weinstein, orthonormal rows.
        confidence: with which the largest holds, in [0.5, 1).
        rng: a generator or a seed; None is the seed 0.

    Raises:
        ValueError: if what is given allows no bound, or does not fit together.

    Examples:
        >>> x = np.random.default_rng(0).standard_normal((2000, 1))
        >>> table = lower_bound([[1.0]], samples=x, releases=np.tanh, noise=1.0, bits=8)
        >>> sorted(bound.name for bound in table.table)
        ['Weiss-Weinstein', 'bits', 'information']

    Source: as for each bound; the table names it.
    Proof: proofs/information_limit.py, proofs/van_trees.py, proofs/weiss_weinstein.py
    """
    law, sure = as_prior(prior), checked_confidence(confidence)
    rng = own_stream(rng)
    x = None if samples is None else rows("samples", samples)
    if x is not None:
        check_drawn(x, law)
    bounds = []
    if bits is not None:
        bounds.append(bits_bound(law, bits, entropy=entropy))
    estimated: list[Callable[..., Bound]] = []
    known = isinstance(law, Gaussian) and entropy is None
    if noise is not None and releases is not None:
        released = released_rows(releases, x)
        estimated.append(partial(information_bound, law, released, noise, entropy=entropy))
    if noise is not None and jacobian is not None and entropy is None:
        estimated.append(partial(van_trees_bound, law, jacobian, noise, samples=x))
    if noise is not None and callable(releases) and x is not None and known:
        made = partial(weiss_weinstein_bound, law, releases, noise, samples=x)
        estimated.append(partial(made, directions=directions))
    if not bounds and not estimated:
        msg = (
            "`noise` must be given with `releases` or `jacobian`, or else `bits`: exact real"
            " numbers can carry everything, got neither"
        )
        raise ValueError(msg)
    each = 1 - (1 - sure) / max(len(estimated), 1)
    return best_of([*bounds, *(made(confidence=each, rng=rng) for made in estimated)], sure)
