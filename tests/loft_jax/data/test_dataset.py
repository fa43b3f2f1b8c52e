"""What every later stage may rely on: a `Dataset` that exists is well-formed."""

import jaxtyping
import numpy as np
import pytest

from loft_jax.data.dataset import Dataset
from loft_jax.errors import InputError
from loft_jax.nets.description import Description

NAMES = ("ada", "bob")


def images(n=4, h=8, w=8, ch=1):
    return np.zeros((n, h, w, ch), np.uint8)


def labels(*values):
    return np.array(values, np.int32)


def test_size_channels_and_classes_are_those_of_the_arrays():
    data = Dataset("toy", images(ch=3), labels(0, 1, 1, 0), NAMES)
    assert (data.size, data.channels, data.classes, data.skipped) == (8, 3, 2, ())
    assert Description.of(data) == Description(8, 3, NAMES)
    assert Description.of(data).classes == 2


@pytest.mark.parametrize(
    ("pixels", "classes", "names", "message"),
    [
        (
            images().astype(np.float32),
            labels(0, 0, 1, 1),
            NAMES,
            "`images` must be uint8 .* float32",
        ),
        (images()[..., 0], labels(0, 0, 1, 1), NAMES, r"`images` must be .*\[4, 8, 8\]"),
        (images(ch=2), labels(0, 0, 1, 1), NAMES, "with ch 1 or 3, got .*2"),
        (images(w=9), labels(0, 0, 1, 1), NAMES, "must be square, got height 8 and width 9"),
        (images(h=0, w=0), labels(0, 0, 1, 1), NAMES, "must be square"),
        (images(), labels(0, 0, 1), NAMES, r"`labels` must be int32, one for each of 4.*\[3\]"),
        (images(), np.array([0, 0, 1, 1]), NAMES, "`labels` must be int32.*int64"),
        (images(), labels(0, 0, 1, 2), NAMES, r"`labels` must be in 0..1, got 0..2"),
        (images(), labels(0, 0, 1, -1), NAMES, r"`labels` must be in 0..1, got -1..1"),
        (images(), labels(0, 0, 0, 0), ("ada",), "toy: .* at least 2 classes, got 1: ada"),
        (images(), labels(0, 0, 0, 0), NAMES, "toy: every class .* 2 pictures, got: `bob` has 0"),
        (images(), labels(0, 0, 0, 1), NAMES, "at least 2 pictures, got: `bob` has 1"),
        (images(0), labels(), NAMES, "`ada` has 0, `bob` has 0"),
    ],
)
def test_what_is_malformed_cannot_be_constructed(monkeypatch, pixels, classes, names, message):
    # Users run without the type checker of the tests, which would be the first to complain.
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(InputError, match=message):
        Dataset("toy", pixels, classes, names)


def test_of_many_small_classes_five_are_named_and_the_rest_counted():
    names = tuple("abcdefgh")
    with pytest.raises(InputError, match=r"`b` has 0.*`f` has 0 and 2 more classes"):
        Dataset("toy", images(2), labels(0, 0), names)
