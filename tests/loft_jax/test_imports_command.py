"""Commands begin soon: what only a part of their work needs is imported when they come to it."""

import subprocess
import sys

import pytest

LATE = (
    "evosax", "flowjax", "matplotlib.figure", "orbax.checkpoint", "scipy.optimize", "scipy.stats",
    "sklearn", "sympy", "torch",
)  # fmt: skip
"""What takes a good part of a second or more to import."""


@pytest.mark.parametrize("name", ["train", "fit_prior", "attack", "judge", "audit", "sweep"])
def test_nothing_dear_is_imported_before_the_command_line_is_read(name, command_environment):
    code = f"import sys, loft_jax.{name}; print([one for one in {LATE} if one in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], env=command_environment, capture_output=True, text=True
    )
    assert (found.stdout, found.stderr) == ("[]\n", "")
