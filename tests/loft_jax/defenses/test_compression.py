"""A head compressed to rank r loses no more than it must, and nothing where it need not."""

import numpy as np
import pytest

from loft_jax.defenses.compression import by_features, by_weight
from loft_jax.errors import InputError

D, K, N = 9, 6, 200


def draws(seed=0):
    return np.random.default_rng(seed)


def head(seed=0):
    rng = draws(seed)
    weight = rng.standard_normal((D, K)) * np.geomspace(1, 0.1, K)
    return weight.astype(np.float32), rng.standard_normal(K).astype(np.float32)


def features(seed=1, n=N):
    """Correlated, and far from centred."""
    rng = draws(seed)
    mixing = rng.standard_normal((D, D)) * np.geomspace(3, 0.1, D)[:, None]
    return (rng.standard_normal((n, D)) @ mixing + rng.uniform(2, 5, D)).astype(np.float32)


def rank(matrix):
    """By elimination with full pivoting, not by singular values."""
    rest, found = matrix.astype(np.float64), 0
    while np.abs(rest).max() > 1e-9 * np.abs(matrix).max():
        i, j = np.unravel_index(np.abs(rest).argmax(), rest.shape)
        rest = rest - np.outer(rest[:, j], rest[i]) / rest[i, j]
        found += 1
    return found


def logits(z, weight, bias):
    return z.astype(np.float64) @ weight + bias


@pytest.mark.parametrize("r", range(1, K + 1))
def test_truncation_makes_the_weight_of_rank_r(r):
    assert rank(by_weight(*head(), r).weight) == r


@pytest.mark.parametrize("r", range(1, D + 1))
def test_projection_makes_the_weight_of_rank_r_as_far_as_there_are_classes(r):
    assert rank(by_features(*head(), features(), r).weight) == min(r, K)


def nearest_by_least_squares(W, r, rng):
    """A B of rank r near W: alternately the best B for this A and the best A for this B."""
    A = rng.standard_normal((D, r))
    for _ in range(300):
        B = np.linalg.lstsq(A, W, rcond=None)[0]
        A = np.linalg.lstsq(B.T, W.T, rcond=None)[0].T
    return A @ B


@pytest.mark.parametrize("r", [1, 3, 5])
def test_no_other_weight_of_rank_r_is_nearer_than_the_truncated_one(r):
    W, b = head()
    rng = draws(2)
    found = by_weight(W, b, r).weight
    distance = np.linalg.norm(W - found)
    searched = [nearest_by_least_squares(W, r, rng) for _ in range(5)]
    assert min(np.linalg.norm(W - other) for other in searched) == pytest.approx(distance, rel=1e-6)
    # Neighbours of rank r: the found one with its columns and rows mixed a little.
    for size in np.geomspace(1e-4, 1, 50):
        left = np.eye(D) + size * rng.standard_normal((D, D))
        right = np.eye(K) + size * rng.standard_normal((K, K))
        assert np.linalg.norm(W - left @ found @ right) >= distance


@pytest.mark.parametrize("r", range(1, K + 1))
def test_retention_of_the_weight_is_the_share_of_the_leading_eigenvalues_of_its_gram_matrix(r):
    W, b = head()
    eigenvalues = np.linalg.eigvalsh(W.astype(np.float64).T @ W.astype(np.float64))
    expected = eigenvalues[-r:].sum() / eigenvalues.sum()
    assert by_weight(W, b, r).retention == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("r", range(1, D + 1))
def test_retention_of_the_features_is_the_share_of_the_leading_eigenvalues_of_their_covariance(r):
    eigenvalues = np.linalg.eigvalsh(np.cov(features().astype(np.float64), rowvar=False))
    expected = eigenvalues[-r:].sum() / eigenvalues.sum()
    assert by_features(*head(), features(), r).retention == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("r", [1, 4, 8])
def test_no_other_subspace_of_r_dimensions_keeps_more_of_the_variance(r):
    z, rng = features(), draws(3)
    kept = by_features(*head(), z, r).retention
    for _ in range(200):
        basis, _ = np.linalg.qr(rng.standard_normal((D, r)))
        assert np.var(z @ basis, axis=0).sum() / np.var(z, axis=0).sum() < kept


def test_at_full_rank_the_head_is_what_it_was():
    W, b = head()
    truncated, projected = by_weight(W, b, K), by_features(W, b, features(), D)
    for found in (truncated, projected):
        np.testing.assert_allclose(found.weight, W, atol=1e-12)
        np.testing.assert_allclose(found.bias, b, atol=1e-12)
        assert found.retention == pytest.approx(1, abs=1e-12)


def test_at_full_rank_few_pictures_take_nothing_from_the_others():
    W, b = head()
    found = by_features(W, b, features(n=3), D)
    np.testing.assert_allclose(logits(features(4), *found[:2]), logits(features(4), W, b))


@pytest.mark.parametrize("r", [1, 4, 8])
def test_projection_changes_no_logit_of_features_in_an_affine_subspace_of_r_dimensions(r):
    W, b = head()
    rng = draws(5)
    inside = rng.standard_normal((N, r)) @ rng.standard_normal((r, D)) + rng.uniform(2, 5, D)
    found = by_features(W, b, inside, r)
    np.testing.assert_allclose(logits(inside, *found[:2]), logits(inside, W, b), atol=1e-9)
    assert found.retention == pytest.approx(1, abs=1e-12)
    outside = logits(features(), *found[:2]) - logits(features(), W, b)
    assert np.abs(outside).max() > 0.1


@pytest.mark.parametrize("r", [1, 4, 8])
def test_projection_keeps_the_mean_logits(r):
    W, b = head()
    z = features()
    found = by_features(W, b, z, r)
    expected = logits(z, W, b).mean(axis=0)
    np.testing.assert_allclose(logits(z, *found[:2]).mean(axis=0), expected, rtol=1e-10)


@pytest.mark.parametrize("r", [1, 4, 8])
def test_projection_makes_the_logits_blind_to_the_directions_of_least_variance(r):
    z = features()
    _, directions = np.linalg.eigh(np.cov(z.astype(np.float64), rowvar=False))
    found = by_features(*head(), z, r)
    np.testing.assert_allclose(directions[:, : D - r].T @ found.weight, 0, atol=1e-10)


def test_where_there_is_nothing_to_lose_all_is_kept():
    W, b = head()
    assert by_weight(np.zeros_like(W), b, 1).retention == 1
    assert by_features(W, b, np.full((4, D), 2.5, np.float32), 1).retention == 1


@pytest.mark.parametrize("r", [-1, 0, K + 1])
def test_a_rank_that_the_weight_cannot_have_is_refused(r):
    with pytest.raises(InputError, match=f"`r` must be between 1 and {K}, .* got {r}"):
        by_weight(*head(), r)


@pytest.mark.parametrize("r", [0, D + 1])
def test_more_directions_than_features_have_are_refused(r):
    with pytest.raises(InputError, match=f"`r` must be between 1 and {D}, .* got {r}"):
        by_features(*head(), features(), r)


def test_a_covariance_of_one_picture_is_refused():
    with pytest.raises(InputError, match="`features` must be of at least 2 pictures, got 1"):
        by_features(*head(), features(n=1), 2)
