"""Classes that share one covariance, and how well a filter's output still tells them apart."""

import math
from dataclasses import dataclass
from typing import SupportsInt

import numpy as np
import scipy
from jaxtyping import Float64

from iie._input import checks
from iie._input.randomness import Randomness, generator
from iie._input.types import ArrayLike
from iie.attackers.simulation import CHUNK, Welford
from iie.error.rivals import Bridges, Rivals, bridges
from iie.records import Record


@dataclass(frozen=True, eq=False, repr=False)
class LinearDiscriminantModel(Record):
    """x | class k ~ N(mu_k, S_w), class k with probability p_k. Made by `lda_model`.

    Attributes:
        means: mu_k, one a row, in u.
        within: S_w, positive definite, in u^2.
        priors: p_k, positive, sum 1.
    """

    means: Float64[np.ndarray, "c d"]
    within: Float64[np.ndarray, "d d"]
    priors: Float64[np.ndarray, " c"]

    @property
    def centred(self) -> Float64[np.ndarray, "c d"]:
        """mu_k - mean, the mean weighted by the priors."""
        return self.means - self.priors @ self.means

    @property
    def between(self) -> Float64[np.ndarray, "d d"]:
        """S_b = sum_k p_k (mu_k - mean)(mu_k - mean)^T, of rank <= c - 1."""
        return (self.centred.T * self.priors) @ self.centred

    @property
    def total(self) -> Float64[np.ndarray, "d d"]:
        """S = S_w + S_b, the covariance of x."""
        return self.within + self.between


@dataclass(frozen=True, eq=False, repr=False)
class Accuracy(Record):
    """A probability of naming the class correctly.

    Attributes:
        value: in [0, 1].
        standard_error: of `value`; None when exact.
        samples: number of draws; 0 when exact.
        kind: "exact" or "estimate".
    """

    value: float
    standard_error: float | None
    samples: int
    kind: str


def lda_model(
    means: ArrayLike, within: ArrayLike, priors: ArrayLike | None = None
) -> LinearDiscriminantModel:
    """The model with these class means, shared covariance and class probabilities.

    Args:
        means: mu_k, "c d", in u.
        within: S_w, "d d", in u^2, positive definite.
        priors: p_k, "c", positive; scaled to sum 1. None is 1 / c each.

    Raises:
        ValueError: if shapes disagree, `within` is not positive definite, or a prior not positive.
    """
    mu = checks.real_array("means", means, 2)
    S_w = checks.covariance_matrix("within", within)
    if mu.shape[1] != len(S_w) or len(mu) == 0:
        msg = f"`means` must be one row of length {len(S_w)} a class, got shape {mu.shape}"
        raise ValueError(msg)
    smallest, largest = np.linalg.eigvalsh(S_w)[[0, -1]]
    if smallest <= 10 * len(S_w) * checks.epsilon(within) * largest:
        msg = (
            "`within` must be positive definite (shrink an estimate that is not), got an eigenvalue"
            f" of {smallest:.3g} beside a largest of {largest:.3g}"
        )
        raise ValueError(msg)
    p = np.ones(len(mu)) if priors is None else checks.real_array("priors", priors, 1)
    if p.shape != (len(mu),) or p.min() <= 0:
        msg = f"`priors` must be {len(mu)} positive numbers, one a class, got {priors}"
        raise ValueError(msg)
    return LinearDiscriminantModel(mu, S_w, p / p.sum())


def sufficient_rank(model: LinearDiscriminantModel) -> int:
    """The rank q = rank S_b <= c - 1 from which a filter keeps all that x tells of its class.

    The numerical rank of the class means in units of the within-class spread, at a relative
    cut-off of 10 max(c, d) eps.

    Examples:
        >>> sufficient_rank(lda_model([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]], np.eye(2)))
        1

    Source: ours (S_w^{-1}(mu_k - mean) is sufficient).   Proof: proofs/lda.py
    """
    return _discriminant_coordinates(model, np.eye(len(model.within))).shape[1]


def bayes_accuracy(
    model: LinearDiscriminantModel,
    weight: ArrayLike,
    *,
    rng: Randomness = None,
    samples: SupportsInt = 20_000,
) -> Accuracy:
    """Accuracy of the best classifier of y = W x under the model.

    Exact where the released class means lie on a line (two classes, or rank 1): the classes then
    win on intervals between known thresholds. Otherwise one minus a Monte Carlo mean of the
    mistakes, unbiased, drawn where two classes compete (iie/error/rivals.py): its standard error
    is honest for an accuracy near 1 too.

    Args:
        model: the classes.
        weight: W, "m d", of any rank.
        rng: a generator or a seed; not touched where the value is exact. None is the seed 0.
        samples: draws of y, at least 2.

    Raises:
        ValueError: if `weight` does not fit the model, or `samples` is below 2.

    Examples:
        >>> model = lda_model([[-1.0], [1.0]], [[1.0]])
        >>> round(bayes_accuracy(model, [[5.0]], rng=np.random.default_rng(0)).value, 6)  # Phi(1)
        0.841345

    Source: ours (Bayes rule).   Proof: proofs/lda.py
    """
    W = checks.weight_matrix("weight", weight, model.means.shape[1])
    n, source = checks.integer("samples", samples, at_least=2), generator(rng)
    centres = _discriminant_coordinates(model, W)
    if centres.shape[1] == 0:
        return Accuracy(float(model.priors.max()), None, 0, "exact")
    if centres.shape[1] == 1:
        return Accuracy(_accuracy_on_a_line(centres[:, 0], model.priors), None, 0, "exact")
    between = bridges(Rivals(np.log(model.priors), centres, np.eye(centres.shape[1])[None]))
    stream = Welford()
    while stream.n < n:
        stream.add(_mistakes(between, min(CHUNK, n - stream.n), source))
    wrong = stream.estimate()
    return Accuracy(1 - wrong.mean, wrong.sem, n, "estimate")


