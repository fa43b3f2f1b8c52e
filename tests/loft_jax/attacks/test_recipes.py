"""Recipes as rows: what decides their numbers, what they need, and one from outside."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from loft_jax.attacks.compatibility import check_offers
from loft_jax.attacks.recipes.base import Recipe, Setting
from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.attacks.request import content_of, recipe_for
from loft_jax.attacks.search.base import Progress, Reconstructions, Search
from loft_jax.attacks.settings import AttackConfig, quick
from loft_jax.defenses.loft import LoFt
from loft_jax.errors import InputError
from loft_jax.priors.pixels import PixelPrior
from loft_jax.runs import environment
from loft_jax.runs.devices import data_mesh
from loft_jax.runs.identity import content
from loft_jax.targets.callback import CallbackTarget
from loft_jax.targets.function import FunctionTarget

KIND = {"size": 2, "channels": 1, "class_names": ("dark", "light")}


class Guessing(Search):
    """Draws from the prior until the target says the class, by labels alone."""

    def __init__(self, setting, draws):
        self.setting, self.draws = setting, draws

    def reconstruct(self, labels, report):
        on, found = self.setting, []
        for label in labels:
            key = jax.random.fold_in(on.key, label)
            latents = on.prior.sample(key, self.draws)
            images = np.asarray(on.prior.decode(latents, jnp.full(self.draws, label)))
            right = np.argsort(on.target.ask(images).label != label, kind="stable")
            kept = right[: on.per_class]
            found.append((np.asarray(latents)[kept], images[kept]))
            report(Progress(1, 1, 0.0, 1.0))
        latents, images = (np.stack(part) for part in zip(*found, strict=True))
        one = np.ones(1)
        return Reconstructions(latents, images, np.ones(latents.shape[:2]), one, one)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Guess(Recipe):
    draws: int = 64

    def start(self, setting):
        return Guessing(setting, self.draws)


GUESS = Guess(title="Guess", source="", needs=("label",), default_prior="pixels")


def light(images):
    return (images.mean((1, 2, 3)) > 0.5).astype(int)


def setting(target):
    return Setting(target, (), PixelPrior(2, 1), 3, jax.random.key(0), data_mesh())


def test_a_recipe_from_outside_needs_no_more_than_labels():
    target = CallbackTarget(light, **KIND)
    check_offers("guess", GUESS, target, PixelPrior(2, 1))
    found = GUESS.start(setting(target)).reconstruct(np.array([1, 0]), lambda _: None)
    assert found.images.shape == (2, 3, 2, 2, 1)
    assert np.all(found.images[0].mean((1, 2, 3)) > 0.5)
    assert np.all(found.images[1].mean((1, 2, 3)) <= 0.5)
    assert target.queries == 128


@pytest.fixture
def guess():
    RECIPES["guess"] = GUESS
    yield GUESS
    del RECIPES["guess"]


def test_quick_asks_a_recipe_for_no_number_that_it_has_not(guess):
    assert recipe_for(quick(AttackConfig(attack="guess"))) == GUESS
    with pytest.raises(InputError, match="`--steps` must be left out for Guess"):
        recipe_for(AttackConfig(attack="guess", steps=10))


def test_a_recipe_from_outside_is_attacked_with_like_any_other(guess, tiny_run, tmp_path):
    from loft_jax.attacks.session import attack_classes

    config = AttackConfig(
        path=str(tiny_run), attack="guess", access="label", classes="0:3", per_class=2, batch=1,
        out=str(tmp_path / "x"), cache=False,
    )  # fmt: skip
    first = attack_classes(config)
    assert first.numbers["queries"] == 3 * 64
    with np.load(tmp_path / "x" / "reconstructions.npz") as stored:
        before = {name: stored[name] for name in stored.files}
    # One chunk is lost: it is made again, to the same bits and the same count.
    for name in ("search.json", "reconstructions.npz", "chunks/0001.npz"):
        (tmp_path / "x" / name).unlink()
    again = attack_classes(dataclasses.replace(config, resume=str(tmp_path / "x")))
    assert again.numbers["queries"] == 3 * 64
    with np.load(tmp_path / "x" / "reconstructions.npz") as stored:
        for name in stored.files:
            np.testing.assert_array_equal(stored[name], before[name])


def test_what_a_notebook_held_before_is_not_the_attacks(guess, tiny_run, tmp_path, monkeypatch):
    from loft_jax.attacks.session import attack_classes

    held = 2**40  # a thousand times what an attack may use
    monkeypatch.setattr(environment, "resident_memory_bytes", lambda: held)
    monkeypatch.setattr(environment, "peak_memory_bytes", lambda: held)
    config = AttackConfig(
        path=str(tiny_run), attack="guess", access="label", classes="0:1", per_class=1,
        memory=1.0, out=str(tmp_path / "x"), cache=False,
    )  # fmt: skip
    numbers = attack_classes(config).numbers
    assert numbers["memory_needed_bytes"] <= numbers["memory_budget_bytes"] == 2**30
    assert numbers["memory_before_bytes"] == held


def test_what_it_has_not_is_refused(guess):
    asked = AttackConfig(path="RUN", attack="guess", steps=5)
    with pytest.raises(InputError, match="`--steps` must be left out for Guess"):
        recipe_for(asked)
    with pytest.raises(InputError, match="must be one of none for Guess, which only asks"):
        content_of(AttackConfig(path="RUN", attack="guess", adaptive="logit"), LoFt())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mi-face", "`RUN` for mi-face must be a white target"),
        ("deep-inversion", "must be a white target, whose weights are given, got callback light"),
    ],
)
def test_what_the_target_does_not_offer_is_said(name, said):
    with pytest.raises(InputError, match=said):
        check_offers(name, RECIPES[name], CallbackTarget(light, **KIND), PixelPrior(2, 1))


def test_what_terms_read_is_needed():
    assert {"discriminator", "gradients", "normal latents"} == RECIPES["gmi"].needed
    assert "features" in RECIPES["lomma"].needed
    assert "statistics" in RECIPES["deep-inversion"].needed
    white = FunctionTarget(lambda x: jnp.stack([x.mean((1, 2, 3))] * 2, 1), **KIND)
    with pytest.raises(InputError, match=r"for deep-inversion .* BatchNorm layers"):
        check_offers("deep-inversion", RECIPES["deep-inversion"], white, PixelPrior(2, 1))


def test_texts_rename_nothing_and_numbers_do():
    for name, recipe in RECIPES.items():
        told = dataclasses.replace(recipe, title="x", source="y", published="z", fidelity=None)
        assert content(told) == content(recipe)
        asked = AttackConfig(path="RUN", attack=name)
        own = content_of(asked, LoFt())
        elsewhere = dataclasses.replace(asked, path="ELSEWHERE", out="o", memory=9.0, batch=3)
        assert content_of(elsewhere, LoFt()) == own
        steps = [] if name == "lookalikes" else [{"steps": 7}]  # a control has none
        for more in (*steps, {"candidates": 99}, {"per_class": 4}, {"seed": 1}):
            assert content_of(dataclasses.replace(asked, **more), LoFt()) != own
    # Asking for what is so anyway is the same attack.
    ppa = AttackConfig(path="RUN")
    assert content_of(dataclasses.replace(ppa, steps=70), LoFt()) == content_of(ppa, LoFt())
