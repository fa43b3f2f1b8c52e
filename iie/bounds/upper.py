"""Upper ends: what an attacker reaches on fresh samples, nobody's ideal attacker exceeds."""

from collections.abc import Callable, Sequence
from typing import Any, SupportsFloat

import numpy as np
from jaxtyping import Float64

from iie._input import checks
from iie._input.randomness import Randomness, own_stream
from iie._input.types import ArrayLike
from iie.bounds.limits import checked_confidence, halves, upper_limit
from iie.bounds.noise import as_noise
from iie.bounds.result import A3, Bound, BoundTable, best_of, bound
from iie.bounds.ridge import fit_ridge
from iie.bounds.samples import released_rows, rows

FRESH = "A5: samples are independent draws, and those that measure were not used to fit"


def upper_bound(
    samples: ArrayLike,
    releases: ArrayLike | Callable[..., ArrayLike],
    *,
    noise: ArrayLike | None = None,
    regressors: Sequence[Any] = (),
    variance: SupportsFloat | None = None,
    confidence: SupportsFloat = 0.95,
    rng: Randomness = None,
) -> BoundTable:
    """The IIE is at most this: the error of an attacker on fresh samples, with its upper limit.

    Ridge regression is fitted to one half of the samples and measured on the other. Any fitted
    regressor may stand beside it, if it has not seen these samples. Each limit gets its share of
    the risk (Bonferroni), so that the smallest holds with the confidence asked for.

    Args:
        samples: x_i, "n d" (or the numbers u_i behind the pictures), unit u.
        releases: f(x_i), "n m", before the noise is added; or f itself.
        noise: N: one variance, "m" variances or "m m"; None releases f(x) as it is.
        regressors: fitted attackers with `predict`, "n m" to "n d".
        variance: tr S, in u^2, of which `relative` is a share, as that of a lower bound is; None
            takes the samples' own, their mean squared distance from their mean.
        confidence: with which the best holds, in [0.5, 1).
        rng: a generator or a seed; None is the seed 0.

    Raises:
        ValueError: if there are fewer than 40 samples, arrays do not fit each other, N is not
            positive, `variance` negative, or a regressor has no `predict` or returns another shape.

    Examples:
        >>> x = np.random.default_rng(0).standard_normal((4000, 1))
        >>> table = upper_bound(x, x, noise=1.0)  # the IIE is 1/2
        >>> 0.5 < table.best.total < 0.53
        True

    Source: ours (orthogonality: no attacker beats the posterior mean).
    Proof: proofs/ideal_attacker.py
    """
    sure, rng = checked_confidence(confidence), own_stream(rng)
    x = rows("samples", samples)
    y = released_rows(releases, x)
    if noise is not None:
        y = y + as_noise(noise, y.shape[1]).sample(len(y), rng)
    fitting, measuring = halves(len(x), rng)
    attackers = {"ridge": fit_ridge(y[fitting], x[fitting])}
    for regressor in regressors:
        if not callable(getattr(regressor, "predict", None)):
            msg = f"`regressors` must have `predict`, got a {type(regressor).__name__}"
            raise ValueError(msg)  # noqa: TRY004 - as everywhere: one kind of error for bad input
        attackers[_free_name(type(regressor).__name__, attackers)] = regressor
    each = 1 - (1 - sure) / len(attackers)
    own = float(np.sum(np.var(x, axis=0)))
    whole = own if variance is None else checks.number("variance", variance, at_least=0.0)
    bounds = [
        _measured(name, attacker.predict(y[measuring]), x[measuring], whole, each)
        for name, attacker in attackers.items()
    ]
    return best_of(bounds, sure)


def _free_name(name: str, taken: dict[str, Any]) -> str:
    k = sum(other.split(" #")[0] == name for other in taken)
    return f"{name} #{k + 1}" if k else name


def _measured(
    name: str, guess: Any, x: Float64[np.ndarray, "n d"], variance: float, confidence: float
) -> Bound:
    guess = np.asarray(guess, dtype=np.float64)
    if guess.shape != x.shape:
        msg = f"`regressors` must predict shape {x.shape}, got {guess.shape} from {name}"
        raise ValueError(msg)
    limit = upper_limit(np.sum((x - guess) ** 2, axis=1), confidence)
    return bound(
        "upper bound",
        limit.value,
        x.shape[1],
        variance,
        name=name,
        confidence=confidence,
        standard_error=limit.standard_error,
        assumptions=(FRESH, A3),
        source="ours: no attacker beats the posterior mean",
        formula="mean of ||x - A(y)||^2 on fresh samples, upper confidence limit",
    )
