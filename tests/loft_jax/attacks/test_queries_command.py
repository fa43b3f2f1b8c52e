"""`--queries`: what an attack asks is counted, told, kept within its bounds, and found again."""

import dataclasses
import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from loft_jax.attacks.closing import cost_rows
from loft_jax.attacks.recipes.base import Recipe
from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.attacks.search.base import Progress, Reconstructions, Search
from loft_jax.attacks.session import attack_classes
from loft_jax.attacks.settings import AttackConfig
from loft_jax.errors import InputError
from loft_jax.runs.files import read_json


def asked(run, out, **changes):
    given = {"attack": "mirror-bb", "access": "scores", "classes": "0:3", "per_class": 2}
    return AttackConfig(
        path=str(run), out=str(out), cache=False, **{**given, "candidates": 128, **changes}
    )


@pytest.fixture(scope="module")
def whole(tiny_run, tmp_path_factory):
    """An attack on three classes with 333 questions each."""
    out = tmp_path_factory.mktemp("queries") / "whole"
    return attack_classes(asked(tiny_run, out, queries=333)), out


def test_they_are_counted_and_told(whole):
    result, out = whole
    # 128 strangers, then 4 questions of 64 pictures for each of three: 871 / 3 / 64 = 4.5.
    assert result.numbers["queries"] == 128 + 3 * 4 * 64 <= 3 * 333
    stored = read_json(out / "search.json")
    assert (stored["queries_shared"], stored["queries_allowed"]) == (128, 333)
    assert stored["access"] == "scores"
    with np.load(out / "reconstructions.npz") as found:
        assert found["images"].shape == found["lookalikes"].shape == (3, 2, 8, 8, 1)
        # Strangers are among what is kept: nobody is shown who is less like the class.
        assert (found["confidence"][:, 0] > 0).all()
    told = {name: meaning for name, _, meaning in cost_rows(stored)}["queries"]
    assert told.endswith("128 for all classes, 256 for each; --queries 333 for each")


def test_an_attack_that_lost_a_class_finds_it_again_to_the_same_bits(whole, tiny_run, tmp_path):
    result, out = whole
    folder = tmp_path / "again"
    shutil.copytree(out, folder)
    for name in ("search.json", "reconstructions.npz", "chunks/0001.npz"):
        (folder / name).unlink()
    given = asked(tiny_run, folder, queries=333, resume=str(folder))
    again = attack_classes(given)
    assert again.numbers["queries"] == result.numbers["queries"]
    with (
        np.load(out / "reconstructions.npz") as before,
        np.load(folder / "reconstructions.npz") as after,
    ):
        for name in before.files:
            np.testing.assert_array_equal(after[name], before[name])
    (folder / "search.json").unlink()
    with pytest.raises(InputError, match=r"got another (recipe|queries)"):
        attack_classes(dataclasses.replace(given, queries=334))


@pytest.mark.parametrize("name", ["evo", "c2f-mi", "smile"])
def test_others_that_lost_a_class_find_it_again(name, tiny_run, tmp_path):
    given = asked(tiny_run, tmp_path / "x", attack=name, queries=200, classes="0:2", batch=1)
    first = attack_classes(given).numbers["queries"]
    before = stored_in(tmp_path / "x")
    for lost in ("search.json", "reconstructions.npz", "chunks/0001.npz"):
        (tmp_path / "x" / lost).unlink()
    again = attack_classes(dataclasses.replace(given, resume=str(tmp_path / "x")))
    assert again.numbers["queries"] == first
    for part, values in stored_in(tmp_path / "x").items():
        np.testing.assert_array_equal(values, before[part])


def stored_in(folder):
    with np.load(folder / "reconstructions.npz") as found:
        return {name: found[name] for name in found.files}


def test_questions_of_when_the_prior_was_fitted_are_told():
    numbers = {"target_confidence": 1.0, "queries": 900, "queries_of_prior": 32_000}
    (told,) = (meaning for name, _, meaning in cost_rows(numbers) if name == "queries")
    assert told.endswith("not among them 32,000 of when the prior was fitted")


def test_who_is_given_the_weights_or_nothing_is_refused(tiny_run, tmp_path):
    out = tmp_path / "none"
    with pytest.raises(InputError, match="`--queries` must be left out for Plug & Play Attack"):
        attack_classes(asked(tiny_run, out, attack="ppa", access="white", queries=1000))
    with pytest.raises(InputError, match="`--queries` must be at least 32 for each class"):
        attack_classes(asked(tiny_run, out, queries=31))
    with pytest.raises(InputError, match="must be a target that answers with scores"):
        attack_classes(asked(tiny_run, out, access="label"))
    assert not out.exists()


class Thoughtless(Search):
    """Asks for 64 labels of each class, whatever is left."""

    def __init__(self, setting):
        self.setting = setting

    def reconstruct(self, labels, report):
        on, found = self.setting, []
        for label in labels:
            latents = on.prior.sample(jax.random.fold_in(on.key, label), 64)
            images = np.asarray(on.prior.decode(latents, jnp.full(64, label)))
            on.target.ask(images)
            found.append((np.asarray(latents)[:2], images[:2]))
            report(Progress(1, 1, 0.0, 1.0))
        latents, images = (np.stack(part) for part in zip(*found, strict=True))
        return Reconstructions(latents, images, np.ones((len(labels), 2)), np.ones(1), np.ones(1))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plain(Recipe):
    """A plug-in that knows nothing of budgets."""

    def start(self, setting):
        return Thoughtless(setting)


@pytest.fixture
def plain():
    RECIPES["plain"] = Plain(title="Plain", source="", needs=("label",), default_prior="pixels")
    yield
    del RECIPES["plain"]


def test_a_search_that_keeps_no_account_ends_with_what_it_has(plain, tiny_run, tmp_path, capsys):
    given = asked(
        tiny_run, tmp_path / "x", attack="plain", candidates=None, access="label", batch=1,
        queries=50,
    )  # fmt: skip
    numbers = attack_classes(given).numbers
    assert (numbers["queries"], numbers["classes"]) == (128, 2)
    assert "the questions are spent; 2 classes are done" in capsys.readouterr().out
    with np.load(tmp_path / "x" / "reconstructions.npz") as found:
        np.testing.assert_array_equal(found["labels"], [0, 1])
    with pytest.raises(InputError, match="`--queries` must be enough for one class of Plain"):
        attack_classes(dataclasses.replace(given, out=str(tmp_path / "y"), queries=21))
