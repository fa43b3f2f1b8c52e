"""A run folder is read with suspicion: every wrong value, every flipped bit is one sentence."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from flips import read_run

import loft_jax
from loft_jax.errors import InputError
from loft_jax.fitting.run_folder import RunFolder
from loft_jax.runs import files

WRONG = (None, True, -1, 0.5, "x", [], {}, 10**400, "NaN")


def leaves(value, path=()):
    for key, one in value.items():
        if isinstance(one, dict):
            yield from leaves(one, (*path, key))
        else:
            yield (*path, key)


def put(value, path, new):
    if len(path) > 1:
        return {**value, path[0]: put(value[path[0]], path[1:], new)}
    return {**value, path[0]: new}


def at(value, path):
    return at(value[path[0]], path[1:]) if path else value


def allowed(path, old, new):
    """Whether another value is one of those that the setting may have."""
    if old is None or (new is None and path[-1] in ("start_from", "size", "data_seed", "out",
                                                    "resume", "coordinator")):  # fmt: skip
        return True
    if isinstance(old, str):
        return isinstance(new, str)
    if isinstance(old, bool):
        return isinstance(new, bool)
    if path[-1] == "milestones":
        return new == []
    return isinstance(old, float) and new == 0.5


def test_every_value_of_another_kind_is_one_sentence(tiny_run, tmp_path):
    run = shutil.copytree(tiny_run, tmp_path / "run")
    config = files.read_json(run / "config.json")
    tried = 0
    for path in leaves({k: v for k, v in config.items() if k not in ("kind", "format")}):
        for new in WRONG:
            if allowed(path, at(config, path), new):
                continue
            files.write_json(run / "config.json", put(config, path, new))
            with pytest.raises(InputError) as caught:
                RunFolder.open(run).config()
            assert "\n" not in str(caught.value)
            assert str(run / "config.json") in str(caught.value)
            tried += 1
    assert tried > 74


@pytest.mark.parametrize("name", ["config.json", "split.json", "result.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 10**5])
def test_files_of_something_else_are_one_sentence(name, content, tiny_run, tmp_path):
    run = shutil.copytree(tiny_run, tmp_path / "run")
    (run / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_run(run)
    assert "\n" not in str(caught.value)


def test_a_folder_of_the_first_format_is_one_sentence(tiny_run, tmp_path):
    run = shutil.copytree(tiny_run, tmp_path / "run")
    (run / "config.json").write_text(json.dumps({"format": 1, "model": {"rank": 64}}))
    with pytest.raises(InputError, match=r"config\.json"):
        RunFolder.open(run)


def test_a_finished_run_that_lacks_a_number_is_one_sentence(tiny_run, tmp_path):
    run = shutil.copytree(tiny_run, tmp_path / "run")
    numbers = files.read_json(run / "result.json")
    del numbers["test_accuracy"]
    files.write_json(run / "result.json", numbers)
    with pytest.raises(InputError, match=r"result\.json.*no `test_accuracy`"):
        loft_jax.train(resume=str(run), cache=False)


@pytest.mark.slow
def test_a_damaged_file_never_gives_other_numbers(tiny_run):
    # In a process of its own: what Orbax leaves behind of a damaged read would warn in other tests.
    done = subprocess.run(
        [sys.executable, "tests/flips.py", str(tiny_run), "1"],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    refused = int(done.stdout.split(" refused")[0].split()[-1])
    assert refused > 10
