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
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
FIVE = [2.0, 3.5, 2.0]
TEN = [2.0, 0.4, 3.5, 1.5, [7, 3, 1, 0], [7, 6, 4, 0], 2 / 3, 2.0]


def theory(text):
    """The first theory of a page."""
    return next(code for code in BLOCK.findall(text) if "iie." in code)


def values(text):
    """What the expressions of a page's first theory give."""
    namespace, found = {}, []
    for node in ast.parse(theory(text)).body:
        if isinstance(node, ast.Expr):
            found.append(eval(ast.unparse(node), namespace))
        else:
            exec(ast.unparse(node), namespace)
    return found


def told(text):
    """What the page says behind each of these expressions: numbers up to a colon."""
    said = re.findall(r"^iie\..*#([^:\n]*)", theory(text), re.MULTILINE)
    return [re.findall(r"\d+/\d+|\d+(?:\.\d+)?", one) for one in said]


def compare(found, expected):
    for value, wanted in zip(found, expected, strict=True):
        assert np.asarray(value) == pytest.approx(np.asarray(wanted, float), abs=1e-12)


def test_the_five_lines_have_the_values_worked_out_by_hand():
    compare(values(README), FIVE)
    assert told(README) == [["2.0"], ["3.5"], ["2.0"]]


def test_the_lines_of_the_theory_have_the_values_worked_out_by_hand():
    page = (ROOT / "docs" / "theory.md").read_text(encoding="utf-8")
    *floats, rational = values(page)
    assert rational == RationalError(Fraction(3, 2), 1)
    compare(floats, TEN)
    *said, last = told(page)
    assert last == ["3/2", "1"]
    numbers = [np.array(one, float) for one in said]
    for number, wanted in zip(numbers, TEN, strict=True):
        assert number == pytest.approx(np.atleast_1d(np.asarray(wanted, float)), abs=5e-4)


@pytest.mark.command
def test_a_model_is_audited_as_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = next(code for code in BLOCK.findall(README) if "audit" in code)
    assert len(code.splitlines()) <= 15
    names = {}
    exec(code, names)
    numbers = names["audit"].numbers
    assert numbers["exit_code"] == 3
    assert "% of how it looks" in numbers["sentence"]
    assert (names["audit"].folder / "audit.html").is_file()


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
