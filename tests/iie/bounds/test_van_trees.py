"""Van Trees: equality for linear releases, generators, singular priors, other laws."""

import numpy as np
import pytest

import iie

RNG = np.random.default_rng(4)
N = 400
SURE = 0.9999


def spd(d):
    A = RNG.standard_normal((d, d + 1))
    return A @ A.T / d


@pytest.mark.parametrize("m", [1, 3, 6])
def test_linear_releases_meet_it(m):
    S, W, noise = spd(4), RNG.standard_normal((m, 4)), spd(m)
    J = np.broadcast_to(W, (N, m, 4))
    expected = np.trace(np.linalg.inv(np.linalg.inv(S) + W.T @ np.linalg.solve(noise, W)))
    bound = iie.van_trees_bound(S, J, noise)
    assert bound.total == pytest.approx(expected, rel=1e-9)
    assert bound.standard_error == pytest.approx(0, abs=1e-9)
    assert bound.relative == pytest.approx(expected / np.trace(S))


def test_a_singular_prior_is_that_of_the_numbers_behind_it():
    F = RNG.standard_normal((5, 2))  # x = F u: a plane in five dimensions
    W = RNG.standard_normal((3, 5))
    J = np.broadcast_to(W, (N, 3, 5))
    A = np.eye(2) + (W @ F).T @ (W @ F) / 0.1
    expected = np.trace(F @ np.linalg.solve(A, F.T))
    assert iie.van_trees_bound(F @ F.T, J, 0.1).total == pytest.approx(expected, rel=1e-6)


def network(u):
    return np.tanh(u @ np.array([[1.5, -0.5], [0.3, 2.0], [0.8, 0.1]]))


def slopes(f, u, step=1e-5):
    columns = [(f(u + h) - f(u - h)) / (2 * step) for h in step * np.eye(u.shape[1])]
    return np.stack(columns, axis=2)


def products(f, step=1e-5):
    return lambda u, v: (f(u + step * v) - f(u - step * v)) / (2 * step)


def picture(u):
    """Five pixels from three numbers, not linear."""
    A = np.array([[1.0, 0, 2, 0.5, -1], [0, 1, 1, -1, 0.5], [0.3, 0, 0, 1, 1]])
    return np.exp(0.3 * u @ A)


U = RNG.standard_normal((2000, 3))


def test_the_limit_is_below_the_inverse_of_the_mean_over_all_samples():
    J = slopes(network, U)
    mean = np.eye(3) + np.einsum("nmi,nmj->ij", J, J) / len(J) / 0.1
    expected = np.trace(np.linalg.inv(mean))
    bound = iie.van_trees_bound(np.eye(3), J, 0.1, samples=U)
    assert bound.standard_error is not None
    assert 0 < bound.standard_error < 0.02 * expected
    assert bound.total == pytest.approx(expected, abs=6 * bound.standard_error)
    assert bound.total < expected


def test_through_a_generator_the_error_is_that_of_the_picture():
    J, G = slopes(network, U), slopes(picture, U)
    M = np.eye(3) + np.einsum("nmi,nmj->ij", J, J) / len(J) / 0.1
    B = G.mean(axis=0)
    expected = np.trace(B @ np.linalg.solve(M, B.T))
    bound = iie.van_trees_bound(np.eye(3), J, 0.1, generator=G, variance=10.0)
    assert bound.name == "van Trees through a generator"
    assert bound.total == pytest.approx(expected, abs=6 * bound.standard_error)
    assert bound.per_coordinate == bound.total / 5
    assert bound.relative == bound.total / 10
    assert iie.van_trees_bound(np.eye(3), J, 0.1, generator=G).relative is None


def test_a_linear_generator_of_correlated_numbers_meets_it():
    S, W, B = spd(3), RNG.standard_normal((2, 3)), RNG.standard_normal((5, 3))
    J, G = (np.broadcast_to(A, (N, *A.shape)) for A in (W, B))
    posterior = np.linalg.inv(np.linalg.inv(S) + W.T @ W / 0.3)
    bound = iie.van_trees_bound(S, J, 0.3, generator=G)
    assert bound.total == pytest.approx(np.trace(B @ posterior @ B.T), rel=1e-9)


def test_the_bound_of_the_picture_holds_for_an_attacker_who_fits_pictures():
    rng = np.random.default_rng(9)
    u = rng.standard_normal((20_000, 3))
    bound = iie.van_trees_bound(
        np.eye(3), slopes(network, u), 0.3, generator=slopes(picture, u), confidence=SURE
    )
    upper = iie.upper_bound(picture(u), network(u), noise=0.3)
    assert 0 < bound.total < upper.best.total


