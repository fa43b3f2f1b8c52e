"""Whole sweeps as commands: killed, gone on with, extended, damaged, handed to an engine."""

import json
import os
import signal
import subprocess
import sys
import time

import polars as pl
import pytest

from loft_jax.findings.table import COSTS, read_table

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
    out, err = process.communicate(timeout=400)
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
    assert table.equals(read_table(whole / "table.csv"))
    assert table.select("head", "rank", "class").n_unique() == len(table) == 8
    for row in table.iter_rows(named=True):
        attack = json.loads((whole / row["attack_folder"] / "attack.json").read_text())
        assert attack["attack"] == row["attack"] == "mi-face"
        result = json.loads((whole / row["run"] / "result.json").read_text())
        assert result["test_accuracy"] == row["test_accuracy"]
    mean = table.filter(pl.col("head") == "plain")["accuracy_at_1"].mean()
    plain = table.filter(pl.col("head") == "plain")["attack_folder"][0]
    attack = json.loads((whole / plain / "attack.json").read_text())
    assert mean == pytest.approx(attack["accuracy_at_1"], abs=1e-12)
    assert {path.name for path in whole.iterdir()} >= {"summary.json", "leakage.png", "sweep.json"}


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


def test_a_finished_sweep_runs_nothing_and_a_damaged_cell_stops_only_itself(
    whole, command_environment
):
    before = finished(whole)
    finish(sweep(*GRID, "--out", str(whole), environment=command_environment))
    assert finished(whole) == before

    damaged = next(path for path in whole.glob("models/*rank4*"))
    config = json.loads((damaged / "config.json").read_text())
    config["optim"]["learning_rate"] = 0.5  # by hand
    (damaged / "config.json").write_text(json.dumps(config))
    out = finish(sweep(*GRID, "--out", str(whole), environment=command_environment), code=1)
    assert "failed" in out
    assert "remove it to run it again" in " ".join(out.split())
    assert finished(whole) == before
    assert read_table(whole)["head"].unique().to_list() == ["plain"]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--rank"], "an empty grid"),
        (["--rank", "9999"], "`--rank` must list numbers up to 128"),
        (["--submit", "slurm"], "`--submit` must name an engine that is here"),
        (["--data", "no-such-folder"], "`--data` must list"),
    ],
)
def test_bad_input_gets_one_sentence_and_leaves_nothing(flags, said, tmp_path, command_environment):
    if "slurm" in flags and any(
        os.access(os.path.join(folder, "srun"), os.X_OK)
        for folder in os.environ.get("PATH", "").split(os.pathsep)
    ):
        pytest.skip("this machine has slurm")
    root = tmp_path / "sweep"
    process = sweep(*flags, "--out", str(root), environment=command_environment)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert said in err
    assert err.count("\n") == 1
    assert not (root / "sweep.json").exists()


def test_a_folder_of_something_else_is_not_written_to(tmp_path, command_environment):
    (tmp_path / "thesis.tex").write_text("mine")
    process = sweep(*GRID, "--out", str(tmp_path), environment=command_environment)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "must be a new folder or that of a sweep" in err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
