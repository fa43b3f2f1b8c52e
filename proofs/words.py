"""Words in matrix letters that do not commute: what holds for words holds for matrices of any size.

A letter stands for a matrix. Hypotheses about matrices are rules that shorten words. An identity
whose two sides rewrite to the same sum of words is proved for every size and rank that the letters
can have, as far as the rules hold there.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Any

import sympy as sp

Rule = tuple[Any, Any]  # (old word, what it becomes); Any as SymPy types its sums loosely
Word = tuple[sp.Symbol, ...]
STEPS = 10_000  # far above any proof here; a set of rules that runs on is a mistake


def letters(names: str) -> list[sp.Symbol]:
    """Matrices, by their names."""
    return [sp.Symbol(name, commutative=False) for name in names.split()]


def symmetric(names: str) -> list[sp.Symbol]:
    """Symmetric matrices, by their names."""
    return [sp.Symbol(name, commutative=False, hermitian=True) for name in names.split()]


def transpose(expression: Any) -> sp.Expr:
    """Every word backwards, every letter transposed."""
    flipped = {
        tuple(_transpose_letter(a) for a in reversed(word)): c
        for word, c in _words(expression).items()
    }
    return _expression(flipped)


def inverse(letter: sp.Symbol) -> tuple[sp.Symbol, list[Rule]]:
    """A letter for the inverse of a square `letter`, and the rules that make it one."""
    make = symmetric if letter.is_hermitian else letters
    (other,) = make(f"{letter.name}^-1")
    return other, with_transposes((letter * other, sp.Integer(1)), (other * letter, sp.Integer(1)))


def penrose(B: sp.Symbol, P: sp.Symbol) -> list[Rule]:
    """Rules that make P the pseudo-inverse of B: B P B = B, P B P = P, and B P, P B symmetric."""
    Bt, Pt = transpose(B), transpose(P)
    return [
        (Bt * Pt, P * B),
        (Pt * Bt, B * P),
        (B * P * B, B),
        (P * B * P, P),
        (P * B * Bt, Bt),
        (Bt * B * P, Bt),
        (Pt * P * B, Pt),
        (B * P * Pt, Pt),
    ]


def with_transposes(*rules: Rule) -> list[Rule]:
    """The rules, and what they say when both sides are transposed."""
    return [*rules, *((transpose(old), transpose(new)) for old, new in rules)]


def rewrite(expression: Any, rules: Sequence[Rule]) -> sp.Expr:
    """`expression`, with every rule used until none fits.

    Raises:
        RecursionError: if the rules run on.
    """
    table = [(_single_word(old), _words(new)) for old, new in rules]
    done: dict[Word, sp.Expr] = {}
    todo = _words(expression)
    for _ in range(STEPS):
        if not todo:
            return _expression(done)
        word, coefficient = todo.popitem()
        for old, new in table:
            at = _find(word, old)
            if at is not None:
                for middle, factor in new.items():
                    _add(todo, word[:at] + middle + word[at + len(old) :], coefficient * factor)
                break
        else:
            _add(done, word, coefficient)
    msg = f"the rules still apply after {STEPS} steps"
    raise RecursionError(msg)


def expectation(expression: Any, covariances: dict[sp.Symbol, Any]) -> sp.Expr:
    """The mean, for independent column vectors u with mean 0 and E u u^T as given.

    Linear, and no word may hold more than two of the vectors: nothing else about their law is used.
    """
    random = set(covariances) | {transpose(u) for u in covariances}
    rules = [(u * transpose(u), S) for u, S in covariances.items()]
    for word in _words(expression):
        assert sum(letter in random for letter in word) <= 2
    means = {w: c for w, c in _words(rewrite(expression, rules)).items() if not random & {*w}}
    return _expression(means)


def trace(expression: Any) -> sp.Expr:
    """The trace: words that are rotations of each other, or of each other's transpose, are one."""
    result = sp.Integer(0)
    for word, coefficient in _words(expression).items():
        backwards = tuple(_transpose_letter(a) for a in reversed(word))
        turned = [w[i:] + w[:i] for w in (word, backwards) for i in range(max(len(w), 1))]
        names = min(" ".join(sp.latex(a) for a in w) for w in turned)
        result += coefficient * sp.Symbol(rf"\operatorname{{tr}}({names or 1})")
    return result


def _words(expression: sp.Expr) -> dict[Word, sp.Expr]:
    words: dict[Word, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(expression)):
        numbers, factors = term.args_cnc()
        word: list[sp.Symbol] = []
        for factor in factors:
            base, power = factor.as_base_exp()
            word += [base] * int(power)
        _add(words, tuple(word), sp.Mul(*numbers))
    return words


def _add(words: dict[Word, sp.Expr], word: Word, coefficient: sp.Expr) -> None:
    total = sp.expand(words.pop(word, sp.Integer(0)) + coefficient)
    if total != 0:
        words[word] = total


def _expression(words: dict[Word, sp.Expr]) -> sp.Expr:
    return sp.Add(*(c * reduce(sp.Mul, word, sp.Integer(1)) for word, c in words.items()))


def _single_word(expression: sp.Expr) -> Word:
    ((word, coefficient),) = _words(expression).items()
    assert coefficient == 1
    assert word
    return word


def _find(word: Word, part: Word) -> int | None:
    n = len(part)
    return next((i for i in range(len(word) - n + 1) if word[i : i + n] == part), None)


def _transpose_letter(letter: sp.Symbol) -> sp.Symbol:
    if letter.is_hermitian:
        return letter
    name = letter.name
    for one, other in (("^-1", "^-T"), ("^-T", "^-1"), ("^T", "")):
        if name.endswith(one):
            return letters(name.removesuffix(one) + other)[0]
    return letters(name + "^T")[0]
