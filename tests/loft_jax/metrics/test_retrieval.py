"""Ranks by brute force, correlation by its definition, and how both stand to identity error."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from loft_jax.errors import InputError
from loft_jax.metrics.identity_error import identity_error
from loft_jax.metrics.retrieval import (
    coordinate_correlation,
    identity_correlation,
    identity_rank,
)


def cosine(u, t):
    return math.fsum(u * t) / math.sqrt(math.fsum(u * u) * math.fsum(t * t))


def test_ranks_are_those_of_a_loop_over_all_people():
    rng = np.random.default_rng(0)
    people, found = rng.normal(size=(9, 5)), rng.normal(size=(4, 3, 5))
    whose = np.array([2, 8, 0, 2])
    ranks = identity_rank(found, people, whose)
    for i, row in enumerate(found):
        for j, u in enumerate(row):
            likeness = [cosine(u, t) for t in people]
            better = [m for m in range(9) if m != whose[i] and likeness[m] >= likeness[whose[i]]]
            assert ranks[i, j] == 1 + len(better)


def test_the_length_of_what_was_found_does_not_matter_and_ties_count_against():
    people = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]])
    found = np.array([[[0.01, 0.001]], [[50.0, 1.0]], [[0.0, 0.0]]])
    # 0 and 1 lie in one direction; nothing found is like nobody.
    assert identity_rank(found, people, np.array([0, 1, 2])).ravel().tolist() == [2, 2, 3]
    assert identity_correlation(found, people)[2, 0] == 0


def test_correlation_is_that_of_each_person_and_of_each_coordinate():
    rng = np.random.default_rng(1)
    found, true = rng.normal(size=(4, 2, 6)), rng.normal(size=(4, 6))
    rho = identity_correlation(found, true)
    assert rho[3, 1] == pytest.approx(cosine(found[3, 1], true[3]))
    each = coordinate_correlation(found, true)
    pairs = [(found[k, s, 2], true[k, 2]) for k in range(4) for s in range(2)]
    assert each[2] == pytest.approx(cosine(*map(np.array, zip(*pairs, strict=True))))


def test_squared_error_is_what_length_and_correlation_make_it():
    rng = np.random.default_rng(2)
    found, true = 0.4 * rng.normal(size=(3, 2, 96)), rng.normal(size=(3, 96))
    rho, a = identity_correlation(found, true), np.sqrt(np.mean(found**2, axis=2))
    size = np.sqrt(np.mean(true**2, axis=1))[:, None]  # 1 in the population
    expected = np.sqrt(size**2 + a**2 - 2 * a * size * rho)
    np.testing.assert_allclose(identity_error(found, true), expected)


def test_an_error_of_nearly_one_leaves_half_of_the_people_to_be_retrieved():
    # u = rho t + sqrt(1 - rho^2) noise, shrunk by rho: the best length, and error sqrt(1 - rho^2).
    rng, rho, people = np.random.default_rng(3), 0.25, 128
    true = rng.normal(size=(10, people, 96))
    noise = rng.normal(size=true.shape)
    found = rho * (rho * true + math.sqrt(1 - rho**2) * noise)
    hits, errors = [], []
    for t, u in zip(true, found, strict=True):
        hits.append(identity_rank(u[:, None], t, np.arange(people)) == 1)
        errors.append(identity_error(u[:, None], t))
    spread = math.sqrt(2 / 96 / (10 * people))  # of a mean of chi-squared, at most
    assert np.mean(np.square(errors)) == pytest.approx(1 - rho**2, abs=4 * spread)

    # Another's correlation is nearly normal with variance 1 / 96, the own one round rho.
    def all_below(x):
        own = rho * math.sqrt(96) + x * math.sqrt(1 - rho**2)
        return stats.norm.pdf(x) * stats.norm.cdf(own) ** (people - 1)

    expected = integrate.quad(all_below, -8, 8)[0]
    assert expected == pytest.approx(0.46, abs=0.03)
    assert np.mean(hits) == pytest.approx(expected, abs=4 * 0.5 / math.sqrt(10 * people))


def test_bad_input_is_named():
    with pytest.raises(InputError, match=r"`whose` must be rows 0\.\.2 of `people`, got 0 to 3"):
        identity_rank(np.zeros((2, 1, 4)), np.zeros((3, 4)), np.array([0, 3]))
    with pytest.raises(InputError, match=r"`identities` must have shape \(2, 4\), got \(2, 5\)"):
        identity_correlation(np.zeros((2, 1, 4)), np.zeros((2, 5)))
    with pytest.raises(InputError, match="`latents` must be finite"):
        coordinate_correlation(np.full((2, 1, 4), np.nan), np.zeros((2, 4)))