def test_products_give_what_arrays_give():
    J, G = slopes(network, U), slopes(picture, U)
    arrays = iie.van_trees_bound(np.eye(3), J, 0.1, samples=U, generator=G)
    functions = iie.van_trees_bound(
        np.eye(3), products(network), 0.1, samples=U, generator=products(picture)
    )
    assert functions.total == pytest.approx(arrays.total, rel=1e-6)
    plain = iie.van_trees_bound(np.eye(3), products(network), 0.1, samples=U)
    assert plain.total == pytest.approx(iie.van_trees_bound(np.eye(3), J, 0.1).total, rel=1e-6)


def test_the_fisher_information_of_student_t_and_of_a_mixture():
    # No release: J = 0, the bound is tr J_P^{-1}; by quadrature of (p')^2 / p.
    nothing = np.zeros((50, 1, 1))
    x = np.linspace(-300, 300, 600_001)

    def inverse_information(density):
        p = density(x)
        p /= np.trapezoid(p, x)
        return 1 / np.trapezoid(np.gradient(p, x) ** 2 / p, x)

    student = iie.van_trees_bound(iie.StudentT([[2.0]], df=4), nothing, 1.0).total
    # Scale^2 = (df - 2) / df S = 1.
    assert student == pytest.approx(inverse_information(lambda x: (1 + x**2 / 4) ** -2.5), rel=1e-4)
    prior = iie.GaussianMixture([0.4, 0.6], [[-2.0], [1.0]], [[[1.0]], [[0.5]]])
    mixture = iie.van_trees_bound(prior, nothing, 1.0).total
    assert mixture == pytest.approx(1 / (0.4 / 1.0 + 0.6 / 0.5))
    z = np.linspace(-12, 12, 200_001)
    p = 0.4 * np.exp(-((z + 2) ** 2) / 2) + 0.6 * np.exp(-((z - 1) ** 2)) / 0.5**0.5
    p /= np.trapezoid(p, z)
    assert mixture < 1 / np.trapezoid(np.gradient(p, z) ** 2 / p, z)


def test_student_t_in_three_dimensions_by_simulation():
    S, df = spd(3), 6.0
    x = iie.StudentT(S, df).sample(400_000, np.random.default_rng(2))
    scale = (df - 2) / df * S
    white = np.linalg.solve(scale, x.T)
    score = (df + 3) * white / (df + np.sum(x.T * white, axis=0))
    expected = np.trace(np.linalg.inv(score @ score.T / len(x)))
    found = iie.van_trees_bound(iie.StudentT(S, df), np.zeros((50, 1, 3)), 1.0).total
    assert found == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"jacobian": np.ones((50, 2, 2))}, r"`jacobian` must have shape \(n, outputs, 3\)"),
        ({"jacobian": np.ones((50, 2))}, "`jacobian` must have 3 dimension"),
        ({"jacobian": products(network)}, "`samples` must be given where `jacobian` is a function"),
        ({"jacobian": np.ones((39, 2, 3))}, "`samples` must be at least 40"),
        ({"noise": 0.0}, "`noise` must be positive"),
        ({"noise": [1.0, 1.0, 1.0]}, r"`noise` must be one variance, 2 of them or 2 x 2"),
        ({"noise": [[1.0, 2.0], [2.0, 1.0]]}, "`noise` must be positive definite"),
        ({"noise": [[1.0]]}, "`noise` must be 2 x 2"),
        ({"generator": np.ones((51, 4, 3))}, "`generator` must have one Jacobian a sample"),
        ({"confidence": 1.0}, r"`confidence` must be in \[0.5, 1\)"),
        ({"samples": 9 * np.ones((50, 3))}, "`samples` must be draws of `prior`"),
        ({"samples": np.ones((50, 2))}, "`samples` must have 3 columns"),
        ({"jacobian": lambda u, v: np.ones(2), "samples": U}, "must return one row a sample"),
        ({"jacobian": lambda u, v: np.ones((1, 2)), "samples": U}, "products of a Jacobian must"),
        ({"rng": -1}, "`rng` must be a numpy.random.Generator, or a seed"),
    ],
)
def test_bad_input_is_one_sentence(flags, message):
    given = {"jacobian": np.ones((50, 2, 3)), "noise": 1.0, **flags}
    with pytest.raises(ValueError, match=message):
        iie.van_trees_bound(np.eye(3), **given)
