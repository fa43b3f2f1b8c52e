"""The whole command: what it writes, how it goes on after a kill, how it answers bad input."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

import loft_jax
from loft_jax import attack
from loft_jax.attacks.settings import chosen_classes
from loft_jax.errors import InputError
from loft_jax.runs.files import read_json, write_json

SMALL = ["--attack", "mi-face", "--steps", "12", "--candidates", "128", "--per-class", "2"]


def start(name, *flags, environment):
    return subprocess.Popen(
        [sys.executable, "-m", f"loft_jax.{name}", *map(str, flags)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(process, code=0):
    out, err = process.communicate(timeout=600)
    assert process.returncode == code, out + err
    return out


@pytest.fixture(scope="module")
def runs(tiny_run, tiny_judges):
    """Folder of a target and two judges, a and b, of the same digits."""
    return tiny_run.parent


@pytest.fixture(scope="module")
def whole(runs, command_environment):
    """An attack that nobody disturbed."""
    flags = [*SMALL, "--classes", "0:5", "--batch", "4", "--evaluators", runs / "a", runs / "b"]
    out = finish(
        start(
            "attack",
            runs / "target",
            *flags,
            "--knowledge",
            "--out",
            runs / "whole",
            environment=command_environment,
        )
    )
    return runs / "whole", flags, out


def test_it_writes_the_promised_files_and_numbers(whole):
    folder, _, out = whole
    result = json.loads((folder / "attack.json").read_text())
    for judge in result["evaluators"]:
        assert (
            0 <= judge["accuracy_at_1_low"] <= judge["accuracy_at_1"] <= judge["accuracy_at_1_high"]
        )
        assert judge["accuracy_at_1"] <= judge["accuracy_at_5"]
        assert judge["feature_distance"] > 0
        assert judge["fid"] is None  # 10 pictures for 128 features
    pooled = np.mean([judge["accuracy_at_1"] for judge in result["evaluators"]])
    assert result["pooled"]["accuracy_at_1"] == pytest.approx(pooled)
    assert result["pooled"]["knowledge_chance"] == 0.2
    assert 0 <= result["pooled"]["knowledge"] <= 1
    assert result["pooled"]["knowledge_of_real"] > 0.2
    assert 0 <= result["pooled"]["lookalike_accuracy_at_1"] <= 1
    # Digits have no law, and the attack learned from no public pictures.
    assert "--strangers" in result["open_set"]["missing"]
    assert result["pooled"]["open_set_accuracy"] is None
    assert result["seconds_total"] > result["seconds_search"] > 0
    assert result["memory_needed_bytes"] < result["memory_budget_bytes"]
    with np.load(folder / "reconstructions.npz") as stored:
        assert stored["images"].shape == (5, 2, 8, 8, 1)
        assert stored["images"].dtype == np.uint8
        np.testing.assert_array_equal(stored["labels"], np.arange(5))
        for control, name in (("lookalikes", "images"), ("lookalike_latents", "latents")):
            assert stored[control].shape == stored[name].shape
            assert stored[control].dtype == stored[name].dtype
            assert np.any(stored[control] != stored[name])
    with np.load(folder / "outcomes.npz") as stored:
        assert stored["recognised"].shape == stored["lookalike_recognised"].shape == (2, 5, 2)
        for name in ("accuracy_at_1", "lookalike_accuracy_at_1", "real_accuracy_at_1"):
            assert stored[name].shape == (5,)
            assert stored[name].mean() == pytest.approx(result["pooled"][name])
        np.testing.assert_allclose(stored["recognised"].mean((0, 2)), stored["accuracy_at_1"])
    assert "Acc@1" in out
    assert "classes: 0, 1, 2, 3, 4\n" in out
    # 512 candidates at most are scored, with their mirror images; the search adds its own.
    assert result["queries"] > 256
    # Digits are published: two of each stand beside two reconstructions and two lookalikes.
    with Image.open(folder / "reconstructions.png") as picture:
        assert picture.width > 110 + 6 * 64


def test_a_killed_attack_goes_on_to_the_same_reconstructions(
    whole, runs, tmp_path, command_environment
):
    folder, flags, _ = whole
    process = start(
        "attack", runs / "target", *flags, "--out", tmp_path / "x", environment=command_environment
    )
    while not list((tmp_path / "x").glob("chunks/*.npz")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=120)
    assert not (tmp_path / "x" / "attack.json").exists()
    finish(start("attack", "--resume", tmp_path / "x", environment=command_environment))
    with (
        np.load(folder / "reconstructions.npz") as one,
        np.load(tmp_path / "x" / "reconstructions.npz") as other,
    ):
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])


@pytest.mark.slow
def test_four_devices_draw_what_one_draws(whole, runs, tmp_path, command_environment):
    folder, flags, _ = whole
    flags_of_xla = f"{command_environment['XLA_FLAGS']} --xla_force_host_platform_device_count=4"
    environment = {**command_environment, "XLA_FLAGS": flags_of_xla}
    out = tmp_path / "four"
    finish(start("attack", runs / "target", *flags, "--out", out, environment=environment))
    assert len(json.loads((out / "attack.json").read_text())["environment"]["devices"]) == 4
    with (
        np.load(folder / "reconstructions.npz") as one,
        np.load(out / "reconstructions.npz") as other,
    ):
        # Rounding differs with the shape of a device's share; one level of 255 is allowed.
        difference = np.abs(one["images"].astype(int) - other["images"])
        assert difference.max() <= 1


def test_a_damaged_chunk_is_made_again(whole, tmp_path):
    folder, _, _ = whole
    shutil.copytree(folder, tmp_path / "x")
    (tmp_path / "x" / "chunks" / "0001.npz").write_bytes(b"PK\x03\x04 not a zip")
    for name in ("search.json", "attack.json", "reconstructions.npz"):
        (tmp_path / "x" / name).unlink()
    assert attack.main(["--resume", str(tmp_path / "x"), "--no-cache"]) == 0
    with (
        np.load(folder / "reconstructions.npz") as one,
        np.load(tmp_path / "x" / "reconstructions.npz") as other,
    ):
        np.testing.assert_array_equal(one["images"], other["images"])


def test_a_damaged_file_of_an_attack_never_gives_other_numbers(whole):
    done = subprocess.run(
        [sys.executable, Path(__file__).parents[2] / "flips.py", whole[0], "5"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[0]) > 40


def test_the_list_names_every_recipe_with_its_source(capsys):
    from loft_jax.attacks.recipes.table import RECIPES

    assert attack.main(["--list"]) == 0
    out = capsys.readouterr().out
    for name, recipe in RECIPES.items():
        assert name in out
        assert recipe.source or name == "strongest"  # which is a search among the others
        assert all(word in out for word in recipe.source.split(",")[0].split()[:1])


def test_a_folder_that_is_taken_is_left_alone(whole, runs):
    folder, flags, _ = whole
    before = (folder / "attack.json").read_bytes()
    asked = [str(runs / "target"), *map(str, flags), "--no-cache", "--seed", "7"]
    with pytest.raises(InputError, match="`--out` must be a new or empty folder"):
        attack.main([*asked, "--out", str(folder)])
    assert (folder / "attack.json").read_bytes() == before


def test_a_target_that_was_trained_anew_is_not_gone_on_with(whole, runs, tmp_path):
    folder, _, _ = whole
    shutil.copytree(folder, tmp_path / "x")
    (tmp_path / "x" / "search.json").unlink()
    (tmp_path / "x" / "attack.json").unlink()
    for name, key, value, said in (
        ("instance.json", "target", "0" * 16, "another target"),
        ("config.json", "format", 0, "format 0"),
    ):
        path = tmp_path / "x" / name
        write_json(path, {**read_json(path), key: value})
        with pytest.raises(InputError, match=said):
            attack.main(["--resume", str(tmp_path / "x"), "--no-cache"])
    with pytest.raises(InputError, match="`--resume` must be a folder"):
        attack.main(["--resume", str(runs / "target" / "checkpoint")])


def test_peak_memory_stays_within_what_was_printed(runs, tmp_path, command_environment):
    flags = ["--attack", "mi-face", "--steps", "2", "--candidates", "128", "--per-class", "400"]
    flags += ["--batch", "4000", "--evaluators", runs / "a", runs / "b", "--out", tmp_path / "x"]
    finish(start("attack", runs / "target", *flags, environment=command_environment))
    result = json.loads((tmp_path / "x" / "attack.json").read_text())
    beside = result["peak_memory_bytes"] - result["memory_before_bytes"]
    assert beside <= result["memory_needed_bytes"]
    assert result["memory_needed_bytes"] <= result["memory_budget_bytes"]


def test_classes_are_ranges_lists_or_all():
    np.testing.assert_array_equal(chosen_classes("all", 3), [0, 1, 2])
    np.testing.assert_array_equal(chosen_classes("1:3", 3), [1, 2])
    np.testing.assert_array_equal(chosen_classes(":2", 3), [0, 1])
    np.testing.assert_array_equal(chosen_classes("2,0", 3), [2, 0])


def test_flags_that_contradict_are_refused_and_a_finished_attack_is_told_again(whole):
    folder, _, _ = whole
    before = (folder / "attack.json").read_bytes()
    for more, word in (
        (["--per-class", "3"], "--per-class"),
        (["--seed", "1"], "--seed"),
        (["--no-knowledge"], "--knowledge"),
    ):
        with pytest.raises(InputError, match=f"`{word}` must be left out beside --resume"):
            attack.main(["--resume", str(folder), *more])
    found = loft_jax.attack(resume=str(folder), cache=False)
    assert found.numbers["pooled"] == json.loads(before)["pooled"]
    assert (folder / "attack.json").read_bytes() == before


def test_as_a_function_it_takes_flags_by_name_and_runs_in_a_thread(runs, tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    settings = {"attack": "mi-face", "steps": 5, "candidates": 128, "per_class": 1, "cache": False}
    judges = [str(runs / "a")]
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(
            loft_jax.attack, runs / "target", **settings, classes="3,1",
            evaluators=judges, out=str(tmp_path / "[x] é")
        ).result()  # fmt: skip
    assert found.numbers["classes"] == 2
    assert (tmp_path / "[x] é" / "attack.json").exists()
    assert "Acc@1" in str(found)
    with pytest.raises(InputError, match="`step` must be the name of a setting, such as steps"):
        loft_jax.attack(runs / "target", step=5)


def test_a_target_that_is_no_run_is_attacked_and_judged_only_on_data(runs, tmp_path):
    import jax.numpy as jnp

    from loft_jax.targets.function import FunctionTarget

    weight = np.random.default_rng(0).normal(size=(64, 10)).astype(np.float32) / 5

    def brightest(images):
        return jnp.reshape(images, (len(images), -1)) @ weight

    target = FunctionTarget(brightest, size=8, channels=1, class_names=tuple("0123456789"))
    settings = {"attack": "mi-face", "steps": 200, "classes": "0:2", "per_class": 1, "cache": False}
    alone = loft_jax.attack(target, **settings, out=str(tmp_path / "alone"))
    assert not (tmp_path / "alone" / "attack.json").exists()
    assert target.queries == alone.numbers["queries"] > 0
    # Descent of 1 - softmax_0 raises the class's pixels and lowers the others'.
    with np.load(tmp_path / "alone" / "reconstructions.npz") as stored:
        flat = stored["images"].reshape(2, 64) / 255
    assert (flat @ weight).argmax(1).tolist() == [0, 1]
    judged = loft_jax.judge(
        tmp_path / "alone", data="digits", evaluators=[str(runs / "a")], cache=False
    )
    # That nobody knows which pictures the target has seen is no matter: the judges' own are known.
    assert judged.numbers["pooled"]["real_accuracy_at_1"] > 0.5
    with pytest.raises(InputError, match="`--data` must name the target's pictures"):
        loft_jax.judge(tmp_path / "alone", evaluators=[str(runs / "a")])


def test_attack_and_judge_do_not_depend_on_the_numbers_of_the_process(whole, runs, tmp_path):
    folder, *_ = whole
    settings = {"attack": "mi-face", "steps": 12, "candidates": 128, "per_class": 2, "batch": 4}
    judges = (str(runs / "a"), str(runs / "b"))
    with jax.enable_x64(True), jax.numpy_dtype_promotion("strict"):
        made = loft_jax.attack(
            runs / "target", **settings, classes="0:5", evaluators=judges, knowledge=True,
            out=str(tmp_path / "x"),
        )  # fmt: skip
        again = loft_jax.judge(made.folder, evaluators=judges, out=str(tmp_path / "again"))
    with (
        np.load(folder / "reconstructions.npz") as one,
        np.load(made.folder / "reconstructions.npz") as other,
    ):
        np.testing.assert_array_equal(one["images"], other["images"])
    assert again.numbers["evaluators"] == made.numbers["evaluators"]
