"""The README's Python examples say what they compute."""

import ast
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from iie import RationalError

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
EXPECTED = [2.0, 0.4, 3.5, 1.5, [7, 3, 1, 0], [7, 6, 4, 0], 2 / 3, 2.0]


def test_the_ten_lines_have_the_values_worked_out_by_hand():
    block = re.search(r"## IIE in ten lines.*?```python\n(.*?)```", README, re.DOTALL)
    assert block is not None
    namespace, values = {}, []
    for node in ast.parse(block[1]).body:
        if isinstance(node, ast.Expr):
            values.append(eval(ast.unparse(node), namespace))
        else:
            exec(ast.unparse(node), namespace)
    *floats, rational = values
    assert rational == RationalError(Fraction(3, 2), 1)
    for value, expected in zip(floats, EXPECTED, strict=True):
        assert np.asarray(value) == pytest.approx(np.asarray(expected, float), abs=1e-12)


def test_every_picture_of_the_readme_exists():
    for name in re.findall(r"\]\((docs/[^)]+)\)", README):
        assert (Path(__file__).parents[1] / name).is_file(), name
