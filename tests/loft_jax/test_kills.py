"""Commands that are killed at random times and typed again give the same numbers."""

import subprocess
import sys
from pathlib import Path

import pytest
from kills import COMMANDS


@pytest.mark.slow
@pytest.mark.command
@pytest.mark.parametrize("command", COMMANDS)
def test_a_killed_command_typed_again_gives_the_same_numbers(command, command_environment):
    # Orbax warns of how the script reads checkpoints.
    environment = {**command_environment, "PYTHONWARNINGS": "default"}
    script = Path(__file__).parents[1] / "kills.py"
    done = subprocess.run(
        [sys.executable, script, "2", command], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("the same") == 2
