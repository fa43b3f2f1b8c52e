"""Attacks by labels alone on a ball, of which everything is known."""

import dataclasses

import jax
import numpy as np
import pytest
from scipy import stats

from loft_jax.attacks.recipes.base import Setting
from loft_jax.attacks.recipes.label_nes import slope
from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.priors.base import ImagePrior
from loft_jax.runs.devices import data_mesh
from loft_jax.targets.callback import CallbackTarget

CENTRE, RADIUS = np.array([2.0, -1.0, 1.0, 0.0]), 2.5
REACH = 16.0
KIND = {"size": 2, "channels": 1, "class_names": ("outside", "inside")}
BY_LABELS = [name for name, row in RECIPES.items() if row.needs == ("label",)]
SMALL = {
    "brep-mi": {"steps": 120, "candidates": 200},
    "label-nes": {"steps": 40, "candidates": 200, "shrink": 0.0, "rate": 1.0, "gain": 1.0},
    "random-label": {"steps": 400, "candidates": 200},
}


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Wide(ImagePrior):
    """z ~ N(0, I_4); pixels z / 32 + 1/2, so that no latent is ever cut."""

    size = 2
    channels = 1
    latent_dim = 4

    def sample(self, key, n):
        return jax.random.normal(key, (n, 4))

    def decode(self, latents, labels):
        return (latents / (2 * REACH) + 0.5).reshape(-1, 2, 2, 1)


def latents(images):
    return (images.reshape(*images.shape[:-3], 4) - 0.5) * 2 * REACH


class Ball:
    """Says whether a latent is in the ball; NumPy, which raises if it is traced."""

    def __init__(self, radius=RADIUS):
        self.radius, self.asked = radius, 0

    def __call__(self, images):
        assert type(images) is np.ndarray  # a tracer would mean that somebody differentiates
        self.asked += len(images)
        return (np.linalg.norm(latents(images) - CENTRE, axis=1) < self.radius).astype(int)

    def target(self):
        return CallbackTarget(self, **KIND, access="label")


def attacked(name, ball, per_class=3, seed=0, **changes):
    recipe = dataclasses.replace(RECIPES[name], **{**SMALL[name], **changes})
    target = ball.target()
    setting = Setting(target, (), Wide(), per_class, jax.random.key(seed), data_mesh())
    search = recipe.start(setting)
    found = search.reconstruct(np.array([1]), lambda progress: None)
    return found, target, recipe


def distance(images):
    return np.linalg.norm(latents(images) - CENTRE, axis=-1)


@pytest.mark.parametrize("name", SMALL)
def test_it_asks_what_it_may_and_the_counter_is_a_spys(name):
    ball = Ball()
    _, target, recipe = attacked(name, ball)
    assert target.queries == ball.asked <= 200 + recipe.each
    assert ball.asked > 200 + 0.9 * recipe.each
    with target.allowing(40):
        setting = Setting(target, (), Wide(), 3, jax.random.key(0), data_mesh())
        search = dataclasses.replace(recipe, candidates=30).start(setting)
        search.reconstruct(np.array([1]), lambda progress: None)
    assert ball.asked == target.queries <= 200 + recipe.each + 40


@pytest.mark.parametrize(("name", "nearer"), [("brep-mi", 0.15), ("label-nes", 0.05)])
def test_the_middle_of_the_class_is_found(name, nearer):
    found, *_ = attacked(name, Ball(), per_class=8 if name == "brep-mi" else 1, steps=300)
    assert np.all(distance(found.lookalikes) < RADIUS)
    # A point drawn evenly from a ball in 4 dimensions is at 4/5 of its radius on average.
    assert distance(found.images).mean() < nearer * RADIUS * 4 / 5
    np.testing.assert_array_equal(found.confidence, 1)


def test_the_floor_lasts_longer_under_noise_than_the_strangers_from_whom_it_began():
    found, _, recipe = attacked("random-label", Ball(), per_class=8)
    rng = np.random.default_rng(0)
    ends = []
    for part in (found.images, found.lookalikes):
        copies = latents(part[0])[:, None] + recipe.noise * rng.standard_normal((8, 2000, 4))
        ends.append((np.linalg.norm(copies - CENTRE, axis=2) < RADIUS).mean())
    assert ends[0] > ends[1] + 0.05


@pytest.mark.parametrize("name", SMALL)
def test_the_same_key_finds_the_same(name):
    first, again = (attacked(name, Ball())[0] for _ in range(2))
    np.testing.assert_array_equal(first.images, again.images)
    other, *_ = attacked(name, Ball(), seed=1)
    assert not np.array_equal(first.images, other.images)


@pytest.mark.parametrize("name", SMALL)
def test_a_class_that_nobody_drawn_is_taken_for_gives_strangers(name):
    found, *_ = attacked(name, Ball(radius=1e-6))
    assert found.images.shape == (1, 3, 2, 2, 1)
    np.testing.assert_array_equal(found.confidence, 0)


@pytest.mark.parametrize("name", SMALL)
def test_who_asked_about_fewer_than_are_wanted_shows_them_again(name):
    found, *_ = attacked(name, Ball(), per_class=40, population=16, candidates=30)
    assert found.images.shape == found.lookalikes.shape == (1, 40, 2, 2, 1)


def test_a_move_that_leaves_the_class_is_taken_back():
    # Two points of a sphere of radius 4 push by a third of it, out of a ball of radius 1.
    rule = dataclasses.replace(RECIPES["brep-mi"].rule, points=2, radius=4.0)
    found, *_ = attacked("brep-mi", Ball(1.0), per_class=8, rule=rule, steps=60, candidates=2000)
    assert np.all(distance(found.images) < 1)
    np.testing.assert_array_equal(found.confidence, 1)


def test_the_slope_by_labels_is_that_of_a_half_space():
    # P(w (u + e) > t) = Phi((w u - t) / |w|), whose gradient is phi(...) w / |w|.
    w, t, u = np.array([1.0, -2.0, 0.5]), 0.4, np.array([0.3, 0.1, -0.2])
    noise = np.random.default_rng(0).standard_normal((200_000, 3))
    said = (u + noise) @ w > t
    size = np.linalg.norm(w)
    exact = stats.norm.pdf((w @ u - t) / size) * w / size
    error = 0.5 / np.sqrt(len(noise))
    np.testing.assert_allclose(slope(said, noise), exact, atol=5 * error)
    assert np.abs(exact).min() > 20 * error


def test_every_attack_by_labels_is_graded_and_needs_no_more():
    assert {"brep-mi", "lokt", "label-nes", "random-label"} <= set(BY_LABELS)
    for name in BY_LABELS:
        assert RECIPES[name].asks == "label"
        assert RECIPES[name].fidelity is not None
