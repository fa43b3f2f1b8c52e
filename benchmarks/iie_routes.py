"""Is there a cliff anywhere: many small problems, every size, few samples, one picture's position?

Each case runs its alternative in the same process, in turn, and prints ratios of processor time.

    OMP_NUM_THREADS=1 python benchmarks/iie_routes.py many      # 1,000 problems, d = 64, r = 16
    OMP_NUM_THREADS=1 python benchmarks/iie_routes.py sizes     # d = 64 to 2,048, by hand and ours
    OMP_NUM_THREADS=1 python benchmarks/iie_routes.py samples   # 2,000 samples of d = 4,096
    OMP_NUM_THREADS=1 python benchmarks/iie_routes.py position  # 224 x 224 x 3, r = 64
"""

import numpy as np
import scipy
from jaxtyping import Float64
from sklearn.covariance import ledoit_wolf_shrinkage

import iie
from iie_speed import Seconds, Steps, covariance_matrix, in_turn, main


def by_hand(S: Float64[np.ndarray, "d d"], W: Float64[np.ndarray, "*b m d"]) -> np.ndarray:
    """Theorem 1 in NumPy for one W or a stack, nothing checked, S and W known to be regular."""
    shared = W @ S
    told = np.sum(np.linalg.solve(shared @ W.mT, shared) * shared, axis=(-2, -1))
    return np.trace(S) - told


def by_cholesky(S: Float64[np.ndarray, "d d"], W: Float64[np.ndarray, "m d"]) -> float:
    """The fastest we could write for one W, nothing checked."""
    shared = W @ S
    lower = scipy.linalg.cholesky(shared @ W.T, lower=True, check_finite=False)
    whitened = scipy.linalg.solve_triangular(lower, shared, lower=True, check_finite=False)
    return float(np.trace(S) - np.vdot(whitened, whitened))


def many(quick: bool) -> dict[str, Seconds]:
    """One covariance, many filters: as a stack, one by one, S made once or an array each time."""
    count, d, r, rng = 100 if quick else 1000, 64, 16, np.random.default_rng(0)
    S, W = covariance_matrix(d, rng), rng.standard_normal((count, r, d))
    made = iie.DenseCovariance(S)
    np.testing.assert_allclose(iie.inversion_errors(S, W).total, by_hand(S, W), rtol=1e-10)
    steps: Steps = {
        "one batched NumPy call": lambda: by_hand(S, W),
        "the same by inverses": lambda: iie.formula.inversion_error(S, W),
        "NumPy in a loop": lambda: [by_hand(S, one) for one in W],
        "inversion_errors(S, W)": lambda: iie.inversion_errors(S, W),
        "the same, S a DenseCovariance": lambda: iie.inversion_errors(made, W),
        "loop, S a DenseCovariance": lambda: [iie.ideal_inversion_error(made, one) for one in W],
        "loop, S an array": lambda: [iie.ideal_inversion_error(S, one) for one in W],
    }
    return {f"{count} problems, d = {d}, {r} rows": in_turn(steps, 5)}


def sizes(quick: bool) -> dict[str, Seconds]:
    """Every size against the best by hand; a plain array S is checked anew each time."""
    results, rng = {}, np.random.default_rng(0)
    for d in (64, 512) if quick else (64, 128, 256, 511, 512, 513, 1024, 2048):
        S = covariance_matrix(d, rng)
        made = iie.DenseCovariance(S)
        for m in (16, d // 2):
            W = rng.standard_normal((m, d))
            steps: Steps = {
                "by hand, Cholesky of W S W^T": lambda S=S, W=W: by_cholesky(S, W),
                "ours, S a DenseCovariance": lambda made=made, W=W: iie.ideal_inversion_error(
                    made, W
                ),
                "ours, S an array": lambda S=S, W=W: iie.ideal_inversion_error(S, W),
                "by hand, and Cholesky of S": lambda S=S, W=W: (
                    np.linalg.cholesky(S),
                    by_cholesky(S, W),
                ),
            }
            results[f"d = {d}, {m} rows"] = in_turn(steps, 20 if d < 600 else 2)
    return results


def samples(quick: bool) -> dict[str, Seconds]:
    """Ledoit-Wolf and the whole rank curve from fewer samples than coordinates."""
    n, d = (200, 512) if quick else (2000, 4096)
    X = np.random.default_rng(0).standard_normal((n, d)) * np.arange(1, d + 1) ** -0.6
    X -= X.mean(axis=0)
    steps: Steps = {
        "empirical_covariance(X), rank_curve": lambda: iie.rank_curve(iie.empirical_covariance(X)),
        "floor: X X^T and its eigenvalues": lambda: np.linalg.eigvalsh(X @ X.T),
        "scikit-learn's shrinkage alone": lambda: ledoit_wolf_shrinkage(X, assume_centered=True),
    }
    return {f"{n} samples, d = {d}": in_turn(steps, 1 + quick)}


def position(quick: bool) -> dict[str, Seconds]:
    """Where a filter of pictures lies, against its error alone."""
    side, r = (64, 64) if quick else (224, 64)
    S = iie.StationaryCovariance.natural_images((side, side, 3))
    W = np.random.default_rng(0).standard_normal((r, S.dim))
    steps: Steps = {
        "ideal_inversion_error(S, W)": lambda: iie.ideal_inversion_error(S, W),
        "position(S, W)": lambda: iie.position(S, W),
    }
    return {f"d = {S.dim}, {r} rows": in_turn(steps, 3)}


if __name__ == "__main__":
    main({"many": many, "sizes": sizes, "samples": samples, "position": position})
