"""What may be handed in as an array, and what is refused in a sentence rather than misread."""

import ml_dtypes
import numpy as np
import polars
import pytest
import scipy.sparse

import iie
from iie._input.arrays import epsilon_of

MASKED = np.ma.array([[1.0, 0.0], [0.0, 1.0]], mask=[[False, False], [False, True]])
ROW = MASKED[1]
EYE = np.eye(2)
RNG = np.random.default_rng

TAKERS = {
    "covariance": lambda A: iie.ideal_inversion_error(A, EYE),
    "weight": lambda A: iie.ideal_inversion_error(EYE, A),
    "a list of rows": lambda A: iie.ideal_inversion_error(EYE, [A[0], A[1]]),
    "bias": lambda A: iie.Linear(EYE, bias=A[1]),
    "noise": lambda A: iie.Linear(EYE, noise=A),
    "noise variances": lambda A: iie.bits_released(EYE, EYE, A[1]),
    "mean": lambda A: iie.Gaussian(EYE, mean=A[1]),
    "mixture": lambda A: iie.GaussianMixture(A[1], A, [EYE, EYE]),
    "law": lambda A: iie.ideal_error_law(A, EYE),
    "attacker": lambda A: iie.ideal_attacker(EYE, A),
    "pinv": lambda A: iie.pinv_attacker(A),
    "ridge": lambda A: iie.ridge_attacker(A, 1.0),
    "attacking": lambda A: iie.pinv_attacker(EYE)(A),
    "drawing": lambda A: iie.posterior_sampler(EYE, EYE)(A, RNG(0)),
    "releasing": lambda A: iie.Linear(EYE)(A),
    "simulating": lambda A: iie.attack_error(
        lambda y: np.ma.array(y, mask=y > 0), EYE, EYE, samples=9, rng=0
    ),
    "posterior": lambda A: iie.posterior_covariance(A, EYE),
    "curve": lambda A: iie.rank_curve(A, EYE),
    "ranks": lambda A: iie.random_filter([1.0, 2.0], np.ma.array([0, 1], mask=[0, 1])),
    "spectrum": lambda A: iie.most_leaking(A[1]),
    "truncated": lambda A: iie.truncated(EYE, A),
    "position": lambda A: iie.position(EYE, A),
    "report": lambda A: iie.filter_report(A, EYE),
    "samples": lambda A: iie.empirical_covariance(A),
    "mmse": lambda A: iie.mmse(EYE, A, 1.0),
    "rate": lambda A: iie.rate(A[1], 0.5),
    "rational": lambda A: iie.rational_inversion_error(A, EYE),
    "stack": lambda A: iie.inversion_errors(EYE, [A, A]),
    "diagonal": lambda A: iie.DiagonalCovariance(A[1]),
    "low rank": lambda A: iie.LowRankCovariance(A, [1.0, 1.0]),
    "Kronecker": lambda A: iie.KroneckerCovariance([EYE, A]),
    "power": lambda A: iie.StationaryCovariance(A),
}


@pytest.mark.parametrize("name", TAKERS)
def test_masked_entries_are_refused_by_every_function(name):
    with pytest.raises(ValueError, match=r"must not be masked, got an array with masked entries"):
        TAKERS[name](MASKED)


@pytest.mark.parametrize(
    "value",
    [
        np.ma.array([[2, 1], [1, 3]]),
        np.array([[2, 1], [1, 3]], np.uint8),
        np.array([[2, 1], [1, 3]], object),
        polars.DataFrame([[2, 1], [1, 3]]),
        np.array([[2, 1], [1, 3]], ml_dtypes.float8_e4m3fn),
        scipy.sparse.coo_array([[2, 1], [1, 3]]),
        scipy.sparse.lil_matrix([[2, 1], [1, 3]]),
        scipy.sparse.linalg.aslinearoperator(np.array([[2.0, 1], [1, 3]])),
    ],
    ids=lambda value: type(value).__name__,
)
def test_everything_that_holds_numbers_is_a_matrix_of_them(value):
    np.testing.assert_array_equal(iie.DenseCovariance(value).matrix, [[2, 1], [1, 3]])
    # By hand: tr S - |S w|^2 / w S w = 5 - (9 + 16) / 7 for w = (1, 1); all of it for W = S.
    assert iie.ideal_inversion_error(value, [[1, 1]]).total == pytest.approx(10 / 7)
    assert iie.ideal_inversion_error(EYE, value).total == pytest.approx(0, abs=1e-15)


def test_booleans_are_zeros_and_ones():
    np.testing.assert_array_equal(iie.Linear(EYE > 0).weight, EYE)
    np.testing.assert_array_equal(iie.Linear(scipy.sparse.csr_array(EYE > 0)).rows(0, 2), EYE)
    with pytest.raises(ValueError, match="`variance` must be a number, got True"):
        iie.IsotropicCovariance(True, 2)


