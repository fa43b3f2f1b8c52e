"""What every covariance has to satisfy, against a dense matrix that NumPy built another way."""

import numpy as np
import pytest

EPS = np.finfo(float).eps


def assert_equals_dense(covariance, S, seed=0):
    """Every verb of `covariance` against the matrix S; solve too, unless S is singular."""
    d = len(S)
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((d, 3)), rng.standard_normal((d, 2))
    scale = 1e-12 * max(np.abs(S).max(), 1e-300) * d

    assert covariance.dim == d
    close(covariance.apply(x), S @ x, scale)
    close(covariance.apply(y), S @ y, scale)
    close(covariance.dense(), S, scale)
    close(covariance.trace(), np.trace(S), scale)
    close(covariance.diagonal(), np.diag(S), scale)
    assert_root_squares_to(covariance, S, scale, rng)
    assert_eigenpairs(covariance, S, scale)
    assert_solves_or_refuses(covariance, S, x)


def assert_root_squares_to(covariance, S, scale, rng):
    q = covariance.root_dim
    F = covariance.root(np.eye(q))
    assert F.shape == (len(S), q)
    close(F @ F.T, S, scale)
    close(np.sum(F**2) + covariance.beyond_root(), np.trace(S), scale)
    close(covariance.root_rows(1, len(S)), F[1:], np.sqrt(scale) * 1e-6)
    x = rng.standard_normal((len(S), 2))
    # The root of a rounding error is the root of eps: 1e-12 becomes 1e-6 where F is compared.
    close(covariance.root_adjoint(x), F.T @ x, np.sqrt(np.abs(S).max()) * len(S) * 1e-12)
    z = rng.standard_normal((q, 2))
    close(covariance.root(z), F @ z, np.sqrt(np.abs(S).max()) * max(q, 1) * 1e-12)


def assert_eigenpairs(covariance, S, scale):
    d = len(S)
    expected = np.linalg.eigvalsh(S)[::-1]
    spectrum = covariance.spectrum()
    assert spectrum.shape == (d,)
    assert np.all(np.diff(spectrum) <= 0)
    assert np.all(spectrum >= 0)
    close(spectrum, expected, scale)
    for r in {0, 1, d // 2, d}:
        values, vectors = covariance.top(r)
        assert values.shape == (r,)
        assert vectors.shape == (d, r)
        assert np.all(np.diff(values) <= 0)
        close(values, expected[:r], scale)
        close(vectors.T @ vectors, np.eye(r), 1e-12 * d)
        close(S @ vectors, vectors * values, scale)


def assert_solves_or_refuses(covariance, S, x):
    """S^{-1} x to eps cond(S); a ValueError if, and only if, S is singular."""
    smallest, largest = np.linalg.eigvalsh(S)[[0, -1]]
    if smallest > 1e-11 * largest:
        expected = np.linalg.solve(S, x)
        error = 100 * len(S) * EPS * largest / smallest
        close(covariance.solve(x), expected, error * np.abs(expected).max())
        return
    assert smallest <= 1e-14 * len(S) * largest, "neither clearly regular nor clearly singular"
    with pytest.raises(ValueError, match="singular"):
        covariance.solve(x)


def assert_samples_have_covariance(covariance, S, n=20_000, seed=0):
    """Second moments of n draws within 5 standard errors of S, by the Wishart variance."""
    x = covariance.sample(n, np.random.default_rng(seed))
    assert x.shape == (n, len(S))
    second = x.T @ x / n
    variances = np.diag(S)
    # Var of an entry of a Wishart matrix / n, and of the sample mean.
    sem = np.sqrt((S**2 + np.multiply.outer(variances, variances)) / n)
    floor = 1e-12 * S.max()
    assert np.all(np.abs(second - S) <= 5 * sem + floor)
    assert np.all(np.abs(x.mean(axis=0)) <= 5 * np.sqrt(variances / n) + np.sqrt(floor))
    assert np.array_equal(x, covariance.sample(n, np.random.default_rng(seed)))


def close(value, expected, tolerance):
    np.testing.assert_allclose(value, expected, rtol=0, atol=tolerance)
