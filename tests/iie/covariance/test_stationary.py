"""Stationary covariances, against circulant matrices filled entry by entry."""

import tracemalloc

import covariance_laws as laws
import numpy as np
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from iie.covariance import StationaryCovariance

RNG = np.random.default_rng


def circulant(power):
    """F^* diag(power) F: S[p, q] depends only on p - q, whatever the edges."""
    h, w = power.shape
    kernel = np.fft.ifft2(power).real
    pixels = [(i, j) for i in range(h) for j in range(w)]
    return np.array([[kernel[(i - a) % h, (j - b) % w] for a, b in pixels] for i, j in pixels])


@st.composite
def powers(draw, max_size=4):
    """A non-negative spectrum, equal at each frequency and its negative, some entries zero."""
    h, w = draw(st.integers(1, max_size)), draw(st.integers(1, max_size))
    values = draw(st.lists(st.integers(0, 8), min_size=h * w, max_size=h * w))
    p = np.array(values, dtype=float).reshape(h, w)
    mirror = np.array([[p[-i % h, -j % w] for j in range(w)] for i in range(h)])
    return (p + mirror) / 4


@given(powers())
def test_equals_the_circulant_matrix(power):
    laws.assert_equals_dense(StationaryCovariance(power), circulant(power))


@given(powers(max_size=3), st.integers(1, 3), strategies.seeds(), st.booleans())
def test_equals_the_circulant_matrix_coupled_over_channels(power, c, seed, singular):
    A = RNG(seed).standard_normal((c, c - 1 if singular else c))
    # Plus I, so that the coupling is either singular or well conditioned.
    coupling = A @ A.T + (0 if singular else 1) * np.eye(c)
    S = np.kron(circulant(power), coupling)
    laws.assert_equals_dense(StationaryCovariance(power, coupling), S)


@given(powers(max_size=5), st.integers(1, 3), strategies.seeds())
def test_in_its_modes_it_is_diagonal(power, c, seed):
    rng = RNG(seed)
    A = rng.standard_normal((c, c))
    S, x = np.kron(circulant(power), A @ A.T), rng.standard_normal((power.size * c, 3))
    modes = StationaryCovariance(power, A @ A.T).modes(x)
    once, twice = modes.coordinates, modes.coordinates * modes.deviations[:, None]
    scale = max(np.abs(S).max(), 1.0)
    np.testing.assert_allclose(once.T @ once, x.T @ S @ x, rtol=0, atol=1e-12 * scale * x.size**2)
    np.testing.assert_allclose(
        twice.T @ twice, x.T @ S @ S @ x, rtol=0, atol=1e-12 * scale**2 * x.size**2
    )


@pytest.mark.parametrize("seed", range(10))
def test_the_root_has_no_more_rank_than_a_singular_coupling(seed):
    # The square root of a rounding error, 1e-8, would count as a direction of its own.
    A = RNG(seed).standard_normal((3, 2))
    S = StationaryCovariance(np.ones((2, 3)), A @ A.T)
    singular = np.linalg.svd(S.root(np.eye(18)), compute_uv=False)
    assert np.sum(singular > 1e-12 * singular[0]) == 12


@given(powers())
def test_the_covariance_of_two_pixels_depends_on_their_distance_only(power):
    h, w = power.shape
    S = StationaryCovariance(power).dense().reshape(h, w, h, w)
    moved = np.roll(S, (1, 1, 1, 1), axis=(0, 1, 2, 3))
    np.testing.assert_allclose(moved, S, atol=1e-13 * max(power.max(), 1))


def test_draws_have_its_covariance():
    power = np.array([[4.0, 1.0, 1.0], [2.0, 0.0, 0.5], [2.0, 0.5, 0.0]])
    coupling = np.array([[1.0, 0.5], [0.5, 2.0]])
    S = np.kron(circulant(power), coupling)
    laws.assert_samples_have_covariance(StationaryCovariance(power, coupling), S)


@pytest.mark.parametrize("shape", [(4, 6, 3), (5, 4, 1), (1, 7, 2), (1, 1, 3), (1, 1, 1)])
@pytest.mark.parametrize("exponent", [0, 1.0, 2.0])
def test_natural_images_have_the_power_law_and_the_variance_they_were_given(shape, exponent):
    h, w, c = shape
    S = StationaryCovariance.natural_images(shape, exponent, variance=0.3, correlation=0.5)
    np.testing.assert_allclose(np.diag(S.dense()), 0.3, rtol=1e-12)
    lowest = 1 / max(h, w)
    # Every frequency but zero, where the law has no value.
    for i, j in [(i, j) for i in range(h) for j in range(w) if i or j]:
        f = np.hypot(min(i, h - i) / h, min(j, w - j) / w)
        expected = S.power[0, 0] * lowest**exponent
        assert S.power[i, j] * f**exponent == pytest.approx(expected, rel=1e-12)
    expected = np.full((c, c), 0.5) + 0.5 * np.eye(c)
    np.testing.assert_allclose(S.coupling, expected)


def test_natural_images_of_one_frequency_more_have_that_ratio_of_powers():
    # Frequencies 1/8 and 2/8: with exponent 2 a ratio of 4; zero gets the power of 1/8.
    power = StationaryCovariance.natural_images((1, 8, 1)).power[0]
    assert power[1] / power[2] == pytest.approx(4.0, rel=1e-13)
    assert power[0] == power[1] == power[-1]


