"""Every defense: stopped and resumed to the same bits, and attacked by who knows it."""

import jax
import numpy as np
import pytest
from whole_runs import bright_rows, stopping

import loft_jax
from loft_jax.defenses.base import Adaptive
from loft_jax.defenses.table import DEFENSES
from loft_jax.fitting.trained import load_trained
from loft_jax.runs.devices import data_mesh
from loft_jax.runs.interrupt import Stopped

ROWS = [tag for tag, row in DEFENSES.items() if row.__module__.startswith("loft_jax.")]
SHORTCUTS = ("rolss", "ssf", "tts")
SPECS = {
    **{tag: f"{tag}:3" for tag in ("loft", "loft-ca", "loft-noise")},
    **{tag: f"{tag}:2" for tag in ("svd", "covariance", "lora")},
    **{tag: f"{tag}:2" for tag in ("random-cut", "lda", "least-cut")},
    **{"ssf": "ssf:0.5,stages=1", "rolss": "rolss:0,blocks=1"},
}
FLAGS = {"size": 8, "epochs": 2, "batch": 8, "preset": "digits", "cache": False}
SEARCH = {"attack": "ppa", "prior": "pixels", "steps": 1, "per_class": 1, "classes": "0:2",
          "independent": "none", "cache": False, "quick": True}  # fmt: skip
ASKING = {"attack": "evo", "access": "scores", "queries": 1000}
"""By those who ask each question several times."""


@pytest.fixture(scope="module")
def started(tiny_trunk, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    private = str(bright_rows(folder / "a.npz", range(3), 12))
    public = str(bright_rows(folder / "b.npz", range(3, 7), 12, seed=3))

    def train(tag, **flags):
        place = {} if "resume" in flags else {
            "out": str(tmp_path_factory.mktemp("run") / "run"), "data": private,
            "defense": SPECS.get(tag, tag), "trunk": "residual" if tag in SHORTCUTS else "tiny",
            **({"pretrain": public} if DEFENSES[tag].needs_public else {}), **FLAGS,
        }  # fmt: skip
        return loft_jax.train(**{"cache": False, **place, **flags})

    return train


@pytest.fixture(scope="module")
def judges(started):
    return tuple(str(started("none", seed=seed).folder) for seed in (7, 8))


def weights(result):
    run = load_trained(str(result.folder), data_mesh())
    return jax.tree.map(_numbers, (run.classifier.params, run.classifier.stats))


def _numbers(leaf):
    key = jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return np.asarray(jax.random.key_data(leaf) if key else leaf)


@pytest.mark.parametrize("tag", ROWS)
def test_it_resumes_to_the_same_bits_and_is_attacked_by_who_knows_it(
    tag, started, judges, tmp_path, monkeypatch
):
    whole = started(tag)

    monkeypatch.setattr("loft_jax.fitting.session.Interrupt", stopping(at=4))
    with pytest.raises(Stopped) as stop:
        started(tag)
    monkeypatch.undo()
    resumed = started(tag, resume=stop.value.go_on.split()[-1])
    jax.tree.map(np.testing.assert_array_equal, weights(resumed), weights(whole))

    defense = load_trained(str(whole.folder), data_mesh()).config.model.defense
    assert defense.tag == tag
    for name, form in {"none": Adaptive(), **defense.adaptive}.items():
        search = SEARCH if form.repeats == 1 else {**SEARCH, **ASKING}
        found = loft_jax.attack(
            str(whole.folder), adaptive=name, evaluators=judges, out=str(tmp_path / name), **search
        )
        assert 0 <= found.numbers["pooled"]["accuracy_at_1"] <= 1
