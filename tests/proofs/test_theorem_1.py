"""Theorem 1's proof equals textbook cases, and a false theorem leaves a residual."""

import pytest
import sympy as sp

from proofs import theorem_1
from proofs.claim import ProofError
from proofs.ideal_attacker import normal_equation
from proofs.theorem_1 import G0, S


def test_the_formula_is_the_textbook_variance_of_a_bivariate_normal():
    a, b, c = sp.symbols("a b c", positive=True)
    covariance = sp.Matrix([[a, c], [c, b]])
    left = theorem_1.inversion_error(covariance, sp.Matrix([[1, 0]]))
    assert sp.simplify(left - (b - c**2 / a)) == 0


def test_half_the_formula_is_noticed_with_its_residual(monkeypatch):
    true = theorem_1.inversion_error
    monkeypatch.setattr(theorem_1, "inversion_error", lambda S, W: true(S, W) / 2)
    with pytest.raises(ProofError, match="residual") as caught:
        theorem_1.verify()
    assert "equals conditioning on one row" in caught.value.identity.claim
    assert caught.value.residual.is_negative


def test_a_gain_that_solves_another_normal_equation_is_not_ideal(monkeypatch):
    monkeypatch.setattr(theorem_1, "NORMAL", normal_equation(G0, S))
    with pytest.raises(ProofError, match="so A\\* is the posterior mean"):
        theorem_1.verify()
