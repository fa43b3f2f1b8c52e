"""The prior's Fisher information J_P, as a root of its inverse: no inverse of S is needed."""

import numpy as np
from jaxtyping import Float64

from iie.laws import Gaussian, Prior, StudentT


def prior_root(prior: Prior) -> Float64[np.ndarray, "d q"]:
    """F with F F^T = J_P^{-1}, so that tr (A + J_P)^{-1} = tr F (I + F^T A F)^{-1} F^T.

    Gaussian: J_P^{-1} = S, which may be singular. Student-t: J_P = c S^{-1} with
    c = df (df + d) / ((df - 2) (df + d + 2)). Mixture: J_P <= sum_k p_k S_k^{-1}, as Fisher
    information is convex in the law; the larger matrix gives a smaller bound, which holds.

    Raises:
        ValueError: if a component of a mixture is singular.
    """
    if isinstance(prior, Gaussian):
        return prior.covariance.root(np.eye(prior.covariance.root_dim))
    if isinstance(prior, StudentT):
        v, d = prior.df, prior.dim
        shrink = (v - 2) * (v + d + 2) / (v * (v + d))
        S = prior.covariance
        return np.sqrt(shrink) * S.root(np.eye(S.root_dim))
    information = np.zeros((prior.dim, prior.dim))
    for weight, S in zip(prior.weights, prior.components, strict=True):
        information += weight * S.solve(np.eye(prior.dim))
    # J = L L^T, so J^{-1} = L^{-T} L^{-1}.
    return np.linalg.inv(np.linalg.cholesky(information)).T
