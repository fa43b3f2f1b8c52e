"""LOKT on a linear target that only says labels: what is taught, asked, kept and found."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from loft_jax.attacks.parts.objective import Objective
from loft_jax.attacks.parts.selection import Selection
from loft_jax.attacks.recipes.base import Setting
from loft_jax.attacks.recipes.lokt import LOKT
from loft_jax.attacks.search import base
from loft_jax.attacks.search.questions import Questions, drawn
from loft_jax.fitting import distillation
from loft_jax.fitting.distillation import Distillation
from loft_jax.nets.layers.convolution import batch_norm
from loft_jax.nets.trunks.table import TRUNKS, Trunk
from loft_jax.priors.base import ImagePrior
from loft_jax.runs.devices import data_mesh
from loft_jax.targets.base import BudgetSpent
from loft_jax.targets.callback import CallbackTarget

CLASSES, TILES = 6, 16
W = np.random.default_rng(0).normal(size=(CLASSES, TILES))
RECIPE = dataclasses.replace(
    LOKT,
    candidates=1024,
    steps=2,
    population=64,
    teaching=Distillation(epochs=6, batch=32),
    restarts=4,
    search=dataclasses.replace(
        LOKT.search,
        objective=Objective(identity="max-margin", latent_norm=0.05),
        search=tuple(dataclasses.replace(one, steps=20) for one in LOKT.search.search),
        selection=Selection(candidates=128),
    ),
)


class OneLayer(nnx.Module):
    """A trunk that compiles in a second."""

    def __init__(self, size, channels, *, dtype, rngs):
        self.layer = nnx.Linear(size * size * channels, 64, dtype=dtype, rngs=rngs)
        self.norm = batch_norm(64, dtype=dtype, rngs=rngs)

    def __call__(self, x):
        return jax.nn.relu(self.norm(self.layer(x.reshape(len(x), -1))))


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Tiles(ImagePrior):
    """z ~ N(0, I_16), a grey tile each; pixels (z + 4) / 8."""

    size = 8
    channels = 1
    latent_dim = TILES

    def sample(self, key, n):
        return jax.random.normal(key, (n, TILES))

    def decode(self, latents, labels):
        tiles = (latents + 4).reshape(-1, 4, 4) / 8
        return jnp.repeat(jnp.repeat(tiles, 2, 1), 2, 2)[..., None]


class Linear:
    """Says the class of the largest of W z; NumPy, which raises if it is traced."""

    def __init__(self):
        self.asked = 0

    def __call__(self, images):
        assert type(images) is np.ndarray
        self.asked += len(images)
        return logits(images).argmax(1)


def logits(images):
    return (8 * images[..., ::2, ::2, 0].reshape(*images.shape[:-3], TILES) - 4) @ W.T


def margin(images, label):
    said = logits(images)
    return said[..., label] - np.delete(said, label, -1).max(-1)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    home, server = tmp_path_factory.mktemp("home"), Linear()
    names = tuple(map(str, range(CLASSES)))
    target = CallbackTarget(server, size=8, channels=1, class_names=names, access="label")
    target.home = home
    setting = Setting(target, (), Tiles(), 2, jax.random.key(0), data_mesh())
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(TRUNKS, "one_layer", Trunk(OneLayer, lambda size: 64, 8))
        patch.setattr("loft_jax.attacks.recipes.lokt.helper_trunks", lambda *_: ("one_layer",))
        search = RECIPE.start(setting)
        found = search.reconstruct(np.array([1, 4]), lambda progress: None)
        taught = []
        patch.setattr(distillation, "fit", lambda *_: taught.append(1))
        again = RECIPE.start(setting).reconstruct(np.array([4]), lambda progress: None)
    return server, target, found, again, taught


def test_labels_teach_the_surrogate_and_choose_among_its_results(ran):
    server, target, found, *_ = ran
    # Two searches share the pool; eight results of each class are asked about in turns of eight.
    assert target.queries == server.asked == 2 * 1024 + 3 * 128
    for place, label in enumerate((1, 4)):
        shown, control = (margin(part[place], label) for part in (found.images, found.lookalikes))
        assert np.all(shown > 0)
        assert np.all(control > 0)
        assert shown.mean() > 1.5 * control.mean()
    np.testing.assert_array_equal(found.confidence, 1)
    assert isinstance(found, base.Reconstructions)


def test_a_surrogate_is_taught_once_and_then_read(ran):
    *_, found, again, taught = ran
    assert not taught
    np.testing.assert_array_equal(again.images[0], found.images[1])


class Found:
    """A search on surrogates that ends at twelve points."""

    def reconstruct(self, labels, report):
        points = np.random.default_rng(3).standard_normal((1, 12, TILES)).astype(np.float32)
        return base.Reconstructions(points, *[np.zeros(0)] * 4)


def test_of_more_results_than_may_be_asked_about_the_first_are_asked():
    names = tuple(map(str, range(CLASSES)))
    target = CallbackTarget(Linear(), size=8, channels=1, class_names=names, access="label")
    setting = Setting(target, (), Tiles(), 3, jax.random.key(0), data_mesh())
    pool = drawn(target, Tiles(), jax.random.key(1), 64)
    questions = Questions(setting, pool, 2, 8, jax.random.key(2), lambda *_: None)
    with target.allowing(8), pytest.raises(BudgetSpent):
        RECIPE.climb(questions, Found())
    assert len(questions.standing) == 3
    assert set(questions.standing) <= set(range(64, 72))
    assert target.queries == 64 + 8


def test_its_views_are_those_of_its_search():
    blind = LOKT.with_views(lambda own: dataclasses.replace(own, flip=0.0))
    assert blind.search.objective.transform.flip == 0
    assert LOKT.search.objective.transform.flip > 0
    assert dataclasses.replace(blind, search=LOKT.search) == LOKT