def test_the_transpose_of_the_result_lies_in_one_piece_for_any_block_and_layout(monkeypatch):
    S = StationaryCovariance.natural_images((4, 6, 3))
    W = RNG(0).standard_normal((7, S.dim))
    whole = S.apply(W.T)
    assert whole.T.flags.c_contiguous
    np.testing.assert_allclose(whole, S.dense() @ W.T, atol=1e-13 * 72)
    three_columns = 3 * 5 * 8 * S.dim
    monkeypatch.setattr("iie.covariance._columns.BUDGET", three_columns)
    np.testing.assert_allclose(S.apply(np.ascontiguousarray(W.T)), whole, rtol=0, atol=1e-14)
    assert S.apply(W[:0].T).shape == (72, 0)


class TestA224PixelImage:
    """d = 150,528: the matrix would take 181 GB."""

    S = StationaryCovariance.natural_images((224, 224, 3), variance=0.25)

    def test_trace_and_spectrum_agree(self):
        assert self.S.dim == 150_528
        assert self.S.trace() == pytest.approx(0.25 * 150_528, rel=1e-12)
        spectrum = self.S.spectrum()
        assert spectrum.shape == (150_528,)
        assert np.sum(spectrum) == pytest.approx(self.S.trace(), rel=1e-10)

    def test_each_column_is_the_convolution_with_the_kernel_on_every_channel(self):
        x = RNG(0).standard_normal((self.S.dim, 2))
        images = x.T.reshape(2, 224, 224, 3)
        blurred = np.fft.ifft2(
            np.fft.fft2(images, axes=(1, 2)) * self.S.power[None, :, :, None], axes=(1, 2)
        ).real
        expected = np.einsum("nhwc,ce->nhwe", blurred, self.S.coupling).reshape(2, -1).T
        np.testing.assert_allclose(self.S.apply(x), expected, atol=1e-10 * np.abs(expected).max())
        np.testing.assert_allclose(self.S.solve(expected), x, atol=1e-8)

    def test_top_waves_are_eigenvectors(self):
        values, vectors = self.S.top(20)
        residual = self.S.apply(vectors) - vectors * values
        assert np.linalg.norm(residual) <= 1e-11 * values[0]
        np.testing.assert_allclose(vectors.T @ vectors, np.eye(20), atol=1e-12)
        np.testing.assert_allclose(values, self.S.spectrum()[:20], rtol=1e-13)

    def test_memory_beside_the_result_does_not_grow_with_the_columns(self):
        W = RNG(0).standard_normal((64, self.S.dim))
        tracemalloc.start()
        try:
            out = self.S.apply(W.T)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        # The FFT's own scratch memory is not traced: it is a few rows a thread.
        assert peak - out.nbytes < 200e6


@pytest.mark.parametrize(
    ("power", "coupling", "message"),
    [
        ([[1.0, -0.5]], None, r"`power` must not be negative, got -0\.5"),
        ([[1.0, np.nan]], None, "`power` must be finite"),
        ([[1.0, 1j]], None, "`power` must hold real numbers"),
        ([1.0, 2.0], None, r"`power` must have 2 dimension\(s\), got shape \(2,\)"),
        (np.ones((0, 3)), None, r"`power` must hold at least one number, got shape \(0, 3\)"),
        ([[1.0, 2.0, 3.0]], None, "`power` must be the same at each frequency and its negative"),
        ([[1.0]], [[1.0, 2.0], [2.0, 1.0]], "`coupling` must be positive semidefinite"),
        ([[1.0]], [[1.0, 2.0], [0.0, 1.0]], "`coupling` must be symmetric"),
        ([[1.0]], np.ones((0, 0)), "`coupling` must be a square matrix"),
    ],
)
def test_names_what_is_wrong(power, coupling, message):
    with pytest.raises(ValueError, match=message):
        StationaryCovariance(power, coupling)


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((4, 4), {}, r"`shape` must be \(height, width, channels\), got \(4, 4\)"),
        ((4, 0, 1), {}, "`shape` must be an integer at least 1, got 0"),
        ((4, 4.0, 1), {}, r"`shape` must be an integer at least 1, got 4\.0"),
        ((4, 4, 1), {"variance": -1}, "`variance` must be at least 0, got -1"),
        ((4, 4, 1), {"exponent": -1}, "`exponent` must be at least 0, got -1"),
        ((4, 4, 1), {"exponent": np.inf}, "`exponent` must be finite"),
        ((4, 4, 3), {"correlation": -0.6}, r"`correlation` must be in \[-0\.5, 1\] for 3 chan"),
        ((4, 4, 1), {"correlation": 1.1}, r"`correlation` must be in \[-1, 1\] for 1 chan"),
    ],
)
def test_natural_images_names_what_is_wrong(shape, options, message):
    with pytest.raises(ValueError, match=message):
        StationaryCovariance.natural_images(shape, **options)


def test_integers_and_other_types_become_float64():
    S = StationaryCovariance(np.ones((2, 2), dtype=np.float32), [[2]])
    laws.assert_equals_dense(S, 2 * np.eye(4))
