"""One S and one W are one number: in every type, on every scale, by every public route.

The truth is exact arithmetic on whole numbers, which all types here hold without rounding.
"""

import functools
import warnings

import jax.numpy as jnp
import ml_dtypes
import numpy as np
import polars
import pytest
import scipy.sparse
from exact_theory import exact
from hypothesis import given
from hypothesis import strategies as st

import iie


def sparse(name, A):
    with warnings.catch_warnings():  # most diagonals of a dense matrix are not zero
        warnings.simplefilter("ignore", scipy.sparse.SparseEfficiencyWarning)
        return getattr(scipy.sparse, name)(A.astype(float))


COARSE = {
    "float16": lambda A: A.astype(np.float16),
    "bfloat16": lambda A: A.astype(ml_dtypes.bfloat16),
    "jax bfloat16": lambda A: jnp.asarray(A, jnp.bfloat16),
}
FINE = {
    "float32": lambda A: A.astype(np.float32),
    "float64": lambda A: A.astype(np.float64),
    "longdouble": lambda A: A.astype(np.longdouble),
    "int8": lambda A: A.astype(np.int8),
    "int64": lambda A: A,
    "objects": lambda A: A.astype(object),
    "list": lambda A: A.tolist(),
    "Fortran order": lambda A: np.asfortranarray(A, float),
    "matrix": lambda A: np.ndarray.view(A.astype(float), np.matrix),
    "unmasked": lambda A: np.ma.array(A.astype(float)),
    "polars": lambda A: polars.DataFrame(A),
    "jax": jnp.asarray,
    "operator": lambda A: scipy.sparse.linalg.aslinearoperator(A.astype(float)),
} | {
    f"{name}_{kind}": functools.partial(sparse, f"{name}_{kind}")
    for name in ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")
    for kind in ("array", "matrix")
}
TYPES = COARSE | FINE
SCALES = {"1e-200": 2.0**-664, "1": 1.0, "1e200": 2.0**664}


@st.composite
def whole_instances(draw, sizes, coarse):
    """S = A A^T + diag(v) and W with small whole entries, of any rank."""
    d = draw(sizes)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    m = draw(st.integers(1, 2 if coarse else 4))
    A = rng.integers(-1, 2, (d, draw(st.integers(1, 3))))
    v = rng.integers(0, 9, d) * draw(st.sampled_from([0, 1]))
    S, W = A @ A.T + np.diag(v), rng.integers(-3, 4, (m, d))
    if draw(st.booleans()):
        W[-1] = W[0]
    return A, v, S, W


def noiseless_routes(S, W):
    """The error of W, by each function that tells it."""
    yield "position", iie.position(S, W).total
    yield "truncated", iie.truncated(S, W)[-1]
    yield "rank_curve", iie.rank_curve(S, W, ranks=[iie.as_covariance(S).dim]).truncated[0]
    yield "ideal_error_law", iie.ideal_error_law(S, W).mean
    yield "posterior_covariance", np.trace(iie.posterior_covariance(S, W))
    plain, matrix = iie.Linear(W), iie.as_covariance(S).dense()
    attacker = iie.ideal_attacker(S, W)
    missed = np.eye(plain.dim) - attacker.gain @ plain.rows(0, plain.outputs)
    yield "ideal_attacker", np.sum(missed @ matrix * missed)
    yield "inversion_errors", iie.inversion_errors(S, plain.rows(0, plain.outputs)[None]).total[0]
    yield "tanh", iie.ideal_inversion_error(S, iie.PostProcessed(plain, "tanh", True)).total


def check(S, W, truth, unit):
    """All routes against the truth, in u^2 = `unit`."""
    tolerance = {"rel": 1e-10, "abs": 1e-11 * truth.variance}
    direct = iie.ideal_inversion_error(S, W)
    assert direct.total / unit == pytest.approx(truth.total, **tolerance)
    assert direct.rank == iie.position(S, W).rank == truth.rank
    for name, value in noiseless_routes(S, W):
        assert value / unit == pytest.approx(truth.total, **tolerance), name
    run = iie.attack_error(iie.ideal_attacker(S, W), S, W, samples=400, rng=0)
    assert abs(run.mean / unit - truth.total) <= 6 * run.sem / unit + 1e-10 * truth.variance


