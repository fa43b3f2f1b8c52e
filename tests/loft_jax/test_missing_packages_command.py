"""Where JAX is not installed a command and a function say what to install."""

import subprocess
import sys

import pytest

SENTENCE = "is not installed; networks need: pip install 'loft-iie[networks]'"
WITHOUT = "import sys\nfor name in ('jax', 'jaxlib', 'flax', 'optax'): sys.modules[name] = None\n"


def said(code, environment):
    found = subprocess.run(
        [sys.executable, "-c", WITHOUT + code], env=environment, capture_output=True, text=True
    )
    return found.returncode, found.stdout, found.stderr


@pytest.mark.parametrize("name", ["train", "attack"])
def test_a_command_says_so_in_one_line(name, command_environment):
    started = f"runpy.run_module('loft_jax.{name}', None, '__main__')"
    code = f"import runpy; sys.argv = ['{name}']; {started}"
    status, out, err = said(code, command_environment)
    assert (status, out) == (2, "")
    assert err.endswith(f"{SENTENCE}\n")
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["train", "attack"])
def test_a_function_raises_it_under_the_name_of_what_is_missing(name, command_environment):
    code = f"""
import loft_jax
try:
    loft_jax.{name}()
except ModuleNotFoundError as error:
    print(error.name in ("jax", "jaxlib", "flax", "optax"), error)
"""
    status, out, err = said(code, command_environment)
    assert (status, err) == (0, "")
    assert out.startswith("True ")
    assert out.endswith(f"{SENTENCE}\n")
