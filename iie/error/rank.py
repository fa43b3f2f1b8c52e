"""The one rule of numerical rank: how many outputs of W say something new of x ~ N(mu, S).

All is computed in float64. S = F F^T is taken at its word: what type it came in decides nothing,
and an eigenvalue that no row of W sees stays in the error. Only W is judged, twice:

1. its own rows. A singular value counts if it is above `relative_cutoff` of the largest. Rounding W
   to its type moves none by more than sqrt(m) eps / 2 of a row's length (Weyl), so what counts
   cannot be that rounding, and float64 arithmetic adds its 10 max(m, d) 2^-52;
2. what of its row space varies under S: with Z an orthonormal basis of it, singular values of Z F
   above 10 max(m, d) 2^-52 of a standard deviation, whatever type W came in.

Lengths are measured in standard deviations: each row w stands for w / ||w D||, D^2 the diagonal
of S. So neither the unit of an output nor that of a coordinate of x decides a rank. A caller's own
`cutoff` c takes the place of both numbers, and W and S then count as they are: singular values of W
above c w_1, and of Z F above c sqrt(l_1).
"""

from typing import NamedTuple, SupportsFloat

import numpy as np
import scipy
from jaxtyping import Float64

from iie._input import checks
from iie._input.arrays import FLOAT64
from iie.covariance import Covariance
from iie.releases import Linear

SMALL = 1e-200  # of a sum of squares: what underflows beside it is far below rounding
Thin = tuple[Float64[np.ndarray, "n p"], Float64[np.ndarray, " p"], Float64[np.ndarray, "p k"]]


class Rule(NamedTuple):
    """The cut-offs of one instance.

    Attributes:
        rows: relative, for W's own singular values.
        seen: for those of Z F, in the unit of `deviations` times that of x.
        deviations: D, in which lengths are measured; ones where the caller chose the cut-off.
        equal_rows: whether all rows of W count as of one length.
    """

    rows: float
    seen: float
    deviations: Float64[np.ndarray, " d"]
    equal_rows: bool


class Seen(NamedTuple):
    """What W x tells, exactly, of the white coordinates z of x = mu + F z.

    Attributes:
        basis: orthonormal directions of z, "q r", r the numerical rank of W S^{1/2}.
        decoder: takes W (x - mu) to coordinates along them, "r m".
    """

    basis: Float64[np.ndarray, "q r"]
    decoder: Float64[np.ndarray, "r m"]


def relative_cutoff(release: Linear, cutoff: SupportsFloat | None) -> float:
    """`cutoff`, checked, or what rounding can do to rows of W of unit length.

    max(10 max(m, d) 2^-52, sqrt(m) eps / 2), eps that of the type W came in; at most sqrt(eps).
    """
    m, d, epsilon = release.outputs, release.dim, release.epsilon
    default = min(max(_rounding(m, d), m**0.5 * epsilon / 2), epsilon**0.5)
    return checks.relative_cutoff("cutoff", cutoff, default=default)


def rank_rule(S: Covariance, release: Linear, cutoff: SupportsFloat | None) -> Rule:
    """The cut-offs for W under S.

    Raises:
        ValueError: if `cutoff` is outside [0, 1).
    """
    c = relative_cutoff(release, cutoff)
    if cutoff is None:
        return Rule(c, _rounding(release.outputs, release.dim), deviations(S), equal_rows=True)
    return Rule(c, c * float(np.sqrt(S.top(1).values[0])), np.ones(S.dim), equal_rows=False)


def deviations(S: Covariance) -> Float64[np.ndarray, " d"]:
    """D, the standard deviations of the coordinates of x."""
    return np.sqrt(np.maximum(S.diagonal(), 0.0))


def lengths(
    W: Float64[np.ndarray, "*b m d"], deviations: Float64[np.ndarray, " d"]
) -> Float64[np.ndarray, "*b m"]:
    """||w D|| of each row w, on every scale that float64 has."""
    with np.errstate(over="ignore"):
        seen = W * deviations
        squares = np.vecdot(seen, seen)
    # Far from both ends of float64, no row needs a scale of its own.
    if ((squares > SMALL) & (squares < 1 / SMALL)).all():
        return np.sqrt(squares)
    unit = float(deviations.max(initial=0.0))
    if not unit > 0:
        return np.zeros(W.shape[:-1])
    largest = np.abs(W).max(axis=-1, initial=0.0)
    scaled = W / np.where(largest > 0, largest, 1.0)[..., None] * (deviations / unit)
    return np.sqrt(np.einsum("...d,...d->...", scaled, scaled)) * unit * largest


def see(S: Covariance, W: Float64[np.ndarray, "m d"], rule: Rule) -> Seen:
    """What W x tells of z."""
    size = lengths(W, rule.deviations)
    says = np.flatnonzero(size > 0)
    size = size[says] if rule.equal_rows else np.ones(len(says))
    rows = W[says] / size[:, None]
    found = _independent(S, rows, rule) or _dependent(S, rows, rule)
    decoder = np.zeros((found.decoder.shape[0], len(W)))
    decoder[:, says] = found.decoder / size
    if 0 < len(decoder) < len(W):
        decoder = _least(decoder, W @ S.root(found.basis))
    return Seen(found.basis, decoder)


def thin_svd(A: Float64[np.ndarray, "n k"]) -> Thin:
    """U, s and V^T with A = U diag(s) V^T, through the QR factor where A is tall."""
    if len(A) <= A.shape[1]:
        return np.linalg.svd(A, full_matrices=False)
    Q, R = np.linalg.qr(A)
    U, s, Vt = np.linalg.svd(R)
    return Q @ U, s, Vt


def _independent(S: Covariance, rows: Float64[np.ndarray, "m d"], rule: Rule) -> Seen | None:
    """By one QR, if the rows of W F are so far from dependent that no cut-off can matter."""
    m, d = rows.shape
    if not rule.equal_rows or not 0 < m <= S.root_dim:
        return None
    Q, R = np.linalg.qr(S.root_adjoint(rows.T))
    if not np.diagonal(R).all():
        return None
    decoder = scipy.linalg.solve_triangular(R.T, np.eye(m), lower=True, check_finite=False)
    # The least singular value of R is at least this. What both steps of `_dependent` judge is at
    # least 1 / sqrt(m d) of it, as rows have unit length and correlations are at most 1.
    smallest = 1 / np.linalg.norm(decoder)
    return Seen(Q, decoder) if smallest > max(rule.rows, rule.seen) * np.sqrt(m * d) else None


def _dependent(S: Covariance, rows: Float64[np.ndarray, "m d"], rule: Rule) -> Seen:
    """By both decisions in turn: the scale of W's rows never mixes with that of S."""
    left, w, _ = np.linalg.svd(rows * rule.deviations, full_matrices=False)
    keep = w > rule.rows * w.max(initial=0.0)
    to_basis = (left[:, keep] / w[keep]).T
    P, b, Vt = thin_svd(S.root_adjoint((to_basis @ rows).T))
    sees = b > rule.seen
    return Seen(P[:, sees], Vt[sees] / b[sees, None] @ to_basis)


def _least(decoder: Float64[np.ndarray, "r m"], image: Float64[np.ndarray, "m r"]) -> np.ndarray:
    """Of all decoders that agree on W x, the pseudo-inverse of W F B, given that image of B."""
    sizes = np.abs(image).max(axis=0, initial=0.0)
    range_, _ = np.linalg.qr(image / sizes)
    return decoder @ range_ @ range_.T


def _rounding(m: int, d: int) -> float:
    return 10 * max(m, d) * FLOAT64
