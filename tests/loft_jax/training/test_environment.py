"""Peak memory is that of the program, not of the one that started it."""

import subprocess
import sys

import numpy as np

from loft_jax.training.environment import peak_memory_bytes

CHILD = "from loft_jax.training.environment import peak_memory_bytes as p; print(p())"


def test_peak_memory_counts_what_this_process_touched():
    before = peak_memory_bytes()
    touched = np.ones(max(before, 2**28) // 8)  # as much again as ever before
    assert peak_memory_bytes() >= touched.nbytes


def test_peak_memory_is_not_inherited_from_a_large_parent():
    touched = np.ones(2**30 // 8)
    child = subprocess.run(
        [sys.executable, "-c", CHILD], capture_output=True, text=True, check=True
    )
    assert int(child.stdout) < touched.nbytes