def held_out_accuracy(
    model: LinearDiscriminantModel, weight: ArrayLike, samples: ArrayLike, labels: ArrayLike
) -> Accuracy:
    """How often the best classifier of W x under the model is right on samples of other origin.

    Its standard error is that of Agresti and Coull, (h + 2) / (n + 4) for h hits of n in place of
    h / n, which stays honest where all are right.

    Args:
        model: the classes.
        weight: W, "m d", of any rank.
        samples: x, "n d", in u.
        labels: the class of each, "n", a row of `model.means`.

    Raises:
        ValueError: if `weight` or `samples` do not fit the model, or `labels` are not n classes.

    Examples:
        >>> model = lda_model([[-1.0], [1.0]], [[1.0]])
        >>> held_out_accuracy(model, [[5.0]], [[-2.0], [3.0], [-1.0]], [0, 1, 1]).value
        0.6666666666666666

    Source: ours (Bayes rule); Agresti and Coull 1998.
    """
    d = model.means.shape[1]
    W, x = checks.weight_matrix("weight", weight, d), checks.weight_matrix("samples", samples, d)
    classes = np.asarray(labels)
    if classes.shape != (len(x),) or not np.isin(classes, range(len(model.means))).all():
        msg = f"`labels` must be {len(x)} classes below {len(model.means)}, got {labels!r}"
        raise ValueError(msg)
    T, centres = _discriminant_map(model, W)
    offsets = np.log(model.priors) - np.sum(centres**2, axis=1) / 2
    z = (x - model.priors @ model.means) @ T
    hits = int(np.sum((z @ centres.T + offsets).argmax(axis=1) == classes))
    share = (hits + 2) / (len(x) + 4)
    error = math.sqrt(share * (1 - share) / (len(x) + 4))
    return Accuracy(hits / max(len(x), 1), error, len(x), "estimate")


def _mistakes(between: Bridges, n: int, rng: np.random.Generator) -> Float64[np.ndarray, "{n}"]:
    """Values whose mean is the probability of a wrong name, each between 0 and the sum of all B.

    1 - accuracy = sum_{j<k} int min(a_j, a_k) 1[j or k has the largest a] dy.
    """
    total = scipy.special.logsumexp(between.logs)
    chosen = rng.choice(len(between.logs), n, p=np.exp(between.logs - total))
    logs = between.rivals.log_densities(between.draw(chosen, rng))
    one, other, bridge = between.of_pair(chosen, logs)
    wins = (between.pairs[chosen] == logs.argmax(axis=1)[:, None]).any(axis=1)
    return np.where(wins, np.exp(total + np.minimum(one, other) - bridge), 0.0)


def _discriminant_coordinates(
    model: LinearDiscriminantModel, W: Float64[np.ndarray, "m d"]
) -> Float64[np.ndarray, "c q"]:
    """Released class means, where the noise is N(0, I) and all other coordinates tell nothing."""
    return _discriminant_map(model, W)[1]


def _discriminant_map(
    model: LinearDiscriminantModel, W: Float64[np.ndarray, "m d"]
) -> tuple[Float64[np.ndarray, "d q"], Float64[np.ndarray, "c q"]]:
    """(T, the class means there): x -> (x - mean) T, of what W releases of x."""
    L = np.linalg.cholesky(model.within)
    _, w, rows = np.linalg.svd(W @ L, full_matrices=False)
    eps = 10 * max(*W.shape, len(model.means)) * np.finfo(float).eps
    rows = rows[w > eps * w.max(initial=0.0)]
    # The means in units of the within-class spread, then those of their axes that W sees.
    standard = scipy.linalg.solve_triangular(L, model.centred.T, lower=True).T
    scale = np.linalg.norm(standard)
    U, s, Vt = np.linalg.svd(standard @ rows.T, full_matrices=False)
    keep = s > eps * scale
    axes = rows.T @ Vt[keep].T
    return scipy.linalg.solve_triangular(L.T, axes), U[:, keep] * s[keep]


def _accuracy_on_a_line(m: Float64[np.ndarray, " c"], p: Float64[np.ndarray, " c"]) -> float:
    """Sum of p_k (Phi(b_k - m_k) - Phi(a_k - m_k)), class k winning between a_k and b_k."""
    from scipy.special import ndtr

    accuracy, offset = 0.0, np.log(p) - m**2 / 2
    for k in range(len(m)):
        left, right = m < m[k], m > m[k]
        same = m == m[k]
        if offset[same].max() > offset[k] or np.flatnonzero(same & (offset == offset[k]))[0] < k:
            continue  # another class at the same place is named instead
        with np.errstate(divide="ignore", invalid="ignore"):
            crossing = (offset - offset[k]) / (m[k] - m)
        a, b = crossing[left].max(initial=-math.inf), crossing[right].min(initial=math.inf)
        accuracy += float(p[k]) * max(0.0, float(ndtr(b - m[k]) - ndtr(a - m[k])))
    return accuracy
