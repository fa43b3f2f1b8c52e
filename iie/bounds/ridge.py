"""Ridge regression by one singular value decomposition; the penalty by generalised validation."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

PENALTIES = np.geomspace(1e-10, 1e6, 49)  # relative to the mean squared singular value


@dataclass(frozen=True)
class Ridge:
    """x = mean + (y - centre) B, an affine attacker."""

    centre: Float64[np.ndarray, " m"]
    mean: Float64[np.ndarray, " d"]
    coefficients: Float64[np.ndarray, "m d"]

    def predict(self, y: Float64[np.ndarray, "n m"]) -> Float64[np.ndarray, "n d"]:
        """A guess of x for each row of y."""
        return self.mean + (y - self.centre) @ self.coefficients


def fit_ridge(y: Float64[np.ndarray, "n m"], x: Float64[np.ndarray, "n d"]) -> Ridge:
    """argmin_B ||X - Y B||^2 + a ||B||^2 of the centred data, a by generalised cross-validation.

    With Y = U diag(s) V^T: B = V diag(s / (s^2 + a)) U^T X; a makes
    ||X - H X||^2 / (n - 1 - tr H)^2 smallest, H = U diag(s^2 / (s^2 + a)) U^T.

    Source: references.bib:golub1979generalized.
    """
    centre, mean = y.mean(axis=0), x.mean(axis=0)
    U, s, Vt = np.linalg.svd(y - centre, full_matrices=False)
    keep = s > len(y) * np.finfo(float).eps * s.max(initial=0.0)
    U, s, Vt = U[:, keep], s[keep], Vt[keep]
    if s.size == 0:
        return Ridge(centre, mean, np.zeros((y.shape[1], x.shape[1])))
    seen = U.T @ (x - mean)
    energy, left = np.sum(seen**2, axis=1), np.sum((x - mean) ** 2) - np.sum(seen**2)
    penalties = PENALTIES * np.mean(s**2)
    scores = []
    for a in penalties:
        kept = s**2 / (s**2 + a)
        free = len(y) - 1 - kept.sum()
        scores.append((max(left, 0.0) + energy @ (1 - kept) ** 2) / max(free, 1e-9) ** 2)
    a = penalties[int(np.argmin(scores))]
    return Ridge(centre, mean, Vt.T @ ((s / (s**2 + a))[:, None] * seen))
