"""Whole sweeps as commands: killed, gone on with, extended, damaged, handed to an engine."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import in_process
import polars as pl
import pytest

from loft_jax.findings.columns import COSTS
from loft_jax.findings.table import read_table
from loft_jax.runs.files import read_json, write_json

GRID = [
    "--data", "digits", "--size", "16", "--rank", "none", "4", "--seeds", "0", "--adaptive", "none",
    "--attack", "mi-face", "--steps", "3", "--quick", "--jobs", "1",
]  # fmt: skip


def sweep(*flags, environment):
    return subprocess.Popen(
        [sys.executable, "-m", "loft_jax.sweep", *flags],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(process, code=0):
    out, err = process.communicate(timeout=900)
    assert process.returncode == code, out + err
    assert "Traceback" not in err
    return out


def finished(root):
    """Every finished cell and when its last file was written."""
    ends = [*root.glob("models/*/evaluation.json"), *root.glob("attacks/*/attack.json")]
    return {path: path.stat().st_mtime_ns for path in ends}


@pytest.fixture(scope="module")
def whole(tmp_path_factory, command_environment):
    root = tmp_path_factory.mktemp("sweeps") / "whole"
    # submitit reads its jobs' results by pickle from its own folder and warns of nothing else.
    environment = {**command_environment, "PYTHONWARNINGS": "default"}
    out = finish(sweep(*GRID, "--submit", "local", "--out", str(root), environment=environment))
    assert "next      python -m loft_jax.report" in out
    return root


def test_a_sweep_ends_with_one_tidy_table(whole):
    table = read_table(whole)
    assert table.select("spec", "class").n_unique() == len(table) == 8
    assert set(table["noun"]) == {"digits"}
    for row in table.iter_rows(named=True):
        attack = json.loads((whole / row["attack_folder"] / "attack.json").read_text())
        assert attack["attack"] == row["attack"] == "mi-face"
        result = json.loads((whole / row["run"] / "result.json").read_text())
        assert result["test_accuracy"] == row["test_accuracy"]
    mean = table.filter(pl.col("spec") == "none")["accuracy_at_1"].mean()
    plain = table.filter(pl.col("spec") == "none")["attack_folder"][0]
    attack = json.loads((whole / plain / "attack.json").read_text())
    assert mean == pytest.approx(attack["pooled"]["accuracy_at_1"], abs=1e-12)
    assert {path.name for path in whole.iterdir()} >= {"summary.json", "leakage.png", "sweep.json"}


@pytest.mark.slow
def test_a_killed_sweep_goes_on_to_the_same_table_and_repeats_nothing(
    whole, tmp_path, command_environment
):
    root = tmp_path / "killed"
    process = sweep(*GRID, "--out", str(root), environment=command_environment)
    for _ in range(2400):
        if len(finished(root)) >= 3:  # both judges and the first classifier; its attack is next
            break
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = finished(root)
    time.sleep(1)
    finish(sweep(*GRID, "--out", str(root), environment=command_environment))
    after = finished(root)
    assert len(after) == 6
    assert {path: after[path] for path in before} == before
    tables = [read_table(folder).drop(*COSTS, "run", "attack_folder") for folder in (whole, root)]
    assert tables[0].equals(tables[1])


def test_lost_pictures_are_drawn_again_and_nothing_is_searched_or_trained(
    whole, tmp_path, command_environment
):
    root = tmp_path / "copy"
    shutil.copytree(whole, root)
    lost = [next(root.glob(f"*/*/{name}")) for name in ("reconstructions.png", "training.png")]
    before = {path: path.read_bytes() for path in lost}
    numbers = {"evaluation.json", "result.json", "search.json", "reconstructions.npz"}
    kept = [path for path in root.glob("*/*/*") if path.name in numbers]
    times = [path.stat().st_mtime_ns for path in kept]
    for path in lost:
        path.unlink()
    finish(sweep(*GRID, "--out", str(root), environment=command_environment))
    assert {path: path.read_bytes() for path in lost} == before
    assert [path.stat().st_mtime_ns for path in kept] == times


def test_a_finished_sweep_runs_nothing_and_a_damaged_cell_stops_only_itself(
    whole, command_environment
):
    before = finished(whole)
    finish(sweep(*GRID, "--out", str(whole), environment=command_environment))
    assert finished(whole) == before

    damaged = next(path for path in whole.glob("models/*loft4*"))
    config = read_json(damaged / "config.json")
    config["optim"]["learning_rate"] = 0.5  # by hand, and sealed as if it were right
    write_json(damaged / "config.json", config)
    out = finish(sweep(*GRID, "--out", str(whole), environment=command_environment), code=1)
    assert "failed" in out
    assert "remove it to run it again" in " ".join(out.split())
    assert finished(whole) == before
    assert read_table(whole)["spec"].unique().to_list() == ["none"]


@pytest.mark.slow
def test_a_damaged_judgement_is_made_again_and_says_the_same(whole, tmp_path, command_environment):
    root = tmp_path / "copy"
    shutil.copytree(whole, root)
    for path in root.glob("models/*loft4*"):
        shutil.rmtree(path)  # damaged by the test before
    finish(sweep(*GRID, "--out", str(root), environment=command_environment))
    before = read_table(root).drop(*COSTS)
    outcomes = next(root.glob("attacks/*/outcomes.npz"))
    content = bytearray(outcomes.read_bytes())
    content[len(content) // 2] ^= 1
    outcomes.write_bytes(content)
    finish(sweep(*GRID, "--out", str(root), environment=command_environment))
    assert read_table(root).drop(*COSTS).equals(before)


def test_a_folder_of_an_older_version_is_said_to_be_old(tmp_path, command_environment):
    (tmp_path / "old" / "models" / "faces-small_cnn-plain-seed0-9164f65785b7").mkdir(parents=True)
    (tmp_path / "old" / "sweep.json").write_text("{}")
    process = sweep(*GRID, "--out", str(tmp_path / "old"), environment=command_environment)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert re.fullmatch("error: `--out` must be a new folder .* older format, whose .*\n", err)


def test_it_is_a_function_too(whole, command_environment):
    code = (
        "import loft_jax\n"
        f"done = loft_jax.sweep(data=('digits',), size=16, rank=('none',), seeds=(0,), "
        "adaptive=('none',), attack=('mi-face',), steps=3, quick=True, jobs=1, "
        f"out={str(whole)!r})\n"
        "assert done.numbers['summary'][0]['spec'] == 'none'\n"
        "assert 'only the plain head was attacked' in str(done)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=command_environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "1 classifier (1 there already)" in done.stdout


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--trunk"], "an empty grid"),
        (["--rank", "9999"], "`--rank` must be 1..128 (the feature width)"),
        (["--data", "no-such-folder"], "which does not exist"),
        (["--classes", "0:300"], "`--classes` must be"),
        (["--jobs", "4097", "--data", "no-such-folder"], "at most 4096, got 4097"),
    ],
)
def test_bad_input_gets_one_sentence_and_leaves_nothing(flags, said, tmp_path):
    root = tmp_path / "sweep"
    done = in_process.command("sweep", *flags, "--out", root, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (root / "sweep.json").exists()


def test_an_engine_that_is_not_here_is_refused(tmp_path, command_environment):
    if any(
        os.access(os.path.join(folder, "srun"), os.X_OK)
        for folder in os.environ.get("PATH", "").split(os.pathsep)
    ):
        pytest.skip("this machine has slurm")
    root = tmp_path / "sweep"
    process = sweep("--submit", "slurm", "--out", str(root), environment=command_environment)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "`--submit` must name an engine that is here" in err
    assert err.count("\n") == 1
    assert not (root / "sweep.json").exists()


def test_a_folder_of_something_else_is_not_written_to(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    refused = in_process.command("sweep", *GRID, "--out", ".", cwd=tmp_path)
    assert refused.returncode == 2
    assert "must be a new folder or that of a sweep" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
