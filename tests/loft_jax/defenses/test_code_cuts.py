"""Heads cut to chosen numbers of their features: what is left, and how classes are told behind."""

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from scipy import linalg

from loft_jax.defenses.table import defense_named
from loft_jax.errors import InputError
from loft_jax.nets.head import LinearHead

D, K, N = 5, 4, 400
CUTS = ("random-cut", "lda", "least-cut")


@pytest.fixture(scope="module")
def features():
    rng = np.random.default_rng(0)
    mixing = rng.standard_normal((D, D)) * np.geomspace(2, 0.2, D)[:, None]
    means = 2 * rng.standard_normal((K, D))
    return (means[np.arange(N) % K] + rng.standard_normal((N, D)) @ mixing).astype(np.float32)


@pytest.fixture(scope="module")
def head(features):
    """One that names every class."""
    made = LinearHead(D, K, rngs=nnx.Rngs(0))
    made.decode.kernel[...] = jnp.asarray(features[:K].T - features[:K].mean(0)[:, None])
    centred = -features.mean(0) @ np.asarray(made.decode.kernel[...])
    made.decode.bias[...] = jnp.asarray(centred)
    return made


def cut(spec, head, features):
    return defense_named(spec).cut(head, lambda: features)


def named(head, features):
    return np.asarray(head(jnp.asarray(features))[0]).argmax(1)


def scatter(features, labels):
    """(S_w, S_b), written out."""
    S_w, S_b = np.zeros((D, D)), np.zeros((D, D))
    z = features.astype(np.float64)
    for k in np.unique(labels):
        own = z[labels == k]
        S_w += sum(np.outer(x, x) for x in own - own.mean(0)) / len(z)
        apart = own.mean(0) - z.mean(0)
        S_b += len(own) / len(z) * np.outer(apart, apart)
    return S_w + 1e-3 * np.trace(S_w) / D * np.eye(D), S_b


def code_of(found, r):
    """Orthonormal rows that span what the weight sees."""
    u, s, _ = np.linalg.svd(found.weight)
    assert np.all(s[r:] < 1e-9 * s[0])
    return u[:, :r].T


def signal(U, S_w, S_b):
    return np.trace(np.linalg.solve(U @ (S_w + S_b) @ U.T, U @ S_b @ U.T))


def unknown(U, S):
    return np.trace(S - S @ U.T @ np.linalg.solve(U @ S @ U.T, U @ S)) / np.trace(S)


@pytest.mark.parametrize("tag", CUTS)
@pytest.mark.parametrize("r", [1, 2, 3])
def test_behind_r_numbers_the_nearest_class_mean_is_named(tag, r, head, features):
    labels = named(head, features)
    assert len(np.unique(labels)) == K
    found = cut(f"{tag}:{r}", head, features)
    U, (S_w, S_b) = code_of(found, r), scatter(features, labels)
    code = features.astype(np.float64) @ U.T
    means = np.stack([code[labels == k].mean(0) for k in range(K)])
    gaps = code[:, None] - means[None]
    distances = np.einsum("nki,ij,nkj->nk", gaps, np.linalg.inv(U @ S_w @ U.T), gaps)
    scores = features.astype(np.float64) @ found.weight + found.bias
    assert np.array_equal(scores.argmax(1), distances.argmin(1))
    before = np.asarray(head(jnp.asarray(features))[0], np.float64)
    leads = [np.mean(one.max(1) - one.mean(1)) for one in (scores, before)]
    assert leads[0] == pytest.approx(leads[1])  # as sure as it was
    assert found.retention == pytest.approx(1 - unknown(U, S_w + S_b))


def test_random_directions_are_others_at_another_draw(head, features):
    first, again, other = (
        code_of(cut(spec, head, features), 2)
        for spec in ("random-cut:2", "random-cut:2", "random-cut:2,draw=1")
    )
    assert np.allclose(first.T @ first, again.T @ again)
    assert np.linalg.norm(first.T @ first - other.T @ other) > 0.1


@pytest.mark.parametrize("r", [1, 2, 3])
def test_the_lda_cut_keeps_the_most_signal_there_is(r, head, features):
    S_w, S_b = scatter(features, named(head, features))
    most = linalg.eigh(S_b, S_w + S_b, eigvals_only=True)[::-1][:r].sum()
    assert signal(code_of(cut(f"lda:{r}", head, features), r), S_w, S_b) == pytest.approx(most)


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_the_least_leaking_cut_is_the_best_direction_of_a_search(share, head, features):
    S_w, S_b = scatter(features, named(head, features))
    S = S_w + S_b
    own = code_of(cut(f"least-cut:1,share={share}", head, features), 1)
    most = linalg.eigh(S_b, S, eigvals_only=True)[-1]
    assert signal(own, S_w, S_b) >= share * most * (1 - 1e-9)
    tried = np.random.default_rng(1).standard_normal((20_000, D))
    tried = np.concatenate([tried, own + 0.05 * tried])  # and all around it
    kept = np.einsum("ni,ij,nj->n", tried, S_b, tried) / np.einsum("ni,ij,nj->n", tried, S, tried)
    fair = tried[kept >= share * most]
    assert len(fair) > 100
    seen = np.sum((fair @ S) ** 2, axis=1) / np.einsum("ni,ij,nj->n", fair, S, fair)
    assert unknown(own, S) >= 1 - seen.min() / np.trace(S) - 1e-9


def test_a_class_that_is_named_for_no_picture_is_named_for_none_afterwards(head, features):
    labels = named(head, features)
    found = cut("random-cut:3", head, features[labels != 2])
    scores = features[labels != 2].astype(np.float64) @ found.weight + found.bias
    assert not np.any(scores.argmax(1) == 2)
    assert np.all(np.isfinite(found.weight))


@pytest.mark.parametrize("tag", CUTS)
def test_a_head_that_names_one_class_goes_on_naming_it(tag, head, features):
    labels = named(head, features)
    found = cut(f"{tag}:2", head, features[labels == 1])
    scores = features.astype(np.float64) @ found.weight + found.bias
    assert np.all(scores.argmax(1) == 1)
    assert np.isfinite(scores).all()


def test_what_cannot_be_cut_is_said(head, features):
    with pytest.raises(InputError, match="`r` must be between 1 and 5, the feature width, got 6"):
        cut("least-cut:6", head, features)
