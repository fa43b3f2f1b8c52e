"""PLG-MI's generator: through which views the target teaches it."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from loft_jax.data.settings import AugmentConfig
from loft_jax.priors import plgmi
from loft_jax.priors.architecture import Judgement
from loft_jax.priors.games import Turn

SPLIT = np.concatenate([np.full((1, 8, 4, 1), 0.8), np.full((1, 8, 4, 1), 0.2)], 2)
FAKE = np.repeat(SPLIT, 64, 0).astype(np.float32)
"""Bright on the left, dark on the right."""


def halves(images):
    """Class 0 is bright in the leftmost columns, class 1 in the rightmost: mirrored, each is the
    other. Crops and jitter leave it which of both it is."""
    ends = images[:, :, 0].mean((1, 2)), images[:, :, -1].mean((1, 2))
    return SimpleNamespace(logits=jnp.sign(jnp.stack(ends, 1) - sum(ends)[:, None] / 2))


def margin(row, views):
    """The target's part of the generator's loss, where the discriminator says nothing."""
    turn = Turn(
        jnp.asarray(FAKE), jnp.zeros(64, int), jnp.zeros((64, 0)), jnp.asarray(FAKE),
        jnp.zeros(64, int), jax.random.key(0), SimpleNamespace(outputs=halves), jnp.float32(0),
        views,
    )  # fmt: skip
    silent = Judgement(jnp.zeros(64), jnp.zeros((64, 0)), jnp.zeros((64, 0)))
    (game,) = row.fitted.games.values()
    return float(game.generator(lambda images, labels: silent, turn))


def test_a_generator_is_never_mirrored_where_the_training_did_not_mirror():
    found = (margin(plgmi.ROW, AugmentConfig()) - np.log(2)) / plgmi.MARGIN
    assert found == pytest.approx(-2, abs=1e-4)  # every view is named rightly, by 1 against -1


def test_a_generator_is_mirrored_half_of_the_time_where_the_training_mirrored():
    found = (margin(plgmi.ROW, AugmentConfig(flip=True)) - np.log(2)) / plgmi.MARGIN
    assert abs(found) < 1  # of 64 views a half, within four standard deviations


def test_the_published_generator_is_mirrored_whatever_the_training_did():
    assert abs(margin(plgmi.PUBLISHED, AugmentConfig()) / plgmi.PUBLISHED_MARGIN) < 1
