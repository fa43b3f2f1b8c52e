"""scikit-learn's digits, against the published counts."""

import numpy as np
from sklearn.datasets import load_digits as sklearn_digits

from loft_jax.data.sources.digits import load_digits

# UCI repository, optdigits.names, "Class Distribution" of the test part.
COUNTS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_there_are_1797_digits_with_the_published_count_of_each():
    data = load_digits()
    assert data.images.shape == (1797, 8, 8, 1)
    assert np.bincount(data.labels).tolist() == COUNTS
    assert data.class_names == tuple("0123456789")


def test_bytes_are_the_nearest_to_sixteenths_of_255():
    sixteenths = sklearn_digits().images
    error = load_digits().images[..., 0] * 16.0 - sixteenths * 255
    assert np.abs(error).max() <= 8


def test_resizing_keeps_labels_and_the_mean_ink():
    native, large = load_digits(), load_digits(size=32)
    assert large.images.shape == (1797, 32, 32, 1)
    np.testing.assert_array_equal(native.labels, large.labels)
    # Interpolation keeps the mean but for borders and the clip of overshoots.
    ink = [data.images.mean(axis=(1, 2, 3)) for data in (native, large)]
    assert np.corrcoef(ink)[0, 1] > 0.99
