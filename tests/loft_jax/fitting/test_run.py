"""Whole runs as commands: resuming to the same bits, devices, processes, signals."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time

import filelock
import numpy as np
import pytest

TINY = ["--data", "digits", "--size", "8", "--epochs", "4", "--batch", "64", "--rank", "8"]
# Devices sum a batch in different orders: rounding of 1e-8 that must stay rounding over all epochs.
# AdamW divides a gradient by its own size and turns it into whole steps where one is nearly zero;
# the digits' black background ties in every max-pooling, and rounding then picks the winner.
GENTLE = [
    "--data", "faces", "--identities", "32", "--pictures", "24", "--size", "16", "--epochs", "4",
    "--batch", "64", "--rank", "8", "--optimizer", "sgd", "--learning-rate", "1e-4",
]  # fmt: skip


def train(*flags, environment, **popen):
    return subprocess.Popen(
        [sys.executable, "-m", "loft_jax.train", *flags],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **popen,
    )


def finish(process, code=0):
    out, err = process.communicate(timeout=300)
    assert process.returncode == code, err
    return out


def epochs(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def weights(run):
    """Every stored number of the run's last checkpoint, read by another route than the run's."""
    import orbax.checkpoint as ocp

    steps = [int(path.name) for path in (run / "checkpoint").iterdir() if path.name.isdigit()]
    state = run / "checkpoint" / str(max(steps))
    tree = ocp.PyTreeCheckpointer().restore(state.absolute())
    import jax

    return max(steps), [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, command_environment):
    run = tmp_path_factory.mktemp("runs") / "whole"
    finish(train(*TINY, "--out", str(run), environment=command_environment))
    return run


def wait_for_epoch(run, epoch, process):
    for _ in range(1200):
        if (run / "metrics.jsonl").exists() and len(epochs(run)) >= epoch:
            return
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    pytest.fail("the run made no progress")


@pytest.mark.filterwarnings("ignore:Sharding info not provided:UserWarning")
@pytest.mark.parametrize(
    "killer",
    [
        signal.SIGKILL,
        *(pytest.param(one, marks=pytest.mark.slow) for one in (signal.SIGINT, signal.SIGTERM)),
    ],
)
def test_a_stopped_and_resumed_run_has_the_bits_of_an_uninterrupted_one(
    killer, uninterrupted, tmp_path, command_environment
):
    run = tmp_path / "run"
    process = train(*TINY, "--out", str(run), environment=command_environment)
    wait_for_epoch(run, 1, process)
    process.send_signal(killer)
    out, err = process.communicate(timeout=120)
    assert process.returncode == (-9 if killer == signal.SIGKILL else 128 + killer), err
    assert not (run / "result.json").exists()
    if killer != signal.SIGKILL:
        assert f"--resume {run}" in out
    finish(train("--resume", str(run), environment=command_environment))

    step, resumed = weights(run)
    whole_step, whole = weights(uninterrupted)
    assert step == whole_step
    assert len(resumed) == len(whole) > 20
    for left, right in zip(resumed, whole, strict=True):
        np.testing.assert_array_equal(left, right)
    assert epochs(run) == epochs(uninterrupted)


def test_two_processes_do_not_work_on_one_folder(uninterrupted, tmp_path, command_environment):
    run = shutil.copytree(uninterrupted, tmp_path / "run")
    with filelock.FileLock(run / ".lock"):
        process = train("--resume", str(run), environment=command_environment)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert err.count("\n") == 1
    assert "must not be worked on by another process" in err


@pytest.mark.slow
def test_a_run_whose_folder_is_deleted_fails(tmp_path, command_environment):
    run = tmp_path / "run"
    process = train(*TINY, "--epochs", "200", "--out", str(run), environment=command_environment)
    wait_for_epoch(run, 1, process)
    shutil.rmtree(run, ignore_errors=True)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "gone" in err or "could not be saved" in err
    assert not (run / "config.json").exists()


@pytest.mark.slow
def test_runs_that_start_together_get_folders_of_their_own(tmp_path, command_environment):
    flags = ["--data", "digits", "--size", "8", "--epochs", "1", "--rank", "4"]
    runs = [train(*flags, environment=command_environment, cwd=tmp_path) for _ in range(3)]
    for process in runs:
        finish(process)
    folders = list((tmp_path / "runs").iterdir())
    assert len(folders) == 3
    assert all((folder / "result.json").is_file() for folder in folders)


def test_a_run_folder_holds_what_it_promises(uninterrupted):
    names = {path.name for path in uninterrupted.iterdir()}
    assert names >= {
        "config.json", "metrics.jsonl", "environment.json", "checkpoint", "split.json",
        "training.png", "samples.png", "result.json",
    }  # fmt: skip
    result = json.loads((uninterrupted / "result.json").read_text())
    assert set(result) >= {
        "test_accuracy", "validation_accuracy", "head_weight_rank", "code_rank",
        "code_effective_rank", "seconds_total", "seconds_compile", "seconds_train",
        "peak_memory_bytes",
    }  # fmt: skip
    assert result["code_rank"] <= 8
    assert result["head_weight_rank"] <= 8
    assert result["seconds_total"] > result["seconds_train"] > 0
    assert 2**26 < result["peak_memory_bytes"] < 2**31


def test_evaluate_repeats_the_closing_numbers(uninterrupted, tmp_path, command_environment):
    out = tmp_path / "numbers.json"
    subprocess.run(
        [sys.executable, "-m", "loft_jax.evaluate", str(uninterrupted), "--out", str(out)],
        env=command_environment, check=True, capture_output=True,
    )  # fmt: skip
    result = json.loads((uninterrupted / "result.json").read_text())
    evaluation = json.loads(out.read_text())
    assert evaluation["accuracy"] == result["test_accuracy"]
    for key in ("head_weight_rank", "code_rank", "feature_rank", "code_effective_rank"):
        assert evaluation[key] == pytest.approx(result[key], rel=1e-6)
    leakage = evaluation["head_leakage"]
    assert leakage["rank"] == result["code_rank"] == leakage["outputs"] == 8
    assert 0 < leakage["most_leaking"] <= leakage["relative"] <= leakage["least_leaking"] < 1
    assert any("best linear attacker" in assumption for assumption in leakage["assumptions"])


@pytest.fixture(scope="module")
def on_one_device(tmp_path_factory, command_environment):
    run = tmp_path_factory.mktemp("runs") / "one"
    environment = {**command_environment, "JAX_NUM_CPU_DEVICES": "1"}
    finish(train(*GENTLE, "--out", str(run), environment=environment))
    return run


def losses(run):
    return [row["train_loss"] for row in epochs(run)]


@pytest.mark.slow
def test_four_devices_give_the_loss_curve_of_one(on_one_device, tmp_path, command_environment):
    run = tmp_path / "four"
    environment = {**command_environment, "JAX_NUM_CPU_DEVICES": "4"}
    out = finish(train(*GENTLE, "--out", str(run), environment=environment))
    assert "4 x cpu" in out
    np.testing.assert_allclose(losses(run), losses(on_one_device), rtol=1e-6)


@pytest.mark.slow
def test_two_processes_give_the_loss_curve_of_one(on_one_device, tmp_path, command_environment):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    run = tmp_path / "two"
    environment = {**command_environment, "JAX_NUM_CPU_DEVICES": "1"}
    environment.pop("PYTHONWARNINGS")
    together = ["--coordinator", f"127.0.0.1:{port}", "--processes", "2"]
    flags = [*GENTLE, "--out", str(run), *together]
    processes = [train(*flags, "--process-id", str(i), environment=environment) for i in range(2)]
    outs = [finish(process) for process in processes]
    assert "2 x cpu" in outs[0]
    np.testing.assert_allclose(losses(run), losses(on_one_device), rtol=1e-6)
    assert json.loads((run / "result.json").read_text())["test_accuracy"] > 0


def test_a_diverging_run_stops_with_a_reason(tmp_path, command_environment):
    run = tmp_path / "run"
    flags = [*TINY, "--optimizer", "sgd", "--learning-rate", "1e6", "--out", str(run)]
    process = train(*flags, environment=command_environment)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 3
    assert "the loss became" in err
    assert "--learning-rate" in err
    assert "Traceback" not in err
