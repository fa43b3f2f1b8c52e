"""The README's Python examples say what they compute, and its pages lead somewhere."""

import ast
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from iie import RationalError

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
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


SITE = re.findall(r"[\w.-]+\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
"""Pages of the site; `mkdocs build --strict` checks those that are made when it is built."""
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_leads_to_is_there(page):
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith("http"):
            continue
        name, _, part = link.partition("#")
        file = page.parent / name if name else page
        if name in SITE and not file.is_file():
            continue
        assert file.is_file(), link
        if part:
            titles = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
            assert part in {title.lower().replace(" ", "-") for title in titles}, link


def test_the_readme_is_one_page():
    assert len(README.splitlines()) <= 120
