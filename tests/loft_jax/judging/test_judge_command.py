"""Attacks where nobody can judge, and judgements afterwards: of moved pictures, by others."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
from PIL import Image

import loft_jax
from loft_jax.errors import InputError
from loft_jax.fitting.settings import ModelConfig, TrainConfig
from loft_jax.judging import session
from loft_jax.judging.evaluators import default_judges
from loft_jax.judging.independent.row import Recogniser, Row
from loft_jax.judging.independent.table import RECOGNISERS
from loft_jax.runs.arrays import read_arrays, write_arrays
from loft_jax.runs.identity import content
from loft_jax.runs.settings import RunConfig

TINY = {"preset": "digits", "size": 8, "epochs": 1, "batch": 8, "cache": False}
SMALL = {"attack": "mi-face", "steps": 5, "candidates": 128, "per_class": 2, "cache": False}


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    """Folder with private pictures in an npz file, a run on them and two that may judge."""
    folder = tmp_path_factory.mktemp("photographs")
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (36, 8, 8, 1), np.uint8), np.repeat(np.arange(3), 12)
    np.savez(folder / "mine.npz", images=images, labels=labels)
    for name in ("target", "a", "b"):
        seed = {} if name == "target" else {"seed": 1, "data_seed": 0, "rank": "none"}
        data = str(folder / "mine.npz")
        loft_jax.train(**TINY, **{"data": data, "rank": 4, **seed}, out=str(folder / name))
    return folder


@pytest.fixture(scope="module")
def alone(photographs):
    """An attack on a machine without the pictures, which lie elsewhere now."""
    (photographs / "mine.npz").rename(photographs / "moved.npz")
    out = photographs / "alone"
    loft_jax.attack(photographs / "target", **SMALL, out=str(out))
    return out


def width(folder):
    with Image.open(folder / "reconstructions.png") as picture:
        return picture.width


def judges(photographs):
    return {
        "evaluators": [str(photographs / name) for name in ("a", "b", "a", "b/../a")],
        "data": str(photographs / "moved.npz"),
        "cache": False,
    }


def test_without_the_pictures_it_attacks_alone_and_says_so(alone, capsys):
    assert (alone / "search.json").exists()
    assert not (alone / "attack.json").exists()
    assert json.loads((alone / "search.json").read_text())["prior"] == "pixels"
    # Two reconstructions and their lookalikes.
    assert width(alone) < 110 + 5 * 66


@pytest.mark.slow
def test_a_finished_attack_is_judged_where_the_pictures_are(alone, photographs, tmp_path):
    searched = json.loads((alone / "search.json").read_text())
    judged = loft_jax.judge(alone, **judges(photographs), out=str(tmp_path / "judged"))
    assert not (alone / "attack.json").exists()
    assert judged.folder == tmp_path / "judged"
    numbers = json.loads((judged.folder / "attack.json").read_text())
    assert [one["name"] for one in numbers["evaluators"]] == ["a", "b"]  # a once
    assert numbers["objective"] == searched["objective"]
    with np.load(judged.folder / "outcomes.npz") as stored:
        assert stored["accuracy_at_1"].shape == (3,)
        assert stored["recognised"].shape == (2, 3, 2)
    # Photographs are private: none on the sheet unless it is asked for.
    assert width(judged.folder) == width(alone)
    assert "the judges" not in str(judged)
    shown = loft_jax.judge(alone, **judges(photographs), show_private=True, knowledge=True)
    assert shown.folder == alone
    assert width(alone) > width(judged.folder)
    again = json.loads((alone / "attack.json").read_text())
    assert again["pooled"]["accuracy_at_1"] == numbers["pooled"]["accuracy_at_1"]
    assert again["pooled"]["knowledge_chance"] == pytest.approx(1 / 3)
    # Noise cannot be learned: these judges name no more real pictures than chance has it.
    assert "no verdict may rest on these judges: a names" in numbers["withheld"]
    assert "no verdict may rest on these judges" in " ".join(str(judged).split())
    # Killed between the numbers and the picture.
    picture = (alone / "reconstructions.png").read_bytes()
    (alone / "reconstructions.png").unlink()
    loft_jax.attack(resume=str(alone), cache=False)
    assert (alone / "reconstructions.png").read_bytes() == picture


def test_an_attack_of_an_older_version_is_judged_without_lookalikes_and_says_so(
    alone, photographs, tmp_path
):
    old = tmp_path / "old"
    shutil.copytree(alone, old)
    stored = read_arrays(old / "reconstructions.npz")
    kept = {name: part for name, part in stored.items() if not name.startswith("lookalike")}
    assert len(kept) == len(stored) - 2
    write_arrays(old / "reconstructions.npz", **kept)
    rng = np.random.default_rng(5)
    public = rng.integers(0, 256, (1100, 8, 8, 1), np.uint8)
    np.savez(tmp_path / "public.npz", images=public)
    settings = {**judges(photographs), "strangers": str(tmp_path / "public.npz")}
    judged = loft_jax.judge(old, **settings)
    pooled = judged.numbers["pooled"]
    assert pooled["lookalike_accuracy_at_1"] is pooled["lookalike_open_set_accuracy"] is None
    assert "this attack kept none" in " ".join(str(judged).split())
    assert 0 <= pooled["open_set_accuracy"] <= 1
    assert judged.numbers["open_set"]["strangers"] == 1100
    assert len(list((photographs / "a").glob("strangers-*.npz"))) == 1
    assert not any(name.startswith("lookalike") for name in read_arrays(old / "outcomes.npz"))


def test_judges_of_other_pictures_are_refused(alone, photographs, tiny_run, tmp_path):
    rng = np.random.default_rng(1)
    images, labels = rng.integers(0, 256, (36, 8, 8, 1), np.uint8), np.repeat(np.arange(3), 12)
    np.savez(tmp_path / "others.npz", images=images, labels=labels)
    stranger = loft_jax.train(
        **TINY, data=str(tmp_path / "others.npz"), rank=4, out=str(tmp_path / "stranger")
    ).folder
    for wrong, said in (
        (
            {"evaluators": [str(stranger)]},
            "`--evaluators` must be trained on the target's pictures",
        ),
        ({"evaluators": [str(photographs / "target")]}, "got the target"),
        ({"data": str(tmp_path / "others.npz")}, "`--data` must hold the pictures that the run"),
        ({"data": str(tmp_path / "nowhere.npz")}, "nowhere.npz"),
    ):
        with pytest.raises(InputError, match=said):
            loft_jax.judge(alone, **{**judges(photographs), **wrong}, out=str(tmp_path / "out"))
        assert not (tmp_path / "out").exists()
    with pytest.raises(
        InputError, match=r"`ATTACK` must be a folder of python -m loft_jax\.attack"
    ):
        loft_jax.judge(tiny_run)


def test_a_judge_from_outside_is_asked_and_heard(alone, photographs, tmp_path, monkeypatch):
    pixels = Recogniser("nobody", lambda images: images.reshape(len(images), -1) / 255)
    row = Row("pixels", lambda source: source.noun == "people", lambda *_: pixels)
    monkeypatch.setitem(RECOGNISERS, "pixels", row)
    settings = {**judges(photographs), "independent": "pixels", "out": str(tmp_path / "out")}
    judged = loft_jax.judge(alone, **settings)
    record = json.loads((judged.folder / "attack.json").read_text())["independent"]
    # Three people, five pictures of each beside two prototypes of others.
    assert (record["name"], record["people"], record["strangers"]) == ("pixels", 3, 30)
    assert "30 comparisons of strangers, 0.1% need 1000" in " ".join(str(judged).split())
    with np.load(judged.folder / "outcomes.npz") as stored:
        assert stored["independent_retrieval_at_1"].shape == (3,)
        assert "independent_verification" not in stored
    with Image.open(judged.folder / "verification.png") as picture:
        assert picture.width > 400


def test_a_smoke_trains_no_independent_judge(tiny_run, monkeypatch):
    asked = []

    def bench(private, judges, *_):
        asked.append(judges.independent)
        raise InterruptedError

    monkeypatch.setattr(session, "bench_for", bench)
    for settings in ({"quick": True}, {}, {"quick": True, "independent": "drawn"}):
        with pytest.raises(InterruptedError):
            loft_jax.attack(tiny_run, evaluators=[str(tiny_run)], cache=False, **settings)
    assert asked == ["none", "auto", "drawn"]


def test_damage_is_noticed_and_never_other_numbers(alone, photographs, tmp_path):
    for name in ("reconstructions.npz", "search.json", "instance.json", "config.json"):
        copy = tmp_path / name
        shutil.copytree(alone, copy)
        content = bytearray((copy / name).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / name).write_bytes(bytes(content))
        with pytest.raises(InputError, match=name):
            loft_jax.judge(copy, **judges(photographs))


def test_the_rule_of_judges_is_undefended_other_trunks_on_the_same_people():
    config = TrainConfig(model=ModelConfig(trunk="small_cnn"), run=RunConfig(seed=3))
    first, second = default_judges(config, 32)
    for judge in (first, second):
        assert judge.model.trunk != "small_cnn"
        assert not judge.model.defense.baselines
        assert (judge.run.seed, judge.data_seed) == (3, 3)
    assert first.model.trunk != second.model.trunk
    other = default_judges(config, 32, seed=1000)[0]
    assert (other.run.seed, other.data_seed) == (1000, 3)
    same = dataclasses.replace(other, run=first.run, data=first.data)
    assert content(same) == content(first)
    with pytest.raises(InputError, match="`--evaluators` must be given for pictures of 4 px"):
        default_judges(config, 4)


def test_a_judgement_typed_again_is_made_again_and_no_other_folder_is_touched(
    alone, photographs, tmp_path
):
    settings = {**judges(photographs), "out": str(tmp_path / "out")}
    first = loft_jax.judge(alone, **settings)
    (first.folder / "attack.json").unlink()  # as a kill leaves it that comes before the numbers
    again = loft_jax.judge(alone, **settings)
    assert again.numbers["pooled"] == first.numbers["pooled"]
    assert (first.folder / "attack.json").exists()
    before = (first.folder / "attack.json").read_bytes()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    for other in ({"knowledge": True}, {"out": str(tmp_path / "mine")}, {"out": str(alone)}):
        with pytest.raises(InputError, match="`--out` must be a new or empty folder"):
            loft_jax.judge(alone, **{**settings, **other})
    assert (first.folder / "attack.json").read_bytes() == before
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]
