"""Releases accept every form of W, and refuse what is none in a sentence."""

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg

from iie.covariance import DenseCovariance
from iie.error.closed_form import ideal_inversion_error
from iie.releases import LabelOnly, Linear, PostProcessed, Quantised, as_release

W = np.array([[1.0, 0.0, 2.0], [0.0, -1.0, 0.5]])
S = np.diag([1.0, 2.0, 3.0])
FORMS = {
    "array": W,
    "float32": W.astype(np.float32),
    "list": W.tolist(),
    "sparse": scipy.sparse.csr_array(W),
    "coo matrix": scipy.sparse.coo_matrix(W),
    "operator": scipy.sparse.linalg.aslinearoperator(W),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_weight_is_the_same_model_and_the_same_error(form):
    release = Linear(FORMS[form], bias=[1.0, 2.0])
    x = np.random.default_rng(0).standard_normal((5, 3))
    np.testing.assert_allclose(release(x), x @ W.T + [1.0, 2.0])
    np.testing.assert_array_equal(release.rows(0, 2), W)
    np.testing.assert_array_equal(np.concatenate([r for _, r in release.blocks()]), W)
    assert (release.outputs, release.dim) == (2, 3)
    expected = np.trace(S) - np.trace(S @ W.T @ np.linalg.inv(W @ S @ W.T) @ W @ S)
    assert ideal_inversion_error(S, release).total == pytest.approx(expected, rel=1e-12)


def test_a_large_array_is_not_copied():
    for dtype in (np.float32, np.float64):
        weight = np.ones((4, 8), dtype)
        assert Linear(weight).weight is weight


def test_small_integers_do_not_overflow():
    weight = np.full((1, 4), 100, np.int8)
    assert Linear(weight)(np.full((1, 4), 100.0))[0, 0] == 40_000
    expected = ideal_inversion_error(np.eye(4), np.ones((1, 4))).total
    assert ideal_inversion_error(np.eye(4, dtype=np.int8), weight).total == expected


@pytest.mark.parametrize(
    "noise", [0.5, [0.5, 0.5], 0.5 * np.eye(2), DenseCovariance(0.5 * np.eye(2))]
)
def test_every_form_of_the_noise_is_the_same_noise(noise):
    release = Linear(W, noise=noise)
    np.testing.assert_allclose(release.noise.dense(), 0.5 * np.eye(2))
    y = release(np.zeros((20_000, 3)), np.random.default_rng(0))
    # Var of a sample variance of n Gaussians: 2 s^4 / n.
    assert np.all(np.abs(y.var(axis=0) - 0.5) <= 5 * 0.5 * np.sqrt(2 / 20_000))


def test_noise_of_zero_is_no_noise():
    assert Linear(W, noise=0.0).noise is None
    assert Linear(W, noise=[0.0, 0.0]).noise is None


def test_bits_add_up_over_outputs():
    assert Quantised(Linear(W), 8).bits == 16
    assert LabelOnly(8).bits == 3
    assert Quantised(PostProcessed(Linear(W), "tanh", injective=True), 0.5).bits == 1


class Forward(scipy.sparse.linalg.LinearOperator):
    def _matvec(self, x):
        return W @ x


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Linear(Forward(float, (2, 3))),
            "`weight` must be .* adjoint, .* `rmatvec`",
        ),
        (
            lambda: Linear(scipy.sparse.linalg.aslinearoperator(W * 1j)),
            "`weight` must hold real numbers, got a LinearOperator of dtype complex128",
        ),
        (lambda: Linear(scipy.sparse.csr_array(W * 1j)), "`weight` must hold real numbers"),
        (lambda: Linear(scipy.sparse.csr_array(W * np.nan)), "`weight` must be finite"),
        (lambda: Linear(np.full((1, 2), np.inf, np.float32)), "`weight` must be finite"),
        (lambda: Linear(np.ones(3)), r"`weight` must have 2 dimension\(s\)"),
        (lambda: Linear([[10**400]]), "`weight` must hold numbers that float64 can hold"),
        (lambda: Linear([[None, 1]]), "`weight` must hold real numbers, got dtype object"),
        (
            lambda: Linear(np.array([["1"]], object)),
            "`weight` must hold real numbers, got dtype obj",
        ),
        (lambda: Linear(W, bias=[1.0]), "`bias` must have length 2"),
        (lambda: Linear(W, noise=-1.0), "`noise` must not be negative, got -1"),
        (lambda: Linear(W, noise=[1.0, -2.0]), "`noise` must not be negative, got -2"),
        (lambda: Linear(W, noise=-np.eye(2)), "`noise` must be positive semidefinite"),
        (lambda: Linear(W, noise=np.nan), "`noise` must be finite"),
        (lambda: Linear(W, noise=np.eye(3)), "`noise` must be of the 2 outputs .*, got 3"),
        (lambda: Linear(W, noise=1.0)(np.ones((1, 3))), "`rng` must be a generator or a seed"),
        (lambda: LabelOnly(0), "`classes` must be an integer at least 1, got 0"),
        (lambda: Quantised(W, 8), "`release` must be a Linear, .* got ndarray"),
        (lambda: Quantised(Linear(W), -1), "`bits_per_output` must be at least 0, got -1"),
        (lambda: PostProcessed(W, "tanh", injective=True), "`release` must be a Linear"),
        (
            lambda: as_release(Quantised(Linear(W), 8), 4),
            r"`weight` must have 4 columns .* got shape \(2, 3\)",
        ),
    ],
)
def test_bad_input_is_refused_in_a_sentence_that_names_it(call, message):
    with pytest.raises(ValueError, match=message):
        call()
