"""Attacks that only ask, by a prior that is told the class: what is kept is what was asked."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import softmax

from loft_jax.attacks.recipes.base import Setting
from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.errors import InputError
from loft_jax.priors.base import ImagePrior
from loft_jax.runs.devices import data_mesh
from loft_jax.targets.callback import CallbackTarget

W = np.random.default_rng(0).normal(size=(3, 4)) * 2
SMALL = {"candidates": 96, "steps": 2, "population": 16}


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Signed(ImagePrior):
    """z ~ N(0, I_4); of odd classes the negative is shown."""

    size = 2
    channels = 1
    latent_dim = 4
    conditional = True

    def sample(self, key, n):
        return jax.random.normal(key, (n, 4))

    def decode(self, latents, labels):
        sign = jnp.where(labels % 2 == 0, 1.0, -1.0)[:, None]
        return jax.nn.sigmoid(latents * sign).reshape(-1, 2, 2, 1)


class Spy:
    def __init__(self, access):
        self.access, self.seen = access, []

    def __call__(self, images):
        self.seen.append(images.copy())
        scores = said(images)
        return scores if self.access == "scores" else scores.argmax(1)

    def target(self):
        kind = {"size": 2, "channels": 1, "class_names": ("a", "b", "c")}
        return CallbackTarget(self, **kind, access=self.access)


def said(images):
    return softmax((2 * images.reshape(-1, 4) - 1) @ W.T, axis=1)


def started(name, spy):
    recipe = dataclasses.replace(RECIPES[name], **SMALL)
    setting = Setting(spy.target(), (), Signed(), 3, jax.random.key(0), data_mesh())
    return recipe.start(setting)


@pytest.mark.parametrize("name", ["evo", "mirror-bb", "label-nes", "random-label"])
def test_pictures_are_those_about_which_the_target_said_what_is_stored(name):
    spy = Spy(RECIPES[name].asks)
    found = started(name, spy).reconstruct(np.array([0, 1]), lambda _: None)
    seen = np.concatenate(spy.seen).reshape(-1, 4)
    for place, label in enumerate((0, 1)):
        scores = said(found.images[place])
        sure = scores[:, label] if spy.access == "scores" else scores.argmax(1) == label
        np.testing.assert_allclose(found.confidence[place], sure, rtol=1e-4)
        again = np.asarray(Signed().decode(found.latents[place], np.full(3, label)))
        np.testing.assert_allclose(again, found.images[place], atol=1e-6)
        for picture in found.lookalikes[place].reshape(-1, 4):
            assert np.abs(seen[:96] - picture[None]).max(1).min() < 1e-6


@pytest.mark.parametrize("name", ["c2f-mi", "smile"])
def test_who_learns_one_map_for_all_classes_refuses_it_before_a_question(name):
    spy = Spy("scores")
    with pytest.raises(InputError, match="must draw by latents alone, got one that is told"):
        started(name, spy)
    assert not spy.seen
