"""The table of access: its sentences and its picture, from shares that are known."""

import numpy as np
from attacked_tables import PLAIN, loft, rows_with

from loft_jax.findings.budgets import asking
from loft_jax.findings.summary import summary
from loft_jax.findings.table import to_table
from loft_jax.reproductions.access import access_sentences, drawn

SHARES = {
    ("ppa", "none"): 1.0, (asking("evo", 100), "none"): 0.25, (asking("evo", 1000), "none"): 0.75,
    (asking("label-nes", 100), "none"): 0.0, (asking("label-nes", 1000), "none"): 0.5,
    (asking("label-nes", 1000), "average"): 0.25,
}  # fmt: skip


def table():
    rows = []
    for setting in (PLAIN, loft(16)):
        for (attack, adaptive), share in SHARES.items():
            hits = (np.arange(8) < 8 * share)[None].astype(float)
            rows += rows_with(hits, **setting, attack=attack, adaptive=adaptive)
    return summary(to_table(rows))


def test_a_sentence_tells_what_each_attacker_finds_with_most_questions():
    plain, defended = access_sentences(table())
    assert plain.startswith("Plain head: ")
    assert defended.startswith("LoFt rank 16: ")
    for told in ("weights (ppa) find 1.00", "scores (evo), 1000 questions a class find 0.75",
                 "labels (label-nes), 1000 questions a class find 0.50",
                 "labels (label-nes, average), 1000 questions a class find 0.25"):  # fmt: skip
        assert told in plain
    assert "100 questions" not in plain


def test_the_picture_is_drawn():
    assert drawn(table()).startswith(b"\x89PNG")
