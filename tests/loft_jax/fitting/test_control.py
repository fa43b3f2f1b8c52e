"""PCA + LDA of gray pixels: the control that a trained network is held against."""

import numpy as np
import pytest

from loft_jax.data.dataset import Dataset
from loft_jax.data.split import Split, split_indices
from loft_jax.fitting import control
from loft_jax.fitting.closing import control_rows


def pictures(noise, channels=1, classes=4, each=20):
    """Noisy pictures of `classes` patterns, under light and contrast that say nothing."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(classes, dtype=np.int32), each)
    shape = (len(labels), 8, 8, 1)
    signal = rng.normal(size=(classes, 8, 8, 1))[labels] + noise * rng.normal(size=shape)
    light = (
        rng.uniform(100, 150, (len(labels), 1, 1, 1)),
        rng.uniform(5, 15, (len(labels), 1, 1, 1)),
    )
    images = np.clip(light[0] + light[1] * signal, 0, 255).astype(np.uint8)
    names = tuple(map(str, range(classes)))
    return Dataset("patterns", np.repeat(images, channels, 3), labels, names)


def discriminants_by_hand(data, split, k):
    """Nearest class mean by the pooled covariance in k principal components, in float64."""
    z = data.images[..., 0].reshape(len(data.images), -1).astype(float)
    z = (z - z.mean(1, keepdims=True)) / z.std(1, keepdims=True)
    seen = np.union1d(split.train, split.validation)
    mean = z[seen].mean(0)
    z = (z - mean) @ np.linalg.svd(z[seen] - mean)[2][:k].T
    means = np.array([z[seen][data.labels[seen] == c].mean(0) for c in range(data.classes)])
    within = np.cov((z[seen] - means[data.labels[seen]]).T)
    away = z[split.test][:, None] - means
    distances = np.einsum("tci,ij,tcj->tc", away, np.linalg.inv(within), away)
    return float(np.mean(distances.argmin(1) == data.labels[split.test]))


@pytest.mark.parametrize("noise", [0.5, 1.5, 3.0])
def test_the_control_is_the_nearest_class_mean_of_fisherfaces(noise):
    data = pictures(noise)
    split = split_indices(data.labels, validation_fraction=0.0, seed=0)
    k = (len(split.train) - data.classes) // 2  # below 50: all that it may take
    assert control.pca_lda_accuracy(data, split) == discriminants_by_hand(data, split, k)


def test_patterns_without_noise_are_all_named_in_gray_and_in_colour():
    gray, colour = pictures(0.1), pictures(0.1, channels=3)
    split = split_indices(gray.labels, seed=0)
    assert control.pca_lda_accuracy(gray, split) == control.pca_lda_accuracy(colour, split) == 1


def test_one_training_picture_a_class_leaves_nothing_to_fit():
    data = pictures(1.0, each=2)
    assert control.pca_lda_accuracy(data, split_indices(data.labels, seed=0)) is None


def test_validation_pictures_choose_the_number_of_components_and_then_train(monkeypatch):
    data, asked = pictures(1.0, each=40), []
    split = split_indices(data.labels, validation_fraction=0.2, seed=0)
    monkeypatch.setattr(control, "COMPONENTS", (2, 20, 500))

    def scores(images, labels, train, test, components):
        asked.append((len(train), len(test), components))
        return {2: 0.9, 20: 0.8}

    monkeypatch.setattr(control, "_scores", scores)
    own = Split(split.train, split.validation, split.test)
    assert control.pca_lda_accuracy(data, own) == 0.9
    train, validation, test = len(split.train), len(split.validation), len(split.test)
    assert asked == [(train, validation, [2, 20]), (train + validation, test, [2])]


def test_the_table_has_a_word_where_the_network_is_below_the_control():
    (row,) = control_rows({"test_accuracy": 0.45, "pca_lda_accuracy": 0.656})
    assert row[1] == "0.656"
    assert "below" in row[2]
    (row,) = control_rows({"test_accuracy": 0.656, "pca_lda_accuracy": 0.656})
    assert "below" not in row[2]
    assert not list(control_rows({"test_accuracy": 0.5, "pca_lda_accuracy": None}))
    assert not list(control_rows({"test_accuracy": 0.5}))
