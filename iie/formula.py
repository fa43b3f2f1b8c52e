"""Theorem 1 as functions of arrays: NumPy, JAX and PyTorch alike, one instance or a stack of them.

Written in the Python array API standard. Nothing is checked and nothing branches on a value, so the
functions can be compiled, vectorised and differentiated: with respect to W, S and N, by `jax.grad`
or `torch.autograd`, on any device and in any type. In return W S W^T + N must be invertible, as it
is for W of full row rank under S, or with noise; and digits are lost as its condition number grows.
`iie.ideal_inversion_error` has neither limit, and calls these where they suffice.

Axes in front of the last two are batch axes and broadcast against each other. NumPy arrays beside
those of another library are constants of it.
"""

from typing import Any

from array_api_compat import array_namespace, is_numpy_array


def inversion_error(covariance: Any, weight: Any, noise: Any = None) -> Any:
    """IIE = tr S - tr(S W^T (W S W^T + N)^{-1} W S) of x ~ N(mu, S) seen through y = W x + e.

    Args:
        covariance: S, "... d d", in u^2.
        weight: W, "... m d", of full row rank under S where there is no noise.
        noise: N, "... m m", covariance of e; None is none.

    Returns:
        The errors, "...", in u^2.

    Examples:
        >>> import numpy as np
        >>> float(inversion_error(np.eye(5), np.eye(5)[:3]))
        2.0

    Source: references.bib:yu2026rank, Theorem 1.
        Proof: proofs/theorem_1.py, proofs/noisy_release.py
    """
    xp, (covariance, weight, noise) = _together(covariance, weight, noise)
    shared = xp.matmul(weight, covariance)
    precision = xp.linalg.inv(_released(shared, weight, noise))
    return xp.linalg.trace(covariance) - explained(shared, precision)


def explained(shared: Any, precision: Any) -> Any:
    """tr(K^{-1} (W S)(W S)^T), what y takes off the error, from W S, "... m d", and K^{-1}.

    Source: references.bib:yu2026rank, Theorem 1.   Proof: proofs/theorem_1.py
    """
    xp = array_namespace(shared, precision)
    # m x m before they meet: two products of W's size would cost more wherever m < d.
    squares = shared @ shared.mT
    return xp.sum(precision * squares, axis=(-2, -1))


def gain(covariance: Any, weight: Any, noise: Any = None) -> Any:
    """G = S W^T (W S W^T + N)^{-1}, "... d m": the ideal attacker answers mu + G (y - W mu - b).

    Args as for `inversion_error`.

    Source: references.bib:yu2026rank, Ideal Inversion Attacker.   Proof: proofs/ideal_attacker.py
    """
    xp, (covariance, weight, noise) = _together(covariance, weight, noise)
    shared = xp.matmul(weight, covariance)
    return xp.matrix_transpose(xp.linalg.solve(_released(shared, weight, noise), shared))


def posterior_covariance(covariance: Any, weight: Any, noise: Any = None) -> Any:
    """Cov(x | y) = S - G W S, "... d d", whose trace is `inversion_error`; args as there.

    Source: Gaussian conditioning.   Proof: proofs/theorem_1.py, proofs/noisy_release.py
    """
    xp, (covariance, weight, noise) = _together(covariance, weight, noise)
    shared = xp.matmul(weight, covariance)
    return covariance - xp.matmul(gain(covariance, weight, noise), shared)


def _together(*arrays: Any) -> tuple[Any, list[Any]]:
    """Their namespace, and all of them in it: NumPy arrays join those of another library."""
    given = [array for array in arrays if array is not None]
    xp = array_namespace(*([a for a in given if not is_numpy_array(a)] or given))
    return xp, [xp.asarray(a) if is_numpy_array(a) else a for a in arrays]


def _released(shared: Any, weight: Any, noise: Any) -> Any:
    """K = W S W^T + N, from W S."""
    xp = array_namespace(shared, weight)
    K = xp.matmul(shared, xp.matrix_transpose(weight))
    return K if noise is None else K + noise
