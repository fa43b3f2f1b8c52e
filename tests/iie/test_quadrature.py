"""Quadrature against closed forms, simulated attackers, and codes whose answer is known by hand."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

import iie
from iie.error.nodes import Nodes, prior_nodes
from iie.error.quadrature import code_error
from iie.laws import Gaussian, GaussianMixture

S = np.array([[2.0, 0.6], [0.6, 1.0]])
LAW = GaussianMixture(
    [0.3, 0.7], [[-2.0, 0.0], [1.0, 1.0]], [np.diag([0.5, 1.0]), [[0.4, 0.1], [0.1, 0.6]]]
)
NODES, MIXTURE = prior_nodes(Gaussian(S), 201), prior_nodes(LAW, 121)
LONG = prior_nodes(LAW, 601)
LINE = prior_nodes(Gaussian([[1.0]]), 4001)


def error(nodes, codes, noise, **options):
    return code_error(nodes, codes, noise, **options)


def swirl(x):
    """A curved code of one number."""
    return np.tanh(x[:, :1] + np.sin(2 * x[:, 1:]))


@pytest.mark.parametrize(
    "W", [[[1.0, -0.5]], [[1.0, 0.0], [0.3, 2.0]], [[1.0, 0.0], [0.3, 2.0], [-1.0, 1.0]]]
)
@pytest.mark.parametrize("noise", [0.3, 1.0, 5.0])
def test_a_linear_code_of_a_gaussian_has_theorem_1s_error_and_bits(W, noise):
    W = np.array(W)
    result = error(NODES, NODES.points @ W.T + 7, noise)
    exact = iie.ideal_inversion_error(S, iie.Linear(W, noise=noise**2))
    assert result.error.total == pytest.approx(exact.total, rel=1e-6)
    assert result.error.relative == pytest.approx(exact.relative, rel=1e-6)
    assert result.bits == pytest.approx(iie.bits_released(S, W, noise=noise**2), abs=1e-6)
    assert result.error.kind == "exact"
    assert result.error.standard_error is None


def test_three_directions_of_three_coordinates_have_theorem_1s_error():
    cov = np.diag([1.0, 2.0, 0.5])
    nodes = prior_nodes(Gaussian(cov, [1, 2, 3]), 25, reach=5)
    result = error(nodes, nodes.points, 0.9)
    exact = iie.ideal_inversion_error(cov, iie.Linear(np.eye(3), noise=0.81)).total
    assert result.error.total == pytest.approx(exact, rel=1e-4)


def test_a_linear_code_of_a_mixture_has_the_simulated_error_of_its_known_posterior():
    W = np.array([[1.0, 0.4]])
    truth = iie.ideal_inversion_error(LAW, iie.Linear(W, noise=0.25), samples=60_000)
    result = error(MIXTURE, MIXTURE.points @ W.T, 0.5)
    assert abs(result.error.total - truth.total) <= 5 * truth.standard_error
    assert truth.interval[0] <= result.error.total <= truth.interval[1]


def test_a_curved_code_has_the_error_of_a_regression_on_simulated_releases():
    # Another route: bins of y, in each of which the mean of x is the best guess. 5 standard errors
    # and the bins' own bias, below 1e-3 as they are a fifth of the noise wide.
    rng = np.random.default_rng(3)
    x = LAW.sample(400_000, rng)
    y = swirl(x)[:, 0] + 0.2 * rng.standard_normal(len(x))
    _, bins = np.unique(np.floor(y / 0.04), return_inverse=True)
    counts = np.bincount(bins)
    means = np.stack([np.bincount(bins, column) / counts for column in x.T], axis=1)
    squares = np.sum((x - means[bins]) ** 2, axis=1)
    result = error(LONG, swirl(LONG.points), 0.2)
    sem = squares.std() / len(x) ** 0.5
    assert abs(result.error.total - squares.mean()) <= 5 * sem + 1e-3
    assert result.uncertainty < 1e-3


def test_a_sign_tells_one_bit_and_leaves_one_minus_two_over_pi():
    # E[x | x > 0] = sqrt(2 / pi); noise of 0.1 leaves a sign of +-1 unmistakable. The node at 0,
    # which is neither, weighs 0.0012.
    result = error(LINE, np.sign(LINE.points), 0.1)
    assert result.error.total == pytest.approx(1 - 2 / np.pi, abs=2e-3)
    assert result.bits == pytest.approx(1.0, abs=2e-2)


def test_an_injective_code_of_one_number_hides_nothing_as_the_noise_goes():
    # |d tanh| > 0 everywhere: the bits of one number are bounded by its precision alone.
    errors = [error(LINE, np.tanh(LINE.points), noise).error.total for noise in (0.3, 0.1, 0.03)]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.03


@given(st.floats(0.05, 2), st.floats(0.05, 2))
def test_more_noise_never_lowers_the_error_nor_raises_the_bits(a, b):
    fine, coarse = (error(MIXTURE, swirl(MIXTURE.points), noise) for noise in sorted((a, b)))
    assert fine.error.total <= coarse.error.total + fine.uncertainty + coarse.uncertainty + 1e-9
    assert fine.bits >= coarse.bits - 1e-6


@pytest.mark.parametrize("codes", [np.zeros((len(MIXTURE.points), 2)), None])
def test_a_constant_code_or_endless_noise_leaves_the_whole_variance(codes):
    noise = 1.0 if codes is not None else 1e5
    result = error(MIXTURE, MIXTURE.points if codes is None else codes, noise)
    assert result.error.total == pytest.approx(LAW.covariance.trace(), rel=1e-6)
    assert result.error.relative == pytest.approx(1.0)
    assert result.bits == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_of_the_code_do_not_matter(scale):
    plain = error(MIXTURE, swirl(MIXTURE.points), 0.3)
    scaled = error(MIXTURE, scale * swirl(MIXTURE.points) - 4 * scale, 0.3 * scale)
    assert scaled.error.total == pytest.approx(plain.error.total, rel=1e-9)
    assert scaled.bits == pytest.approx(plain.bits, rel=1e-8)


def test_a_rotation_into_more_numbers_does_not_matter():
    c = np.column_stack([swirl(MIXTURE.points), MIXTURE.points[:, 0]])
    Q = np.linalg.qr(np.random.default_rng(0).standard_normal((7, 2))).Q
    plain, turned = error(MIXTURE, c, 0.4), error(MIXTURE, c @ Q.T, 0.4)
    assert turned.error.total == pytest.approx(plain.error.total, rel=1e-8)
    assert turned.error.standard_error is None


def test_simulated_releases_agree_with_the_lattice_in_standard_errors():
    # Two more directions of 1e-4 of the noise change nothing, but are too many for a lattice.
    x = MIXTURE.points
    c = np.column_stack([swirl(x), 0.3 * x[:, 0], x[:, 1] ** 2 / 5])
    extra = 3e-5 * np.column_stack([np.sin(5 * x[:, 0]), np.cos(4 * x[:, 1])])
    lattice = error(MIXTURE, c, 0.3)
    simulated = error(MIXTURE, np.hstack([c, extra]), 0.3, rng=np.random.default_rng(1))
    assert simulated.error.kind == "estimate"
    sem = simulated.error.standard_error
    assert abs(simulated.error.total - lattice.error.total) <= 5 * sem
    assert sem <= simulated.uncertainty < 0.05
    assert simulated.bits == pytest.approx(lattice.bits, abs=0.1)


def test_too_few_nodes_show_in_the_uncertainty_even_along_a_coordinate():
    # A code of x_1 alone, steeper than the nodes are fine: half of a chequerboard would not see it.
    few = prior_nodes(LAW, 41)
    steep = np.tanh(30 * few.points[:, :1])
    result, truth = error(few, steep, 0.1), error(LONG, np.tanh(30 * LONG.points[:, :1]), 0.1)
    wrong = abs(result.error.total - truth.error.total)
    assert wrong > 1e-3 * LAW.covariance.trace()
    assert result.uncertainty > wrong
    assert result.error.kind == "estimate"
    assert truth.uncertainty < wrong / 2


@pytest.mark.parametrize("noise", [1e-3, 3e-3, 1e-2, 0.03])
def test_an_injective_code_that_the_nodes_do_not_resolve_is_never_called_exact(noise):
    nodes = prior_nodes(Gaussian([[1.0]]))
    result, true = error(nodes, nodes.points, noise), noise**2 / (1 + noise**2)
    assert result.error.kind == "estimate"
    assert abs(result.error.total - true) <= result.uncertainty
    # Given as a function, the code is tried on finer grids until it is resolved.
    refined = error(Gaussian([[1.0]]), lambda x: x, noise)
    assert refined.error.kind == "exact"
    assert refined.error.total == pytest.approx(true, rel=1e-6, abs=0)
    assert refined.bits == pytest.approx(0.5 * np.log2(1 + noise**-2), abs=1e-6)


@pytest.mark.parametrize("side", [21, 51, 101, 201, 401])
def test_the_error_of_a_step_is_within_its_uncertainty_wherever_the_step_is(side):
    nodes = prior_nodes(Gaussian([[1.0]]), side)
    for at in np.random.default_rng(side).uniform(-1.5, 1.5, 50):
        result = error(nodes, np.where(nodes.points > at, 1.0, -1.0), 0.1)
        assert abs(result.error.total - step_error(at)) <= result.uncertainty
        assert result.error.kind == "estimate"


def step_error(at):
    """Var(x | x > a) and Var(x | x < a), averaged: 1 - phi(a)^2 / (Phi(a) (1 - Phi(a)))."""
    normal = scipy.stats.norm
    return 1 - normal.pdf(at) ** 2 / (normal.cdf(at) * normal.sf(at))


def test_a_step_given_as_a_function_is_found_to_five_digits_and_still_an_estimate():
    result = error(Gaussian([[1.0]]), lambda x: np.where(x > 0.3, 1.0, -1.0), 0.1)
    assert result.error.kind == "estimate"
    assert abs(result.error.total - step_error(0.3)) <= result.uncertainty < 1e-4


def test_a_code_that_swings_in_step_with_one_grid_is_seen_on_the_next():
    # On the first grid, of 33 nodes half a unit apart, sin(2 pi x / 0.5) is 0 at every node; and
    # cos^2 of a sine that is seen tells about |x|'s place within a period.
    result = error(Gaussian([[1.0]]), lambda x: np.sin(4 * np.pi * x), 0.3)
    fine = prior_nodes(Gaussian([[1.0]]), 4001)
    assert result.error.kind == "exact"
    assert result.bits == pytest.approx(error(fine, np.sin(4 * np.pi * fine.points), 0.3).bits)
    assert result.bits > 1


def test_a_function_of_many_numbers_is_simulated_on_nodes_that_resolve_it():
    result = error(LAW, lambda x: np.cos(x[:, :1] * np.arange(1, 6) + x[:, 1:]), 0.5, samples=500)
    sem = result.error.standard_error
    assert result.error.kind == "estimate"
    assert sem <= result.uncertainty <= 2.5 * sem


def test_nodes_by_hand_are_no_grid_and_their_error_an_estimate():
    nodes = Nodes(LINE.points, LINE.weights)
    result = error(nodes, nodes.points, 1.0)
    assert result.error.total == pytest.approx(0.5)
    assert result.error.kind == "estimate"


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_what_a_short_grid_misses_is_part_of_the_uncertainty_in_any_unit(unit):
    # A constant code: the error is the nodes' own variance, 1 - 2 (a phi(a) + Q(a)) at reach a.
    nodes = prior_nodes(Gaussian([[unit**2]]), 101, reach=4.5)
    result = error(nodes, np.zeros((101, 1)), 1.0)
    missed = 2 * (4.5 * scipy.stats.norm.pdf(4.5) + scipy.stats.norm.sf(4.5)) * unit**2
    assert unit**2 - result.error.total == pytest.approx(missed, rel=0.3, abs=0)  # trapezia
    assert unit**2 - result.error.total <= result.uncertainty
    assert result.error.kind == "estimate"


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_whether_a_code_is_resolved_does_not_depend_on_the_unit_of_the_input(unit):
    nodes = prior_nodes(Gaussian([[unit**2]]))
    kinds = [error(nodes, nodes.points / unit, noise).error.kind for noise in (0.003, 1.0)]
    assert kinds == ["estimate", "exact"]


def test_the_uncertainty_of_a_simulated_code_that_the_nodes_do_not_resolve_holds():
    def waves(x):
        return np.cos(x * np.arange(1, 6) + np.arange(1, 6) ** 2)

    few, many = prior_nodes(Gaussian([[1.0]]), 41), prior_nodes(Gaussian([[1.0]]), 8001)
    result, truth = (error(nodes, waves(nodes.points), 0.02) for nodes in (few, many))
    assert abs(result.error.total - truth.error.total) <= result.uncertainty
    assert result.uncertainty > 5 * truth.uncertainty
    # Nearly every node is recognised: half a step squared, for all the probability there is.
    assert result.uncertainty == pytest.approx(0.4**2 / 2, rel=0.1)


def test_a_grid_that_does_not_hold_or_resolve_the_prior_is_refused():
    narrow = GaussianMixture([1 - 1e-9, 1e-9], [[0.0], [1.0]], [[[1.0]], [[1e-8]]])
    with pytest.raises(ValueError, match="`side` must be at least 128001 for this prior"):
        prior_nodes(narrow)
    for unit in (1e-6, 1.0):
        with pytest.raises(ValueError, match="`reach` must be long enough to hold the prior"):
            prior_nodes(Gaussian([[unit]]), reach=2)
    tilted = Gaussian([[1.0, 0.9999], [0.9999, 1.0]])  # thin across, though not along an axis
    with pytest.raises(ValueError, match="`side` must be at least"):
        prior_nodes(tilted)


def test_nodes_have_the_laws_moments():
    x, p = MIXTURE.points, MIXTURE.weights
    np.testing.assert_allclose(p @ x, LAW.mean, atol=1e-7)
    centred = x - p @ x
    np.testing.assert_allclose(centred.T @ (p[:, None] * centred), LAW.covariance.dense(), 1e-6)
    assert len(prior_nodes(LAW, 20).points) == 21**2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"noise_std": 0.0}, "`noise_std` must be positive"),
        ({"noise_std": -1.0}, "`noise_std` must be positive"),
        ({"noise_std": np.nan}, "`noise_std` must be finite"),
        ({"noise_std": 1e-9}, "`noise_std` must be coarse enough"),
        ({"codes": [[1.0]]}, "`codes` must have one row a node, got 1 for 3"),
        ({"codes": [[np.inf]] * 3}, "`codes` must be finite"),
        ({"samples": 1}, "`samples` must be at least 2"),
    ],
)
def test_bad_codes_are_refused_with_their_name(change, message):
    nodes = Nodes([[0.0], [1.0], [2.0]], [0.25, 0.5, 0.25])
    good = {"codes": [[0.0], [1.0], [4.0]], "noise_std": 1.0}
    with pytest.raises(ValueError, match=message):
        code_error(nodes, **{**good, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": [0.5, 0.5]}, "`weights` must be one a node, got 2 for 3"),
        ({"weights": [0.5, 0.5, 0.5]}, "`weights` must sum to 1"),
        ({"weights": [0.0, 1.0, 0.0]}, "`coarse` must hold nodes of positive weight"),
        ({"weights": [1.5, -0.5, 0.0]}, "`weights` must not be negative"),
        ({"coarse": [0, 3]}, "`coarse` must be a list of nodes' numbers below 3"),
        ({"shape": (2, 2)}, "`shape` must be that of a grid of 3 nodes"),
        ({"off": -1.0}, "`off` must be at least 0"),
        ({"coarse": [0.5]}, "`coarse` must be a list of nodes' numbers below 3"),
        ({"points": np.zeros((3, 4))}, "`points` must have 1 to 3 coordinates"),
    ],
)
def test_bad_nodes_are_refused_with_their_name(change, message):
    good = {"points": [[0.0], [1.0], [2.0]], "weights": [0.25, 0.5, 0.25]}
    with pytest.raises(ValueError, match=message):
        Nodes(**{**good, **change})


def test_priors_without_a_grid_are_refused():
    with pytest.raises(ValueError, match="`prior` must have at most 3 coordinates, got 4"):
        prior_nodes(Gaussian(np.eye(4)))
    with pytest.raises(ValueError, match="`prior` must be a Gaussian or a GaussianMixture"):
        prior_nodes(iie.StudentT([[1.0]], 5))
    with pytest.raises(ValueError, match="`prior` must vary in every direction"):
        prior_nodes(Gaussian([[1.0, 1.0], [1.0, 1.0]]))
