"""Coq accepts every theorem of `proofs/coq` without axioms, and refuses false ones."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.command  # what runs is Coq

FOLDER = Path(__file__).parents[2] / "proofs" / "coq"
SOURCES = {path.name: path.read_text() for path in FOLDER.glob("*.v")}
THEOREMS = sorted(
    name
    for text in SOURCES.values()
    for name in re.findall(r"^(?:Theorem|Corollary)\s+(\w+)", text, re.MULTILINE)
)
NO_AXIOM = "Closed under the global context"

# file, what it says, a false variant of it
FALSE_VARIANTS = {
    "trace d instead of d - m": (
        "Rank.v",
        r"\tr (1%:M - W^T *m invmx (W *m W^T) *m W) = (d - m)%:R",
        r"\tr (1%:M - W^T *m invmx (W *m W^T) *m W) = d%:R",
    ),
    "closed form with the wrong sign": (
        "Theorem1.v",
        r"F := \tr S - \tr (S *m W^T *m X *m W *m S)",
        r"F := \tr S + \tr (S *m W^T *m X *m W *m S)",
    ),
    "information form with the wrong sign": (
        "Noise.v",
        "= invmx (invmx S + W^T *m invmx N *m W).\nProof.",
        "= invmx (invmx S - W^T *m invmx N *m W).\nProof.",
    ),
}

# A refusal alone could be a proof script that no longer fits, so this one is also proved false.
REFUTATION = r"""
From mathcomp Require Import all_ssreflect all_algebra.
From IIE Require Import Rank.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Theorem trace_is_never_d (F : realFieldType) m d (W : 'M[F]_(m, d)) : (0 < m)%N -> row_free W ->
  \tr (1%:M - W^T *m invmx (W *m W^T) *m W) != d%:R.
Proof.
move=> m_gt0 free; have m_le_d : (m <= d)%N by rewrite -(eqP free) rank_leq_col.
rewrite trace_complement_full_rank // eqr_nat neq_ltn ltn_subrL m_gt0 /=.
by rewrite (leq_trans m_gt0 m_le_d).
Qed.
"""


def make(folder: Path, *targets: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "-C", str(folder), *targets]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def change(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text()
    assert text.count(old) == 1
    (folder / file).write_text(text.replace(old, new))


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """A copy of the proofs, checked from scratch, and what the checker printed."""
    for program in ("coqc", "make"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed (see proofs/coq/README.md)")
    probe = tmp_path_factory.mktemp("probe") / "Probe.v"
    probe.write_text("From mathcomp Require Import all_ssreflect all_algebra.\n")
    found = subprocess.run(
        ["coqc", "-q", probe.name], cwd=probe.parent, capture_output=True, text=True
    )
    if "Cannot find a physical path" in found.stderr:
        pytest.skip("Coq has no Mathematical Components library (see proofs/coq/README.md)")
    folder = tmp_path_factory.mktemp("checked") / "coq"
    folder.mkdir()
    for name in [*SOURCES, "Makefile"]:
        shutil.copy(FOLDER / name, folder)
    return folder, make(folder)


@pytest.fixture
def copy(checked, tmp_path):
    """The checked proofs, free to be changed: only what depends on the change is checked again."""
    return shutil.copytree(checked[0], tmp_path / "coq")


def test_every_theorem_is_checked_and_rests_on_no_axiom(checked):
    _, result = checked
    assert result.returncode == 0, result.stderr
    assert result.stdout.count(NO_AXIOM) == len(THEOREMS)
    assert "Axioms:" not in result.stdout


def test_every_theorem_is_asked_for_its_assumptions():
    asked = re.findall(r"^Print Assumptions (\w+)\.$", SOURCES["Assumptions.v"], re.MULTILINE)
    assert sorted(asked) == THEOREMS
    assert len(set(THEOREMS)) == len(THEOREMS) > 0


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_no_source_leaves_a_gap(name):
    gap = r"\b(Admitted|admit|Axioms?|Parameters?|Conjectures?|Abort|bypass_check)\b"
    assert re.search(gap, SOURCES[name]) is None


@pytest.mark.parametrize("variant", FALSE_VARIANTS)
def test_a_false_variant_is_refused(copy, variant):
    file, old, new = FALSE_VARIANTS[variant]
    change(copy, file, old, new)
    result = make(copy, file.replace(".v", ".vo"))
    assert result.returncode != 0
    assert f'File "./{file}"' in result.stderr
    # Refused as mathematics, not for a slip in how the variant is written.
    assert not re.search(r"Syntax error|has type|not found in the current", result.stderr)


def test_trace_d_is_false_for_every_full_rank_filter_with_a_row(copy):
    (copy / "Refutation.v").write_text(REFUTATION)
    result = make(copy, "Refutation.vo")
    assert result.returncode == 0, result.stderr


def test_an_admitted_theorem_is_noticed(copy):
    proof = "Proof. by move=> unitS unitN unitK; rewrite -woodbury // linearB. Qed."
    change(copy, "Noise.v", proof, "Proof. Admitted.")
    result = make(copy)
    assert result.returncode == 0, result.stderr
    assert result.stdout.count(NO_AXIOM) == len(THEOREMS) - 1
    assert "Axioms:" in result.stdout
