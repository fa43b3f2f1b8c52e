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
def test_nothing_dear_is_imported_before_a_bad_flag_is_refused(name, command_environment):
    code = f"""
import atexit, runpy, sys
atexit.register(lambda: print("jax" in sys.modules, [one for one in {LATE} if one in sys.modules]))
sys.argv = ["{name}", "--nonsense"]
runpy.run_module("loft_jax.{name}", None, "__main__")
"""
    found = subprocess.run(
        [sys.executable, "-c", code], env=command_environment, capture_output=True, text=True
    )
    assert found.returncode == 2
    assert found.stdout == "True []\n"  # JAX, so that the imports of its settings were made
