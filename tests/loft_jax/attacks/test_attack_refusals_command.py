"""The whole command: it answers bad input with one sentence, before anything is written."""

import shutil
import subprocess
import sys

import pytest

from loft_jax import attack
from loft_jax.errors import InputError
from loft_jax.runs.arrays import write_arrays

SMALL = ["--attack", "mi-face", "--steps", "12", "--candidates", "128", "--per-class", "2"]


@pytest.fixture(scope="module")
def runs(tiny_run, tiny_judges):
    """Folder of a target and two judges, a and b, of the same digits."""
    return tiny_run.parent


def damaged_run(runs, tmp):
    shutil.copytree(runs / "target", tmp / "run")
    (tmp / "run" / "split.json").write_text("{")
    return tmp / "run"


BAD = {
    "unknown recipe": (["--attack", "magic"], ["--attack", "ppa", "magic"]),
    "class out of range": (["--classes", "3,10"], ["--classes", "0:10", "3,10"]),
    "class twice": (["--classes", "3,3"], ["--classes", "different"]),
    "no classes": (["--classes", "5:5"], ["--classes", "5:5"]),
    "classes no numbers": (["--classes", "many"], ["--classes", "many"]),
    "none of a class": (["--per-class", "0"], ["--per-class", "at least 1"]),
    "no steps": (["--steps", "0"], ["--steps", "at least 1"]),
    "negative seed": (["--seed", "-1"], ["--seed", "at least 0"]),
    "no memory": (["--memory", "0"], ["--memory", "more than 0"]),
    "huge seed": (["--seed", str(2**70)], ["--seed", "less than 4294967296"]),
    "huge batch": (["--batch", str(10**15)], ["--batch", "at most"]),
    "huge range": (["--classes", "0:2000000000"], ["--classes", "0:10", "2000000000"]),
    "huger range": (["--classes", "0:" + 5000 * "9"], ["--classes", "0:10", "999"]),
    "huge list": (["--per-class", str(10**12)], ["--per-class", "at most"]),
    "too little memory": (["--memory", "1e-6"], ["--memory", "at least"]),
    "missing prior": (["--prior", "nowhere"], ["--prior", "nowhere"]),
    "prior without blocks": (["--attack", "if-gmi", "--prior", "pixels"], ["--prior", "blocks"]),
    "prior without discriminator": (["--attack", "gmi", "--prior", "renderer"], ["discriminator"]),
    "trained prior not named": (["--attack", "plg-mi"], ["--prior", "fit_prior"]),
    "prior without pixels": (["--prior", "renderer"], ["--prior", "pixels"]),
    "missing evaluator": (
        ["--evaluators", "nowhere"],
        ["--evaluators", "loft_jax.train", "nowhere"],
    ),
    "unknown form": (["--adaptive", "magic"], ["--adaptive", "straight-through", "magic"]),
    "no weights": (["--access", "label"], ["RUN", "white", "label"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_answered_with_one_sentence(case, runs, tmp_path):
    flags, words = BAD[case]
    asked = [str(runs / "target"), *SMALL, "--no-cache", "--out", str(tmp_path / "x"), *flags]
    if case == "too little memory":
        asked += ["--evaluators", str(runs / "a"), str(runs / "b")]
    with pytest.raises(InputError) as error:
        attack.main(asked)
    sentence = str(error.value)
    assert "\n" not in sentence
    for word in words:
        assert word in sentence
    assert not (tmp_path / "x").exists()


def test_the_target_is_not_its_own_judge(runs, tmp_path):
    with pytest.raises(InputError, match="target"):
        attack.main([str(runs / "target"), *SMALL, "--no-cache", "--out", str(tmp_path / "x"),
                     "--evaluators", str(runs / "target")])  # fmt: skip


def test_a_damaged_run_and_a_missing_one_are_named(runs, tmp_path):
    with pytest.raises(InputError, match=r"split\.json"):
        attack.main([str(damaged_run(runs, tmp_path)), *SMALL])
    with pytest.raises(InputError, match=r"RUN.*loft_jax\.train"):
        attack.main([str(tmp_path / "nowhere"), *SMALL])
    with pytest.raises(InputError, match="RUN"):
        attack.main(SMALL)


def test_a_corrupt_prior_is_named_and_exits_with_two(runs, tmp_path, command_environment):
    (tmp_path / "prior").mkdir()
    (tmp_path / "prior" / "prior.npz").write_bytes(b"PK\x03\x04 not a zip")
    flags = ["--attack", "gmi", "--prior", tmp_path / "prior", "--evaluators", runs / "a"]
    done = subprocess.run(
        [sys.executable, "-m", "loft_jax.attack", str(runs / "target"), *map(str, flags)],
        env=command_environment, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "prior.npz" in done.stderr


def test_a_prior_that_saw_private_pictures_is_refused(tmp_path):
    from loft_jax.data.public import picture_hashes
    from loft_jax.data.sources import load_dataset
    from loft_jax.judging.private import check_strangers

    private = load_dataset(
        "digits", size=8, seed=0, skip_unreadable=False, identities=2, pictures=2
    )
    for name, shown in (("guilty", private.images[5:6]), ("innocent", private.images[5:6] // 2)):
        (tmp_path / name).mkdir()
        write_arrays(tmp_path / name / "prior.npz", public_hashes=picture_hashes(shown))
    check_strangers(str(tmp_path / "innocent"), private)
    with pytest.raises(InputError, match="public pictures must not be among the target's own"):
        check_strangers(str(tmp_path / "guilty"), private)
