r"""The rank-r filter that leaks least to the ideal attacker of classes, who weighs their posterior.

In coordinates where S_w = I, with mu_k the class means there, M = L^T L for S_w = L L^T, and P the
projector on the filter's row space, an attacker who knows the class leaves tr((I - P) M), and

    IIE(P) = tr((I - P) M) + tr(Q C),   Q = (I - P) M (I - P),   C = E_y Cov_{pi(y)}(mu)

where pi(y) is the softmax of (P x) . mu_k - |P mu_k|^2 / 2 + log p_k. The expectation is a mean
over draws of x that stay the same, so IIE is a smooth function of P with an exact gradient. It is
climbed by L-BFGS over all spans, the share of the signal kept by an augmented Lagrangian, from
several starts, the linear attacker's optimum among them. It is not concave: the best of the starts
is a local optimum, never worse than that start on these draws, but without a certificate.
"""

import numpy as np
import scipy
from jaxtyping import Float64

from iie.filters.discriminant import LinearDiscriminantModel
from iie.filters.linear_design import first_with, geodesic

DRAWS = 2_000  # of x
ROUNDS = 8  # of the augmented Lagrangian
STEPS = 60  # of L-BFGS a round
PENALTY = 10.0  # on a squared missing share, as shares of tr S


class IdealDesign:
    """IIE and share of a span V in coordinates where S_w = I, with gradients."""

    def __init__(self, model: LinearDiscriminantModel, rng: np.random.Generator) -> None:
        self.root = np.linalg.cholesky(model.within)
        self.means = scipy.linalg.solve_triangular(self.root, model.centred.T, lower=True).T
        self.M = self.root.T @ self.root
        self.H = (self.means.T * model.priors) @ self.means
        self.signal_of_all = float(np.trace(np.linalg.solve(np.eye(len(self.H)) + self.H, self.H)))
        self.logs = np.log(model.priors)
        labels = rng.choice(len(self.logs), DRAWS, p=model.priors)
        self.x = self.means[labels] + rng.standard_normal((DRAWS, len(self.M)))
        self.variance = float(np.trace(model.total))

    def span(self, W: Float64[np.ndarray, "r d"]) -> Float64[np.ndarray, "d r"]:
        """V of a filter."""
        return np.linalg.qr(self.root.T @ W.T).Q

    def filter(self, V: Float64[np.ndarray, "d r"]) -> Float64[np.ndarray, "r d"]:
        """A filter of that span; within a class its outputs are uncorrelated with variance 1."""
        return scipy.linalg.solve_triangular(self.root.T, V).T

    def share(self, V: Float64[np.ndarray, "d r"]) -> float:
        """Pillai's trace of the span over that of x."""
        return self._share(V)[0]

    def error(self, V: Float64[np.ndarray, "d r"]) -> float:
        """IIE over tr S, on the draws."""
        return self._error(V)[0]

    def best(
        self,
        starts: list[Float64[np.ndarray, "d r"]],
        richest: Float64[np.ndarray, "d r"],
        share: float,
    ) -> Float64[np.ndarray, "d r"]:
        """The span of largest error among what the starts, all of this share, climb to."""
        climbed = [self._climb(V, share) for V in starts]
        feasible = [self._lifted(V, richest, share) for V in climbed]
        return max([*starts, *feasible], key=self.error)

    def _lifted(
        self,
        V: Float64[np.ndarray, "d r"],
        richest: Float64[np.ndarray, "d r"],
        share: float,
    ) -> Float64[np.ndarray, "d r"]:
        """V, or the first span on the way to the richest that keeps the share."""
        return V if self.share(V) >= share else first_with(self.share, geodesic(V, richest), share)

    def _climb(self, V: Float64[np.ndarray, "d r"], share: float) -> Float64[np.ndarray, "d r"]:
        multiplier = 0.0
        for _ in range(ROUNDS):
            V = self._ascend(V, share, multiplier)
            multiplier = max(0.0, multiplier + PENALTY * (share - self.share(V)))
        return V

    def _ascend(
        self, V: Float64[np.ndarray, "d r"], share: float, multiplier: float
    ) -> Float64[np.ndarray, "d r"]:
        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            Q, R = np.linalg.qr(flat.reshape(V.shape))
            error, error_slope = self._error(Q)
            kept, share_slope = self._share(Q)
            pull = max(0.0, multiplier + PENALTY * (share - kept))
            slope = error_slope + pull * share_slope
            slope -= Q @ (Q.T @ slope)  # a span does not change along itself
            return pull**2 / (2 * PENALTY) - error, -np.linalg.solve(R, slope.T).T.ravel()

        options = {"maxiter": STEPS}
        found = scipy.optimize.minimize(
            loss, V.ravel(), jac=True, method="L-BFGS-B", options=options
        )
        return np.linalg.qr(found.x.reshape(V.shape)).Q

    def _share(self, V: Float64[np.ndarray, "d r"]) -> tuple[float, Float64[np.ndarray, "d r"]]:
        """(share, its gradient in V)."""
        HV = self.H @ V
        inner = np.linalg.inv(np.eye(V.shape[1]) + V.T @ HV)
        kept = V.shape[1] - float(np.trace(inner))
        return kept / self.signal_of_all, 2 * HV @ inner @ inner / self.signal_of_all

    def _error(self, V: Float64[np.ndarray, "d r"]) -> tuple[float, Float64[np.ndarray, "d r"]]:
        """(IIE over tr S, its gradient in V)."""
        means, seen = self.means, self.means @ V
        scores = (self.x @ V) @ seen.T - np.sum(seen**2, axis=1) / 2 + self.logs
        shares = scipy.special.softmax(scores, axis=1)
        rest = means - seen @ V.T  # (I - P) mu
        rest_M = rest @ self.M
        q = rest_M @ rest.T
        confusion = np.diag(shares.mean(axis=0)) - shares.T @ shares / len(shares)
        unseen = float(np.trace(self.M) - np.sum(V * (self.M @ V)))
        slopes = np.diagonal(q) - 2 * shares @ q
        slopes = shares * (slopes - np.sum(shares * slopes, axis=1, keepdims=True)) / len(shares)
        # Products of the gradient in P with V; that in V is twice it.
        pulled = (self.x.T @ slopes) @ seen + means.T @ (slopes.T @ (self.x @ V))
        pulled = pulled / 2 - means.T @ (slopes.sum(axis=0)[:, None] * seen) / 2
        lost = rest_M.T @ (confusion @ seen) + means.T @ (confusion @ (rest_M @ V))
        gradient = 2 * (pulled - self.M @ V - lost)
        return (unseen + float(np.sum(confusion * q))) / self.variance, gradient / self.variance
