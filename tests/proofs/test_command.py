"""python -m proofs prints a line a claim, refuses bad input, and writes whole files."""

import json
import re
from types import SimpleNamespace

import pytest
import sympy as sp

from proofs import __main__ as command
from proofs.__main__ import PROOFS
from proofs.claim import Identity
from proofs.document import prose

SOME = ("label_only", "pseudo_inverse")


@pytest.fixture(scope="module")
def latex(tmp_path_factory):
    path = tmp_path_factory.mktemp("proofs") / "out.tex"
    path.write_text(command.document([command.load(name) for name in PROOFS]))
    return path.read_text()


def test_one_line_a_claim_and_a_count(capsys):
    assert command.main([*SOME]) == 0
    lines = capsys.readouterr().out.splitlines()
    claims = [identity for name in SOME for identity in command.load(name).derive()]
    assert len(lines) == len(claims) + 1
    for line, identity in zip(lines, claims, strict=False):
        assert line.startswith("holds")
        assert line.endswith(f"{identity.claim}  [{identity.generality}]")
    assert lines[-1] == f"{len(claims)} of {len(claims)} claims hold."


def test_a_false_claim_exits_1_with_its_residual_and_no_document(monkeypatch, capsys, tmp_path):
    a = sp.symbols("a")
    false = SimpleNamespace(
        __name__="proofs.false",
        statement=lambda: "false",
        derive=lambda: [Identity("a = 2 a", "everywhere", a, 2 * a, "")],
    )
    monkeypatch.setattr(command, "load", lambda name: false)
    data, text = tmp_path / "claims.json", tmp_path / "out.tex"
    assert command.main(["lda", "--json", str(data), "--latex", str(text)]) == 1
    out = capsys.readouterr().out
    assert "FAILS" in out
    assert "residual: -a" in out
    assert "0 of 1 claims hold." in out
    assert json.loads(data.read_text())[0]["verdict"] == "FAILS"
    assert not text.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["no_such_proof"],
        ["--latex", "/no/such/folder/out.tex"],
        ["--json", "/"],
        ["--json", "/dev/null"],
        ["--lat", "x"],
    ],
)
def test_bad_input_is_refused_in_one_sentence(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        command.main(arguments)
    captured = capsys.readouterr()
    assert caught.value.code == 2
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1


def test_files_are_written_whole_and_alone(tmp_path, capsys):
    assert command.main(["label_only", "--json", str(tmp_path / "claims.json")]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["claims.json"]
    rows = json.loads((tmp_path / "claims.json").read_text())
    assert {row["proof"] for row in rows} == {"label_only"}
    assert all(row["verdict"] == "holds" and row["generality"] for row in rows)


def test_the_document_holds_every_statement_and_every_claim(latex):
    for name in PROOFS:
        module = command.load(name)
        assert module.statement() in latex
        for identity in module.derive():
            assert prose(identity.claim) in latex
            assert identity.because in latex


def test_the_document_is_balanced(latex):
    assert len(re.findall(r"\\begin\{", latex)) == len(re.findall(r"\\end\{", latex))
    for opening, closing in (("\\[", "\\]"), ("\\left", "\\right")):
        assert len(re.findall(re.escape(opening) + r"(?![a-z])", latex)) == len(
            re.findall(re.escape(closing) + r"(?![a-z])", latex)
        )
    bare = re.sub(r"\\[{}$\\]", "", latex)
    depth = 0
    for character in bare:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
    for paragraph in bare.split("\n\\item"):
        assert paragraph.count("$") % 2 == 0
    # What TeX allows in mathematics only.
    text = re.sub(r"\\begin\{multline\*\}.*?\\end\{multline\*\}", "", latex, flags=re.DOTALL)
    text = re.sub(r"\\\[.*?\\\]", "", text, flags=re.DOTALL)
    text = re.sub(r"(?<!\\)\$.*?(?<!\\)\$", "", text, flags=re.DOTALL)
    assert not re.search(r"(?<!\\)[_^]", text)