@pytest.mark.parametrize("missing", [None, "1", 1j])
def test_objects_that_are_no_numbers_are_refused(missing):
    with pytest.raises(ValueError, match=r"`weight` must hold real numbers, got dtype object"):
        iie.Linear(np.array([[1, missing]], object))


def test_a_structured_array_is_refused():
    with pytest.raises(ValueError, match=r"`weight` must hold real numbers, got dtype \[\('a'"):
        iie.Linear(np.zeros((1, 2), [("a", float)]))


def test_a_longdouble_beyond_float64_is_refused():
    if np.finfo(np.longdouble).max > np.finfo(float).max:
        with pytest.raises(ValueError, match="`weight` must be finite"):
            iie.Linear(np.array([[np.longdouble(10) ** 400]]))


@pytest.mark.parametrize(
    ("dtype", "digits"),
    [
        (np.float16, -10),
        (ml_dtypes.bfloat16, -7),
        (np.float32, -23),
        (float, -52),
        (np.longdouble, -52),
        (int, -52),
        (bool, -52),
    ],
)
def test_no_type_is_finer_than_what_computes(dtype, digits):
    assert epsilon_of(np.dtype(dtype)) == 2.0**digits


# One vector is a vector, and nothing is broadcast.


def test_one_input_gives_one_release():
    release = iie.Linear([[1, 10, 100]], bias=[1000.0])
    np.testing.assert_array_equal(release(np.array([1.0, 2, 3])), [1321])
    np.testing.assert_array_equal(release([[1, 2, 3], [0, 0, 1]]), [[1321], [1100]])
    assert release(np.ones((0, 3))).shape == (0, 1)


@pytest.mark.parametrize(
    "x", [np.ones((3, 1)), np.ones(1), np.ones((2, 4)), 1.0, np.ones((1, 1, 3))]
)
def test_an_input_of_another_shape_is_refused(x):
    with pytest.raises(ValueError, match=r"`x` must (hold rows of length 3|have 2 dimension)"):
        iie.Linear([[1, 10, 100]])(x)


def test_attackers_take_one_release_and_refuse_another_shape():
    attacker = iie.ideal_attacker(np.eye(3), [[1.0, 0, 0], [0, 2.0, 0]])
    np.testing.assert_allclose(attacker([3, 4]), [3, 2, 0])
    sampler = iie.posterior_sampler(np.eye(3), [[1.0, 0, 0], [0, 2.0, 0]])
    np.testing.assert_allclose(sampler([3, 4], 0)[:2], [3, 2])
    for broken in (np.ones((2, 1)), np.ones(3)):
        with pytest.raises(ValueError, match="`y` must hold rows of length 2"):
            attacker(broken)
        with pytest.raises(ValueError, match="`y` must hold rows of length 2"):
            sampler(broken, 0)


@pytest.mark.parametrize(
    "broken",
    [
        lambda y: y[:, :1],
        lambda y: y[0],
        lambda y: np.zeros(3),
        lambda y: 0.0,
        lambda y: y[:5],
        lambda y: np.full((len(y), 3), "a"),
        lambda y: np.zeros((len(y), 3), complex),
    ],
)
def test_an_attacker_that_would_be_broadcast_is_refused(broken):
    with pytest.raises(ValueError, match=r"`attacker` must return real numbers of shape \(9, 3\)"):
        iie.attack_error(broken, np.eye(3), np.eye(3), samples=9, rng=0)


def test_an_attacker_may_answer_in_another_librarys_arrays():
    import jax.numpy as jnp

    run = iie.attack_error(jnp.asarray, np.eye(3), np.eye(3), samples=9, rng=0)
    assert run.mean < 1e-10


def test_a_seed_is_a_generator():
    attacker = iie.pinv_attacker(np.eye(2)[:1])
    runs = [iie.attack_error(attacker, EYE, EYE[:1], samples=9, rng=r) for r in (3, RNG(3))]
    assert runs[0] == runs[1]


@pytest.mark.parametrize("unit", [2.0**-330, 2.0**330])
def test_a_simulated_error_has_its_spread_on_every_scale(unit):
    attacker = iie.pinv_attacker(EYE[:1])
    plain = iie.attack_error(attacker, EYE, EYE[:1], samples=99, rng=0)
    scaled = iie.attack_error(attacker, unit**2 * EYE, EYE[:1], samples=99, rng=0)
    assert (scaled.mean, scaled.sem) == (plain.mean * unit**2, plain.sem * unit**2)


def test_a_gaussian_is_its_covariance_and_other_laws_are_none():
    S = np.diag([3.0, 1.0])
    law = iie.Gaussian(S, mean=[5.0, 5.0])
    assert iie.position(law, EYE[:1]) == iie.position(S, EYE[:1])
    assert iie.bits_released(law, EYE, 1.0) == pytest.approx(1.5)
    with pytest.raises(
        ValueError, match="`covariance` must be a covariance or a Gaussian, got a S"
    ):
        iie.rank_curve(iie.StudentT(S, 5))
