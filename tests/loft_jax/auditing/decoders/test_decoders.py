"""Decoders against what is known of the ideal attacker: closed forms and quadrature."""

import jax
import numpy as np
import pytest
from scipy import integrate, stats

from loft_jax.auditing.decoders import convolutional, latents, residual, ridge, training
from loft_jax.auditing.decoders.base import check_samples
from loft_jax.auditing.decoders.residual import factors, tempered
from loft_jax.errors import InputError


def linear_gaussian(n, rng):
    """x ~ N(0, S), y = W x + e; and tr S - tr(S W' (W S W' + N)^-1 W S)."""
    S = np.diag([3.0, 1.0, 0.5, 0.2])
    W = np.array([[1.0, 0.5, 0.0, 0.0], [0.0, 1.0, -1.0, 0.3]])
    x = rng.standard_normal((n, 4)) @ np.sqrt(S)
    y = x @ W.T + np.sqrt(0.1) * rng.standard_normal((n, 2))
    gain = S @ W.T @ np.linalg.inv(W @ S @ W.T + 0.1 * np.eye(2))
    return y, x, float(np.trace(S) - np.trace(gain @ W @ S))


def test_ridge_reaches_the_ideal_attacker_of_a_linear_gaussian_release():
    rng = np.random.default_rng(0)
    answers, signals, ideal = linear_gaussian(20_000, rng)
    decoder = ridge.fit(answers[:10_000], signals[:10_000])
    errors = np.sum((decoder.decode(answers[10_000:]) - signals[10_000:]) ** 2, axis=1)
    assert errors.mean() == pytest.approx(ideal, abs=5 * stats.sem(errors))
    assert stats.sem(errors) < 0.02 * ideal


NOISE, BLIND = 0.7, 12


def signs(n, rng):
    """A sign and its double seen in noise, beside numbers that leave no trace in the answers."""
    sign = rng.choice([-1.0, 1.0], n)
    answers = np.stack([sign + NOISE * rng.standard_normal(n), rng.standard_normal(n)], axis=1)
    hidden = rng.standard_normal((n, BLIND))
    return answers.astype(np.float32), np.column_stack([sign, 2 * sign, hidden]).astype(np.float32)


def ideal_sign_error():
    """E (s - tanh(y / s^2))^2 = E 1 - tanh^2, over y = 1 + noise: the posterior mean is known."""

    def left(e):
        return (1 - np.tanh((1 + NOISE * e) / NOISE**2)) ** 2 * stats.norm.pdf(e)

    return integrate.quad(left, -9, 9)[0]


@pytest.fixture(scope="module")
def learned():
    rng = np.random.default_rng(1)
    return latents.fit_to(*signs(4000, rng), jax.random.key(0), steps=300, width=32)


def test_the_posterior_mean_of_a_sign_is_learnt_and_ridge_is_left_behind(learned):
    answers, signals = signs(20_000, np.random.default_rng(2))
    missed = (learned.decode(answers) - signals) ** 2
    ideal, linear = ideal_sign_error(), NOISE**2 / (1 + NOISE**2)
    assert ideal < 0.75 * linear
    assert missed[:, 0].mean() == pytest.approx(ideal, abs=0.1 * linear)
    assert missed[:, 0].mean() > ideal - 5 * stats.sem(missed[:, 0])  # nobody is better
    assert missed[:, 1].mean() == pytest.approx(4 * ideal, abs=0.4 * linear)  # in its own unit


def test_what_leaves_no_trace_is_answered_by_its_mean(learned):
    answers, signals = signs(20_000, np.random.default_rng(3))
    missed = np.mean((learned.decode(answers) - signals)[:, 2:] ** 2)
    assert missed < 1.01 * np.mean(signals[:, 2:] ** 2)


def test_it_is_hardly_worse_than_ridge_where_ridge_is_ideal():
    rng = np.random.default_rng(4)
    answers, signals, ideal = linear_gaussian(8000, rng)
    decoder = latents.fit_to(answers[:4000], signals[:4000], jax.random.key(1), steps=100, width=32)
    errors = np.sum((decoder.decode(answers[4000:]) - signals[4000:]) ** 2, axis=1)
    assert errors.mean() < ideal + 5 * stats.sem(errors)


def test_draws_of_a_law_are_asked_for_once_and_the_same_key_gives_the_same_decoder(learned):
    asked = []

    def draw(n):
        asked.append(n)
        return signs(n, np.random.default_rng(1))

    before = training._updated._cache_size()
    again = latents.fit(draw, jax.random.key(0), samples=4000, steps=300, width=32)
    other = latents.fit(draw, jax.random.key(5), samples=4000, steps=300, width=32)
    assert asked == [4000, 4000]
    assert training._updated._cache_size() == before  # equal shapes: nothing is compiled again
    answers, _ = signs(50, np.random.default_rng(6))
    assert np.array_equal(again.decode(answers), learned.decode(answers))
    assert not np.array_equal(other.decode(answers), learned.decode(answers))


