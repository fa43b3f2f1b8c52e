"""Lower bounds lie below the ideal attacker's error and upper bounds above it, where known."""

import numpy as np
import pytest
from grid_truth import error_and_bits, normal_grid

import iie

RNG = np.random.default_rng(3)
N = 6000
SURE = 0.9999  # so that a limit that does not hold is a fault, not chance


def linear_instance(d, r):
    """S, W, N and the error of the posterior mean, by NumPy alone."""
    A = RNG.standard_normal((d, d + 2))
    S, W = A @ A.T / d, RNG.standard_normal((r, d))
    B = RNG.standard_normal((r, r + 1))
    noise = B @ B.T / 4
    G = S @ W.T
    return S, W, noise, np.trace(S) - np.trace(G @ np.linalg.solve(W @ G + noise, G.T))


@pytest.mark.parametrize(("d", "r"), [(1, 1), (4, 2), (3, 5)])
def test_a_linear_release_is_bracketed_and_van_trees_is_its_error(d, r):
    S, W, noise, true = linear_instance(d, r)
    x = RNG.multivariate_normal(np.zeros(d), S, N)
    J = np.broadcast_to(W, (N, r, d))
    table = iie.lower_bound(
        S, samples=x, releases=lambda x: x @ W.T, noise=noise, jacobian=J, confidence=SURE
    )
    by_name = {bound.name: bound for bound in table.table}
    assert by_name["van Trees"].total == pytest.approx(true, rel=1e-9)
    assert table.best.name == "van Trees"
    assert by_name["information"].total < true
    assert by_name["Weiss-Weinstein"].total < true
    upper = iie.upper_bound(x, x @ W.T, noise=noise, confidence=SURE).best
    assert true < upper.total < 1.25 * true
    assert upper.standard_error is not None
    assert upper.total - true < 6 * upper.standard_error


def test_information_of_a_linear_release_with_as_many_outputs_as_inputs_is_nearly_tight():
    # Isotropic and r = d: the Gaussian channel meets the distortion-rate function.
    x = RNG.standard_normal((40_000, 2))
    bound = iie.information_bound(np.eye(2), 2 * x, noise=1.0, confidence=SURE)
    assert 0.95 * 2 / 5 < bound.total < 2 / 5


HIDDEN = RNG.standard_normal((2, 6)) * 1.5
OUT = RNG.standard_normal((6, 2))
CODES = {
    "one number": lambda u: np.tanh(np.tanh(u @ HIDDEN) @ OUT[:, :1]),
    "two numbers": lambda u: np.tanh(np.tanh(u @ HIDDEN) @ OUT),
    "one number that comes back": lambda u: np.sin(3 * u[:, :1]) * np.cos(u[:, 1:]),
    "nothing": lambda u: np.zeros((len(u), 1)),
}


def slopes(f, u, step=1e-5):
    """The Jacobian by central differences."""
    columns = [(f(u + h) - f(u - h)) / (2 * step) for h in step * np.eye(u.shape[1])]
    return np.stack(columns, axis=2)


@pytest.mark.parametrize("name", CODES)
@pytest.mark.parametrize("noise", [0.04, 0.5])
def test_codes_of_two_numbers_are_bracketed(name, noise):
    f = CODES[name]
    points, weights = normal_grid(2, 121)
    true, bits = error_and_bits(points, weights, f(points), noise)
    u = np.random.default_rng(5).standard_normal((N, 2))
    table = iie.lower_bound(
        np.eye(2), samples=u, releases=f, noise=noise, jacobian=slopes(f, u), confidence=SURE
    )
    assert {bound.name for bound in table.table} == {"information", "van Trees", "Weiss-Weinstein"}
    for bound in table.table:
        assert bound.total <= true + 1e-8, bound  # the grid is finite: it misses 1e-9 of tr S
        assert bound.kind == "lower bound"
        assert bound.confidence == pytest.approx(1 - (1 - SURE) / 3)
        assert bound.per_coordinate == bound.total / 2 == bound.relative
    upper = iie.upper_bound(u, f(u), noise=noise, confidence=SURE)
    assert upper.best.total >= true - 1e-8
    limit = iie.information_upper_bound(f(u), noise, confidence=SURE)
    assert limit.bits >= bits - 1e-9


