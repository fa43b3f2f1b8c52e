"""Real pictures, where `LOFT_DATA_DIR` says they are: both readers agree with the file."""

import os
from pathlib import Path

import numpy as np
import pytest

from loft_jax.data.sources import load_dataset
from loft_jax.data.split import split_indices

FOLDER = os.environ.get("LOFT_DATA_DIR")
pytestmark = pytest.mark.skipif(FOLDER is None, reason="LOFT_DATA_DIR is not set")


def load(name, size=None):
    return load_dataset(str(Path(FOLDER or "") / name), size=size, seed=0)


def test_the_orl_faces_are_the_same_pictures_as_archive_and_as_folder():
    archive, folder = load("orl40.npz"), load("orl40_folder")
    assert archive.images.shape == (400, 64, 64, 1)
    np.testing.assert_array_equal(archive.images, folder.images)
    np.testing.assert_array_equal(archive.labels, folder.labels)
    assert np.bincount(archive.labels).tolist() == [10] * 40


def test_lfw_has_217_people_with_at_least_8_pictures():
    data = load("lfwa_private217.npz")
    counts = np.bincount(data.labels)
    assert (len(data.images), data.classes, data.size, data.channels) == (3862, 217, 64, 1)
    assert counts.min() >= 8
    assert counts.max() == 50
    assert "Abdullah_Gul" in data.class_names
    split = split_indices(data.labels, test_fraction=0.3, validation_fraction=0.05, seed=0)
    assert len(split.test) / 3862 == pytest.approx(0.3, abs=0.01)
    assert set(data.labels[split.train]) == set(data.labels[split.test]) == set(range(217))


def test_omniglot_has_242_characters_of_20_drawings_and_resizes():
    data = load("omniglot242.npz", size=32)
    assert data.images.shape == (4840, 32, 32, 1)
    assert np.bincount(data.labels).tolist() == [20] * 242