def check_in_noise(S, W, truth, unit, noise):
    """The same where y has noise of variance 1 in the truth's units."""
    release = iie.Linear(W, noise=noise)
    found = iie.ideal_inversion_error(S, release)
    assert found.total / unit == pytest.approx(truth.noisy, rel=1e-10)
    assert found.rank == truth.rank
    assert np.trace(iie.posterior_covariance(S, release)) / unit == pytest.approx(truth.noisy)
    assert iie.bits_released(S, W, noise) == pytest.approx(truth.bits, rel=1e-10, abs=1e-12)
    assert iie.mmse(S, W, 1 / noise) / noise == pytest.approx(truth.mmse, rel=1e-10, abs=1e-12)


@given(st.data(), st.sampled_from(sorted(TYPES)), st.sampled_from(sorted(TYPES)))
def test_the_type_of_weight_and_covariance_changes_nothing(data, type_of_S, type_of_W):
    coarse = type_of_W in COARSE
    A, v, S, W = data.draw(whole_instances(st.integers(1, 9), coarse))
    truth = exact(S, W)
    prior, weight = TYPES[type_of_S](S), TYPES[type_of_W](W)
    check(prior, weight, truth, 1.0)
    check(iie.LowRankCovariance(A, v), weight, truth, 1.0)
    check_in_noise(prior, weight, truth, 1.0, 1.0)


@given(st.data(), st.sampled_from(sorted(SCALES)), st.sampled_from(sorted(SCALES)))
def test_the_scale_of_weight_and_covariance_changes_nothing(data, scale_of_S, scale_of_W):
    A, v, S, W = data.draw(whole_instances(st.integers(1, 9), coarse=False))
    truth, unit, gain = exact(S, W), SCALES[scale_of_S], SCALES[scale_of_W]
    check(unit * S, gain * W, truth, unit)
    check(iie.LowRankCovariance(unit**0.5 * A, unit * v), gain * W, truth, unit)
    if scale_of_S == "1" or scale_of_W == "1":  # else the noise's variance is no float64
        noise = unit * gain if scale_of_W == "1" else 1.0
        weight = W if scale_of_W == "1" else W * 1.0
        check_in_noise(unit * S, weight, truth, unit, noise)


@pytest.mark.parametrize("d", [512, 513])
def test_no_size_is_special(d):
    rng = np.random.default_rng(d)
    A, v, W = rng.integers(-1, 2, (d, 3)), rng.integers(1, 9, d), rng.integers(-3, 4, (2, d))
    S = A @ A.T + np.diag(v)
    truth = exact(S, W)
    check(SCALES["1e200"] * S, W.astype(np.float32), truth, SCALES["1e200"])
    prior = iie.DenseCovariance(S)
    for name, convert in TYPES.items():
        found = iie.ideal_inversion_error(prior, convert(W))
        assert found.total == pytest.approx(truth.total, rel=1e-12), name
        assert found.rank == 2
    for convert in (*COARSE.values(), FINE["float32"], FINE["longdouble"], FINE["csr_array"]):
        found = iie.ideal_inversion_error(convert(S), W)
        assert found.total == pytest.approx(truth.total, rel=1e-12)


@given(whole_instances(st.integers(1, 9), coarse=False))
def test_booleans_are_zeros_and_ones(instance):
    _, _, S, W = instance
    check(S, W > 0, exact(S, (W > 0).astype(int)), 1.0)
    check(S, scipy.sparse.csr_array(W > 0), exact(S, (W > 0).astype(int)), 1.0)


@given(whole_instances(st.integers(1, 6), coarse=False), st.sampled_from(sorted(SCALES)))
def test_a_report_on_samples_of_that_covariance_tells_the_same_number(instance, scale):
    A, v, S, W = instance
    truth, unit = exact(S, W), SCALES[scale]
    root = np.concatenate([A, np.diag(np.sqrt(v))], axis=1).T  # S = root^T root
    z = np.concatenate([root, -root]) * np.sqrt(len(root) * unit)
    if truth.variance:
        report = iie.filter_report(z, W, shrinkage=0.0)
        assert report.error / unit == pytest.approx(truth.total, abs=1e-10 * truth.variance)
        assert report.rank == truth.rank
