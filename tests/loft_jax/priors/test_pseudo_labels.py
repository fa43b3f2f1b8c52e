"""Pseudo-labels against a loop over classes."""

import numpy as np
import pytest

from loft_jax.errors import InputError
from loft_jax.priors.pseudo_labels import top_n


def test_each_class_gets_the_pictures_of_which_the_target_is_surest():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(4), size=20)
    pictures, labels = top_n(probabilities, 3)
    for k in range(4):
        chosen = pictures[labels == k]
        left = np.setdiff1d(np.arange(20), chosen)
        assert len(set(chosen)) == 3
        assert probabilities[chosen, k].min() >= probabilities[left, k].max()


def test_a_picture_may_stand_for_every_class():
    probabilities = np.array([[0.5, 0.5], [0.1, 0.1]])
    pictures, labels = top_n(probabilities, 1)
    assert (pictures.tolist(), labels.tolist()) == ([0, 0], [0, 1])


def test_more_pictures_a_class_than_there_are_is_refused():
    with pytest.raises(InputError, match=r"`--top-n` must be 1\.\.2"):
        top_n(np.ones((2, 3)), 3)