def mixture_and_truth(noise):
    """x of one number from two Gaussians, released as tanh 2x: the error on a grid."""
    grid = np.linspace(-8, 8, 4001)[:, None]
    density = 0.3 * np.exp(-((grid + 1.5) ** 2) / 0.5) / 0.5
    density += 0.7 * np.exp(-((grid - 1) ** 2) / 2) / 1.0
    weights = density[:, 0] / density.sum()
    return error_and_bits(grid, weights, np.tanh(2 * grid), noise)[0]


def test_a_mixture_is_bracketed_by_shannons_bound_and_van_trees():
    prior = iie.GaussianMixture([0.3, 0.7], [[-1.5], [1.0]], [[[0.25]], [[1.0]]])
    rng = np.random.default_rng(6)
    x = prior.sample(N, rng)
    true = mixture_and_truth(0.2)
    J = (2 / np.cosh(2 * x) ** 2)[:, :, None]
    table = iie.lower_bound(
        prior, samples=x, releases=lambda x: np.tanh(2 * x), noise=0.2, jacobian=J, confidence=SURE
    )
    assert {bound.name for bound in table.table} == {"information", "van Trees"}
    assert all(0.1 * true < bound.total < true for bound in table.table)
    assert iie.upper_bound(x, np.tanh(2 * x), noise=0.2, confidence=SURE).best.total > true


def test_a_student_t_is_bracketed():
    prior = iie.StudentT([[1.0]], df=5)
    grid = np.linspace(-80, 80, 40_001)[:, None]
    density = (1 + grid[:, 0] ** 2 / 3) ** -3
    true, _ = error_and_bits(grid, density / density.sum(), np.tanh(grid), 0.2)
    x = prior.sample(N, np.random.default_rng(7))
    J = (1 / np.cosh(x) ** 2)[:, :, None]
    table = iie.lower_bound(
        prior, samples=x, releases=np.tanh, noise=0.2, jacobian=J, confidence=SURE
    )
    assert {bound.name for bound in table.table} == {"information", "van Trees"}
    assert all(0.1 * true < bound.total < true for bound in table.table)


def test_a_given_entropy_stands_for_a_law_that_is_only_known_by_it():
    # Uniform on [-sqrt 3, sqrt 3]: variance 1, h = log2 (2 sqrt 3).
    half = 3**0.5
    grid = np.linspace(-half, half, 4001)[:, None]
    true, _ = error_and_bits(grid, np.full(4001, 1 / 4001), np.tanh(grid), 0.1)
    x = np.random.default_rng(8).uniform(-half, half, (N, 1))
    table = iie.lower_bound(
        [[1.0]], samples=x, releases=np.tanh, noise=0.1, entropy=np.log2(2 * half)
    )
    assert [bound.name for bound in table.table] == ["information"]
    assert 0.5 * true < table.best.total < true
    # The Gaussian's bound is larger, and no bound for this law.
    gaussian = iie.lower_bound([[1.0]], releases=np.tanh(x), noise=0.1)
    assert gaussian.best.total > 1.3 * table.best.total


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: iie.lower_bound([[1.0]]), "`noise` must be given with `releases` or `jacobian`"),
        (
            lambda: iie.lower_bound([[1.0]], releases=np.tanh, noise=1.0),
            "`samples` must be given where `releases` is a function",
        ),
        (
            lambda: iie.lower_bound([[1.0]], samples=RNG.standard_normal((50, 1)) + 9, bits=1),
            "`samples` must be draws of `prior`",
        ),
    ],
)
def test_what_allows_no_bound_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