def bumps(n, side, rng):
    """Pictures of a bright spot whose place two numbers tell: no linear map draws it."""
    place = rng.uniform(0.2, 0.8, (n, 2))
    axis = (np.arange(side) + 0.5) / side
    rows, columns = (np.exp(-(((axis[None] - p[:, None]) / 0.15) ** 2)) for p in place.T)
    return place, (rows[:, :, None] * columns[:, None, :])[..., None]


def test_convolutions_draw_what_ridge_cannot():
    side = 9  # of 5 x 5 pixels doubled, and cropped
    answers, pictures = bumps(700, side, np.random.default_rng(7))
    fresh, truth = bumps(200, side, np.random.default_rng(8))
    decoder = convolutional.fit(answers, pictures, jax.random.key(0), steps=200, width=8)
    drawn = decoder.decode(fresh)
    assert drawn.shape == (200, side * side)
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    plain = ridge.fit(answers, pictures.reshape(700, -1)).decode(fresh)
    left, ridges = (np.mean((one - truth.reshape(200, -1)) ** 2) for one in (drawn, plain))
    assert left < 0.7 * ridges  # with every step it falls on, towards nothing


def test_colours_come_in_the_order_of_the_pixels():
    rng = np.random.default_rng(9)
    answers = rng.uniform(0, 1, (200, 3))
    pictures = np.broadcast_to(answers[:, None, None], (200, 8, 8, 3))
    decoder = convolutional.fit(answers, pictures, jax.random.key(0), steps=10, width=2)
    drawn = decoder.decode(answers[:5]).reshape(5, 8, 8, 3)
    assert np.abs(drawn - pictures[:5]).max() < 0.02


def test_factors_are_those_of_a_search():
    rng = np.random.default_rng(10)
    truth = rng.standard_normal((50, 3))
    guess = np.column_stack([0.5 * truth[:, 0], -truth[:, 1], 3 * truth[:, 2]])
    guess += rng.standard_normal((50, 3))
    grid = np.linspace(0, 1, 1001)
    errors = np.sum((truth - grid[:, None, None] * guess) ** 2, axis=1)
    assert factors(guess, truth) == pytest.approx(grid[errors.argmin(axis=0)], abs=6e-4)
    assert factors(np.zeros((4, 2)), np.ones((4, 2))) == pytest.approx([0, 0])


def test_tempered_numbers_are_uncorrelated_with_roots_for_spreads():
    rng = np.random.default_rng(11)
    turned = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    answers = rng.standard_normal((5000, 3)) * [9.0, 1.0, 0.04] @ turned[:3]
    centred = answers - answers.mean(axis=0)
    seen = centred @ tempered(centred)
    spread = np.sqrt(np.linalg.eigvalsh(centred.T @ centred / 5000)[:0:-1])  # the fourth is none
    assert seen.T @ seen / 5000 == pytest.approx(np.diag(spread / spread[0]), abs=1e-3)
    assert tempered(np.zeros((50, 2))).shape == (2, 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"answers": np.zeros((39, 2)), "signals": np.zeros((39, 3))},
            "`answers` must be at least 40",
        ),
        ({"signals": np.full((50, 3), np.nan)}, "`signals` must be finite"),
        ({"answers": np.full((50, 2), np.inf)}, "`answers` must be finite"),
        ({"width": 0}, "`width` must be at least 1, got 0"),
        ({"steps": 0}, "`steps` must be at least 1, got 0"),
    ],
)
def test_bad_samples_are_refused_in_a_sentence(change, words):
    asked = {"answers": np.zeros((50, 2)), "signals": np.zeros((50, 3)), **change}
    with pytest.raises(InputError, match=words):
        latents.fit_to(**asked, key=jax.random.key(0))


def test_signals_of_other_samples_are_refused():
    with pytest.raises(InputError, match="`signals` must be one for each of 50 answers, got 49"):
        check_samples(np.zeros((50, 2)), np.zeros((49, 3)))


@pytest.mark.parametrize(
    ("pictures", "words"),
    [
        (np.zeros((50, 8, 9, 1)), "side of 8 to 256 pixels, got 8 x 9"),
        (np.zeros((50, 4, 4, 1)), "side of 8 to 256 pixels, got 4 x 4"),
        (np.full((50, 8, 8, 1), 1.5), r"`pictures` must have pixels in \[0, 1\]"),
    ],
)
def test_bad_pictures_are_refused_in_a_sentence(pictures, words):
    with pytest.raises(InputError, match=words):
        convolutional.fit(np.zeros((50, 2)), pictures, jax.random.key(0))


def test_answers_of_another_width_are_refused(learned):
    for decoder in (learned, learned.ridge):
        with pytest.raises(InputError, match=r"`answers` must have shape \[n 2\], got \[5, 3\]"):
            decoder.decode(np.zeros((5, 3)))


def test_answers_that_never_vary_leave_the_mean():
    signals = np.random.default_rng(12).standard_normal((64, 2))
    decoder = latents.fit_to(np.ones((64, 3)), signals, jax.random.key(0), steps=10, width=4)
    assert np.isfinite(decoder.decode(np.ones((2, 3)))).all()
    assert isinstance(decoder, residual.ResidualDecoder)
