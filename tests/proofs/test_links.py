"""Docstrings of iie and the table of proofs/README.md lead to proofs, code and tests that exist."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import iie
from proofs.__main__ import PROOFS

ROOT = Path(__file__).parents[2]
README = (ROOT / "proofs" / "README.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in README.replace(r"\|", "/").splitlines()
    if line.startswith("| ") and "proof file" not in line and line.count("|") == 7
]


def names(path):
    tree = ast.parse(path.read_text())
    return {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }


def links():
    for path in sorted((ROOT / "iie").rglob("*.py")):
        for found in re.finditer(r"Proof:((?:,?\s+(?:proofs/)?\w+\.py)+)", path.read_text()):
            for name in re.findall(r"(\w+)\.py", found.group(1)):
                yield pytest.param(name, id=f"{path.name}-{name}")


@pytest.mark.parametrize("name", list(links()))
def test_every_proof_that_a_docstring_names_is_run(name):
    assert name in PROOFS
    assert (ROOT / "proofs" / f"{name}.py").is_file()


def test_every_proof_is_in_the_table_and_every_row_leads_somewhere():
    assert {name for name in PROOFS} == {
        name for row in ROWS for name in re.findall(r"`(\w+)\.py`", row[3])
    }
    for _, source, generality, _, code, tests in ROWS:
        assert source
        assert generality
        for path, function in re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", code + tests):
            assert (ROOT / path).is_file(), path
            assert not function or function in names(ROOT / path), function


# Conversions, containers and simulations: they state no formula that a proof could derive.
WITHOUT_FORMULA = {
    "as_covariance",
    "as_prior",
    "as_release",
    "attack_error",
    "compare",
    "empirical_covariance",
    "held_out_accuracy",
    "lda_model",
    "prior_nodes",
    "simulated_random_filters",
    "theorem_1_cases",
}


def test_every_public_formula_names_its_proof():
    functions = {name: value for name, value in vars(iie).items() if inspect.isfunction(value)}
    assert set(functions) >= WITHOUT_FORMULA
    without = {name for name, value in functions.items() if "Proof: proofs/" not in doc(value)}
    assert without == WITHOUT_FORMULA


def doc(function):
    return " ".join((inspect.getdoc(function) or "").split())
