"""The one factorisation behind Theorem 1: what of the prior W sees, and what it does not.

S = seen seen^T + unseen unseen^T with seen seen^T = S W^T (W S W^T)^+ W S, so that the posterior
covariance is unseen unseen^T and its trace a sum of squares: nothing is subtracted, and neither
S W^T nor W S W^T, which squares the condition number of W S^{1/2}, is ever formed.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike

from iie import _checks


@dataclass(frozen=True)
class PriorSplit:
    """S^{1/2} up to a rotation, split by the row space of W S^{1/2}.

    Attributes:
        seen: directions that y = W x fixes, unit u.
        unseen: directions that y leaves free; Cov(x | y) = unseen unseen^T.
        decoder: takes y - W mu to coordinates along `seen`; the ideal gain is seen @ decoder.
        cutoff: the relative cut-off that decided all ranks.
    """

    seen: Float64[np.ndarray, "d r"]
    unseen: Float64[np.ndarray, "d q"]
    decoder: Float64[np.ndarray, "r m"]
    cutoff: float

    @property
    def rank(self) -> int:
        """Numerical rank of W S^{1/2}."""
        return self.seen.shape[1]


def split_prior(covariance: ArrayLike, weight: ArrayLike, cutoff: float | None) -> PriorSplit:
    """The prior split by what y = W x fixes.

    Three ranks are decided, each by the same relative cut-off c: eigenvalues of S <= c l_1,
    singular values of W <= c w_1, and singular values of Z S^{1/2} <= c sqrt(l_1) are zero, where
    the rows of Z are an orthonormal basis of W's row space. None stands for 10 max(m, d) eps, eps
    of the coarser of the two input types.

    Raises:
        ValueError: if `covariance` is not a covariance, or `weight` does not fit it.
    """
    S = _checks.covariance_matrix("covariance", covariance)
    W = _checks.weight_matrix("weight", weight, len(S))
    default = 10 * max(W.shape) * _checks.epsilon(covariance, weight)
    cutoff = _checks.relative_cutoff("cutoff", cutoff, default=default)

    root = _square_root(S, cutoff, _checks.tolerance(covariance))
    # The row space first: then the scale of W's rows never mixes with that of S, and the last
    # cut-off has sqrt(l_1) to be relative to even when W sees nothing but the null space of S.
    left, w, Z = np.linalg.svd(W, full_matrices=False)
    keep = w > cutoff * w.max(initial=0.0)
    U, b, Vt = np.linalg.svd(Z[keep] @ root, full_matrices=True)
    r = int(np.sum(b > cutoff * np.linalg.norm(root, axis=0).max(initial=0.0)))
    to_row_space = left[:, keep].T / w[keep, None]
    return PriorSplit(
        seen=root @ Vt[:r].T,
        unseen=root @ Vt[r:].T,
        decoder=(U[:, :r] / b[:r]).T @ to_row_space,
        cutoff=cutoff,
    )


def _square_root(
    S: Float64[np.ndarray, "d d"], cutoff: float, tolerance: float
) -> Float64[np.ndarray, "d k"]:
    """F with F F^T = S and k = rank S orthogonal columns."""
    eigenvalues, vectors = np.linalg.eigh(S)
    if eigenvalues[0] < -tolerance * np.abs(eigenvalues).max():
        msg = (
            "`covariance` must be positive semidefinite, got an eigenvalue of "
            f"{eigenvalues[0]:.3g} beside a largest of {eigenvalues[-1]:.3g}"
        )
        raise ValueError(msg)
    keep = eigenvalues > cutoff * max(eigenvalues[-1], 0.0)
    return vectors[:, keep] * np.sqrt(eigenvalues[keep])
