"""Attacks by labels as whole jobs: what is shown, counted, repeated, and resumed."""

import dataclasses

import jax
import numpy as np
import pytest

from loft_jax.attacks.session import attack_classes
from loft_jax.attacks.settings import AttackConfig
from loft_jax.defenses.adaptive import AVERAGE
from loft_jax.priors.base import ImagePrior
from loft_jax.targets.callback import CallbackTarget

SIDE = 8


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class Rows(ImagePrior):
    """z ~ N(0, I_8), a grey level a row."""

    size = SIDE
    channels = 1
    latent_dim = SIDE

    def sample(self, key, n):
        return jax.random.normal(key, (n, SIDE))

    def decode(self, latents, labels):
        levels = jax.nn.sigmoid(latents)[:, :, None, None]
        return jax.numpy.broadcast_to(levels, (len(latents), SIDE, SIDE, 1))


class Brightest(CallbackTarget):
    """Says which of the first three rows is the brightest, with noise that can be averaged away."""

    home = None

    def __init__(self, noise=0.0):
        self.asked, rng = 0, np.random.default_rng(0)

        def said(images):
            self.asked += len(images)
            rows = images[:, :3].mean((2, 3))
            return (rows + noise * rng.standard_normal(rows.shape)).argmax(1)

        names = ("a", "b", "c")
        super().__init__(said, size=SIDE, channels=1, class_names=names, access="label")


def asked(folder, **settings):
    return AttackConfig(per_class=2, out=str(folder), cache=False, **settings)


@pytest.mark.parametrize("name", ["brep-mi", "label-nes", "random-label"])
def test_a_white_run_is_shown_to_it_by_labels_alone_and_it_goes_on_to_the_same_bits(
    name, tiny_run, tmp_path
):
    folder = tmp_path / "x"
    config = asked(folder, path=str(tiny_run), attack=name, classes="0:3", queries=1000)
    first = attack_classes(config)
    assert first.numbers["access"] == "label"
    assert 1500 < first.numbers["queries"] <= 3000
    with np.load(folder / "reconstructions.npz") as stored:
        before = {part: stored[part] for part in stored.files}
    for lost in ("search.json", "reconstructions.npz", "chunks/0001.npz"):
        (folder / lost).unlink()
    again = attack_classes(dataclasses.replace(config, resume=str(folder)))
    assert again.numbers["queries"] == first.numbers["queries"]
    with np.load(folder / "reconstructions.npz") as stored:
        for part in stored.files:
            np.testing.assert_array_equal(stored[part], before[part])


def test_who_asks_again_asks_that_much_more_and_is_told_more_surely(tmp_path):
    found, wrong = {}, {}
    for form in ("none", "average"):
        target = Brightest(noise=0.4)
        config = asked(
            tmp_path / form, attack="label-nes", adaptive=form, prior="pixels", candidates=300,
            queries=8000, classes="0:3",
        )  # fmt: skip
        done = attack_classes(config, target=target, prior=Rows())
        assert done.numbers["queries"] == target.asked <= 24000
        with np.load(tmp_path / form / "reconstructions.npz") as stored:
            shown = stored["images"][..., :3, :, 0].mean(-1)
        found[form] = np.diff(np.sort(shown, axis=-1), axis=-1)[..., -1].mean()
        assert (shown.argmax(-1) == np.arange(3)[:, None]).all()
        wrong[form] = done.numbers["objective"]
    assert done.numbers["queries_shared"] == 300 * AVERAGE["average"].repeats
    assert min(found.values()) > 20  # grey levels between the brightest row and the next
    # Shares of wrong labels among the last that were asked, which are all of the class.
    assert wrong["average"] < wrong["none"] / 2 < 0.1


def test_who_asks_again_goes_on_to_the_same_bits(tmp_path):
    """What it asks is moved a little, by the number of questions so far."""

    def ran(**more):
        config = asked(
            tmp_path / "x", attack="label-nes", adaptive="average", prior="pixels",
            candidates=100, queries=4000, classes="0:2", batch=1, **more,
        )  # fmt: skip
        result = attack_classes(config, target=Brightest(), prior=Rows())
        with np.load(tmp_path / "x" / "reconstructions.npz") as stored:
            return result.numbers["queries"], {name: stored[name] for name in stored.files}

    queries, first = ran()
    for lost in ("search.json", "reconstructions.npz", "chunks/0001.npz"):
        (tmp_path / "x" / lost).unlink()
    again, second = ran(resume=str(tmp_path / "x"))
    assert queries == again
    for name, part in first.items():
        np.testing.assert_array_equal(second[name], part)
