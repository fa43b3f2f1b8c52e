"""Peak memory is that of the program, not of the one that started it."""

import subprocess
import sys

import numpy as np

CHILD = """
import numpy as np
from loft_jax.runs.environment import peak_memory_bytes
np.ones(2**28 // 8)
print(peak_memory_bytes())
"""


def test_peak_memory_is_what_the_program_touched_not_what_its_parent_did():
    parent = np.ones(2**30 // 8)
    child = subprocess.run(
        [sys.executable, "-c", CHILD], capture_output=True, text=True, check=True
    )
    assert 2**28 < int(child.stdout) < parent.nbytes
