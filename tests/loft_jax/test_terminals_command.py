"""What commands say does not depend on what the terminal can print."""

import re
import subprocess
import sys

import pytest

COMMANDS = (
    "train", "evaluate", "fit_prior", "tune_prior", "attack", "judge", "audit", "sweep",
    "reproduce", "report",
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "encoding"), [("train", "utf-8"), *((name, "ascii") for name in COMMANDS)]
)
def test_an_unknown_flag_is_named_on_every_terminal(name, encoding, tmp_path, command_environment):
    terminal = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    process = subprocess.run(
        [sys.executable, "-m", f"loft_jax.{name}", "--nonsense", "3"], cwd=tmp_path,
        env={**command_environment, **terminal}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert process.returncode == 2
    lines = process.stderr.splitlines()
    assert len(lines) == 1, process.stderr
    assert re.match(rf"error: .*(--nonsense|Missing).* \(try: .*{name} --help\)$", lines[0])
    assert not any(tmp_path.iterdir())


def test_help_that_nobody_can_read_is_no_error(command_environment):
    line = f"{sys.executable} -m loft_jax.train --help >&-"
    process = subprocess.run(
        ["sh", "-c", line], env=command_environment, capture_output=True, text=True, timeout=120
    )
    assert (process.returncode, process.stderr) == (0, "")
