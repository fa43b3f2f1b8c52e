"""The handwritten digits that scikit-learn carries: real pictures without a download."""

import numpy as np

from loft_jax.data.dataset import Dataset
from loft_jax.data.resize import resize
from loft_jax.data.sources.base import DEFAULT_SIZE, Source, Wanted


def load_digits(*, size: int | None = None) -> Dataset:
    """1,797 gray pictures of the digits 0..9, ink white on black.

    Args:
        size: side in pixels; None keeps the native 8.

    Raises:
        InputError: if `size` is out of range.

    Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository (1998), the test part; values 0..16 become 0..255.
    """
    from sklearn import datasets  # a second to import, and only this data set needs it

    values, labels = datasets.load_digits(return_X_y=True)
    images = np.rint(values.reshape(-1, 8, 8, 1) * (255 / 16)).astype(np.uint8)
    return Dataset(
        name="digits",
        images=resize(images, size, source="digits"),
        labels=labels.astype(np.int32),
        class_names=tuple(str(digit) for digit in range(10)),
    )


def _load(wanted: Wanted) -> Dataset:
    return load_digits(size=wanted.size)


DIGITS = Source(
    load=_load,
    shown=True,
    noun="digits",
    singular="digit",
    preset="digits",
    size=DEFAULT_SIZE,
    classes=10,
    cite=("pedregosa2011scikit",),
)
