"""Selection against loops that do what is said, one class and one picture at a time."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

from loft_jax.attacks.parts.keys import folded, row_keys
from loft_jax.attacks.parts.selection import (
    BATCH,
    keep,
    robust_confidence,
    score_candidates,
    starts,
)
from loft_jax.attacks.parts.transforms import NO_TRANSFORM, Transform, transformed

WEIGHT = np.array([[1.0, 0.2, 0.0, -0.5], [0.0, 1.0, 0.3, 0.0], [-1.0, 0.0, 0.0, 1.0]])


@pytest.fixture
def target(linear):
    return linear(WEIGHT, bias=[0.1, -0.2, 0.0])


def softmax_of(images):
    """The linear classifier in NumPy."""
    return special.softmax((2 * images.reshape(-1, 4) - 1) @ WEIGHT.T + [0.1, -0.2, 0.0], axis=1)


def test_candidates_are_scored_by_the_mean_over_picture_and_mirror_image(target, prior):
    found = score_candidates(target, prior, 3, jax.random.key(1), 5, mirrored=True)
    for z, confidence, features in zip(*found, strict=True):
        picture = ((z + 1) / 2).reshape(2, 2)
        both = np.stack([picture, picture[:, ::-1]])
        np.testing.assert_allclose(confidence, softmax_of(both).mean(0), rtol=1e-5)
        np.testing.assert_allclose(features, z, atol=1e-6)


def test_one_pass_over_the_candidates_serves_all_classes(target, prior, monkeypatch):
    decoded = []
    original = type(prior).decode
    monkeypatch.setattr(
        type(prior), "decode",
        lambda self, z, y: (decoded.append(len(z)), original(self, z, y))[1],
    )  # fmt: skip
    with jax.disable_jit():
        score_candidates(target, prior, 3, jax.random.key(1), 2 * BATCH, mirrored=True)
    assert decoded == [BATCH, BATCH]


def test_starts_are_the_best_of_each_class(target, prior):
    found = score_candidates(target, prior, 3, jax.random.key(1), 40, mirrored=True)
    labels = np.array([2, 0])
    got = starts(found, labels, 3, best=True)
    for row, label in zip(got, labels, strict=True):
        remaining = list(range(40))
        for place in row:
            winner = max(remaining, key=lambda i: found.confidence[i, label])
            assert place == winner
            remaining.remove(winner)


def test_starts_of_a_conditional_prior_differ_from_class_to_class(target, prior):
    found = score_candidates(target, prior, 3, jax.random.key(1), 40, mirrored=True)
    got = starts(found, np.arange(3), 4, best=False)
    assert sorted(got.ravel()) == list(range(12))


def test_more_starts_than_candidates_use_them_again(target, prior):
    found = score_candidates(target, prior, 3, jax.random.key(1), 2, mirrored=True)
    assert starts(found, np.arange(3), 5, best=True).shape == (3, 5)


def test_the_final_score_is_the_mean_over_the_same_views_one_by_one(target):
    transform = Transform(flip=0.5, brightness=0.3)
    images = jax.random.uniform(jax.random.key(3), (4, 2, 2, 1))
    labels, keys = jnp.array([0, 0, 2, 1]), row_keys(jax.random.key(4), jnp.arange(2), 2)
    got = robust_confidence((target,), images, labels, keys, 6, transform)
    views = [np.asarray(transformed(folded(keys, v), images, transform)) for v in range(6)]
    expected = np.mean([softmax_of(view)[np.arange(4), labels] for view in views], 0)
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_without_views_the_final_score_is_that_of_the_picture(target):
    images = jax.random.uniform(jax.random.key(3), (4, 2, 2, 1))
    labels, keys = jnp.array([0, 0, 2, 1]), row_keys(jax.random.key(4), jnp.arange(2), 2)
    got = robust_confidence((target,), images, labels, keys, 0, NO_TRANSFORM)
    expected = softmax_of(np.asarray(images))[np.arange(4), labels]
    np.testing.assert_allclose(got, expected, rtol=1e-5)


def test_the_kept_are_the_highest_in_order():
    confidence = np.array([[0.1, 0.9, 0.5], [0.7, 0.2, 0.8]])
    np.testing.assert_array_equal(keep(confidence, 2), [[1, 2], [2, 0]])


def test_keys_of_a_class_do_not_depend_on_the_classes_beside_it():
    alone = row_keys(jax.random.key(0), jnp.array([7]), 3)
    among = row_keys(jax.random.key(0), jnp.array([2, 7]), 3)
    np.testing.assert_array_equal(jax.random.key_data(alone), jax.random.key_data(among)[3:])
