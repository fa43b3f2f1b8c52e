"""Identity error against chance levels by simulation; fits of pictures whose latents are known."""

import math

import jax
import numpy as np
import pytest

from loft_jax.data.faces import IDENTITY_DIM, FaceLaw
from loft_jax.errors import InputError
from loft_jax.metrics import identity_fit
from loft_jax.metrics.identity_error import Chance, identity_error
from loft_jax.metrics.identity_fit import fitted_latents


def identities(k, seed):
    return np.random.default_rng(seed).standard_normal((k, IDENTITY_DIM))


def test_the_error_is_the_root_mean_square_over_the_identity_alone():
    true = identities(3, 0)
    latents = np.zeros((3, 2, 104))
    latents[:, :, :96] = true[:, None]
    latents[:, :, 96:] = 50
    assert np.array_equal(identity_error(latents, true), np.zeros((3, 2)))
    latents[1, 0, :24] += 2
    found = identity_error(latents, true)
    # 24 coordinates of 96 are off by 2.
    assert found[1, 0] == pytest.approx(math.sqrt(24 * 4 / 96))
    assert np.count_nonzero(found) == 1


def test_the_mean_face_is_off_by_1_and_a_stranger_by_the_root_of_2():
    people = 4000
    true = identities(people, 1)
    squared = {
        Chance().mean_face: identity_error(np.zeros((people, 1, 96)), true) ** 2,
        Chance().stranger: identity_error(identities(people, 2)[:, None], true) ** 2,
    }
    for level, found in squared.items():
        error = found.std(ddof=1) / math.sqrt(people)
        assert found.mean() == pytest.approx(level**2, abs=4 * error)
        assert error < 0.01


def test_bad_latents_are_named():
    with pytest.raises(InputError, match=r"`identities` must have shape \(2, 96\), got \(3, 96\)"):
        identity_error(np.zeros((2, 1, 104)), identities(3, 3))
    with pytest.raises(InputError, match="`latents` must have at least 96 coordinates, got 10"):
        identity_error(np.zeros((2, 1, 10)), identities(2, 3))
    with pytest.raises(InputError, match="`latents` must be finite"):
        identity_error(np.full((2, 1, 104), np.nan), identities(2, 3))


@pytest.fixture
def people(monkeypatch):
    """Five people of 16 px: two chunks of four at four starts each, the second not full."""
    monkeypatch.setattr(identity_fit, "ROWS", 16)
    law, numbers = FaceLaw(16, 1), np.arange(5)
    latents = np.asarray(law.latents(numbers, np.zeros(5, int)))
    pictures, _ = law.pictures(5, 1)
    return latents, pictures.astype(np.float32) / 255


@pytest.mark.slow
def test_the_fit_of_a_true_picture_finds_the_person(people):
    latents, pictures = people
    fit = fitted_latents(pictures, jax.random.key(0))
    errors = identity_error(fit.latents[:, None], latents[:, :IDENTITY_DIM])[:, 0]
    # 256 gray values do not pin 104 latents down, so the prior fills the rest; the mean face is 1.
    assert np.median(errors) < 0.6
    assert np.median(fit.residual) < 0.01
    law = FaceLaw(16, 1)
    again = np.asarray(law.decode(jax.numpy.asarray(fit.latents)))
    seen = np.sqrt(np.mean((again - pictures) ** 2, axis=(1, 2, 3)))
    assert fit.residual == pytest.approx(seen, rel=1e-3, abs=1e-5)


@pytest.mark.slow
def test_pictures_of_nobody_are_pulled_to_the_mean_face(people):
    _, pictures = people
    noise = np.random.default_rng(4).random(pictures.shape).astype(np.float32)
    fit = fitted_latents(noise, jax.random.key(1))
    identity = fit.latents[:, :IDENTITY_DIM]
    assert np.sqrt(np.mean(identity**2)) < 1.2
    assert fit.residual.min() > 0.2


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"images": np.full((1, 8, 8, 1), 2.0)}, r"`images` must have pixels in \[0, 1\]"),
        ({"images": np.zeros((1, 8, 9, 1))}, "`images` must be square, got 8 x 9 pixels"),
        ({"starts": 0}, "`starts` must be 1..128, got 0"),
        ({"steps": 0}, "`steps` must be at least 1"),
        ({"candidates": 3}, "`candidates` must be at least `starts` = 4, got 3"),
    ],
)
def test_bad_pictures_and_numbers_are_named(change, match):
    good = {"images": np.zeros((1, 8, 8, 1)), "key": jax.random.key(0)}
    with pytest.raises(InputError, match=match):
        fitted_latents(**{**good, **change})
