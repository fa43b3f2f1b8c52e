"""Identities between words hold for rational matrices, multiplied out without any rule."""

from importlib import import_module

import pytest
import sympy as sp

from proofs.words import letters, rewrite, transpose

NUMBERS = {"s": sp.Rational(3, 2), "t": sp.Rational(2, 3), "a": sp.Integer(4), "\\gamma": sp.S(2)}


def rational(m, n, seed):
    return sp.Matrix(
        m, n, lambda i, j: sp.Rational((7 * i + 5 * j + seed) ** 2 % 11 - 5, 1 + j % 3)
    )


def evaluate(expression, matrices):
    """The value of a sum of words; None if a letter has no matrix."""
    if isinstance(expression, sp.Add):
        parts = [evaluate(term, matrices) for term in expression.args]
        size = next((part.rows for part in parts if isinstance(part, sp.MatrixBase)), None)
        if size is None:
            return sum(parts)
        square = (p if isinstance(p, sp.MatrixBase) else p * sp.eye(size) for p in parts)
        return sum(square, start=next(p for p in parts if isinstance(p, sp.MatrixBase)) * 0)
    if isinstance(expression, sp.Mul):
        result = sp.Integer(1)
        for factor in expression.args:
            result = result * evaluate(factor, matrices)
        return result
    if isinstance(expression, sp.Pow):
        return evaluate(expression.base, matrices) ** expression.exp
    if isinstance(expression, sp.Symbol) and not expression.is_commutative:
        return letter(expression.name, matrices)
    if isinstance(expression, sp.Symbol):
        return NUMBERS[expression.name]
    return expression


def letter(name, matrices):
    for end, function in (("^-1", lambda A: A.inv()), ("^-T", lambda A: A.inv().T)):
        if name.endswith(end):
            return function(matrices[name.removesuffix(end)])
    if name.endswith("^T"):
        return matrices[name.removesuffix("^T")].T
    return matrices[name]


def instance(prior_rank, weight_rank):
    """Letters of the proofs for a 3 x 3 prior and two rows of W, of the given ranks."""
    d, m = 3, 2
    F = rational(d, prior_rank, 1)
    S, W = F * F.T, rational(m, weight_rank, 2) * rational(weight_rank, d, 3)
    B = W * F
    G0 = S * W.T * (W * S * W.T).pinv()
    w = sp.Matrix([[1, -2, sp.Rational(1, 2)]])
    C = S - G0 * W * S
    return {
        **{"F": F, "S": S, "W": W, "B": B, "P": B.pinv(), "G_0": G0, "G": rational(d, m, 4)},
        **{"A": rational(m, m, 5) + 3 * sp.eye(m), "O": rotation(), "X": W.pinv(), "w": w},
        **{"v": w * C * w.T, "x": rational(d, 1, 6), "\\mu": rational(d, 1, 7)},
        "b": rational(m, 1, 8),
        "G_1": G0 + rational(d, m, 9) * (sp.eye(m) - (W * S * W.T).pinv() * W * S * W.T),
    }


def rotation():
    return sp.Matrix([[3, 4, 0], [-4, 3, 0], [0, 0, 5]]) / 5


def noisy():
    known = instance(3, 2)
    S, W = known["S"], known["W"]
    N = sp.Matrix([[2, 1], [1, 3]])
    K = W * S * W.T + N
    known |= {"N": N, "K": K, "G_0": S * W.T * K.inv(), "\\Delta": sp.diag(1, 2), "y": N[:, :1]}
    return known | {"R": W * W.T + 4 * sp.eye(2), "M": W.T * W + 4 * sp.eye(3)}


RANKS = [(3, 2), (2, 2), (3, 1), (2, 1), (1, 2)]
CASES = [
    *((name, instance(*ranks)) for name in ("theorem_1", "invariances") for ranks in RANKS),
    *(("pseudo_inverse", instance(*ranks)) for ranks in RANKS),
    ("adding_a_row", instance(3, 2)),
    ("adding_a_row", instance(3, 1)),
    ("noisy_release", noisy()),
]
AT_LEAST = {
    "theorem_1": 8,
    "invariances": 7,
    "pseudo_inverse": 4,
    "adding_a_row": 5,
    "noisy_release": 7,
}


@pytest.mark.parametrize(("name", "matrices"), CASES)
def test_words_hold_for_rational_matrices_of_every_rank(name, matrices):
    # Left out: rows assumed uncorrelated with W, and letters that are not in the instance.
    evaluated = 0
    for identity in import_module(f"proofs.{name}").derive():
        if "uncorrelated with the earlier" in identity.claim:
            continue
        if isinstance(identity.left, sp.MatrixBase) or "entries" in identity.generality:
            continue
        try:
            left, right = (evaluate(side, matrices) for side in (identity.left, identity.right))
        except KeyError:
            continue
        if not isinstance(left, sp.MatrixBase):
            continue
        if not isinstance(right, sp.MatrixBase):
            right = right * sp.eye(left.rows) if right else left * 0
        assert left == right, identity.claim
        evaluated += 1
    assert evaluated >= AT_LEAST[name]


def test_a_rule_that_does_not_hold_shows_on_matrices():
    W, S = letters("W S")
    wrong = rewrite(W * S * transpose(W), [(W * S, W)])
    matrices = instance(3, 2)
    assert evaluate(wrong, matrices) != evaluate(W * S * transpose(W), matrices)


def test_rules_that_run_on_are_refused():
    (W,) = letters("W")
    with pytest.raises(RecursionError):
        rewrite(W, [(W, W * W)])
