"""Differential entropy of the prior: what Shannon's lower bound needs to know of it."""

import math
from typing import Any

import numpy as np
import scipy  # not its parts: they load at first use, and `import iie` is quick
from jaxtyping import Float64

from iie.laws import GaussianMixture, StudentT, as_prior


def differential_entropy(prior: Any) -> float:
    """h(x) = -E log2 p(x) in bits; for a mixture a lower bound on it, which serves as well.

    Gaussian: 1/2 log2 det(2 pi e S); Student-t: its closed form. Mixture of Gaussians:
    sum_k p_k h_k - sum_k p_k log2 sum_j p_j exp(-B_kj), B_kj the Bhattacharyya distance of two
    components; exact where all are the same or far apart. It depends on the unit u of x.

    Args:
        prior: a prior, or its covariance S, "d d".

    Returns:
        Bits; minus infinity if S is singular.

    Raises:
        ValueError: if `prior` is none.

    Examples:
        >>> differential_entropy([[1 / (2 * math.pi * math.e)]])
        0.0

    Source: references.bib:cover2006elements, Theorem 8.4.1 (Gaussian); Kotz and Nadarajah 2004
    (Student-t); references.bib:kolchinsky2017estimating (mixture).
    Proof: proofs/information_limit.py
    """
    law = as_prior(prior)
    if isinstance(law, GaussianMixture):
        nats = _mixture(law)
    elif isinstance(law, StudentT):
        nats = _student_t(law)
    else:
        nats = _gaussian(law.covariance.spectrum())
    return nats / math.log(2)


def _gaussian(spectrum: Float64[np.ndarray, " d"]) -> float:
    """1/2 sum log(2 pi e l_i); eigenvalues that are rounding count as zero."""
    if spectrum.min() <= 10 * len(spectrum) * np.finfo(float).eps * spectrum.max():
        return -math.inf
    return float(np.sum(np.log(2 * math.pi * math.e * spectrum)) / 2)


def _student_t(law: StudentT) -> float:
    """The Gaussian's, corrected by what heavy tails change at the same covariance."""
    d, v = law.dim, law.df
    gaussian = _gaussian(law.covariance.spectrum()) - d / 2 * math.log(2 * math.pi * math.e)
    scale = gaussian + d / 2 * math.log((v - 2) / v)  # of the scale matrix, 1/2 log det
    gammaln, digamma = scipy.special.gammaln, scipy.special.digamma
    constant = gammaln(v / 2) - gammaln((v + d) / 2) + d / 2 * math.log(v * math.pi)
    return float(scale + constant + (v + d) / 2 * (digamma((v + d) / 2) - digamma(v / 2)))


def _mixture(law: GaussianMixture) -> float:
    own = np.array([_gaussian(S.spectrum()) for S in law.components])
    if np.isneginf(own).any():
        return -math.inf
    with np.errstate(divide="ignore"):
        log_p = np.log(law.weights)
    near = scipy.special.logsumexp(log_p - _bhattacharyya(law), axis=1)
    return float(law.weights @ (own - near))


def _bhattacharyya(law: GaussianMixture) -> Float64[np.ndarray, "k k"]:
    """1/8 (m_k - m_j)^T S^{-1} (m_k - m_j) + 1/2 log(det S / sqrt(det S_k det S_j)) at S's mean."""
    dense = [S.dense() for S in law.components]
    k = len(dense)
    distances = np.zeros((k, k))
    for i in range(k):
        for j in range(i):
            root = np.linalg.cholesky((dense[i] + dense[j]) / 2)
            gap = scipy.linalg.solve_triangular(root, law.means[i] - law.means[j], lower=True)
            logs = [np.linalg.slogdet(S)[1] for S in (dense[i], dense[j])]
            middle = 2 * np.sum(np.log(np.diagonal(root)))
            distances[i, j] = distances[j, i] = gap @ gap / 8 + (middle - sum(logs) / 2) / 2
    return distances
