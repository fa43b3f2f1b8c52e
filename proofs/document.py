"""All statements and proofs as one LaTeX document."""

import re
from types import ModuleType

import sympy as sp

from proofs.claim import Identity

LINE = 200  # characters of LaTeX that fit on a line; longer sides are left to the file
PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage[a4paper,margin=25mm]{geometry}
\usepackage{amsmath,amssymb}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\sloppy
\title{The ideal inversion error: statements and proofs}
\date{}
\begin{document}
\maketitle
Written by \texttt{python -m proofs -{}-latex}, which checked every identity below before. Letters
in capitals are matrices; where a claim is marked \emph{all dimensions}, it was checked as an
identity between words in letters that do not commute, so for matrices of every size. Claims with
\emph{explicit} entries were checked at the sizes stated and for those only. Facts that are used
but not derived are named.
\tableofcontents
"""
SYMBOLS = {"<=": r"$\le$", ">=": r"$\ge$", "->": r"$\to$", "~": r"$\sim$", "||": r"$\|$"}


def document(modules: list[ModuleType]) -> str:
    """The document, every section one module."""
    return "\n".join([PREAMBLE, *(_section(module) for module in modules), r"\end{document}", ""])


def prose(text: str) -> str:
    """Text with formulas in ASCII as LaTeX: what holds a ^, _ or backslash becomes mathematics."""
    names = re.compile(r"[a-z]+(_[a-z0-9]+)+([,.;:)]*)$")
    words = []
    for word in text.split():
        if word in SYMBOLS:
            words.append(SYMBOLS[word])
        elif names.match(word) and not re.match(r"[a-z]_", word) and not word.startswith("sum_"):
            words.append(r"\texttt{" + word.replace("_", r"\_") + "}")
        elif re.search(r"[\^_\\]|\|\|", word):
            words.append(_formula(word))
        else:
            words.append(re.sub(r"([&%#{}])", r"\\\1", word))
    return " ".join(words)


def _formula(word: str) -> str:
    """`word` as inline mathematics; braces that the word alone leaves open are shown as braces."""
    if word.count("{") != word.count("}"):
        word = word.replace("{", r"\{").replace("}", r"\}")
    word = re.sub(r"\b(tr|det|log|sin|cos|sum|sqrt)\b(?=[(_^ ]|$)", r"\\mathrm{\1}", word)
    end = re.search(r"[,.;:]*$", word)
    tail = end.group() if end else ""
    return f"${word[: len(word) - len(tail)].replace('||', chr(92) + '|')}${tail}"


def _section(module: ModuleType) -> str:
    title, _, notes = (module.__doc__ or "").partition("\n\n")
    paragraphs = re.split(r"\n(?=[A-Z][a-z]+: )", notes.strip())
    name = module.__name__.rpartition(".")[2].replace("_", r"\_")
    return "\n".join(
        [
            rf"\section{{{prose(title.strip().rstrip('.'))}}}",
            rf"\emph{{proofs/{name}.py}}\par",
            *(_note(paragraph) + r"\par" for paragraph in paragraphs),
            r"\paragraph{Statement.} " + module.statement(),
            r"\paragraph{Proof.}",
            r"\begin{enumerate}",
            *(_step(identity) for identity in module.derive()),
            r"\end{enumerate}",
        ]
    )


def _note(paragraph: str) -> str:
    head, colon, rest = paragraph.partition(": ")
    return rf"\textbf{{{head}.}} {prose(rest)}" if colon else prose(paragraph)


def _step(identity: Identity) -> str:
    lines = [rf"\item \textbf{{{prose(identity.claim)}}} \emph{{({prose(identity.generality)})}}."]
    lines.append(_display(identity))
    lines.append(identity.because)
    return "\n".join(lines)


def _display(identity: Identity) -> str:
    if identity.shown:
        return rf"\[ {identity.shown} \]"
    left, right = sp.latex(identity.left), sp.latex(identity.right)
    if len(left) + len(right) <= LINE:
        return rf"\[ {left} = {right} \]"
    if max(len(left), len(right)) <= LINE:
        return rf"\begin{{multline*}} {left} \\ = {right} \end{{multline*}}"
    return "(Both sides, multiplied out, are in the file.)"
