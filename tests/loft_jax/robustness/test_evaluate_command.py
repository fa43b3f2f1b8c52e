"""`python -m loft_jax.evaluate RUN --robustness`: what it writes, and what it refuses."""

import json
import shutil

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from PIL import Image
from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score

import loft_jax
from loft_jax import evaluate
from loft_jax.data.sources import load_dataset
from loft_jax.defenses.loft import LoFt
from loft_jax.errors import InputError
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.fitting.trained import load_trained
from loft_jax.runs import files
from loft_jax.runs.devices import data_mesh

SMALL = {"robustness": True, "quick": True, "cache": False, "attacked": 8, "linf": (0.1, 0.02),
         "l2": (0.5,)}  # fmt: skip


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """Pictures of nothing, which no digit of a run is among."""
    drawn = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1), np.uint8)
    path = tmp_path_factory.mktemp("public") / "public.npz"
    np.savez(path, images=drawn)
    return str(path)


@pytest.fixture(scope="module")
def measured(tiny_run, tmp_path_factory, public):
    folder = tmp_path_factory.mktemp("evaluated") / "run"
    shutil.copytree(tiny_run, folder)
    return folder, loft_jax.evaluate(str(folder), public=public, **SMALL)


def test_numbers_and_picture_lie_in_the_run(measured):
    folder, result = measured
    kept = files.read_json(folder / "robustness.json")
    assert kept["settings"]["attacked"] == 8
    found = result.numbers["robustness"]
    assert {key: kept[key] for key in found} == json.loads(json.dumps(found))
    assert files.read_json(folder / "evaluation.json")["accuracy"] == result.numbers["accuracy"]
    with Image.open(folder / "robustness.png") as picture:
        assert picture.size[0] > 1000
    assert str(folder / "robustness.png") in str(result)
    assert "not AutoAttack" in str(result)


def test_strengths_ascend_and_nobody_comes_back(measured):
    rows = measured[1].numbers["robustness"]["adversarial"]["strengths"]
    assert [(row["norm"], row["strength"]) for row in rows] == [
        ("linf", 0.02), ("linf", 0.1), ("l2", 0.5),
    ]  # fmt: skip
    clean = measured[1].numbers["robustness"]["adversarial"]["accuracy"]
    for row in rows:
        each = [row[f"{name}_accuracy"] for name in ("pgd", "apgd", "square")]
        assert row["worst_accuracy"] <= min(each) <= max(each) <= clean
        assert row["worst_accuracy_low"] <= row["worst_accuracy"] <= row["worst_accuracy_high"]
    assert rows[1]["apgd_accuracy"] <= rows[0]["apgd_accuracy"]


def test_other_numbers_are_those_of_the_networks_own_logits(measured, public):
    """By scikit-learn, of all test pictures, weighted so that people count alike."""
    folder, result = measured
    run = load_trained(str(folder), data_mesh())
    data = load_dataset("digits", size=8, seed=run.config.data_seed)
    test = RunFolder.open(folder).split(data).test
    some = result.numbers["robustness"]["calibration"]
    assert (some["pictures"], some["people"]) == (64, 10)
    whole = {**SMALL, "quick": False, "attack_steps": 1, "queries": 1, "linf": (), "l2": ()}
    out = str(folder / "x.json")
    found = loft_jax.evaluate(str(folder), out=out, public=public, **whole).numbers["robustness"]
    assert files.read_json(folder / "x-robustness.json")["adversarial"]["strengths"] == []
    model = nnx.merge(run.classifier.graph, run.classifier.params, run.classifier.stats)
    with np.load(public) as archive:
        odds, strange = (
            np.exp(np.asarray(model(jnp.asarray(images, jnp.float32) / 255), np.float64))
            for images in (data.images[test], archive["images"])
        )
    odds, strange = odds / odds.sum(1, keepdims=True), strange / strange.sum(1, keepdims=True)
    truth = data.labels[test]
    weights = 1 / np.bincount(truth)[truth] / 10
    brier = sum(brier_score_loss(truth == k, odds[:, k], sample_weight=weights) for k in range(10))
    assert found["calibration"]["brier"] == pytest.approx(brier, rel=1e-4)
    right = accuracy_score(truth, odds.argmax(1), sample_weight=weights)
    assert found["corruptions"]["accuracy"] == pytest.approx(right)
    sure = np.concatenate([odds.max(1), strange.max(1)])
    known = np.repeat([1, 0], [len(odds), len(strange)])
    auroc = roc_auc_score(known, sure, sample_weight=[*weights, *np.full(len(strange), 1 / 40)])
    assert found["strangers"]["auroc"] == pytest.approx(auroc, abs=1e-6)
    assert found["strangers"]["strangers"] == 40


def test_the_same_command_gives_the_same_numbers(measured, public):
    folder, result = measured
    again = loft_jax.evaluate(str(folder), public=public, **SMALL)
    assert again.numbers["robustness"] == result.numbers["robustness"]


def test_it_is_the_network_that_is_asked_whatever_is_released(measured, public, monkeypatch):
    folder, before = measured
    monkeypatch.setattr(
        LoFt,
        "release",
        lambda self, outputs, key, head: outputs._replace(logits=-outputs.logits),
    )
    after = loft_jax.evaluate(str(folder), public=public, **{**SMALL, "linf": (), "l2": ()})
    assert after.numbers["accuracy"] < 0.2 < before.numbers["accuracy"]
    assert before.numbers["robustness"]["remark"] is None
    assert after.numbers["robustness"]["remark"] in str(after)
    for name in ("calibration", "corruptions", "strangers"):
        assert after.numbers["robustness"][name] == before.numbers["robustness"][name]


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"quick": True}, "`--quick` must be left out without --robustness, got True"),
        ({"queries": 5}, "`--queries` must be left out without --robustness, got 5"),
        (
            {"robustness": True, "linf": (2.0,)},
            "`--linf` must be a number, more than 0 and at most",
        ),
        ({"robustness": True, "attacked": 0}, "`--attacked` must be a whole number, at least 1"),
        ({"robustness": True, "public": "nowhere"}, "`--public` must be .*nowhere"),
    ],
)
def test_bad_input_is_one_sentence(tiny_run, flags, sentence):
    with pytest.raises(InputError, match=sentence):
        loft_jax.evaluate(str(tiny_run), cache=False, **flags)


def test_pictures_of_the_run_are_no_strangers(tiny_run, tmp_path):
    data = load_dataset("digits", size=8, seed=0)
    np.savez(tmp_path / "mine.npz", images=data.images[:5])
    with pytest.raises(InputError, match="5 of 5"):
        loft_jax.evaluate(str(tiny_run), **SMALL, public=str(tmp_path / "mine.npz"))


def test_the_command_line_knows_the_flags(tiny_run, capsys):
    with pytest.raises(SystemExit) as stop:
        evaluate.main([str(tiny_run), "--robustness", "--linf", "two"])
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
