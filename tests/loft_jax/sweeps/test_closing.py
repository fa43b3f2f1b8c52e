"""The closing table: every number whole in eighty columns; what all share is said once."""

import io
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from attacked_tables import PLAIN, drawn, loft, rows_with, table_of
from rich.console import Console

from loft_jax.attacks.recipes.table import RECIPES
from loft_jax.findings.summary import summary
from loft_jax.sweeps.closing import closing_table


def printed(table, failed=None):
    return told(summary(table), failed)


def told(rows, failed=None):
    numbers = {
        "summary": rows,
        "conclusion": [{"lead": "Nothing is shown.", "rest": "Bare."}],
    }
    out = io.StringIO()
    Console(file=out, width=80).print(closing_table(numbers, failed or {}, Path("out")))
    return out.getvalue()


def attacked(*attacks, **setting):
    rng = np.random.default_rng(0)
    return table_of(
        *(
            rows_with(drawn(0.5, rng), **{**head, "attack": attack, **setting})
            for attack in attacks
            for head in (PLAIN, loft(16), loft(16, adaptive="straight-through"))
        )
    )


@pytest.mark.parametrize("attacks", [("ppa",), ("ppa", "deep-inversion", "if-gmi")])
def test_every_number_is_whole_and_stands_in_a_line(attacks):
    table = attacked(*attacks)
    text = printed(table)
    assert "…" not in text
    for row in summary(table):
        ends = f"{row['accuracy_at_1_low']:.2f} to {row['accuracy_at_1_high']:.2f}"
        lines = [line for line in text.splitlines() if f"{row['accuracy_at_1']:.3f}" in line]
        assert any(ends in line for line in lines)


def test_what_is_the_same_for_all_is_in_the_title_alone():
    title, _, rest = printed(attacked("ppa")).partition("\n")
    assert title.strip() == "out, faces, small_cnn, ppa, prior gan, 3 seeds"
    assert "gan" not in rest
    two = printed(table_of()) + printed(attacked("ppa", "gmi"))
    assert "ppa, prior" not in two


def test_what_is_added_to_lookalikes_and_withheld_verdicts_are_told():
    table = attacked("ppa")
    assert "lookalikes" not in printed(table)
    assert "withheld" not in printed(table)
    known = table.with_columns(
        lookalike_accuracy_at_1=pl.col("accuracy_at_1") / 2, real_accuracy_at_1=pl.lit(0.75),
        withheld=pl.when(pl.col("defense") == "none").then(pl.lit("poor judges")),
    )  # fmt: skip
    text = printed(known)
    for row in summary(known):
        assert f"{row['accuracy_at_1'] / 2:+.3f}" in text
    assert "held-out pictures of the attacked classes: 0.750; verdicts on 1 of 3" in " ".join(
        text.split()
    )


def test_identity_errors_have_a_column_where_some_are_known():
    rows = summary(attacked("ppa"))
    assert "1.234" in told([{**row, "identity_error": 1.234} for row in rows])
    assert "identity" not in told([{**row, "identity_error": None} for row in rows])


def test_priors_have_a_column_where_the_attack_does_not_say_which():
    rng = np.random.default_rng(0)
    ppa, gmi, other = (
        rows_with(drawn(0.5, rng), **PLAIN, attack=attack, prior=prior)
        for attack, prior in (("ppa", "renderer"), ("gmi", "dcgan-1234"), ("ppa", "dcgan-1234"))
    )
    assert "prior" not in printed(table_of(ppa, gmi))
    assert "renderer" in printed(table_of(ppa, other))


def test_every_recipe_by_the_logit_keeps_its_name_and_the_verdict_stands_below():
    rng = np.random.default_rng(0)
    table = table_of(
        *(
            rows_with(drawn(0.5, rng), **{**head, "attack": attack, "adaptive": adaptive})
            for attack in RECIPES
            for head in (PLAIN, loft(16))
            for adaptive in ("none", "logit")
        )
    )
    text = printed(table)
    for name in RECIPES:
        assert text.count(f" {name} ") == 4
    assert text.index("Nothing is shown.\nBare.\n") > text.rindex("vmi")


def test_failures_are_said_and_an_empty_table_has_no_pictures_to_look_at():
    assert "1 cell failed, such as x: broken" in printed(attacked("ppa"), {"x": "broken"})
    assert "look at" not in printed(table_of())
    assert "look at   out/leakage.png" in printed(attacked("ppa"))
