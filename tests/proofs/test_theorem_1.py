"""The proof holds, says for what, and would notice a false theorem."""

import subprocess
import sys

import pytest
import sympy as sp

from proofs import __main__ as command
from proofs import theorem_1
from proofs.theorem_1 import G0, S, W, Wt

CLAIMS = theorem_1.verify()


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.text)
def test_claim_holds(claim):
    assert claim.holds is True
    assert claim.generality


def test_the_statement_is_the_textbook_variance_of_a_bivariate_normal():
    a, b, c = sp.symbols("a b c", positive=True)
    covariance = sp.Matrix([[a, c], [c, b]])
    left = theorem_1.statement(covariance, sp.Matrix([[1, 0]]))
    assert sp.simplify(left - (b - c**2 / a)) == 0


def test_the_moments_are_those_of_chi_squared_by_direct_integration():
    # e = c z^2 with one eigenvalue c: mean c, variance 2 c^2, fourth central moment 60 c^4.
    z = sp.symbols("z", real=True)
    density = sp.exp(-(z**2) / 2) / sp.sqrt(2 * sp.pi)
    moments = [sp.integrate((z**2 - 1) ** k * density, (z, -sp.oo, sp.oo)) for k in (2, 4)]
    assert moments == [2, 48 + 12]


def test_a_gain_that_solves_no_normal_equation_is_not_ideal():
    wrong = theorem_1._normal((1 - 2 * G0 * W) * S * Wt)
    assert wrong != 0


def test_a_false_theorem_is_noticed(monkeypatch):
    def half(covariance, weight):
        return true(covariance, weight) / 2

    true = theorem_1.statement
    monkeypatch.setattr(theorem_1, "statement", half)
    failed = [claim.text for claim in theorem_1.verify() if not claim.holds]
    assert len(failed) == 2
    assert all("formula equals" in text for text in failed)


def test_the_command_prints_one_line_a_claim_and_exits_1_when_one_fails(monkeypatch, capsys):
    monkeypatch.setattr(theorem_1, "verify", lambda: CLAIMS)
    assert command.main([]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(CLAIMS) + 1
    false = theorem_1.Claim("1 = 0", "everywhere", holds=False)
    monkeypatch.setattr(theorem_1, "verify", lambda: [*CLAIMS, false])
    assert command.main([]) == 1
    assert "FAILS  1 = 0" in capsys.readouterr().out


def test_a_proof_imports_neither_the_code_it_proves_nor_its_tools():
    code = (
        "import sys, proofs.theorem_1; print({'iie', 'loft_jax', 'numpy', 'jax'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
