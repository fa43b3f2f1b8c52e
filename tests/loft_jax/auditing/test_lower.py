"""Lower ends against closed forms: Theorem 1, counted bits, the guarantee of bounded codes."""

import numpy as np
import pytest

from loft_jax.auditing.lower import Sought, Stage, lower_ends

K, N = 3, 3000
A = np.array([[1.0, 0.5, 0.0], [0.0, 2.0, 1.0], [0.3, 0.0, 1.0]])
U = np.random.default_rng(0).standard_normal((N, K))


def whole(slopes=None, numbers=K):
    return Sought("identity", numbers, float(numbers), slopes, latent=True)


def test_of_a_linear_release_the_lower_end_is_near_the_truth_and_never_above_it():
    variance = 0.5
    slopes = np.broadcast_to(A, (100, K, K))
    stage = Stage("code", variance, U @ A.T, slopes)
    first = np.broadcast_to(np.eye(K)[:1], (100, 1, K))
    asked = [whole(np.broadcast_to(np.eye(K), (100, K, K))), Sought("first", 1, 1.0, first, True)]
    found = lower_ends(None, [stage], asked, 0.95)
    posterior = np.linalg.inv(np.eye(K) + A.T @ A / variance)
    # Constant slopes: van Trees is the posterior covariance, without any error of estimation, and
    # a millionth is left to the rounding of slopes.
    for share, truth in [
        (found["identity"].table["van Trees through a generator"], np.trace(posterior) / K),
        (found["identity"].share, np.trace(posterior) / K),
        (found["first"].share, posterior[0, 0]),
    ]:
        assert (1 - 1.1e-6) * truth < share < truth
    bits = np.linalg.slogdet(np.eye(K) + A @ A.T / variance)[1] / 2 / np.log(2)
    information = found["identity"].table["information"]
    assert 0.9 * 2 ** (-2 * bits / K) < information <= 2 ** (-2 * bits / K)
    assert found["identity"].confidence == 0.95


def test_counted_bits_bound_normal_numbers_by_rate_distortion():
    found = lower_ends(7.0, [], [whole(numbers=96)], 0.95)["identity"]
    assert found.share == pytest.approx(2 ** (-2 * 7 / 96))
    assert (found.by, found.confidence) == ("bits", 1.0)


def test_a_bounded_code_has_its_guarantee_in_its_own_unit():
    numbers = np.random.default_rng(1).uniform(0, 6, (N, 16))
    stage = Stage("code", 0.09, numbers, ends=(0.0, 6.0))
    found = lower_ends(None, [stage], [whole(numbers=96)], 0.95)["identity"]
    # [0, 6] is [-1, 1] times 3: noise of deviation 0.3 is one of 0.1 there.
    assert found.table["bounded code"] == pytest.approx((1 + 1 / 0.01) ** (-16 / 96))


def test_exact_numbers_have_no_bound_and_it_is_said_what_would_raise_it():
    found = lower_ends(None, [], [whole()], 0.95)["identity"]
    assert found.share == 0
    assert found.by == "none"
    assert "exact real numbers" in found.assumptions[0]
    assert "--noise" in found.assumptions[0]


def test_photographs_have_no_bound_for_their_law_is_unknown():
    picture = Sought("picture", 64, 2.0, None, latent=False, known_law=False)
    stage = Stage("code", 0.1, U)
    found = lower_ends(7.0, [stage], [picture], 0.95)["picture"]
    assert found.share == 0
    assert "law of these pictures" in found.assumptions[0]


def test_bits_are_no_bound_on_a_picture_of_a_law():
    picture = Sought("picture", 64, 2.0, None, latent=False)
    found = lower_ends(7.0, [], [picture], 0.95)["picture"]
    assert found.share == 0
    assert "slopes" in found.assumptions[0]


def test_unbiased_bounds_are_none_of_them():
    stage = Stage("code", 1.0, 0.1 * U, np.broadcast_to(0.1 * np.eye(K), (100, K, K)))
    found = lower_ends(None, [stage], [whole(np.broadcast_to(np.eye(K), (100, K, K)))], 0.95)
    # An unbiased attacker would have an error of 100; one who knows the law has 1 / 1.01.
    assert found["identity"].share == pytest.approx(1 / 1.01)
