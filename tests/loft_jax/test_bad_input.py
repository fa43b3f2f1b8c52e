"""Every command answers bad input with one sentence and exit code 2, and writes nothing half."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import in_process
import numpy as np
import pytest
from PIL import Image

from loft_jax.runs import files

TINY = ["--data", "digits", "--size", "8", "--epochs", "2", "--rank", "8"]


def command(name, *flags, environment, **options):
    return subprocess.run(
        [sys.executable, "-m", f"loft_jax.{name}", *map(str, flags)],
        env=environment, capture_output=True, text=True, timeout=300, **options,
    )  # fmt: skip


def assert_one_sentence(process, *words):
    assert process.returncode == 2, process.stdout + process.stderr
    lines = process.stderr.strip().splitlines()
    assert len(lines) == 1, process.stderr
    assert lines[0].startswith("error: ")
    for word in words:
        assert re.search(word, lines[0]), lines[0]


def npz(path, **changes):
    """A small good file, with some arrays replaced (None: left out)."""
    rng = np.random.default_rng(0)
    arrays = {
        "images": rng.integers(0, 256, (12, 8, 8), dtype=np.uint8),
        "labels": np.repeat(np.arange(3), 4),
    }
    arrays |= changes
    np.savez(path, **{key: value for key, value in arrays.items() if value is not None})
    return path


def folder(path, classes=2, pictures=3):
    rng = np.random.default_rng(0)
    for label in range(classes):
        (path / f"c{label}").mkdir(parents=True)
        for index in range(pictures):
            pixels = rng.integers(0, 256, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(path / f"c{label}" / f"{index}.png")
    return path


def corrupt_npz(tmp):
    path = npz(tmp / "x.npz")
    content = bytearray(path.read_bytes())
    content[60:120] = bytes(60)
    path.write_bytes(bytes(content))
    return path


def truncated_png(tmp):
    root = folder(tmp / "pictures")
    victim = root / "c1" / "2.png"
    victim.write_bytes(victim.read_bytes()[:60])
    return root


def pickled(tmp):
    return npz(tmp / "x.npz", labels=np.array([{"a": 1}] * 12, dtype=object))


def nan_pixels(tmp):
    images = np.full((12, 8, 8), 0.5, np.float32)
    images[3, 2, 2] = np.nan
    return npz(tmp / "x.npz", images=images)


FLAGS = {
    "unknown flag": (["--colour", "blue"], ["--colour"]),
    "unknown preset": (["--preset", "nosuch"], ["--preset", "faces32", "nosuch"]),
    "unknown trunk": (["--trunk", "alexnet"], ["trunk", "small_cnn", "alexnet"]),
    "unknown activation": (["--activation", "gelu"], ["activation", "tanh", "gelu"]),
    "unknown device": (["--device", "abacus"], ["device", "cpu", "abacus"]),
    "rank zero": (["--rank", "0"], ["--rank", "at least 1", "0"]),
    "negative rank": (["--rank", "-4"], ["--rank", "at least 1", "-4"]),
    "rank above the features": (["--rank", "4096"], ["--rank", r"1\.\.128", "4096"]),
    "rank not a number": (["--rank", "many"], ["--rank", "many"]),
    "epochs zero": (["--epochs", "0"], ["--epochs", "at least 1"]),
    "rate not finite": (["--learning-rate", "nan"], ["--learning-rate", "nan"]),
    "negative rate": (["--learning-rate", "-1"], ["--learning-rate", "-1"]),
    "batch no multiple": (["--batch", "10", "--accumulate", "4"], ["--batch", "4", "10"]),
    "crop upside down": (["--crop-scale", "0.9", "0.1"], ["--crop-scale", "0.9 0.1"]),
    "fraction too large": (["--test-fraction", "1"], ["--test-fraction", "less than 1"]),
    "negative seed": (["--seed", "-1"], ["--seed", "-1"]),
    "pictures too small": (["--size", "2"], ["--size", "8", "2"]),
    "pictures too large": (["--size", "1500"], ["--size", "at most 1024", "1500"]),
    "no such data": (["--data", "nowhere.npz"], ["nowhere.npz"]),
    "no such run": (["--resume", "nowhere"], ["--resume", "nowhere"]),
    "no run named": (["--resume", ""], ["--resume", "got nothing"]),
    "no such start": (["--start-from", "nowhere", "--quick"], ["--start-from", "nowhere"]),
    "two defenses": (["--defense", "svd:3", "--rank", "4"], ["--rank", "svd:3"]),
    "unknown defense": (["--defense", "magic"], ["--defense", "loft", "magic"]),
    "unknown option": (["--defense", "loft:4,colour=1"], ["colour"]),
    "cut too weak": (["--defense", "svd:9", "--quick"], ["between 1 and 8", "9"]),
    "huge batch": (["--batch", str(10**15)], ["--batch", "at most"]),
    "huge seed": (["--seed", str(2**70)], ["--seed"]),
    "huge epochs": (["--epochs", str(10**12)], ["--epochs"]),
    "huge identities": (["--identities", str(10**12)], ["--identities"]),
    "process out of range": (["--process-id", "3"], ["--process-id", "3"]),
    "no out for many": (["--processes", "2", "--coordinator", "localhost:1"], ["--out"]),
    "no coordinator": (["--processes", "2"], ["--coordinator"]),
}  # fmt: skip

FILES = {
    "empty folder": (lambda tmp: tmp, ["at least 2 folders", "got 0"]),
    "one class": (lambda tmp: folder(tmp / "p", classes=1), ["at least 2 folders", "got 1"]),
    "class of one picture": (
        lambda tmp: npz(tmp / "x.npz", labels=np.array([0] * 11 + [1])), ["at least 2 pictures"]
    ),
    "wrong dtype": (
        lambda tmp: npz(tmp / "x.npz", images=np.zeros((12, 8, 8), np.complex64)), ["images"]
    ),
    "not pictures": (
        lambda tmp: npz(tmp / "x.npz", images=np.zeros((12, 8), np.uint8)), ["images"]
    ),
    "NaN pixels": (nan_pixels, ["images", "NaN|nan|finite"]),
    "labels out of range": (
        lambda tmp: npz(tmp / "x.npz", labels=np.arange(12) - 1), ["labels", "-1"]
    ),
    "labels missing": (lambda tmp: npz(tmp / "x.npz", labels=None), ["labels"]),
    "pickled labels": (pickled, ["labels|pickle"]),
    "corrupt npz": (corrupt_npz, ["x.npz"]),
    "text called npz": (
        lambda tmp: (tmp / "x.npz").write_text("hello") and tmp / "x.npz", ["x.npz"]
    ),
    "truncated PNG": (truncated_png, ["2.png", "--skip-unreadable"]),
}  # fmt: skip


@pytest.mark.parametrize("case", FLAGS)
def test_a_bad_flag_is_named_with_what_is_allowed(case, tmp_path):
    flags, words = FLAGS[case]
    assert_one_sentence(in_process.command("train", *flags, cwd=tmp_path), *words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("case", FILES)
def test_bad_pictures_are_named_and_nothing_is_written(case, tmp_path):
    make, words = FILES[case]
    (tmp_path / "data").mkdir()
    data = make(tmp_path / "data")
    out = tmp_path / "run"
    flags = ("--preset", "digits", "--data", data, "--size", 8, "--out", out)
    assert_one_sentence(in_process.command("train", *flags, cwd=tmp_path), *words)
    assert not out.exists()


@pytest.fixture(scope="module")
def finished(tmp_path_factory, command_environment):
    run = tmp_path_factory.mktemp("good") / "run"
    process = command("train", *TINY, "--out", run, environment=command_environment)
    assert process.returncode == 0, process.stderr
    return run


@pytest.fixture
def run(finished, tmp_path):
    """A copy that a test may damage."""
    return Path(shutil.copytree(finished, tmp_path / "run"))


def rewrite(run, **changed):
    """config.json with other values, as if this version had written them."""
    config = files.read_json(run / "config.json")
    files.write_json(run / "config.json", config | changed)


def test_a_changed_value_without_its_seal_is_refused(run, command_environment):
    text = (run / "config.json").read_text()
    (run / "config.json").write_text(text.replace('"rank": 8', '"rank": 9'))
    assert_one_sentence(
        command("evaluate", run, environment=command_environment), "changed or damaged"
    )


def test_a_run_of_the_first_format_is_told_to_be_old(run, command_environment):
    (run / "config.json").write_text(json.dumps({"format": 1, "model": {"rank": 8}}))
    process = command("evaluate", run, environment=command_environment)
    assert_one_sentence(process, "config.json", "older format")


def test_flags_that_contradict_resume_are_refused(run, command_environment):
    process = command("train", "--resume", run, "--rank", 9, environment=command_environment)
    assert_one_sentence(process, "--rank", "8", "9")
    before = (run / "result.json").read_bytes()
    again = command("train", "--resume", run, environment=command_environment)
    assert again.returncode == 0, again.stderr
    assert (run / "result.json").read_bytes() == before


def test_what_three_devices_refuse_leaves_no_folder(tmp_path, command_environment):
    out, environment = tmp_path / "run", {**command_environment, "JAX_NUM_CPU_DEVICES": "3"}
    process = command("train", *TINY, "--batch", 8, "--out", out, environment=environment)
    assert_one_sentence(process, "--batch", "multiple of 3")
    assert not out.exists()


def test_skipping_unreadable_pictures_says_which(tmp_path, command_environment):
    data = truncated_png(tmp_path)
    flags = ["--preset", "digits", "--data", data, "--size", 8, "--epochs", 1, "--rank", 2]
    process = command(
        "train", *flags, "--skip-unreadable", "--out", tmp_path / "run",
        environment=command_environment,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert "2.png" in process.stdout


def test_a_folder_that_holds_something_is_never_overwritten(run, command_environment):
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    process = command("train", *TINY, "--out", run, environment=command_environment)
    assert_one_sentence(process, "--out", "--resume")
    assert before == {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["train", "evaluate"])
def test_an_unreadable_checkpoint_is_named(name, run, command_environment):
    for path in (run / "checkpoint").rglob("*"):
        if path.is_file() and path.name != "index.json":
            path.write_bytes(b"\0" * 10)
    (run / "result.json").unlink()
    flags = ["--resume", run] if name == "train" else [run]
    assert_one_sentence(command(name, *flags, environment=command_environment), "checkpoint")


@pytest.mark.parametrize("name", ["train", "evaluate"])
def test_a_run_of_another_version_is_refused(name, run, command_environment):
    rewrite(run, format=99)
    flags = ["--resume", run] if name == "train" else [run]
    process = command(name, *flags, environment=command_environment)
    assert_one_sentence(process, "format 3", "format 99")


def test_a_config_of_other_fields_is_refused(run, command_environment):
    rewrite(run, model=files.read_json(run / "config.json")["model"] | {"depth": 3})
    assert_one_sentence(command("evaluate", run, environment=command_environment), "depth")


def test_other_pictures_than_those_of_the_run_are_refused(tmp_path, command_environment):
    data, run = npz(tmp_path / "x.npz"), tmp_path / "run"
    flags = ["--data", data, "--preset", "digits", "--size", 8, "--rank", 2, "--epochs", 1]
    done = command("train", *flags, "--out", run, environment=command_environment)
    assert done.returncode == 0, done.stderr
    npz(data, images=np.zeros((12, 8, 8), np.uint8))
    assert_one_sentence(command("evaluate", run, environment=command_environment), "others")


def test_a_read_only_place_is_named(tmp_path, command_environment):
    # Root may write into a folder without the permission bit, but nobody into /proc.
    place = "/proc/loft" if os.geteuid() == 0 else tmp_path / "locked" / "run"
    if os.geteuid() != 0:
        (tmp_path / "locked").mkdir(mode=0o500)
    process = command("train", *TINY, "--out", place, environment=command_environment)
    assert_one_sentence(process, "--out", str(place))


def test_a_full_disk_while_saving_leaves_the_last_checkpoint_intact(
    finished, run, command_environment
):
    """A limit on file size stands in for the full disk: the same write fails."""
    latest = max(int(path.name) for path in (run / "checkpoint").iterdir() if path.is_dir())
    rewrite(run, optim=files.read_json(run / "config.json")["optim"] | {"epochs": 4})
    (run / "result.json").unlink()

    train = f"exec {sys.executable} -m loft_jax.train --resume {run} --no-cache"
    process = subprocess.run(
        ["bash", "-c", f"ulimit -f 40; {train}"], env=command_environment, capture_output=True,
        text=True, timeout=300,
    )  # fmt: skip
    assert_one_sentence(process, "file|space|disk|refused")
    found = [path.name for path in (run / "checkpoint").iterdir()]
    assert str(latest) in found
    after = command("evaluate", run, environment=command_environment)
    assert after.returncode == 0, after.stderr
    before = command("evaluate", finished, environment=command_environment)
    assert before.stdout.split("step")[1] == after.stdout.split("step")[1].replace(
        str(run), str(finished)
    )


def test_evaluating_on_other_classes_is_refused(run, tmp_path, command_environment):
    data = npz(tmp_path / "x.npz")
    process = command("evaluate", run, "--data", data, environment=command_environment)
    assert_one_sentence(process, "--data", "10 classes")
