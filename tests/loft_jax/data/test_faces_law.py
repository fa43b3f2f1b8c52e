"""The law is a function of (seed, population, person, index), and people differ more than poses."""

import jax
import numpy as np
import pytest
from scipy import stats

from loft_jax.data.faces import (
    IDENTITY_DIM,
    NUISANCE_DIM,
    FaceLaw,
)
from loft_jax.data.faces.law import CHUNK, _picture_chunk
from loft_jax.errors import InputError

LAW = FaceLaw(size=32, seed=3)
# Every batch decoded here has one shape, so that one program is compiled.
BATCH = 208


def test_a_sample_depends_on_seed_population_person_and_index_alone():
    law = FaceLaw(size=64, channels=1, seed=3)
    people, indices = np.array([5, 2, 5]), np.array([7, 0, 1])
    latents = np.asarray(LAW.latents(people, indices))
    np.testing.assert_array_equal(latents, law.latents(people, indices))
    np.testing.assert_array_equal(latents[0, :IDENTITY_DIM], latents[2, :IDENTITY_DIM])
    np.testing.assert_array_equal(latents[0, :IDENTITY_DIM], LAW.identity(5))
    np.testing.assert_array_equal(latents[0, IDENTITY_DIM:], LAW.nuisance(5, 7))
    assert LAW.identity(5).shape == (IDENTITY_DIM,)
    assert LAW.nuisance(5, 7).shape == (NUISANCE_DIM,)


def test_private_and_public_people_of_all_seeds_are_disjoint():
    people, indices = np.repeat(np.arange(64), 2), np.tile(np.arange(2), 64)
    draws = [
        np.asarray(FaceLaw(seed=seed, population=population).latents(people, indices))
        for seed in range(4)
        for population in ("private", "public")
    ]
    identities = np.concatenate([draw[::2, :IDENTITY_DIM] for draw in draws])
    poses = np.concatenate([draw[:, IDENTITY_DIM:] for draw in draws])
    # Two float32 normals: among these 1536 pairs chance makes no equal ones.
    pairs = np.concatenate([identities[:, :2], poses[:, :2]])
    assert np.unique(pairs, axis=0).shape[0] == 8 * (64 + 128)


def test_latents_are_standard_normal_and_uncorrelated():
    n = 4096
    latents = np.asarray(LAW.latents(np.arange(n), np.zeros(n, int)), np.float64)
    assert stats.kstest(latents.ravel(), "norm").pvalue > 1e-3
    correlation = np.corrcoef(latents.T) - np.eye(latents.shape[1])
    # The largest of 5356 correlations, each with standard error 1 / sqrt(n).
    assert np.abs(correlation).max() < 5 / np.sqrt(n)


def test_pictures_are_the_rendered_latents_rounded_to_bytes():
    images, labels = LAW.pictures(3, 2)
    np.testing.assert_array_equal(labels, [0, 0, 1, 1, 2, 2])
    latents = LAW.latents(np.resize([0, 1, 2], BATCH), np.ones(BATCH, int))
    rendered = 255.0 * np.asarray(LAW.decode(latents))[:3]
    assert np.abs(images[1::2] - rendered).max() <= 0.5 + 1e-2


def test_more_pictures_extend_fewer_and_progress_counts_them():
    seen = []
    few, _ = LAW.pictures(2, 3)
    many, labels = LAW.pictures(20, 9, progress=seen.append)
    np.testing.assert_array_equal(few[3:], many[9:12])
    assert many.shape == (180, 32, 32, 3)
    assert labels.dtype == np.int32
    assert seen == [CHUNK, 180]


def test_a_second_call_compiles_nothing():
    LAW.pictures(1, 2)
    compiled = _picture_chunk._cache_size()
    LAW.pictures(5, 40)
    FaceLaw(size=32, seed=9, population="public").pictures(1, 1)
    assert _picture_chunk._cache_size() == compiled


def test_identity_moves_a_picture_more_than_nuisance_once_the_head_is_in_place():
    """Variance of pixels between people against within people, wall and position held fixed."""
    people, poses = BATCH // 8, 8
    latents = np.array(
        LAW.latents(np.repeat(np.arange(people), poses), np.tile(np.arange(poses), people))
    )
    # Shift, rotation, scale and background say where the head is and before what.
    latents[:, IDENTITY_DIM + np.array([0, 1, 2, 3, 7])] = 0.0
    images = np.asarray(LAW.decode(jax.numpy.asarray(latents))).reshape(people, poses, -1)
    means = images.mean(1)
    within = np.sum((images - means[:, None]) ** 2) / (people * (poses - 1))
    between = np.sum((means - means.mean(0)) ** 2) / (people - 1) - within / poses
    assert within > 0.02 * between
    assert between > 1.5 * within


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"size": 0}, "`size` must be at least 1"),
        ({"channels": 4}, "`channels` must be 1"),
        ({"seed": -1}, "`seed` must be at least 0"),
    ],
)
def test_a_law_out_of_range_is_refused(arguments, text):
    with pytest.raises(InputError, match=text):
        FaceLaw(**arguments)


def test_counts_below_one_and_negative_people_are_refused():
    with pytest.raises(InputError, match="`identities` must be at least 1, got 0"):
        LAW.pictures(0, 1)
    with pytest.raises(InputError, match="`pictures_per_identity` must be at least 1"):
        LAW.pictures(1, 0)
    with pytest.raises(InputError, match="`indices` must be at least 0, got -2"):
        LAW.latents(np.array([0]), np.array([-2]))
