"""The Markdown page of an experiment: what its tables say."""

import numpy as np
from attacked_tables import PLAIN, loft, rows_with, table_of
from rich.console import Console

from loft_jax.reproductions.experiments import EXPERIMENTS
from loft_jax.reproductions.markdown import markdown
from loft_jax.sweeps.session import written


def test_the_strongest_attack_on_each_has_a_line(tmp_path):
    flat = np.full((2, 4), 0.25)
    table = table_of(
        rows_with(3 * flat, accuracy=1.0, seconds_train=31.0, **PLAIN),
        rows_with(2 * flat, accuracy=1.0, adaptive="logit", seconds_train=31.0, **PLAIN),
        rows_with(flat, open_set_accuracy=0.125, **loft(4)),
    )
    numbers = written(table, tmp_path, Console(quiet=True))
    page = markdown(numbers, EXPERIMENTS["table-rank"], "python -m this")
    lines = [line for line in page.splitlines() if line.startswith("| plain head | 2 |")]
    assert len(lines) == 1
    assert lines[0].startswith("| plain head | 2 | gmi | 1.000 (1.000 to 1.000) | 0.750 (")
    assert lines[0].endswith("| - | - | - | 31 |")
    (line,) = [line for line in page.splitlines() if line.startswith("| LoFt rank 4 | 1 | gmi |")]
    assert "| 0.125 (" in line
    assert line.endswith("| - | - | - |"), "not measured"
