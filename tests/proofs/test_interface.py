"""Every proof has the three functions, holds, and would notice a false statement."""

import dataclasses
import re
import subprocess
import sys
from functools import cache
from importlib import import_module

import pytest
import sympy as sp

from proofs.__main__ import PROOFS
from proofs.claim import Identity, ProofError, check

MODULES = {name: import_module(f"proofs.{name}") for name in PROOFS}


@cache
def identities(name):
    return list(MODULES[name].derive())


def vanishes(identity):
    """Whether the hypotheses make the right side 0."""
    right = identity.right
    entries = right.flat() if isinstance(right, sp.MatrixBase) else [right]
    return all(identity.reduce(entry) == 0 for entry in entries)


def mutant(identity):
    """The identity with the sign of a side or a term turned, so that it is false."""
    if not vanishes(identity):
        return dataclasses.replace(identity, right=-identity.right)
    if isinstance(identity.left, sp.Add):
        first, *rest = identity.left.args
        return dataclasses.replace(identity, left=sp.Add(-first, *rest))
    return dataclasses.replace(identity, right=identity.right + 1)


@pytest.mark.parametrize("name", PROOFS)
def test_every_claim_holds_and_says_for_what(name, monkeypatch):
    found = identities(name)
    monkeypatch.setattr(MODULES[name], "derive", lambda: iter(found))
    claims = MODULES[name].verify()
    assert [claim.text for claim in claims] == [identity.claim for identity in found]
    assert all(claim.generality and claim.seconds >= 0 for claim in claims)
    assert all(identity.because for identity in found)


@pytest.mark.slow
@pytest.mark.parametrize("name", PROOFS)
def test_every_identity_fails_with_a_sign_turned(name, monkeypatch):
    for identity in identities(name):
        false = mutant(identity)
        monkeypatch.setattr(MODULES[name], "derive", lambda false=false: [false])
        with pytest.raises(ProofError) as caught:
            MODULES[name].verify()
        assert caught.value.identity is false, identity.claim


@pytest.mark.parametrize("name", PROOFS)
def test_all_dimensions_are_claimed_only_by_words_or_term_by_term(name):
    for identity in identities(name):
        if identity.generality.startswith("all dimensions"):
            # A matrix of entries, or an entry like s_12, is of one size.
            assert not isinstance(identity.left, sp.MatrixBase)
            symbols = {
                str(s) for side in (identity.left, identity.right) for s in side.free_symbols
            }
            assert not any(re.fullmatch(r"[a-z]+_\d\d", symbol) for symbol in symbols)


@pytest.mark.parametrize("name", PROOFS)
def test_the_docstring_names_source_assumptions_and_generality(name):
    text = MODULES[name].__doc__
    assert all(f"\n{head}: " in text for head in ("Source", "Assumptions", "Generality"))


def test_a_sign_that_is_not_evident_is_refused():
    x = sp.symbols("x", real=True)
    claim = Identity("x <= 0", "x", x, x, "", nonnegative=True)
    with pytest.raises(ProofError):
        check([claim])
    assert check([dataclasses.replace(claim, left=x**2, right=x**2)])


def test_a_proof_imports_neither_the_code_it_proves_nor_its_tools():
    code = (
        "import sys, proofs.__main__ as m; [m.load(name) for name in m.PROOFS];"
        "print({'iie', 'loft_jax', 'numpy', 'jax', 'scipy'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
