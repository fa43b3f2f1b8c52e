"""`python -m loft_jax.fit_prior` from pictures and a target to a prior that attacks can load."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from loft_jax.errors import InputError
from loft_jax.priors import load_prior
from loft_jax.priors.archive import public_hashes

FLAGS = ["--steps", "10", "--batch", "16", "--width", "2"]


def command(name, *flags, environment):
    return subprocess.Popen(
        [sys.executable, "-m", f"loft_jax.{name}", *map(str, flags)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process, code=0):
    try:
        out, err = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == code, err
    return out + err


@pytest.fixture(scope="module")
def target(tmp_path_factory, command_environment):
    run = tmp_path_factory.mktemp("target") / "run"
    flags = ("--data", "digits", "--size", "8", "--epochs", "1", "--rank", "8")
    finish(command("train", *flags, "--out", run, environment=command_environment))
    return run


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    path = tmp_path_factory.mktemp("public") / "public.npz"
    images = np.random.default_rng(0).integers(0, 256, (80, 8, 8), dtype=np.uint8)
    np.savez(path, images=images)
    return path


@pytest.mark.parametrize(
    ("prior", "questions"),
    [
        pytest.param("kedmi", 70, marks=pytest.mark.slow),
        ("plgmi", 70),
        pytest.param("tacgan", 160, marks=pytest.mark.slow),
    ],
)
def test_a_prior_fitted_to_a_target_is_loaded_by_its_folder(
    prior, questions, target, public, tmp_path, command_environment
):
    out = tmp_path / "prior"
    flags = ("--prior", prior, "--data", public, "--target", target, "--top-n", 5, "--out", out)
    finish(command("fit_prior", *FLAGS, *flags, environment=command_environment))
    made = load_prior(str(out), size=8, channels=1, seed=0)
    assert made.conditional == (prior != "kedmi")
    assert len(public_hashes(out)) == 80
    result = json.loads((out / "result.json").read_text())
    assert result["fid_features"] == "small_cnn with random weights", "as of every prior"
    assert result["questions"] == questions
    assert result["of_target"]["fid_features"] == f"target {target}"
    for found in (result, result["of_target"]):
        assert found["fid"] is None, "FID of 10 pictures must not be a number"
        told = "10 public pictures kept for FID, 128 features need 129: more pictures or a larger"
        assert found["fid_missing"].startswith(told)
    for name in ("config.json", "metrics.jsonl", "samples.png", "public.png", "environment.json"):
        assert (out / name).stat().st_size > 0
    before = {name: (out / name).read_bytes() for name in ("samples.png", "prior.npz")}
    (out / "samples.png").unlink()
    finish(command("fit_prior", "--resume", out, environment=command_environment))
    assert {name: (out / name).read_bytes() for name in before} == before


def test_public_pictures_of_the_target_itself_are_refused(target, tmp_path, command_environment):
    from loft_jax.data.sources.digits import load_digits

    path = tmp_path / "leak.npz"
    np.savez(path, images=load_digits(size=8).images[:40])
    flags = ("--prior", "kedmi", "--data", path, "--target", target, "--out", tmp_path / "out")
    told = finish(command("fit_prior", *flags, environment=command_environment), code=2)
    assert told.count("\n") == 1
    assert "got 40 of 40 that are" in told


@pytest.mark.slow
def test_a_killed_and_resumed_prior_has_the_bits_of_an_uninterrupted_one(
    public, tmp_path, command_environment
):
    flags = ("--data", public, "--steps", 1000, "--batch", 16, "--width", 2)
    whole, run = tmp_path / "whole", tmp_path / "run"
    finish(command("fit_prior", *flags, "--out", whole, environment=command_environment))
    process = command("fit_prior", *flags, "--out", run, environment=command_environment)
    while not (run / "metrics.jsonl").exists():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    with pytest.raises(InputError, match="finish it with"):
        load_prior(str(run), size=8, channels=1, seed=0)
    finish(command("fit_prior", "--resume", run, environment=command_environment))
    assert (run / "metrics.jsonl").read_text() == (whole / "metrics.jsonl").read_text()
    with np.load(run / "prior.npz") as ours, np.load(whole / "prior.npz") as theirs:
        assert set(ours) == set(theirs)
        for name in ours:
            np.testing.assert_array_equal(ours[name], theirs[name])
